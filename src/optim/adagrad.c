/* Adagrad (Duchi, Hazan and Singer 2011, the diagonal form of section 1.1), as PyTorch has it, with
 * coupled decay, g' = g + decay w, and a rate that falls by itself:
 *
 *     s = s + g'^2                  from s = initial_accumulator_value
 *     w -= rate / (1 + (step - 1) lr_decay) g' / (sqrt(s) + eps) */
#include "optim/optim.h"

#include "math/elementary.h"

typedef struct Self {
    OptimSettings settings;
    double lr_decay, initial, epsilon;
} Self;

static const Field fields[] = {
    OPTIM_FIELDS("adagrad", "1e-2", "0"),
    {"lr_decay", FIELD_REAL, offsetof(Self, lr_decay), "0", 0, 1e4,
     .help = "divides the rate by 1 + (step - 1) lr_decay, beside any schedule"},
    {"initial_accumulator_value", FIELD_REAL, offsetof(Self, initial), "0", 0, 1e4,
     .help = "what the sum of squares starts at"},
    {"eps", FIELD_REAL, offsetof(Self, epsilon), "1e-10", OPTIM_EPSILON_LEAST, 1,
     .help = "added to the root of the sum of squares"},
    {0}};

static const char *const slots[] = {"sum", NULL};

static double slot_start(const void *self_, int slot)
{
    const Self *self = self_;
    (void)slot;
    return self->initial;
}

static void begin(const void *self_, int64_t step, Real *constant)
{
    const Self *self = self_;
    constant[0] = (Real)(1 / (1 + (double)(step - 1) * self->lr_decay));
}

static void update(const void *self_, const Update *u)
{
    const Self *self = self_;
    const Real rate = u->rate * u->constant[0], decay = u->decay, epsilon = (Real)self->epsilon;
    Real *restrict w = u->w, *restrict s = u->slot[0];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + decay * w[i];
        s[i] += gradient * gradient;
        w[i] -= rate * gradient / (real_sqrt(s[i]) + epsilon);
    }
}

const OptimType optim_adagrad = {
    .name = "adagrad",
    .help = "each gradient over the root of its sum of squares",
    .fields = fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .slot_start = slot_start,
    .begin = begin,
    .update = update,
};
