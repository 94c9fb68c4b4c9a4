/* The slow, obvious reference: every layer type once more, in double, one sample after the other,
 * with libm. Arrays are [sample][feature]; an image's features are in the engine's order
 * [pixel][channel]. Settings are read off the document, where net_build has put the defaults.
 *
 * A new layer type needs a row in naive_layers[]. */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include "naive_io.h"
#include "naive_norm.h"
#include "naive_window.h"

typedef struct NaiveLayer {
    const char *type;
    void (*forward)(const Layer *layer, const NaiveIo *io);
    void (*backward)(const Layer *layer, const NaiveIo *io);
} NaiveLayer;

static inline void naive_dense_forward(const Layer *layer, const NaiveIo *io)
{
    int64_t in = shape_size(layer->in[0]), out = shape_size(layer->out);
    const double *weight = io->values + layer->tensors[0].offset;
    const double *bias = layer->tensor_count > 1 ? io->values + layer->tensors[1].offset : NULL;
    for (int s = 0; s < io->samples; s++)
        for (int64_t o = 0; o < out; o++) {
            double sum = bias ? bias[o] : 0;
            for (int64_t i = 0; i < in; i++)
                sum += weight[o * in + i] * io->x[0][s * in + i];
            io->y[s * out + o] = sum;
        }
}

static inline void naive_dense_backward(const Layer *layer, const NaiveIo *io)
{
    int64_t in = shape_size(layer->in[0]), out = shape_size(layer->out);
    const double *weight = io->values + layer->tensors[0].offset;
    for (int s = 0; s < io->samples; s++)
        for (int64_t o = 0; o < out; o++) {
            double dy = io->dy[s * out + o];
            if (layer->tensor_count > 1)
                io->leaf[layer->tensors[1].offset + o] += dy;
            for (int64_t i = 0; i < in; i++) {
                io->leaf[layer->tensors[0].offset + o * in + i] += dy * io->x[0][s * in + i];
                io->dx[0][s * in + i] += dy * weight[o * in + i];
            }
        }
}

/* An activation and its slope, both from x. */
typedef struct NaiveFunction {
    const char *type;
    double (*value)(double x, double alpha), (*slope)(double x, double alpha);
} NaiveFunction;

static inline double naive_relu(double x, double alpha)
{
    return x > 0 ? x : 0 * alpha;
}
static inline double naive_relu_slope(double x, double alpha)
{
    return x > 0 ? 1 : 0 * alpha;
}
static inline double naive_leaky(double x, double alpha)
{
    return x > 0 ? x : alpha * x;
}
static inline double naive_leaky_slope(double x, double alpha)
{
    return x > 0 ? 1 : alpha;
}
static inline double naive_elu(double x, double alpha)
{
    return x > 0 ? x : alpha * expm1(x);
}
static inline double naive_elu_slope(double x, double alpha)
{
    return x > 0 ? 1 : alpha * exp(x);
}
static inline double naive_sigmoid(double x, double alpha)
{
    return 1 / (1 + exp(-x)) + 0 * alpha;
}
static inline double naive_sigmoid_slope(double x, double alpha)
{
    return naive_sigmoid(x, alpha) * naive_sigmoid(-x, alpha);
}
static inline double naive_tanh(double x, double alpha)
{
    return tanh(x) + 0 * alpha;
}
static inline double naive_tanh_slope(double x, double alpha)
{
    return 1 / (cosh(x) * cosh(x)) + 0 * alpha;
}
static inline double naive_gelu(double x, double alpha)
{
    return x * (1 + erf(x / sqrt(2))) / 2 + 0 * alpha;
}
static inline double naive_gelu_slope(double x, double alpha)
{
    return (1 + erf(x / sqrt(2))) / 2 + x * exp(-x * x / 2) / sqrt(2 * acos(-1)) + 0 * alpha;
}
static inline double naive_linear(double x, double alpha)
{
    return x + 0 * alpha;
}
static inline double naive_linear_slope(double x, double alpha)
{
    return 1 + 0 * x * alpha;
}

