/* Dropout (Srivastava et al. 2014): in training each activation is zero with probability `rate`.
 * What is left must be weighed against evaluation, where nothing is dropped:
 *
 *     inverted   in training the others are divided by 1 - rate; evaluation does nothing
 *     classic    training leaves the others as they are; evaluation multiplies all by 1 - rate
 *
 * What is dropped is a pure function of (seed, layer, the sample's position in the run, feature):
 * no rank, no lane and no order of work has a part in it. One draw serves eight features. */
#include "base/rng.h"
#include "math/vec.h"
#include "nn/layer.h"

#include <stddef.h>

enum { DRAW_WORDS = sizeof(Draw) / sizeof(uint32_t) };

typedef struct Dropout {
    double rate;
    enum { INVERTED, CLASSIC } mode;
} Dropout;

static const char *const modes[] = {"inverted", "classic", NULL};

static const Field fields[] = {
    {"rate", FIELD_REAL, offsetof(Dropout, rate), .min = 0, .max = 1,
     .help = "the probability of zero, below 1"},
    {"mode", FIELD_WORD, offsetof(Dropout, mode), "inverted", .words = modes,
     .help = "inverted, or classic: scaled by 1 - rate at evaluation"},
    {0},
};

static Err dropout_setup(Layer *layer)
{
    const Dropout *self = layer->self;
    if (self->rate >= 1)
        return conf_fail_key(layer->settings, "rate", "a dropout rate of 1 leaves nothing");
    layer->out = layer->in[0];
    layer->work_rows = shape_size(layer->out);
    layer->flops = (double)shape_size(layer->out);
    return NULL;
}

static Real kept_factor(const Dropout *self)
{
    return self->mode == INVERTED ? (Real)(1 / (1 - self->rate)) : 1;
}

static Real evaluation_factor(const Dropout *self)
{
    return self->mode == INVERTED ? 1 : (Real)(1 - self->rate);
}

/* The factors, 0 or kept_factor, of the features [first, first + count) in all lanes. */
static void draw_factors(const Layer *layer, const Pass *pass, int64_t first, int64_t count,
                         Real *factors)
{
    const Dropout *self = layer->self;
    uint64_t purpose = rng_purpose(RNG_DROPOUT, (uint32_t)layer->index);
    Real kept = kept_factor(self);
    uint64_t below = (uint64_t)(self->rate * 0x1p32); /* words that drop */
    for (int lane = 0; lane < pass->lanes; lane++) {
        Draw draw = rng_draw(pass->seed, purpose, (uint64_t)pass->position[lane],
                             (uint64_t)(first / DRAW_WORDS));
        for (int64_t i = 0; i < count; i++)
            factors[i * pass->lanes + lane] = draw.word[i] < below ? 0 : kept;
    }
}

static void dropout_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    int64_t features = shape_size(layer->out), n = features * pass->lanes;
    if (!pass->training) {
        vec_scale(io->y, evaluation_factor(layer->self), io->x[0], n);
        return;
    }
    for (int64_t first = 0; first < features; first += DRAW_WORDS) {
        int64_t count = features - first < DRAW_WORDS ? features - first : DRAW_WORDS;
        draw_factors(layer, pass, first, count, io->work + first * pass->lanes);
    }
    for (int64_t i = 0; i < n; i++)
        io->y[i] = io->x[0][i] * io->work[i];
}

static void dropout_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    int64_t n = shape_size(layer->out) * pass->lanes;
    if (!pass->training) {
        vec_scale(io->dx[0], evaluation_factor(layer->self), io->dy, n);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        io->dx[0][i] = io->dy[i] * io->work[i];
}

const LayerType layer_dropout = {
    .name = "dropout",
    .help = "zeroes activations at random in training",
    .main_key = "rate",
    .fields = fields,
    .self_size = sizeof(Dropout),
    .input_count = 1,
    .forward_in_place = true,
    .backward_in_place = true,
    .setup = dropout_setup,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
