/* Reading a net: the configuration's list of layers, with the lists inside it, becomes one flat
 * list in the order of computation.
 *
 *     - dense: 4                       0  00_dense
 *     - residual:                      1  01_residual/main/00_dense      reads 0
 *         main: [{dense: 4}, relu]     2  01_residual/main/01_relu
 *     - relu                           3  01_residual                    reads 2 and 0
 *                                      4  02_relu
 *
 * A layer with paths, such as residual, comes after them; names count places in the list that the
 * user wrote. `repeat` is no layer: its list is read so many times, as 01_repeat/00, 01_repeat/01
 * .. and nothing else is left of it. */
#include "nn/net_inside.h"

#include "base/cut.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A list of layers being read. */
typedef struct Level {
    const char *prefix; /* of its layers' names: "", "05_residual/main/" */
    int source;         /* the layer that the next one reads unless told otherwise */
} Level;

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

enum { LAYERS_MOST = 100000 };
enum { COMMON_FIELDS = sizeof common_fields / sizeof *common_fields };

typedef struct Repeat {
    int64_t times;
    Node layers;
} Repeat;

const Field repeat_fields[] = {
    {"times", FIELD_INT, offsetof(Repeat, times), NULL, 1, 10000, .help = "how often"},
    {"layers", FIELD_NODE, offsetof(Repeat, layers), NULL, .help = "the list"},
    {0},
};

#define INPUT_NAME "input"    /* what `from` calls the net's input */
#define IDENTITY   "identity" /* a path without layers */
#define REPEAT     "repeat"

