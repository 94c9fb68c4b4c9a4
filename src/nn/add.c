/* Add: the sum of two layers of one shape, as at the end of a residual block. Written with
 * `add: [this, that]`; `from` is a setting of every layer (net.h). */
#include "math/vec.h"
#include "nn/layer.h"

#include <string.h>

static Err add_setup(Layer *layer)
{
    if (!shape_equal(layer->in[0], layer->in[1]))
        return layer_fail(layer, "cannot add %s and %s", shape_text(layer->in[0]),
                          shape_text(layer->in[1]));
    layer->out = layer->in[0];
    layer->flops = (double)shape_size(layer->out);
    return NULL;
}

static void add_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    vec_add(io->y, io->x[0], io->x[1], shape_size(layer->out) * pass->lanes);
}

static void add_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    size_t bytes = (size_t)(shape_size(layer->out) * pass->lanes) * sizeof(Real);
    for (int k = 0; k < 2; k++)
        if (io->dx[k])
            memcpy(io->dx[k], io->dy, bytes);
}

const LayerType layer_add = {
    .name = "add",
    .help = "the sum of two layers, named by `from`",
    .main_key = "from",
    .input_count = 2,
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};