static inline const NaiveFunction *naive_function(const Layer *layer)
{
    static const NaiveFunction functions[] = {
        {"relu", naive_relu, naive_relu_slope}, {"leaky_relu", naive_leaky, naive_leaky_slope},
        {"elu", naive_elu, naive_elu_slope},    {"sigmoid", naive_sigmoid, naive_sigmoid_slope},
        {"tanh", naive_tanh, naive_tanh_slope}, {"linear", naive_linear, naive_linear_slope},
        {"gelu", naive_gelu, naive_gelu_slope},
    };
    const NaiveFunction *f = functions;
    while (strcmp(f->type, layer->type->name) != 0)
        f++;
    return f;
}

static inline void naive_activation_forward(const Layer *layer, const NaiveIo *io)
{
    const NaiveFunction *f = naive_function(layer);
    double alpha = naive_setting(layer, "alpha");
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        io->y[i] = f->value(io->x[0][i], alpha);
}

static inline void naive_activation_backward(const Layer *layer, const NaiveIo *io)
{
    const NaiveFunction *f = naive_function(layer);
    double alpha = naive_setting(layer, "alpha");
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        io->dx[0][i] += io->dy[i] * f->slope(io->x[0][i], alpha);
}

/* The factor of one feature of one sample. */
static inline double naive_dropout_factor(const Layer *layer, const NaiveIo *io, int s, int64_t f)
{
    double rate = naive_setting(layer, "rate");
    bool classic = strcmp(conf_scalar(conf_get(layer->settings, "mode")), "classic") == 0;
    if (!io->pass->training)
        return classic ? 1 - rate : 1;
    Draw draw = rng_draw(io->pass->seed, rng_purpose(RNG_DROPOUT, (uint32_t)layer->index),
                         (uint64_t)io->pass->position[s], (uint64_t)f / 8);
    return rng_unit(draw.word[f % 8]) < rate ? 0 : classic ? 1 : 1 / (1 - rate);
}

static inline void naive_dropout_forward(const Layer *layer, const NaiveIo *io)
{
    int64_t n = shape_size(layer->out);
    for (int s = 0; s < io->samples; s++)
        for (int64_t f = 0; f < n; f++)
            io->y[s * n + f] = io->x[0][s * n + f] * naive_dropout_factor(layer, io, s, f);
}

static inline void naive_dropout_backward(const Layer *layer, const NaiveIo *io)
{
    int64_t n = shape_size(layer->out);
    for (int s = 0; s < io->samples; s++)
        for (int64_t f = 0; f < n; f++)
            io->dx[0][s * n + f] += io->dy[s * n + f] * naive_dropout_factor(layer, io, s, f);
}

static inline void naive_flatten_forward(const Layer *layer, const NaiveIo *io)
{
    int64_t pixels = shape_pixels(layer->in[0]), channels = layer->in[0].channels;
    int64_t n = pixels * channels;
    for (int s = 0; s < io->samples; s++)
        for (int64_t p = 0; p < pixels; p++)
            for (int64_t c = 0; c < channels; c++)
                io->y[s * n + c * pixels + p] = io->x[0][s * n + p * channels + c];
}

static inline void naive_flatten_backward(const Layer *layer, const NaiveIo *io)
{
    int64_t pixels = shape_pixels(layer->in[0]), channels = layer->in[0].channels;
    int64_t n = pixels * channels;
    for (int s = 0; s < io->samples; s++)
        for (int64_t p = 0; p < pixels; p++)
            for (int64_t c = 0; c < channels; c++)
                io->dx[0][s * n + p * channels + c] += io->dy[s * n + c * pixels + p];
}

static inline void naive_add_forward(const Layer *layer, const NaiveIo *io)
{
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        io->y[i] = io->x[0][i] + io->x[1][i];
}

static inline void naive_add_backward(const Layer *layer, const NaiveIo *io)
{
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++) {
        io->dx[0][i] += io->dy[i];
        io->dx[1][i] += io->dy[i];
    }
}