static Err find_type(Node node, const char *name, const LayerType **type)
{
    const char *names[64] = {0};
    *type = layer_type(name);
    if (*type)
        return NULL;
    names[0] = REPEAT;
    for (int i = 0; layer_types[i] && i < 62; i++)
        names[i + 1] = layer_types[i]->name;
    return conf_fail_unknown(node, "layer", name, names);
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

/* The index of the layer with this full name, -1 for the net's input, else -2. */
static int find_layer(const Net *net, const char *name)
{
    if (strcmp(name, INPUT_NAME) == 0)
        return -1;
    for (int i = 0; i < net->layer_count; i++)
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

static Err name_layer(Net *net, Layer *layer, const Level *level, const char *given)
{
    const char *own =
        given ? given : arena_text(&net->arena, "%02d_%s", layer->position, layer->type->name);
    layer->name = arena_text(&net->arena, "%s%s", level->prefix, own);
    if (!is_name(own))
        return conf_fail_key(layer->settings, "name",
                             "a layer's name is made of letters, digits, _ and -");
    if (strcmp(own, INPUT_NAME) == 0)
        return conf_fail_key(layer->settings, "name", "\"%s\" means the input of the net", own);
    int other = find_layer(net, layer->name);
    if (other >= 0)
        return conf_fail_key(layer->settings, "name", "layer %d is called \"%s\" already",
                             net->layers[other].position, layer->name);
    return NULL;
}

/* What `name` may have meant, among the layers so far as this level would write them. */
static Err fail_source(const Net *net, const Layer *layer, const Level *level, Node item,
                       const char *name)
{
    size_t length = strlen(level->prefix);
    const char **names = mem_alloc(net->layer_count + 2, sizeof *names);
    names[0] = INPUT_NAME;
    for (int i = 0; i < net->layer_count; i++) {
        const char *full = net->layers[i].name;
        names[i + 1] = strncmp(full, level->prefix, length) == 0 ? full + length : full;
    }
    const char *closest = conf_closest(name, names);
    mem_free(names);
    return conf_fail(item, "no layer before %s is called \"%s\"%s%s%s", layer->name, name,
                     closest ? "; did you mean \"" : "", closest ? closest : "",
                     closest ? "\"?" : "");
}

/* Names in `from` are those of the same list, or full ones. */
static Err find_source(Net *net, const Layer *layer, const Level *level, Node item, int *source)
{
    const char *name = conf_scalar(item);
    if (!name)
        return conf_fail(item, "expected the name of a layer");
    *source = find_layer(net, arena_text(&net->arena, "%s%s", level->prefix, name));
    if (*source < 0)
        *source = find_layer(net, name);
    return *source >= -1 ? NULL : fail_source(net, layer, level, item, name);
}

/* The layers that `from` names, or the one before: so many as are needed. */
static Err find_sources(Net *net, const Layer *layer, const Level *level, Node from, int needed,
                        int *sources)
{
    int given = conf_count(from);
    if (!conf_exists(from) && needed == 1) {
        sources[0] = level->source;
        return NULL;
    }
    if (given != needed)
        return layer_fail(layer, "takes %d input%s; `from` names %d", needed,
                          needed == 1 ? "" : "s", given);
    for (int k = 0; k < needed; k++)
        TRY(find_source(net, layer, level, conf_item(from, k), &sources[k]));
    return NULL;
}

static Err read_list(Net *net, Node list, Level *level);

/* The layers of one path; *end is the last one, or the source itself where there are none. */
static Err read_path(Net *net, const Layer *layer, const char *path, int source, int *end)
{
    static const char *const words[] = {IDENTITY, NULL};
    Node list = conf_get(layer->settings, path);
    const char *word = conf_scalar(list);
    Level level = {arena_text(&net->arena, "%s/%s/", layer->name, path), source};
    *end = source;
    if (word && strcmp(word, IDENTITY) == 0)
        return NULL;
    if (!conf_is_list(list) || conf_count(list) == 0) {
        const char *closest = word ? conf_closest(word, words) : NULL;
        return layer_fail(layer, "`%s` is a list of layers, or %s%s", path, IDENTITY,
                          closest ? "; did you mean that?" : "");
    }
    TRY(read_list(net, list, &level));
    *end = level.source;
    return NULL;
}

/* Fills layer->inputs and layer->in. Paths all begin at the same layer. */
static Err connect(Net *net, Layer *layer, const Level *level, Node from)
{
    const char *const *paths = layer->type->paths;
    int source, count = layer->type->input_count;
    if (!paths)
        TRY(find_sources(net, layer, level, from, count, layer->inputs));
    else
        TRY(find_sources(net, layer, level, from, 1, &source));
    for (int k = 0; k < count; k++) {
        if (paths)
            TRY(read_path(net, layer, paths[k], source, &layer->inputs[k]));
        int input = layer->inputs[k];
        layer->in[k] = input < 0 ? net->input : net->layers[input].out;
    }
    return NULL;
}

/* Room doubles, so layers move: nobody keeps a pointer to one until all are read. */
static void append(Net *net, const Layer *layer)
{
    int count = net->layer_count;
    if ((count & (count - 1)) == 0) {
        Layer *room = arena_take(&net->arena, count ? 2 * count : 1, sizeof *room);
        if (count)
            memcpy(room, net->layers, (size_t)count * sizeof *room);
        net->layers = room;
    }
    net->layers[net->layer_count++] = *layer;
    net->flops += layer->flops;
}

/* The layer's type and settings. */
static Err read_type(Net *net, Layer *layer, const char **name, Common **common)
{
    TRY(conf_choice(layer->node, name));
    TRY(find_type(layer->node, *name, &layer->type));
    return read_settings(net, layer, common);
}

/* A complaint about what stands in the file, with the layer that it is about. */
static Err tell_layer(Err err, const Layer *layer, const Level *level, const char *type_name)
{
    Err longer =
        ERR(err_status(err), "%s\n  in layer %d (%s%02d%s%s)", err_text(err), layer->position,
            level->prefix, layer->position, type_name ? "_" : "", type_name ? type_name : "");
    err_free(err);
    return longer;
}

static Err read_layer(Net *net, Node node, int position, const Level *level)
{
    Layer layer = {.node = node, .position = position};
    const char *type_name = NULL;
    Common *common;
    Err err = read_type(net, &layer, &type_name, &common);
    if (err)
        return tell_layer(err, &layer, level, type_name);
    TRY(name_layer(net, &layer, level, common->name));
    TRY(connect(net, &layer, level, common->from));
    if (net->layer_count == LAYERS_MOST)
        return layer_fail(&layer, "more than %d layers", LAYERS_MOST);
    layer.index = net->layer_count;
    TRY(layer.type->setup(&layer));
    CHECK(shape_size(layer.out) > 0, "%s: setup left no shape", layer.type->name);
    append(net, &layer);
    return NULL;
}

/* The layers, as if they had been written so many times. */
static Err read_repeat(Net *net, Node node, int position, Level *level)
{
    Node settings;
    Repeat repeat;
    TRY(conf_settings(node, NULL, &settings));
    TRY(conf_fields(settings, repeat_fields, &repeat));
    if (!conf_is_list(repeat.layers) || conf_count(repeat.layers) == 0)
        return conf_fail_key(settings, "layers", "expected a list of layers");
    for (int64_t i = 0; i < repeat.times; i++) {
        Level own = {
            arena_text(&net->arena, "%s%02d_" REPEAT "/%02d/", level->prefix, position, (int)i),
            level->source};
        TRY(read_list(net, repeat.layers, &own));
        level->source = own.source;
    }
    return NULL;
}

static bool is_repeat(Node node)
{
    const char *word = conf_is_map(node) && conf_entries(node) == 1 ? conf_key(conf_entry(node, 0))
                                                                    : conf_scalar(node);
    return word && strcmp(word, REPEAT) == 0;
}

static Err read_list(Net *net, Node list, Level *level)
{
    for (int i = 0; i < conf_count(list); i++) {
        Node node = conf_item(list, i);
        if (is_repeat(node)) {
            TRY(read_repeat(net, node, i, level));
            continue;
        }
        TRY(read_layer(net, node, i, level));
        level->source = net->layer_count - 1;
    }
    return NULL;
}

Err net_read(Net *net, Node model)
{
    Level level = {"", -1};
    if (!conf_is_list(model) || conf_count(model) == 0)
        return conf_fail(model, "a model is a list of layers, and needs at least one");
    return read_list(net, model, &level);
}
