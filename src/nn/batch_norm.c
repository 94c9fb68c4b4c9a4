/* Batch normalisation (Ioffe and Szegedy 2015, algorithm 1): each channel gets mean 0 and variance
 * 1 over the pixels and samples of the micro-batch, then a learnt scale and shift. With h = (x -
 * mean) r, r = 1 / sqrt(variance + epsilon), over n = pixels x samples numbers a channel:
 *
 *     y = weight h + bias
 *     dbias = sum dy      dweight = sum dy h      dx = weight r (dy - dbias / n - h dweight / n)
 *
 * Lanes without a sample count for nothing and get dx = 0. The leaf carries mean and unbiased
 * variance times the weight of the micro-batch; the step folds them with the gradients and moves
 * the running ones towards their weighted average. Evaluation uses the running ones. */
#include "nn/layer.h"
#include "nn/moments.h"

#include <stddef.h>

typedef struct BatchNorm {
    double gamma, momentum, epsilon;
} BatchNorm;

enum { WEIGHT, BIAS, MEAN, VARIANCE }; /* the order of its tensors */

static const Field fields[] = {
    {"gamma", FIELD_REAL, offsetof(BatchNorm, gamma), "1", .min = -1e6, .max = 1e6,
     .help = "what the scale starts at; 0 behind a residual's main path"},
    {"momentum", FIELD_REAL, offsetof(BatchNorm, momentum), "0.1", .min = 0, .max = 1,
     .help = "how far a step moves the running statistics"},
    {"epsilon", FIELD_REAL, offsetof(BatchNorm, epsilon), "1e-5", .min = 1e-12, .max = 1,
     .help = "added to the variance"},
    {0},
};

/* What a channel remembers from forward to backward, and its sums. */
typedef struct Channel {
    Moments moments;
    double mean, variance; /* the unbiased one */
    Real centre;           /* mean */
    Real inverse;          /* 1 / sqrt(variance + epsilon) */
    Real level, slope;     /* what dx loses: dbias / n, and per x - mean */
} Channel;

static Err batch_norm_setup(Layer *layer)
{
    const BatchNorm *self = layer->self;
    int64_t channels = layer->in[0].channels;
    layer->out = layer->in[0];
    layer->flops = 2.0 * (double)shape_size(layer->out);
    layer_tensor(layer, "weight", TENSOR_PARAMETER, 1, &channels);
    layer_tensor(layer, "bias", TENSOR_PARAMETER, 1, &channels);
    int mean = layer_tensor(layer, "running_mean", TENSOR_STATISTIC, 1, &channels);
    int variance = layer_tensor(layer, "running_var", TENSOR_STATISTIC, 1, &channels);
    layer->tensors[mean].momentum = layer->tensors[variance].momentum = (Real)self->momentum;
    layer->least_samples = shape_pixels(layer->in[0]) == 1 ? 2 : 1;
    layer->work_rows = layer_work_rows(channels, sizeof(Channel));
    return NULL;
}

static void batch_norm_init(const Layer *layer, uint64_t seed, Real *values)
{
    const BatchNorm *self = layer->self;
    (void)seed;
    for (int c = 0; c < layer->out.channels; c++) {
        values[layer->tensors[WEIGHT].offset + c] = (Real)self->gamma;
        values[layer->tensors[VARIANCE].offset + c] = 1;
    }
}

/* Numbers a channel: pixels x samples. */
static double population(const Layer *layer, const Pass *pass)
{
    int samples = 0;
    for (int lane = 0; lane < pass->lanes; lane++)
        samples += pass->mask[lane] != 0;
    return (double)samples * (double)shape_pixels(layer->out);
}

static void clear_moments(Channel *channel, int channels)
{
    for (int c = 0; c < channels; c++)
        channel[c].moments = (Moments){{0}, {0}};
}

static void settle(Channel *channel, double mean, double biased, double unbiased, double epsilon)
{
    channel->mean = mean;
    channel->variance = unbiased;
    channel->centre = (Real)mean;
    channel->inverse = (Real)(1 / sqrt(biased + epsilon));
}