/* Every output is compared with every input: the Jacobian, written out. */
static inline void naive_softmax_forward(const Layer *layer, const NaiveIo *io)
{
    int channels = layer->out.channels;
    for (int64_t row = 0; row < io->samples * shape_pixels(layer->out); row++) {
        const double *x = io->x[0] + row * channels;
        double sum = 0;
        for (int c = 0; c < channels; c++)
            sum += exp(x[c]);
        for (int c = 0; c < channels; c++)
            io->y[row * channels + c] = exp(x[c]) / sum;
    }
}

static inline void naive_softmax_backward(const Layer *layer, const NaiveIo *io)
{
    int channels = layer->out.channels;
    for (int64_t row = 0; row < io->samples * shape_pixels(layer->out); row++)
        for (int c = 0; c < channels; c++)
            for (int k = 0; k < channels; k++) {
                double y = io->y[row * channels + c], other = io->y[row * channels + k];
                io->dx[0][row * channels + c] +=
                    io->dy[row * channels + k] * other * ((k == c) - y);
            }
}

static inline const NaiveLayer *naive_layer(const char *type)
{
    static const NaiveLayer naive_layers[] = {
        {"dense", naive_dense_forward, naive_dense_backward},
        {"conv2d", naive_conv_forward, naive_conv_backward},
        {"max_pool", naive_max_forward, naive_max_backward},
        {"avg_pool", naive_avg_forward, naive_avg_backward},
        {"global_average_pool", naive_global_forward, naive_global_backward},
        {"relu", naive_activation_forward, naive_activation_backward},
        {"leaky_relu", naive_activation_forward, naive_activation_backward},
        {"elu", naive_activation_forward, naive_activation_backward},
        {"sigmoid", naive_activation_forward, naive_activation_backward},
        {"tanh", naive_activation_forward, naive_activation_backward},
        {"linear", naive_activation_forward, naive_activation_backward},
        {"gelu", naive_activation_forward, naive_activation_backward},
        {"softmax", naive_softmax_forward, naive_softmax_backward},
        {"batch_norm", naive_norm_forward, naive_norm_backward},
        {"layer_norm", naive_norm_forward, naive_norm_backward},
        {"group_norm", naive_norm_forward, naive_norm_backward},
        {"dropout", naive_dropout_forward, naive_dropout_backward},
        {"flatten", naive_flatten_forward, naive_flatten_backward},
        {"add", naive_add_forward, naive_add_backward},
        {"residual", naive_add_forward, naive_add_backward},
        {0},
    };
    for (const NaiveLayer *layer = naive_layers; layer->type; layer++)
        if (strcmp(layer->type, type) == 0)
            return layer;
    return NULL;
}

/* A whole net, forward and backward, any graph. y: [sample][output]; leaf: net->extent zeros. */
static inline void naive_net(const Net *net, const Batch *batch, const double *values,
                             const double *x, const double *dy, double *y, double *leaf)
{
    enum { MOST = 32 };
    double *ys[MOST] = {0}, *dys[MOST] = {0};
    double *dinput = mem_alloc(batch->samples * shape_size(net->input), sizeof *dinput);
    NaiveIo ios[MOST];
    int last = net->layer_count - 1;
    for (int i = 0; i <= last; i++) {
        const Layer *layer = &net->layers[i];
        int64_t size = batch->samples * shape_size(layer->out);
        ys[i] = i == last ? y : mem_alloc(size, sizeof *y);
        dys[i] = mem_alloc(size, sizeof *dy);
        ios[i] = (NaiveIo){batch->samples, &batch->pass, .values = values, .leaf = leaf};
        ios[i].y = ys[i];
        ios[i].dy = i == last ? dy : dys[i];
        for (int k = 0; k < layer->type->input_count; k++) {
            int source = layer->inputs[k];
            ios[i].x[k] = source < 0 ? x : ys[source];
            ios[i].dx[k] = source < 0 ? dinput : dys[source];
        }
        naive_layer(layer->type->name)->forward(layer, &ios[i]);
    }
    for (int i = last; i >= 0; i--)
        naive_layer(net->layers[i].type->name)->backward(&net->layers[i], &ios[i]);
    for (int i = 0; i <= last; i++) {
        mem_free(i == last ? NULL : ys[i]);
        mem_free(dys[i]);
    }
    mem_free(dinput);
}

#endif
