/* Stochastic gradient descent with momentum, rate outside the buffer (so that a change of rate
 * needs no momentum correction; Goyal et al. 2017, section 3):
 *
 *     classic    v = b v + g'              w -= rate v             PyTorch's SGD
 *     ema        v = b v + (1 - b) g'      w -= rate v
 *     nesterov   v = b v + g'              w -= rate (g' + b v)    Sutskever et al. 2013
 *
 * sgd couples the decay, g' = g + decay w; sgdw shrinks first, w *= 1 - rate decay, g' = g
 * (Loshchilov and Hutter 2019, algorithm 1, where the rate stands inside the buffer). */
#include "optim/optim.h"

#include <stdlib.h>
#include <string.h>

typedef enum Form { CLASSIC, EMA, NESTEROV } Form;

typedef struct Self {
    OptimSettings settings;
    Node momentum;
    double beta;
    Form form;
} Self;

/* clang-format off */
#define SGD_FIELDS                                                                                \
    {"momentum", FIELD_NODE, offsetof(Self, momentum), "0",                                       \
     .help = "a number (classic), {classic: b}, {ema: b} or {nesterov: b}; 0 <= b < 1"}
/* clang-format on */

static const Field sgd_fields[] = {OPTIM_FIELDS("sgd", "1e-3", "0"), SGD_FIELDS, {0}};
static const Field sgdw_fields[] = {OPTIM_FIELDS("sgdw", "1e-3", "0"), SGD_FIELDS, {0}};

static const char *const forms[] = {"classic", "ema", "nesterov", NULL};

/* `0.9` or `{nesterov: 0.9}`. */
static Err setup(Node section, void *self_)
{
    Self *self = self_;
    Node value = self->momentum;
    if (conf_is_map(value)) {
        const char *name;
        TRY(conf_choice(value, &name));
        for (self->form = CLASSIC; forms[self->form]; self->form++)
            if (strcmp(forms[self->form], name) == 0)
                break;
        if (!forms[self->form])
            return conf_fail(value,
                             "momentum is a number, {classic: b}, {ema: b} or {nesterov: b}");
        value = conf_get(value, name);
    }
    const char *text = conf_scalar(value);
    char *end = NULL;
    self->beta = text ? strtod(text, &end) : -1;
    if (!end || end == text || *end || !(self->beta >= 0 && self->beta < 1))
        return conf_fail_key(section, "momentum", "expected a momentum from 0 to below 1");
    return NULL;
}

static void descend(const Self *self, const Update *u, Real coupled, Real shrink)
{
    const Real beta = (Real)self->beta, rate = u->rate;
    const Real take = self->form == EMA ? 1 - beta : 1;
    const Real direct = self->form == NESTEROV ? 1 : 0, follow = self->form == NESTEROV ? beta : 1;
    Real *restrict w = u->w, *restrict v = u->slot[0];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + coupled * w[i];
        v[i] = beta * v[i] + take * gradient;
        w[i] = shrink * w[i] - rate * (direct * gradient + follow * v[i]);
    }
}

static void sgd_update(const void *self, const Update *u)
{
    descend(self, u, u->decay, 1);
}

static void sgdw_update(const void *self, const Update *u)
{
    descend(self, u, 0, 1 - u->rate * u->decay);
}

static const char *const slots[] = {"momentum_buffer", NULL};

const OptimType optim_sgd = {
    .name = "sgd",
    .help = "stochastic gradient descent, with momentum",
    .fields = sgd_fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .setup = setup,
    .update = sgd_update,
};

const OptimType optim_sgdw = {
    .name = "sgdw",
    .help = "SGD with decoupled weight decay",
    .fields = sgdw_fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .setup = setup,
    .update = sgdw_update,
};
