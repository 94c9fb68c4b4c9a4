/* Normalisation inside one sample, so that neither training nor evaluation knows the others:
 *
 *     layer_norm   over all features; scale and shift of each (Ba et al. 2016, eq. 3; PyTorch's
 *                  LayerNorm of the whole sample's shape)
 *     group_norm   over the pixels of each group of channels; scale and shift of a channel (Wu and
 *                  He 2018, eq. 7)
 *
 * With h = (x - mean) r, r = 1 / sqrt(variance + epsilon), g = dy weight, over the n numbers of a
 * group:
 *
 *     y = weight h + bias      dx = r (g - sum g / n - h sum(g h) / n)
 *
 * Every lane has its own mean and r; padding lanes have dy = 0 and so get dx = 0. */
#include "nn/layer.h"
#include "nn/moments.h"

#include <stddef.h>
#include <string.h>

enum { LAYER, GROUP }; /* variants */

typedef struct SampleNorm {
    int64_t groups;
    double gamma, epsilon;
} SampleNorm;

enum { WEIGHT, BIAS }; /* the order of its tensors */

#define COMMON_FIELDS                                                                              \
    {"gamma",     FIELD_REAL, offsetof(SampleNorm, gamma),       "1",                              \
     .min = -1e6, .max = 1e6, .help = "what the scale starts at"},                                 \
    {                                                                                              \
        "epsilon", FIELD_REAL, offsetof(SampleNorm, epsilon), "1e-5",                              \
            .min = 1e-12, .max = 1, .help = "added to the variance"                                \
    }

static const Field layer_fields[] = {COMMON_FIELDS, {0}};
static const Field group_fields[] = {
    {"groups", FIELD_INT, offsetof(SampleNorm, groups), .min = 1, .max = 1 << 24,
     .help = "how many groups of channels"},
    COMMON_FIELDS,
    {0},
};

/* One group of channels under way: where its rows are, and what its work memory holds. */
typedef struct Group {
    const Layer *layer;
    int first, end;       /* channels */
    int stride;           /* Lanes a row */
    double n;             /* numbers a sample */
    Lanes *mean, *r;      /* [stride], kept for each group */
    Lanes *level, *slope; /* [stride] sum g / n and sum(g h) / n */
    Moments *moments;     /* [stride] */
} Group;

static Err sample_norm_setup(Layer *layer)
{
    SampleNorm *self = layer->self;
    Shape in = layer->in[0];
    if (layer->type->variant == LAYER)
        self->groups = 1;
    if (in.channels % self->groups != 0)
        return layer_fail(layer, "%lld groups do not divide the %d channels of its input, %s",
                          (long long)self->groups, in.channels, shape_text(in));
    layer->out = in;
    layer->flops = 2.0 * (double)shape_size(in);
    bool image = layer->type->variant == LAYER && shape_pixels(in) > 1;
    int64_t dims[] = {in.channels, in.height, in.width};
    layer_tensor(layer, "weight", TENSOR_PARAMETER, image ? 3 : 1, dims);
    layer_tensor(layer, "bias", TENSOR_PARAMETER, image ? 3 : 1, dims);
    layer->work_rows = 2 * (self->groups + 1) + (int64_t)(sizeof(Moments) / sizeof(Lanes));
    return NULL;
}

static void sample_norm_init(const Layer *layer, uint64_t seed, Real *values)
{
    const SampleNorm *self = layer->self;
    (void)seed;
    for (int64_t i = 0; i < layer->tensors[WEIGHT].size; i++)
        values[layer->tensors[WEIGHT].offset + i] = (Real)self->gamma;
}

static Group group_of(const Layer *layer, const Pass *pass, const Io *io, int g)
{
    const SampleNorm *self = layer->self;
    int width = layer->out.channels / (int)self->groups, stride = pass->lanes / LANES;
    Lanes *own = (Lanes *)io->work + 2 * (int64_t)g * stride;
    Lanes *shared = (Lanes *)io->work + 2 * self->groups * stride;
    return (Group){.layer = layer,
                   .first = g * width,
                   .end = (g + 1) * width,
                   .stride = stride,
                   .n = (double)width * (double)shape_pixels(layer->out),
                   .mean = own,
                   .r = own + stride,
                   .level = shared,
                   .slope = shared + stride,
                   .moments = (Moments *)(shared + 2 * stride)};
}

/* Where a row begins, and which element of weight and bias it takes. */
static inline int64_t row_at(const Group *g, int64_t pixel, int channel)
{
    return (pixel * g->layer->out.channels + channel) * g->stride;
}

static inline int64_t parameter_at(const Group *g, int64_t pixel, int channel)
{
    if (g->layer->type->variant == GROUP)
        return channel;
    return channel * shape_pixels(g->layer->out) + pixel;
}

static void measure(const Group *g, const Lanes *x)
{
    const SampleNorm *self = g->layer->self;
    memset(g->moments, 0, (size_t)g->stride * sizeof *g->moments);
    for (int64_t pixel = 0; pixel < shape_pixels(g->layer->out); pixel++)
        for (int c = g->first; c < g->end; c++) {
            const Lanes *row = x + row_at(g, pixel, c);
            for (int i = 0; i < g->stride; i++)
                moments_add(&g->moments[i], row[i], row[i]);
        }
    for (int i = 0; i < g->stride; i++)
        for (int lane = 0; lane < LANES; lane++) {
            double sum = g->moments[i].sum[lane];
            double variance = moments_variance(sum, g->moments[i].product[lane], g->n);
            g->mean[i][lane] = (Real)(sum / g->n);
            g->r[i][lane] = (Real)(1 / sqrt(variance + self->epsilon));
        }
}

