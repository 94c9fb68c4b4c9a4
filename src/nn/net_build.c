/* The building of a net: the list of layers becomes a graph (net_read.c), tensors get their
 * offsets, activations their memory. Everything that net.c would otherwise have to decide in a pass
 * is decided here, once.
 *
 *     net_read        layers with their types, settings, names, inputs, shapes
 *     check_graph     every output is used, something learns
 *     place_tensors   offsets in values and leaf
 *     wire            where every activation and every gradient lies */
#include "nn/net_inside.h"

#include "base/cut.h"
#include "math/lanes.h"

/* The first layer behind i that reads it, or -1. */
static int first_reader(const Net *net, int i)
{
    for (int j = i + 1; j < net->layer_count; j++)
        for (int k = 0; k < net->layers[j].type->input_count; k++)
            if (net->layers[j].inputs[k] == i)
                return j;
    return -1;
}

static const LayerType *activation_behind(const Net *net, int i)
{
    for (int j = first_reader(net, i); j >= 0; j = first_reader(net, j))
        if (net->layers[j].type->is_activation)
            return net->layers[j].type;
    return NULL;
}

static Err check_graph(Net *net, Node model)
{
    net->learns = arena_take(&net->arena, net->layer_count, sizeof *net->learns);
    for (int i = 0; i < net->layer_count; i++) {
        Layer *layer = &net->layers[i];
        layer->next_activation = activation_behind(net, i);
        net->learns[i] = layer->tensor_count > 0;
        for (int k = 0; k < layer->type->input_count; k++)
            net->learns[i] |= layer->inputs[k] >= 0 && net->learns[layer->inputs[k]];
        if (i < net->layer_count - 1 && first_reader(net, i) < 0)
            return layer_fail(layer, "no other layer takes its output");
    }
    if (!net->learns[net->layer_count - 1])
        return conf_fail(model, "no layer of the model has parameters: there is nothing to learn");
    return NULL;
}

/* Gives all tensors of a kind in one layer their offsets, from `at` on; returns the new end. */
static int64_t place_layer(Layer *layer, TensorKind kind, int64_t at)
{
    for (int t = 0; t < layer->tensor_count; t++)
        if (layer->tensors[t].kind == kind) {
            layer->tensors[t].offset = at;
            at += round_up(layer->tensors[t].size, LINE_REALS);
        }
    return at;
}

static void place_tensors(Net *net)
{
    int64_t at = 0;
    for (int i = net->layer_count - 1; i >= 0; i--)
        at = place_layer(&net->layers[i], TENSOR_PARAMETER, at);
    net->parameter_extent = at;
    for (int i = 0; i < net->layer_count; i++)
        at = place_layer(&net->layers[i], TENSOR_STATISTIC, at);
    net->extent = at;
}

static void list_tensors(Net *net, TensorKind kind)
{
    for (int i = 0; i < net->layer_count; i++)
        for (int t = 0; t < net->layers[i].tensor_count; t++)
            if (net->layers[i].tensors[t].kind == kind)
                net->tensors[net->tensor_count++] = &net->layers[i].tensors[t];
}

static void register_tensors(Net *net)
{
    int64_t most = (int64_t)net->layer_count * LAYER_TENSORS;
    net->tensors = arena_take(&net->arena, most, sizeof *net->tensors);
    list_tensors(net, TENSOR_PARAMETER);
    net->parameter_tensors = net->tensor_count;
    list_tensors(net, TENSOR_STATISTIC);
    for (int t = 0; t < net->parameter_tensors; t++)
        net->parameter_count += net->tensors[t]->size;
}

/* So many rows of activations, counted. */
static Real *take_rows(Net *net, int64_t rows)
{
    net->rows += rows;
    return arena_take(&net->arena, rows * net->lanes, sizeof(Real));
}

static int reader_count(const Net *net, int source)
{
    int count = 0;
    for (int i = 0; i < net->layer_count; i++)
        for (int k = 0; k < net->layers[i].type->input_count; k++)
            count += net->layers[i].inputs[k] == source;
    return count;
}

/* A layer may write over the output that it alone reads, unless the one who wrote it needs it. */
static void wire_outputs(Net *net)
{
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *layer = &net->layers[i];
        int source = layer->inputs[0];
        bool over = layer->type->forward_in_place && source >= 0 &&
                    !net->layers[source].type->reads_output && reader_count(net, source) == 1;
        net->y[i] = over ? net->y[source] : take_rows(net, shape_size(layer->out));
        net->work[i] = take_rows(net, layer->work_rows);
    }
}

/* Gradients of outputs, while it is planned where they lie: a place is free again when the layer
 * whose output it is of has passed it on. */
typedef struct Places {
    int count;
    int *of;    /* [layers] the place of a layer's dy; -1: none yet */
    int *shelf; /* [shelved] free places, the last one freed last: it is the warmest */
    int shelved;
    int64_t *rows; /* [count] room */
} Places;

