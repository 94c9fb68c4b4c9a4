/* Softmax over the channels of each pixel (of a dense layer: over its features). With the largest x
 * taken off first, nothing overflows:
 *
 *     y_c = exp(x_c - max x) / sum_k exp(x_k - max x)        dx_c = y_c (dy_c - sum_k dy_k y_k)
 *
 * Rows of Lanes are `stride` apart: x[c * stride] is channel c of the same sixteen samples. */
#include "math/elementary.h"
#include "nn/layer.h"

static Err softmax_setup(Layer *layer)
{
    layer->out = layer->in[0];
    layer->flops = (double)shape_size(layer->out);
    return NULL;
}

static void normalise(Lanes *y, const Lanes *x, int channels, int stride)
{
    Lanes most = x[0], sum = lanes_of(0);
    for (int c = 1; c < channels; c++)
        most = lanes_max(most, x[c * stride]);
    for (int c = 0; c < channels; c++) {
        y[c * stride] = lanes_exp(x[c * stride] - most);
        sum += y[c * stride];
    }
    for (int c = 0; c < channels; c++)
        y[c * stride] /= sum;
}

static void differentiate(Lanes *dx, const Lanes *y, const Lanes *dy, int channels, int stride)
{
    Lanes sum = lanes_of(0);
    for (int c = 0; c < channels; c++)
        sum += y[c * stride] * dy[c * stride];
    for (int c = 0; c < channels; c++)
        dx[c * stride] = y[c * stride] * (dy[c * stride] - sum);
}

static void softmax_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int i = 0; i < stride; i++) {
            int64_t at = pixel * channels * stride + i;
            normalise((Lanes *)io->y + at, (const Lanes *)io->x[0] + at, channels, stride);
        }
}

static void softmax_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    int channels = layer->out.channels, stride = pass->lanes / LANES;
    for (int64_t pixel = 0; pixel < shape_pixels(layer->out); pixel++)
        for (int i = 0; i < stride; i++) {
            int64_t at = pixel * channels * stride + i;
            differentiate((Lanes *)io->dx[0] + at, (const Lanes *)io->y + at,
                          (const Lanes *)io->dy + at, channels, stride);
        }
}

const LayerType layer_softmax = {
    .name = "softmax",
    .help = "channels to probabilities that add up to 1",
    .input_count = 1,
    .reads_output = true,
    .is_activation = true,
    .setup = softmax_setup,
    .forward = softmax_forward,
    .backward = softmax_backward,
};
