/* The building of a net: the list of layers becomes a graph, shapes flow through it, tensors get
 * their offsets, activations their memory. Everything that net.c would otherwise have to decide in
 * a pass is decided here, once.
 *
 *     read_layer      one entry of the list: type, settings, name, inputs, shapes
 *     check_graph     every output is used, something learns
 *     place_tensors   offsets in values and leaf
 *     wire            where every activation and every gradient lies */
#include "nn/net.h"

#include "base/cut.h"
#include "math/lanes.h"

#include <ctype.h>
#include <string.h>

/* What every layer accepts beside its own settings. Kept behind the layer's self in memory, so that
 * one table of fields, the layer's own and these, reads both. */
typedef struct Common {
    const char *name;
    Node from;
} Common;

static const Field common_fields[] = {
    {"name", FIELD_TEXT, offsetof(Common, name), FIELD_NONE,
     .help = "what other layers, files and listings call it"},
    {"from", FIELD_NODE, offsetof(Common, from), FIELD_NONE,
     .help = "the layers that feed it, if not the one before it"},
};

enum { COMMON_FIELDS = sizeof common_fields / sizeof *common_fields };

#define INPUT_NAME "input" /* what `from` calls the net's input */

static Err find_type(Node node, const char *name, const LayerType **type)
{
    const char *names[64] = {0};
    *type = layer_type(name);
    if (*type)
        return NULL;
    for (int i = 0; layer_types[i] && i < 63; i++)
        names[i] = layer_types[i]->name;
    const char *closest = conf_closest(name, names);
    return conf_fail(node, "unknown layer \"%s\"%s%s%s", name, closest ? "; did you mean \"" : "",
                     closest ? closest : "", closest ? "\"?" : "");
}

/* Reads the layer's settings into self, and the common ones into what is returned. */
static Err read_settings(Net *net, Layer *layer, Common **common)
{
    const LayerType *type = layer->type;
    size_t behind = (size_t)round_up((int64_t)type->self_size, _Alignof(max_align_t));
    layer->self = arena_take(&net->arena, 1, behind + sizeof **common);
    *common = (Common *)((char *)layer->self + behind);
    int own = 0;
    while (type->fields && type->fields[own].name)
        own++;
    Field *fields = arena_take(&net->arena, own + COMMON_FIELDS + 1, sizeof *fields);
    if (own)
        memcpy(fields, type->fields, (size_t)own * sizeof *fields);
    for (int i = 0; i < COMMON_FIELDS; i++) {
        fields[own + i] = common_fields[i];
        fields[own + i].offset += behind;
    }
    TRY(conf_settings(layer->node, type->main_key, &layer->settings));
    return conf_fields(layer->settings, fields, layer->self);
}

/* The index of the layer so called among the first `count`, -1 for the net's input, else -2. */
static int find_layer(const Net *net, int count, const char *name)
{
    if (strcmp(name, INPUT_NAME) == 0)
        return -1;
    for (int i = 0; i < count; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return i;
    return -2;
}

/* Names become paths in HDF5 files, and words in YAML. */
static bool is_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return false;
    return *name != '\0';
}

static Err name_layer(Net *net, Layer *layer, const char *given)
{
    layer->name = given ? arena_text(&net->arena, "%s", given)
                        : arena_text(&net->arena, "%02d_%s", layer->index, layer->type->name);
    if (!is_name(layer->name))
        return conf_fail_key(layer->settings, "name",
                             "a layer's name is made of letters, digits, _ and -");
    int other = find_layer(net, layer->index, layer->name);
    if (other == -1)
        return conf_fail_key(layer->settings, "name", "\"%s\" means the input of the net",
                             layer->name);
    if (other >= 0)
        return conf_fail_key(layer->settings, "name", "layer %d is called \"%s\" already", other,
                             layer->name);
    return NULL;
}

