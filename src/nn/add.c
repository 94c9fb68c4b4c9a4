/* The sum of two layers of one shape, in two spellings:
 *
 *     add: [this, that]                             two layers by name; `from` is of every layer
 *     residual: {main: [...], skip: identity}       two paths from one layer, written inside
 *
 * A residual block (He et al. 2016) is the add at its end; net_read.c has read its paths before. */
#include "math/vec.h"
#include "nn/layer.h"

#include <stddef.h>
#include <string.h>

/* net_read.c reads what these hold. */
typedef struct Residual {
    Node main, skip;
} Residual;

static const Field residual_fields[] = {
    {"main", FIELD_NODE, offsetof(Residual, main), .help = "the list of layers that learns"},
    {"skip", FIELD_NODE, offsetof(Residual, skip), "identity",
     .help = "identity, or a list of layers that brings the input to the same shape"},
    {0},
};

static const char *const residual_paths[] = {"main", "skip", NULL};

static Err add_setup(Layer *layer)
{
    const char *a = shape_text(layer->in[0]), *b = shape_text(layer->in[1]);
    if (!shape_equal(layer->in[0], layer->in[1]))
        return layer->type->paths
                   ? layer_fail(layer, "`main` ends in %s, `skip` in %s: they cannot be added", a,
                                b)
                   : layer_fail(layer, "cannot add %s and %s", a, b);
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
        if (io->dx[k] && io->dx[k] != io->dy)
            memcpy(io->dx[k], io->dy, bytes);
}

const LayerType layer_add = {
    .name = "add",
    .help = "the sum of two layers, named by `from`",
    .main_key = "from",
    .input_count = 2,
    .forward_in_place = true,
    .backward_in_place = true,
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};

const LayerType layer_residual = {
    .name = "residual",
    .help = "the sum of a list of layers and what it began with",
    .main_key = "main",
    .fields = residual_fields,
    .self_size = sizeof(Residual),
    .input_count = 2,
    .forward_in_place = true,
    .backward_in_place = true,
    .paths = residual_paths,
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};