/* Mean and variance of this micro-batch. */
static void measure(const Layer *layer, const Pass *pass, const Io *io, Channel *channel)
{
    const BatchNorm *self = layer->self;
    const Lanes *x = (const Lanes *)io->x[0], *mask = (const Lanes *)pass->mask;
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    clear_moments(channel, channels);
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int c = 0; c < channels; c++, x += stride)
            for (int i = 0; i < stride; i++) {
                Lanes sample = lanes_select(lanes_less(lanes_of(0), mask[i]), x[i], lanes_of(0));
                moments_add(&channel[c].moments, sample, sample);
            }
    double n = population(layer, pass);
    for (int c = 0; c < channels; c++) {
        double sum = moments_total(channel[c].moments.sum);
        double biased = moments_variance(sum, moments_total(channel[c].moments.product), n);
        settle(&channel[c], sum / n, biased, n > 1 ? biased * n / (n - 1) : biased, self->epsilon);
    }
}

static void recall(const Layer *layer, const Io *io, Channel *channel)
{
    const BatchNorm *self = layer->self;
    const Real *mean = io->values + layer->tensors[MEAN].offset;
    const Real *variance = io->values + layer->tensors[VARIANCE].offset;
    for (int c = 0; c < layer->out.channels; c++)
        settle(&channel[c], (double)mean[c], (double)variance[c], (double)variance[c],
               self->epsilon);
}

static void batch_norm_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    Channel *channel = (Channel *)io->work;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    const Real *bias = io->values + layer->tensors[BIAS].offset;
    const Lanes *x = (const Lanes *)io->x[0];
    Lanes *y = (Lanes *)io->y;
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    if (pass->training)
        measure(layer, pass, io, channel);
    else
        recall(layer, io, channel);
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int c = 0; c < channels; c++, x += stride, y += stride) {
            Real centre = channel[c].centre, scale = weight[c] * channel[c].inverse;
            for (int i = 0; i < stride; i++)
                y[i] = (x[i] - centre) * scale + bias[c];
        }
}

/* Sums of dy and dy (x - mean), and what follows from them, in the leaf too. Running statistics do
 * not move with x, as if they were of infinitely many numbers. */
static void sum_gradients(const Layer *layer, const Pass *pass, const Io *io, Channel *channel)
{
    const Lanes *x = (const Lanes *)io->x[0], *dy = (const Lanes *)io->dy;
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    clear_moments(channel, channels);
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int c = 0; c < channels; c++, x += stride, dy += stride)
            for (int i = 0; i < stride; i++)
                moments_add(&channel[c].moments, dy[i], x[i] - channel[c].centre);
    double n = pass->training ? population(layer, pass) : INFINITY;
    for (int c = 0; c < channels; c++) {
        Channel *ch = &channel[c];
        double dbias = moments_total(ch->moments.sum);
        double dweight = moments_total(ch->moments.product) * (double)ch->inverse;
        ch->level = (Real)(dbias / n);
        ch->slope = (Real)(dweight / n) * ch->inverse;
        io->leaf[layer->tensors[WEIGHT].offset + c] = (Real)dweight;
        io->leaf[layer->tensors[BIAS].offset + c] = (Real)dbias;
        io->leaf[layer->tensors[MEAN].offset + c] = (Real)(pass->weight * ch->mean);
        io->leaf[layer->tensors[VARIANCE].offset + c] = (Real)(pass->weight * ch->variance);
    }
}

static void batch_norm_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    Channel *channel = (Channel *)io->work;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    const Lanes *x = (const Lanes *)io->x[0], *dy = (const Lanes *)io->dy;
    const Lanes *mask = (const Lanes *)pass->mask;
    Lanes *dx = (Lanes *)io->dx[0];
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    sum_gradients(layer, pass, io, channel);
    if (!dx)
        return;
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int c = 0; c < channels; c++, x += stride, dy += stride, dx += stride) {
            Real centre = channel[c].centre, scale = weight[c] * channel[c].inverse;
            Real level = channel[c].level, slope = channel[c].slope;
            for (int i = 0; i < stride; i++) {
                Lanes g = scale * (dy[i] - level - (x[i] - centre) * slope);
                dx[i] = lanes_select(mask[i] != 0, g, lanes_of(0));
            }
        }
}

const LayerType layer_batch_norm = {
    .name = "batch_norm",
    .help = "each channel to mean 0 and variance 1 over the micro-batch",
    .fields = fields,
    .self_size = sizeof(BatchNorm),
    .input_count = 1,
    .is_norm = true,
    .backward_in_place = true,
    .setup = batch_norm_setup,
    .init = batch_norm_init,
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
};