static Err find_source(const Net *net, const Layer *layer, Node item, int *source)
{
    const char *name = conf_scalar(item);
    if (!name)
        return conf_fail(item, "expected the name of a layer");
    *source = find_layer(net, layer->index, name);
    if (*source >= -1)
        return NULL;
    const char **names = mem_alloc(layer->index + 2, sizeof *names);
    names[0] = INPUT_NAME;
    for (int i = 0; i < layer->index; i++)
        names[i + 1] = net->layers[i].name;
    const char *closest = conf_closest(name, names);
    mem_free(names);
    return conf_fail(item, "no layer before %s is called \"%s\"%s%s%s", layer->name, name,
                     closest ? "; did you mean \"" : "", closest ? closest : "",
                     closest ? "\"?" : "");
}

/* Fills layer->inputs and layer->in. */
static Err connect(const Net *net, Layer *layer, Node from)
{
    int needed = layer->type->input_count, given = conf_count(from);
    if (!conf_exists(from) && needed == 1)
        layer->inputs[0] = layer->index - 1;
    else if (given != needed)
        return layer_fail(layer, "takes %d input%s; `from` names %d", needed,
                          needed == 1 ? "" : "s", given);
    for (int k = 0; k < needed; k++) {
        if (conf_exists(from))
            TRY(find_source(net, layer, conf_item(from, k), &layer->inputs[k]));
        int source = layer->inputs[k];
        layer->in[k] = source < 0 ? net->input : net->layers[source].out;
    }
    return NULL;
}

static Err read_layer(Net *net, Node node, int index)
{
    Layer *layer = &net->layers[index];
    const char *type_name;
    Common *common;
    *layer = (Layer){.node = node, .index = index};
    TRY(conf_choice(node, &type_name));
    TRY(find_type(node, type_name, &layer->type));
    TRY(read_settings(net, layer, &common));
    TRY(name_layer(net, layer, common->name));
    TRY(connect(net, layer, common->from));
    TRY(layer->type->setup(layer));
    CHECK(shape_size(layer->out) > 0, "%s: setup left no shape", layer->type->name);
    net->flops += layer->flops;
    return NULL;
}

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

/* Goes backward as net_backward will: who comes first to an output's gradient writes it, the others
 * are added. */
static void wire_gradients(Net *net)
{
    int64_t sum_rows[LAYER_INPUTS] = {0};
    bool *second =
        arena_take(&net->arena, (int64_t)net->layer_count * LAYER_INPUTS, sizeof *second);
    for (int i = net->layer_count - 1; i >= 0; i--)
        for (int k = 0; k < net->layers[i].type->input_count; k++) {
            int source = net->layers[i].inputs[k];
            if (source < 0 || !net->learns[source])
                continue;
            int64_t rows = shape_size(net->layers[i].in[k]);
            second[i * LAYER_INPUTS + k] = net->dy[source] != NULL;
            if (!net->dy[source])
                net->dx[i][k] = net->dy[source] = take_rows(net, rows);
            else if (sum_rows[k] < rows)
                sum_rows[k] = rows;
        }
    for (int k = 0; k < LAYER_INPUTS; k++) {
        net->sum[k] = sum_rows[k] ? take_rows(net, sum_rows[k]) : NULL;
        for (int i = 0; i < net->layer_count; i++)
            if (second[i * LAYER_INPUTS + k])
                net->dx[i][k] = net->sum[k];
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
    for (int i = 0; i < n; i++) {
        net->y[i] = take_rows(net, shape_size(net->layers[i].out));
        net->work[i] = take_rows(net, net->layers[i].work_rows);
    }
    wire_gradients(net);
    wire_scratch(net);
}

static Err build(Net *net, Node model)
{
    int count = conf_count(model);
    if (!conf_is_list(model) || count == 0)
        return conf_fail(model, "a model is a list of layers, and needs at least one");
    net->layers = arena_take(&net->arena, count, sizeof *net->layers);
    for (int i = 0; i < count; i++) {
        TRY(read_layer(net, conf_item(model, i), i));
        net->layer_count++;
    }
    net->output = net->layers[count - 1].out;
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
