/* LAMB (You et al. 2020, arXiv 1904.00962, algorithm 2): Adam's direction with decoupled weight
 * decay, scaled to the norm of the parameters:
 *
 *     m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
 *     r = (m / c1) / (sqrt(v / c2) + eps) + decay w          c1 = 1 - b1^step,  c2 = 1 - b2^step
 *     trust = |w| / |r|            1 where either norm is 0
 *     w -= rate trust r
 *
 * Tensors of one dimension have trust 1 and no decay by default. Defaults are the paper's. */
#include "math/elementary.h"
#include "math/vec.h"
#include "optim/optim.h"

typedef struct Self {
    OptimSettings settings;
    double beta1, beta2, epsilon;
    Node trust_exempt;
} Self;

static const Field fields[] = {OPTIM_FIELDS("lamb", "1e-3", "1e-2"),
                               {"beta1", FIELD_REAL, offsetof(Self, beta1), "0.9", 0,
                                OPTIM_BETA_MOST, .help = "decay of the first moment"},
                               {"beta2", FIELD_REAL, offsetof(Self, beta2), "0.999", 0,
                                OPTIM_BETA_MOST, .help = "decay of the second moment"},
                               {"eps", FIELD_REAL, offsetof(Self, epsilon), "1e-6",
                                OPTIM_EPSILON_LEAST, 1,
                                .help = "added to the root of the second moment"},
                               {"trust_exempt", FIELD_NODE, offsetof(Self, trust_exempt), "1d",
                                .help = "1d, none, or a list of layer name patterns"},
                               {0}};

enum { CORRECTION_1, CORRECTION_2 }; /* 1 / c1, 1 / c2 */

static void begin(const void *self_, int64_t step, Real *constant)
{
    const Self *self = self_;
    constant[CORRECTION_1] = (Real)(1 / (1 - elementary_pow(self->beta1, (double)step)));
    constant[CORRECTION_2] = (Real)(1 / (1 - elementary_pow(self->beta2, (double)step)));
}

/* r of element i, from the moments as they are. */
static inline Real direction(const Self *self, const Update *u, int64_t i)
{
    Real root = real_sqrt(u->slot[1][i] * u->constant[CORRECTION_2]);
    return u->slot[0][i] * u->constant[CORRECTION_1] / (root + (Real)self->epsilon) +
           u->decay * u->w[i];
}

/* The moments move here, before anybody knows the trust ratio. */
static void measure(const void *self_, const Update *u, double squares[2])
{
    const Self *self = self_;
    const Real b1 = (Real)self->beta1, b2 = (Real)self->beta2;
    const Real take1 = (Real)(1 - self->beta1), take2 = (Real)(1 - self->beta2);
    Real *restrict m = u->slot[0], *restrict v = u->slot[1];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        m[i] = b1 * m[i] + take1 * g[i];
        v[i] = b2 * v[i] + take2 * g[i] * g[i];
    }
    squares[0] = vec_square_sum(u->w, u->n);
    squares[1] = 0;
    for (int64_t i = 0; i < u->n; i++) {
        double r = (double)direction(self, u, i);
        squares[1] += r * r;
    }
}

static double trust(const void *self, double w, double r, double decay)
{
    (void)self, (void)decay;
    return w > 0 && r > 0 ? w / r : 1;
}

static void update(const void *self, const Update *u)
{
    const Real rate = u->rate * u->trust;
    for (int64_t i = 0; i < u->n; i++)
        u->w[i] -= rate * direction(self, u, i);
}

static const char *const slots[] = {"exp_avg", "exp_avg_sq", NULL};

const OptimType optim_lamb = {
    .name = "lamb",
    .help = "Adam, each tensor's step scaled to its norm",
    .fields = fields,
    .self_size = sizeof(Self),
    .adaptive = true,
    .slots = slots,
    .begin = begin,
    .update = update,
    .measure = measure,
    .trust = trust,
    .trust_exempt = offsetof(Self, trust_exempt),
};
