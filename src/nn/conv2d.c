/* Convolution: every output pixel and channel a weighted sum of the window below it, over all input
 * channels, plus a bias. This file is the layer: settings, shapes, tensors. The arithmetic is in
 * conv_forward.c and conv_weight.c. */
#include "nn/conv_inside.h"
#include "nn/init.h"

#include <stddef.h>

typedef struct Conv2d {
    int64_t filters;
    WindowSettings window;
    bool bias;
    Node init_node;
    Init init;
    Conv conv;
} Conv2d;

enum { WEIGHT, BIAS }; /* the order of its tensors */

static const Field fields[] = {
    {"filters", FIELD_INT, offsetof(Conv2d, filters), .min = 1, .max = 1 << 16,
     .help = "how many output channels"},
    {"kernel", FIELD_NODE, offsetof(Conv2d, window.kernel),
     .help = "size of the window: a number, or [height, width]"},
    {"stride", FIELD_NODE, offsetof(Conv2d, window.stride), "1",
     .help = "pixels from window to window: a number, or [height, width]"},
    {"padding", FIELD_NODE, offsetof(Conv2d, window.padding), "valid",
     .help = "zeros around the image: same, valid (none), a number, or [height, width]"},
    {"bias", FIELD_BOOL, offsetof(Conv2d, bias), "true",
     .help = "add a learnt constant to each channel"},
    {"init", FIELD_NODE, offsetof(Conv2d, init_node), FIELD_NONE, .help = INIT_HELP},
    {0},
};

static Err conv2d_setup(Layer *layer)
{
    Conv2d *self = layer->self;
    Conv *conv = &self->conv;
    TRY(init_read(self->init_node, &self->init));
    TRY(window_read(layer, "kernel", &self->window, &conv->window));
    conv->in = layer->in[0].channels;
    conv->out = layer->out.channels = (int)self->filters;
    int64_t kh = conv->window.y.kernel, kw = conv->window.x.kernel;
    int64_t weights = conv_weights(conv), totals = conv_totals_size(conv);
    layer->flops = 2.0 * (double)shape_pixels(layer->out) * (double)weights;
    layer->scratch = weights > totals ? weights : totals;
    layer->scratch_rows = conv_panel_rows(conv);
    layer_tensor(layer, "weight", TENSOR_PARAMETER, 4, (int64_t[]){conv->out, conv->in, kh, kw});
    if (self->bias)
        layer_tensor(layer, "bias", TENSOR_PARAMETER, 1, (int64_t[]){conv->out});
    return NULL;
}

static void conv2d_init(const Layer *layer, uint64_t seed, Real *values)
{
    const Conv2d *self = layer->self;
    const Tensor *weight = &layer->tensors[WEIGHT];
    int64_t weights = conv_weights(&self->conv);
    init_fill(&self->init, layer, weight, weights / self->conv.out, weights / self->conv.in, seed,
              values + weight->offset);
}

static void conv2d_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Conv2d *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    const Real *bias = self->bias ? io->values + layer->tensors[BIAS].offset : NULL;
    conv_forward(&self->conv, weight, bias, io->x[0], io->y, pass->lanes, io->scratch);
}

static void conv2d_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Conv2d *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    Real *dweight = io->leaf + layer->tensors[WEIGHT].offset;
    Real *dbias = self->bias ? io->leaf + layer->tensors[BIAS].offset : NULL;
    conv_weight_gradient(&self->conv, io->x[0], io->dy, dweight, dbias, pass->lanes, io->scratch);
    if (io->dx[0])
        conv_input_gradient(&self->conv, weight, io->dy, io->dx[0], pass->lanes, io->scratch);
}

const LayerType layer_conv2d = {
    .name = "conv2d",
    .help = "every output pixel a weighted sum of the window below it",
    .main_key = "filters",
    .fields = fields,
    .self_size = sizeof(Conv2d),
    .input_count = 1,
    .setup = conv2d_setup,
    .init = conv2d_init,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
};