static int take_place(Places *p, int64_t rows)
{
    int place = p->shelved ? p->shelf[--p->shelved] : p->count++;
    p->rows[place] = p->rows[place] > rows ? p->rows[place] : rows;
    return place;
}

/* Where layer i leaves the gradient of its input k; the first one may write over its own dy. */
static int place_gradient(const Net *net, Places *p, int i, int k)
{
    const Layer *layer = &net->layers[i];
    int own = p->of[i];
    if (k == 0 && layer->type->backward_in_place && own >= 0)
        return own;
    return take_place(p, shape_size(layer->in[k]));
}

/* Goes backward as net_backward will: who comes first to an output's gradient writes it, the others
 * are added, out of a sum[k] that is as large as any of them needs. second[i][k]: one of those. */
static void plan_gradients(const Net *net, Places *p, bool (*second)[LAYER_INPUTS],
                           int64_t sum_rows[LAYER_INPUTS])
{
    for (int i = net->layer_count - 1; i >= 0; i--) {
        const Layer *layer = &net->layers[i];
        bool passed_on = false;
        for (int k = 0; k < layer->type->input_count; k++) {
            int source = layer->inputs[k];
            int64_t rows = shape_size(layer->in[k]);
            if (source < 0 || !net->learns[source])
                continue;
            second[i][k] = p->of[source] >= 0;
            if (second[i][k]) {
                sum_rows[k] = sum_rows[k] > rows ? sum_rows[k] : rows;
                continue;
            }
            p->of[source] = place_gradient(net, p, i, k);
            passed_on |= p->of[source] == p->of[i];
        }
        if (p->of[i] >= 0 && !passed_on)
            p->shelf[p->shelved++] = p->of[i];
    }
}

static void wire_gradients(Net *net)
{
    int n = net->layer_count;
    int64_t sum_rows[LAYER_INPUTS] = {0};
    bool(*second)[LAYER_INPUTS] = arena_take(&net->arena, n, sizeof *second);
    Places p = {.of = arena_take(&net->arena, n, sizeof *p.of),
                .shelf = arena_take(&net->arena, n, sizeof *p.shelf),
                .rows = arena_take(&net->arena, n, sizeof *p.rows)};
    for (int i = 0; i < n; i++)
        p.of[i] = -1;
    plan_gradients(net, &p, second, sum_rows);
    Real **place = arena_take(&net->arena, p.count, sizeof *place);
    for (int at = 0; at < p.count; at++)
        place[at] = take_rows(net, p.rows[at]);
    for (int k = 0; k < LAYER_INPUTS; k++)
        net->sum[k] = sum_rows[k] ? take_rows(net, sum_rows[k]) : NULL;
    for (int i = 0; i < n; i++) {
        net->dy[i] = p.of[i] >= 0 ? place[p.of[i]] : NULL;
        for (int k = 0; k < net->layers[i].type->input_count; k++) {
            int source = net->layers[i].inputs[k];
            if (source >= 0 && p.of[source] >= 0)
                net->dx[i][k] = second[i][k] ? net->sum[k] : place[p.of[source]];
        }
    }
}

static void wire_scratch(Net *net)
{
    int64_t most = 0;
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *layer = &net->layers[i];
        int64_t size = layer->scratch + layer->scratch_rows * net->lanes;
        most = size > most ? size : most;
    }
    net->scratch = take_rows(net, (most + net->lanes - 1) / net->lanes);
}

static void wire(Net *net)
{
    int n = net->layer_count;
    net->y = arena_take(&net->arena, n, sizeof *net->y);
    net->dy = arena_take(&net->arena, n, sizeof *net->dy);
    net->dx = arena_take(&net->arena, n, sizeof *net->dx);
    net->work = arena_take(&net->arena, n, sizeof *net->work);
    wire_outputs(net);
    wire_gradients(net);
    wire_scratch(net);
}

static Err build(Net *net, Node model)
{
    TRY(net_read(net, model));
    net->output = net->layers[net->layer_count - 1].out;
    TRY(check_graph(net, model));
    place_tensors(net);
    register_tensors(net);
    wire(net);
    return NULL;
}

Err net_build(Net **result, Node model, Shape input, int lanes)
{
    CHECK(lanes > 0 && lanes % LANES == 0, "%d lanes are no multiple of %d", lanes, LANES);
    Net *net = mem_alloc(1, sizeof *net);
    net->input = input;
    net->lanes = lanes;
    Err err = build(net, model);
    if (err) {
        net_free(net);
        net = NULL;
    }
    *result = net;
    return err ? err_trace(err, __FILE__, __LINE__, __func__) : NULL;
}

void net_free(Net *net)
{
    if (!net)
        return;
    arena_free(&net->arena);
    mem_free(net);
}
