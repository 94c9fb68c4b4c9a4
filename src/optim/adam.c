/* Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2):
 *
 *     m = b1 m + (1 - b1) g'        v = b2 v + (1 - b2) g'^2
 *     w -= rate (m / c1) / (sqrt(v / c2) + eps)       c1 = 1 - b1^step,  c2 = 1 - b2^step
 *
 * adam couples the decay, g' = g + decay w; adamw shrinks first, w *= 1 - rate decay, g' = g.
 *
 *     amsgrad            the largest v so far in the place of v (Reddi et al. 2018, algorithm 2;
 *                        the largest before the correction, as PyTorch does)
 *     eps_inside_root    sqrt(v / c2 + eps)   (optax's eps_root)
 *     bias_correction    false: c1 = c2 = 1. With both, w -= rate m / sqrt(v + eps): the short
 *                        form that summaries of Adam give. */
#include "optim/optim.h"

#include "math/elementary.h"

typedef struct Self {
    OptimSettings settings;
    double beta1, beta2, epsilon;
    bool inside_root, bias_correction, amsgrad;
} Self;

/* clang-format off */
#define ADAM_FIELDS                                                                               \
    {"beta1", FIELD_REAL, offsetof(Self, beta1), "0.9", 0, OPTIM_BETA_MOST,                       \
     .help = "decay of the first moment, below 1"},                                               \
    {"beta2", FIELD_REAL, offsetof(Self, beta2), "0.999", 0, OPTIM_BETA_MOST,                     \
     .help = "decay of the second moment, below 1"},                                              \
    {"eps", FIELD_REAL, offsetof(Self, epsilon), "1e-8", OPTIM_EPSILON_LEAST, 1,                  \
     .help = "added to the root of the second moment"},                                           \
    {"eps_inside_root", FIELD_BOOL, offsetof(Self, inside_root), "false",                         \
     .help = "add eps to the second moment itself, before the root is taken"},                    \
    {"bias_correction", FIELD_BOOL, offsetof(Self, bias_correction), "true",                      \
     .help = "divide the moments by 1 - beta^step"},                                              \
    {"amsgrad", FIELD_BOOL, offsetof(Self, amsgrad), "false",                                     \
     .help = "divide by the largest second moment so far; one slot more"}
/* clang-format on */

static const Field adam_fields[] = {OPTIM_FIELDS("adam", "1e-3", "0"), ADAM_FIELDS, {0}};
static const Field adamw_fields[] = {OPTIM_FIELDS("adamw", "1e-3", "1e-2"), ADAM_FIELDS, {0}};

enum { CORRECTION_1, CORRECTION_2 }; /* 1 / c1, 1 / c2 */

static void begin(const void *self_, int64_t step, Real *constant)
{
    const Self *self = self_;
    double power1 = elementary_pow(self->beta1, (double)step);
    double power2 = elementary_pow(self->beta2, (double)step);
    constant[CORRECTION_1] = (Real)(self->bias_correction ? 1 / (1 - power1) : 1);
    constant[CORRECTION_2] = (Real)(self->bias_correction ? 1 / (1 - power2) : 1);
}

static void moments(const Self *self, const Update *u, Real coupled, Real shrink)
{
    const Real b1 = (Real)self->beta1, b2 = (Real)self->beta2, rate = u->rate;
    const Real c1 = u->constant[CORRECTION_1], c2 = u->constant[CORRECTION_2];
    const Real inside = self->inside_root ? (Real)self->epsilon : 0;
    const Real outside = self->inside_root ? 0 : (Real)self->epsilon;
    const Real take1 = (Real)(1 - self->beta1), take2 = (Real)(1 - self->beta2);
    Real *restrict w = u->w, *restrict m = u->slot[0], *restrict v = u->slot[1];
    Real *restrict most = self->amsgrad ? u->slot[2] : NULL;
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + coupled * w[i];
        m[i] = b1 * m[i] + take1 * gradient;
        v[i] = b2 * v[i] + take2 * gradient * gradient;
        Real second = v[i];
        if (most)
            second = most[i] = most[i] > second ? most[i] : second;
        Real root = real_sqrt(second * c2 + inside) + outside;
        w[i] = shrink * w[i] - rate * (m[i] * c1) / root;
    }
}

static void adam_update(const void *self, const Update *u)
{
    moments(self, u, u->decay, 1);
}

static void adamw_update(const void *self, const Update *u)
{
    moments(self, u, 0, 1 - u->rate * u->decay);
}

static const char *const slots[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", NULL};

static bool slot_used(const void *self_, int slot)
{
    const Self *self = self_;
    return slot < 2 || self->amsgrad;
}

const OptimType optim_adam = {
    .name = "adam",
    .help = "Adam, weight decay coupled into the gradient",
    .fields = adam_fields,
    .self_size = sizeof(Self),
    .adaptive = true,
    .slots = slots,
    .slot_used = slot_used,
    .begin = begin,
    .update = adam_update,
};

const OptimType optim_adamw = {
    .name = "adamw",
    .help = "Adam with decoupled weight decay",
    .fields = adamw_fields,
    .self_size = sizeof(Self),
    .adaptive = true,
    .slots = slots,
    .slot_used = slot_used,
    .begin = begin,
    .update = adamw_update,
};
