/* The running of a net: initial values, forward, backward. All decisions were taken in net_build:
 * what is left is two loops over the layers. */
#include "nn/net.h"

#include "base/cut.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

void net_init(const Net *net, uint64_t seed, Real *values)
{
    for (int t = 0; t < net->tensor_count; t++) {
        const Tensor *tensor = net->tensors[t];
        memset(values + tensor->offset, 0, (size_t)tensor->size * sizeof(Real));
    }
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *layer = &net->layers[i];
        if (layer->type->init)
            layer->type->init(layer, seed, values);
    }
}

const Layer *net_symmetric(const Net *net, const Real *values)
{
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *t = net->tensors[i];
        const Layer *layer = &net->layers[t->layer];
        int64_t k = 0;
        while (k < t->size && values[t->offset + k] == 0)
            k++;
        if (k == t->size && t->rank > 1 && layer->next_activation && !layer->type->is_norm)
            return layer;
    }
    return NULL;
}

/* What layer i reads and writes forward; backward adds the gradients. */
static Io layer_io(const Net *net, int i, const Real *values, const Real *x)
{
    const Layer *layer = &net->layers[i];
    Io io = {.y = net->y[i], .values = values, .work = net->work[i], .scratch = net->scratch};
    for (int k = 0; k < layer->type->input_count; k++)
        io.x[k] = layer->inputs[k] < 0 ? x : net->y[layer->inputs[k]];
    return io;
}

static void mark(const Pass *pass, int layer, bool backward)
{
    if (pass->marks)
        pass->marks->layer(pass->marks->context, layer, backward);
}

const Real *net_forward(Net *net, const Pass *pass, const Real *values, const Real *x)
{
    CHECK(pass->lanes <= net->lanes, "a pass of %d lanes in a net of %d", pass->lanes, net->lanes);
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *layer = &net->layers[i];
        Io io = layer_io(net, i, values, x);
        layer->type->forward(layer, pass, &io);
        mark(pass, i, false);
    }
    return net->y[net->layer_count - 1];
}

/* A second gradient of one output, held in sum, joins the first. */
static void add_gradients(const Net *net, int i, int lanes)
{
    const Layer *layer = &net->layers[i];
    for (int k = 0; k < layer->type->input_count; k++)
        if (net->dx[i][k] && net->dx[i][k] == net->sum[k]) {
            Real *dy = net->dy[layer->inputs[k]];
            vec_add(dy, dy, net->sum[k], shape_size(layer->in[k]) * lanes);
        }
}

void net_backward(Net *net, const Pass *pass, const Real *values, const Real *x, const Real *dy,
                  Real *leaf)
{
    int last = net->layer_count - 1;
    for (int i = last; i >= 0; i--) {
        if (!net->learns[i])
            continue;
        const Layer *layer = &net->layers[i];
        Io io = layer_io(net, i, values, x);
        io.dy = i == last ? dy : net->dy[i];
        io.leaf = leaf;
        memcpy(io.dx, net->dx[i], sizeof io.dx);
        layer->type->backward(layer, pass, &io);
        add_gradients(net, i, pass->lanes);
        mark(pass, i, true);
    }
}

const char *net_tensor_name(const Net *net, const Tensor *tensor)
{
    static _Thread_local char texts[4][256];
    static _Thread_local unsigned turn;
    char *text = texts[turn++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", net->layers[tensor->layer].name, tensor->name);
    return text;
}

int64_t net_final(const Net *net, int layer)
{
    const Layer *l = &net->layers[layer];
    int64_t end = 0;
    for (int t = 0; t < l->tensor_count; t++)
        if (l->tensors[t].kind == TENSOR_PARAMETER)
            end = l->tensors[t].offset + round_up(l->tensors[t].size, LINE_REALS);
    return end;
}

double net_training_flops(const Net *net)
{
    double flops = 0;
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *layer = &net->layers[i];
        bool inputs = net->dx[i][0] || net->dx[i][1];
        bool parameters = net->learns[i] && layer->tensor_count > 0;
        flops += (1 + inputs + parameters) * layer->flops;
    }
    return flops;
}

int64_t net_activation_bytes(const Net *net)
{
    return net->rows * net->lanes * (int64_t)sizeof(Real);
}
