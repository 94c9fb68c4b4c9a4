/* Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2):
 *
 *     m = b1 m + (1 - b1) g'        v = b2 v + (1 - b2) g'^2
 *     w -= rate (m / c1) / (sqrt(v / c2) + eps)       c1 = 1 - b1^step,  c2 = 1 - b2^step
 *
 * adam couples the decay, g' = g + decay w; adamw shrinks first, w *= 1 - rate decay, g' = g. */
#include "optim/optim.h"

#include "math/elementary.h"

#include <math.h>

typedef struct Self {
    OptimSettings settings;
    double beta1, beta2, epsilon;
} Self;

/* clang-format off */
#define ADAM_FIELDS                                                                               \
    {"beta1", FIELD_REAL, offsetof(Self, beta1), "0.9", 0, 0.9999999,                             \
     .help = "decay of the first moment"},                                                        \
    {"beta2", FIELD_REAL, offsetof(Self, beta2), "0.999", 0, 0.9999999,                           \
     .help = "decay of the second moment"},                                                       \
    {"eps", FIELD_REAL, offsetof(Self, epsilon), "1e-8", 0, 1,                                    \
     .help = "added to the root of the second moment"}
/* clang-format on */

static const Field adam_fields[] = {OPTIM_FIELDS("0"), ADAM_FIELDS, {0}};
static const Field adamw_fields[] = {OPTIM_FIELDS("1e-2"), ADAM_FIELDS, {0}};

enum { CORRECTION_1, CORRECTION_2 }; /* 1 / c1, 1 / c2 */

static void begin(const void *self_, int64_t step, Real *constant)
{
    const Self *self = self_;
    constant[CORRECTION_1] = (Real)(1 / (1 - elementary_pow(self->beta1, (double)step)));
    constant[CORRECTION_2] = (Real)(1 / (1 - elementary_pow(self->beta2, (double)step)));
}

static void moments(const Self *self, const Update *u, Real coupled, Real shrink)
{
    const Real b1 = (Real)self->beta1, b2 = (Real)self->beta2, epsilon = (Real)self->epsilon;
    const Real c1 = u->constant[CORRECTION_1], c2 = u->constant[CORRECTION_2], rate = u->rate;
    Real *restrict w = u->w, *restrict m = u->slot[0], *restrict v = u->slot[1];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + coupled * w[i];
        m[i] = b1 * m[i] + (1 - b1) * gradient;
        v[i] = b2 * v[i] + (1 - b2) * gradient * gradient;
        Real root = sizeof(Real) == sizeof(float) ? (Real)sqrtf((float)(v[i] * c2))
                                                  : (Real)sqrt((double)(v[i] * c2));
        w[i] = shrink * w[i] - rate * (m[i] * c1) / (root + epsilon);
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

static const char *const slots[] = {"exp_avg", "exp_avg_sq", NULL};

const OptimType optim_adam = {
    .name = "adam",
    .help = "Adam, weight decay coupled into the gradient",
    .fields = adam_fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .begin = begin,
    .update = adam_update,
};

const OptimType optim_adamw = {
    .name = "adamw",
    .help = "Adam with decoupled weight decay",
    .fields = adamw_fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .begin = begin,
    .update = adamw_update,
};