static void sample_norm_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const SampleNorm *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    const Real *bias = io->values + layer->tensors[BIAS].offset;
    for (int k = 0; k < self->groups; k++) {
        Group g = group_of(layer, pass, io, k);
        measure(&g, (const Lanes *)io->x[0]);
        for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
            for (int c = g.first; c < g.end; c++) {
                int64_t at = row_at(&g, pixel, c), p = parameter_at(&g, pixel, c);
                const Lanes *x = (const Lanes *)io->x[0] + at;
                Lanes *y = (Lanes *)io->y + at;
                for (int i = 0; i < g.stride; i++)
                    y[i] = (x[i] - g.mean[i]) * g.r[i] * weight[p] + bias[p];
            }
    }
}

/* Adds the pixel of a channel to sums of dy and dy h. */
static void add_row(const Group *g, const Io *io, int64_t pixel, int channel, Moments *sums)
{
    int64_t at = row_at(g, pixel, channel);
    const Lanes *x = (const Lanes *)io->x[0] + at, *dy = (const Lanes *)io->dy + at;
    for (int i = 0; i < g->stride; i++)
        moments_add(sums, dy[i], (x[i] - g->mean[i]) * g->r[i]);
}

/* dweight = sum dy h and dbias = sum dy over the rows that share the parameter. */
static void differentiate_parameters(const Group *g, const Io *io)
{
    Real *dweight = io->leaf + g->layer->tensors[WEIGHT].offset;
    Real *dbias = io->leaf + g->layer->tensors[BIAS].offset;
    int64_t pixels = shape_pixels(g->layer->out);
    int64_t shared = g->layer->type->variant == GROUP ? pixels : 1;
    for (int c = g->first; c < g->end; c++)
        for (int64_t first = 0; first < pixels; first += shared) {
            Moments sums = {{0}, {0}};
            for (int64_t pixel = first; pixel < first + shared; pixel++)
                add_row(g, io, pixel, c, &sums);
            dweight[parameter_at(g, first, c)] = (Real)moments_total(sums.product);
            dbias[parameter_at(g, first, c)] = (Real)moments_total(sums.sum);
        }
}

/* Sums of g = dy weight and of g h, a lane each, over n. */
static void sum_gradients(const Group *g, const Io *io)
{
    const Real *weight = io->values + g->layer->tensors[WEIGHT].offset;
    memset(g->moments, 0, (size_t)g->stride * sizeof *g->moments);
    for (int64_t pixel = 0; pixel < shape_pixels(g->layer->out); pixel++)
        for (int c = g->first; c < g->end; c++) {
            int64_t at = row_at(g, pixel, c);
            Real w = weight[parameter_at(g, pixel, c)];
            const Lanes *x = (const Lanes *)io->x[0] + at, *dy = (const Lanes *)io->dy + at;
            for (int i = 0; i < g->stride; i++)
                moments_add(&g->moments[i], dy[i] * w, (x[i] - g->mean[i]) * g->r[i]);
        }
    for (int i = 0; i < g->stride; i++)
        for (int lane = 0; lane < LANES; lane++) {
            g->level[i][lane] = (Real)(g->moments[i].sum[lane] / g->n);
            g->slope[i][lane] = (Real)(g->moments[i].product[lane] / g->n);
        }
}

static void differentiate_row(const Group *g, const Io *io, int64_t at, Real weight)
{
    const Lanes *x = (const Lanes *)io->x[0] + at, *dy = (const Lanes *)io->dy + at;
    Lanes *dx = (Lanes *)io->dx[0] + at;
    for (int i = 0; i < g->stride; i++) {
        Lanes h = (x[i] - g->mean[i]) * g->r[i];
        dx[i] = g->r[i] * (dy[i] * weight - g->level[i] - h * g->slope[i]);
    }
}

static void sample_norm_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const SampleNorm *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    for (int k = 0; k < self->groups; k++) {
        Group g = group_of(layer, pass, io, k);
        differentiate_parameters(&g, io);
        if (!io->dx[0])
            continue;
        sum_gradients(&g, io);
        for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
            for (int c = g.first; c < g.end; c++)
                differentiate_row(&g, io, row_at(&g, pixel, c), weight[parameter_at(&g, pixel, c)]);
    }
}

const LayerType layer_layer_norm = {
    .name = "layer_norm",
    .help = "each sample to mean 0 and variance 1",
    .fields = layer_fields,
    .self_size = sizeof(SampleNorm),
    .variant = LAYER,
    .input_count = 1,
    .is_norm = true,
    .setup = sample_norm_setup,
    .init = sample_norm_init,
    .forward = sample_norm_forward,
    .backward = sample_norm_backward,
};

const LayerType layer_group_norm = {
    .name = "group_norm",
    .help = "each group of channels of a sample to mean 0 and variance 1",
    .main_key = "groups",
    .fields = group_fields,
    .self_size = sizeof(SampleNorm),
    .variant = GROUP,
    .input_count = 1,
    .is_norm = true,
    .setup = sample_norm_setup,
    .init = sample_norm_init,
    .forward = sample_norm_forward,
    .backward = sample_norm_backward,
};
