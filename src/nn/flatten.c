/* Flatten: an image becomes a row of features in the order (channel, pixel), which is PyTorch's, so
 * that the weights of the dense layer behind it mean the same there.
 *
 *     x [pixel][channel][lane]   ->   y [channel][pixel][lane] */
#include "nn/layer.h"

#include <string.h>

static Err flatten_setup(Layer *layer)
{
    int64_t size = shape_size(layer->in[0]);
    if (size > INT32_MAX)
        return layer_fail(layer, "an input of %s is too large", shape_text(layer->in[0]));
    layer->out = (Shape){1, 1, (int)size};
    return NULL;
}

/* to[column][row] = from[row][column]; every item is a run of lanes. */
static void transpose(Real *to, const Real *from, int64_t rows, int64_t columns, int lanes)
{
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++)
            memcpy(to + (column * rows + row) * lanes, from + (row * columns + column) * lanes,
                   (size_t)lanes * sizeof(Real));
}

static void flatten_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    Shape in = layer->in[0];
    transpose(io->y, io->x[0], shape_pixels(in), in.channels, pass->lanes);
}

static void flatten_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    Shape in = layer->in[0];
    transpose(io->dx[0], io->dy, in.channels, shape_pixels(in), pass->lanes);
}

const LayerType layer_flatten = {
    .name = "flatten",
    .help = "an image to a row of features, channel by channel",
    .input_count = 1,
    .setup = flatten_setup,
    .forward = flatten_forward,
    .backward = flatten_backward,
};
