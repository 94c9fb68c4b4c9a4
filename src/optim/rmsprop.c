/* RMSprop (Tieleman and Hinton 2012, lecture 6.5), in PyTorch's order of operations, with coupled
 * decay, g' = g + decay w:
 *
 *     v = a v + (1 - a) g'^2
 *     d = sqrt(v) + eps
 *     w -= rate g' / d              or with momentum   b = momentum b + g' / d,   w -= rate b
 *
 * `centered` takes the variance, v - m^2 with m = a m + (1 - a) g', in the place of v, and
 * `eps_inside_root` d = sqrt(v + eps): Graves 2013 (arXiv 1308.0850) has both. */
#include "optim/optim.h"

#include "math/elementary.h"

typedef struct Self {
    OptimSettings settings;
    double alpha, epsilon, momentum;
    bool inside_root, centered;
} Self;

static const Field fields[] = {
    OPTIM_FIELDS("rmsprop", "1e-2", "0"),
    {"alpha", FIELD_REAL, offsetof(Self, alpha), "0.99", 0, OPTIM_BETA_MOST,
     .help = "decay of the mean square, below 1"},
    {"eps", FIELD_REAL, offsetof(Self, epsilon), "1e-8", OPTIM_EPSILON_LEAST, 1,
     .help = "added to the root of the mean square"},
    {"eps_inside_root", FIELD_BOOL, offsetof(Self, inside_root), "false",
     .help = "add eps to the mean square itself, before the root is taken"},
    {"momentum", FIELD_REAL, offsetof(Self, momentum), "0", 0, OPTIM_BETA_MOST,
     .help = "of the divided gradients, below 1; one slot more"},
    {"centered", FIELD_BOOL, offsetof(Self, centered), "false",
     .help = "divide by the deviation from the mean gradient; one slot more"},
    {0}};

enum { SQUARE_AVERAGE, GRADIENT_AVERAGE, MOMENTUM_BUFFER };

static const char *const slots[] = {
    [SQUARE_AVERAGE] = "square_avg",
    [GRADIENT_AVERAGE] = "grad_avg",
    [MOMENTUM_BUFFER] = "momentum_buffer",
    NULL,
};

static bool slot_used(const void *self_, int slot)
{
    const Self *self = self_;
    return slot == SQUARE_AVERAGE || (slot == GRADIENT_AVERAGE && self->centered) ||
           (slot == MOMENTUM_BUFFER && self->momentum > 0);
}

/* Rounding can leave a mean square below the square of the mean, where the root would not exist. */
static Real variance(Real square, Real mean)
{
    Real difference = square - mean * mean;
    return difference > 0 ? difference : 0;
}

static void update(const void *self_, const Update *u)
{
    const Self *self = self_;
    const Real alpha = (Real)self->alpha, momentum = (Real)self->momentum;
    const Real take = (Real)(1 - self->alpha);
    const Real inside = self->inside_root ? (Real)self->epsilon : 0;
    const Real outside = self->inside_root ? 0 : (Real)self->epsilon;
    const Real decay = u->decay, rate = u->rate;
    Real *restrict w = u->w, *restrict v = u->slot[0];
    Real *restrict m = self->centered ? u->slot[1] : NULL;
    Real *restrict b = self->momentum > 0 ? u->slot[self->centered ? 2 : 1] : NULL;
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        Real gradient = g[i] + decay * w[i];
        Real square = v[i] = alpha * v[i] + take * gradient * gradient;
        if (m) {
            m[i] = alpha * m[i] + take * gradient;
            square = variance(square, m[i]);
        }
        Real step = gradient / (real_sqrt(square + inside) + outside);
        if (b)
            step = b[i] = momentum * b[i] + step;
        w[i] -= rate * step;
    }
}

const OptimType optim_rmsprop = {
    .name = "rmsprop",
    .help = "gradients divided by the root of their mean square",
    .fields = fields,
    .self_size = sizeof(Self),
    .adaptive = true,
    .slots = slots,
    .slot_used = slot_used,
    .update = update,
};
