/* Stochastic gradient descent with momentum, rate outside the buffer (so that a change of rate
 * needs no momentum correction; Goyal et al. 2017, section 3), coupled weight decay:
 *
 *     g' = g + decay w
 *     classic    v = b v + g'              w -= rate v             PyTorch's SGD
 *     ema        v = b v + (1 - b) g'      w -= rate v
 *     nesterov   v = b v + g'              w -= rate (g' + b v)    Sutskever et al. 2013 */
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

static const Field fields[] = {
    OPTIM_FIELDS("0"),
    {"momentum", FIELD_NODE, offsetof(Self, momentum), "0",
     .help = "a number (classic), {classic: b}, {ema: b} or {nesterov: b}; 0 <= b < 1"},
    {0}};

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

static void update(const void *self_, const Update *u)
{
    const Self *self = self_;
    const Real beta = (Real)self->beta, decay = u->decay, rate = u->rate;
    const Real take = self->form == EMA ? 1 - beta : 1;
    const Real direct = self->form == NESTEROV ? 1 : 0, follow = self->form == NESTEROV ? beta : 1;
    Real *restrict w = u->w, *restrict v = u->slot[0];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + decay * w[i];
        v[i] = beta * v[i] + take * gradient;
        w[i] -= rate * (direct * gradient + follow * v[i]);
    }
}

static const char *const slots[] = {"momentum_buffer", NULL};

const OptimType optim_sgd = {
    .name = "sgd",
    .help = "stochastic gradient descent, with momentum",
    .fields = fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .setup = setup,
    .update = update,
};
