/* LARS (You, Gitman and Ginsburg 2017, arXiv 1708.03888, algorithm 1), each tensor's step fitted to
 * the ratio of its norms; the rate stands outside the buffer, as in timm (MLPerf keeps it inside):
 *
 *     trust = eta |w| / (|g| + decay |w|)          1 where either norm is 0
 *     v = b v + trust (g + decay w)                w -= rate v
 *
 * Tensors of one dimension (biases, norms) have trust 1 and no decay unless trust_exempt and
 * decay_exempt say otherwise: the references disagree about the last layer's bias. */
#include "math/vec.h"
#include "optim/optim.h"

typedef struct Self {
    OptimSettings settings;
    double beta, eta;
    Node trust_exempt;
} Self;

static const Field fields[] = {
    OPTIM_FIELDS("lars", "1e-3", "0"),
    {"momentum", FIELD_REAL, offsetof(Self, beta), "0.9", 0, OPTIM_BETA_MOST,
     .help = "of the buffer, classic form"},
    {"trust_coefficient", FIELD_REAL, offsetof(Self, eta), "1e-3", 1e-12, 1e3, .help = "eta"},
    {"trust_exempt", FIELD_NODE, offsetof(Self, trust_exempt), "1d",
     .help = "1d, none, or a list of layer name patterns"},
    {0}};

static void measure(const void *self, const Update *u, double squares[2])
{
    (void)self;
    squares[0] = vec_square_sum(u->w, u->n);
    squares[1] = vec_square_sum(u->g, u->n);
}

static double trust(const void *self_, double w, double g, double decay)
{
    const Self *self = self_;
    return w > 0 && g > 0 ? self->eta * w / (g + decay * w) : 1;
}

static void update(const void *self_, const Update *u)
{
    const Self *self = self_;
    const Real beta = (Real)self->beta, decay = u->decay, rate = u->rate, ratio = u->trust;
    Real *restrict w = u->w, *restrict v = u->slot[0];
    const Real *restrict g = u->g;
    for (int64_t i = 0; i < u->n; i++) {
        v[i] = beta * v[i] + ratio * (g[i] + decay * w[i]);
        w[i] -= rate * v[i];
    }
}

static const char *const slots[] = {"momentum_buffer", NULL};

const OptimType optim_lars = {
    .name = "lars",
    .help = "SGD, each tensor's step scaled to its norm",
    .fields = fields,
    .self_size = sizeof(Self),
    .slots = slots,
    .update = update,
    .measure = measure,
    .trust = trust,
    .trust_exempt = offsetof(Self, trust_exempt),
};
