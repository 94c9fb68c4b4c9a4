/* Dense: every output is a weighted sum of all inputs, plus a bias.
 *
 *     Y[out][n] = W[out][in] X[in][n] + b        n lanes, a sample each
 *     dW = dY X'      db = row sums of dY      dX = W' dY
 *
 * Three products of math/product.h. They are ours and not OpenBLAS's because lanes make them
 * simple: twice as fast here, and the same bits whatever BLAS is there. */
#include "math/lanes.h"
#include "math/product.h"
#include "nn/init.h"

#include <stddef.h>

typedef struct Dense {
    int64_t units;
    bool bias;
    Node init_node;
    Init init;
} Dense;

enum { WEIGHT, BIAS }; /* the order of its tensors */

static const Field fields[] = {
    {"units", FIELD_INT, offsetof(Dense, units), .min = 1, .max = 1 << 24,
     .help = "how many outputs"},
    {"bias", FIELD_BOOL, offsetof(Dense, bias), "true", .help = "add a learnt constant to each"},
    {"init", FIELD_NODE, offsetof(Dense, init_node), FIELD_NONE, .help = INIT_HELP},
    {0},
};

static Err dense_setup(Layer *layer)
{
    Dense *self = layer->self;
    Shape in = layer->in[0];
    TRY(init_read(self->init_node, &self->init));
    if (shape_pixels(in) != 1)
        return layer_fail(layer,
                          "needs features, but its input is %s (height x width x channels); "
                          "put `flatten` before it",
                          shape_text(in));
    layer->out = (Shape){1, 1, (int)self->units};
    layer->scratch_rows = product_panel_rows(in.channels);
    layer->flops = 2.0 * (double)self->units * in.channels;
    layer_tensor(layer, "weight", TENSOR_PARAMETER, 2, (int64_t[]){self->units, in.channels});
    if (self->bias)
        layer_tensor(layer, "bias", TENSOR_PARAMETER, 1, (int64_t[]){self->units});
    return NULL;
}

static void dense_init(const Layer *layer, uint64_t seed, Real *values)
{
    const Dense *self = layer->self;
    const Tensor *weight = &layer->tensors[WEIGHT];
    init_fill(&self->init, layer, weight, layer->in[0].channels, self->units, seed,
              values + weight->offset);
}

static void sum_rows(Real *sums, const Real *dy, int rows, int lanes)
{
    for (int row = 0; row < rows; row++) {
        const Lanes *from = (const Lanes *)(dy + (int64_t)row * lanes);
        Lanes sum = from[0];
        for (int i = 1; i < lanes / LANES; i++)
            sum += from[i];
        sums[row] = (Real)lanes_sum(sum);
    }
}

static void dense_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Dense *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    const Real *bias = self->bias ? io->values + layer->tensors[BIAS].offset : NULL;
    product_forward(layer->out.channels, layer->in[0].channels, weight, bias, io->x[0], io->y,
                    pass->lanes);
}

static void dense_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Dense *self = layer->self;
    const Real *weight = io->values + layer->tensors[WEIGHT].offset;
    Real *dweight = io->leaf + layer->tensors[WEIGHT].offset;
    int out = layer->out.channels, in = layer->in[0].channels, lanes = pass->lanes;
    product_weight_gradient(out, in, io->dy, io->x[0], dweight, lanes, io->scratch);
    if (self->bias)
        sum_rows(io->leaf + layer->tensors[BIAS].offset, io->dy, out, lanes);
    if (io->dx[0])
        product_input_gradient(out, in, weight, io->dy, io->dx[0], lanes);
}

const LayerType layer_dense = {
    .name = "dense",
    .help = "every output a weighted sum of all inputs",
    .main_key = "units",
    .fields = fields,
    .self_size = sizeof(Dense),
    .input_count = 1,
    .setup = dense_setup,
    .init = dense_init,
    .forward = dense_forward,
    .backward = dense_backward,
};
