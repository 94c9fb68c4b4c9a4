/* The net as a whole: the graph against the naive reference, the layout of values and leaf, names,
 * and what is said of a model that cannot be built. */
#include "math/product.h"
#include "naive.h"
#include "unit.h"

enum { SAMPLES = 17 };

#define GRAPH                                                                                      \
    "[{dense: {units: 6, name: stem}}, relu, {dense: 6}, {add: [stem, 02_dense]}, "                \
    "{tanh: {from: stem}}, {add: {from: [03_add, stem], name: join}}, "                            \
    "{add: [join, join]}, {add: [04_tanh, 06_add]}, {dropout: 0.3}, {dense: {units: 3, bias: "     \
    "false}}]"

#define BLOCKS                                                                                     \
    "[{dense: 6}, {residual: {main: [{dense: 6}, {layer_norm: {gamma: 0.5}}, relu, {residual: "    \
    "[{dense: {units: 6, name: deep}}, tanh, {add: [deep, 01_tanh]}]}], skip: [{dense: 6}]}}, "    \
    "{residual: {main: [gelu, {dense: 6}], from: 00_dense}}, {add: [01_residual, 02_residual]}, "  \
    "{dense: 3}]"

static const char *const models[] = {
    "[{dense: 3}]",
    "[{dense: 8}, relu, {dense: 5}, tanh, {dense: 3}]",
    "[{dropout: 0.2}, {dense: 8}, {elu: 0.7}, {dropout: 0.5}, {dense: 3}, sigmoid]",
    "[{conv2d: {filters: 20, kernel: 3, padding: same}}, relu, {max_pool: {size: 3, padding: 1}}, "
    "{conv2d: {filters: 5, kernel: 1, bias: false}}, {avg_pool: 1}, flatten, {dense: 3}]",
    GRAPH,
    BLOCKS,
};

enum { MODELS = sizeof models / sizeof *models };

static void open_or_die(Model *model, const char *layers, Shape input, int lanes)
{
    Err err = model_open(model, layers, input, lanes);
    CHECK(!err, "%s", err_text(err));
}

static void expect_close(const char *what, const char *model, const double *got, const double *want,
                         int64_t count)
{
    double ulp = difference(got, want, count) / REAL_EPSILON;
    if (!(ulp <= 32))
        printf("%s of %s: %g scaled ulp\n", what, model, ulp);
    CU_ASSERT(ulp <= 32);
}

/* One pass of a model and of its reference. `lanes` may be more than the batch needs. */
static void compare_with_naive(const char *layers, int lanes)
{
    Model m;
    Batch batch = batch_open(SAMPLES, true);
    open_or_die(&m, layers, (Shape){1, 1, 4}, lanes);
    net_init(m.net, 3, m.values);
    int64_t out = shape_size(m.net->output);
    double *x = noise(SAMPLES * 4, 1), *dy = noise(SAMPLES * out, 2);
    Real *packed_x = batch_pack(&batch, x, 4), *packed_dy = batch_pack(&batch, dy, out);
    double *y = mem_alloc(SAMPLES * out, sizeof *y);
    double *leaf = mem_alloc(m.net->extent, sizeof *leaf);
    double *values = doubles(m.values, m.net->extent);
    naive_net(m.net, &batch, values, x, dy, y, leaf);

    for (int again = 0; again < 2; again++) { /* the second pass must not see the first */
        const Real *output = net_forward(m.net, &batch.pass, m.values, packed_x);
        double *rows = batch_unpack(&batch, output, out);
        expect_close("output", layers, rows, y, SAMPLES * out);
        mem_free(rows);
        net_backward(m.net, &batch.pass, m.values, packed_x, packed_dy, m.leaf);
        for (int t = 0; t < m.net->tensor_count; t++) {
            const Tensor *tensor = m.net->tensors[t];
            double *got = doubles(m.leaf + tensor->offset, tensor->size);
            expect_close(net_tensor_name(m.net, tensor), layers, got, leaf + tensor->offset,
                         tensor->size);
            mem_free(got);
        }
    }
    void *garbage[] = {x, dy, packed_x, packed_dy, y, leaf, values};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        mem_free(garbage[i]);
    batch_close(&batch);
    model_close(&m);
}

static void gradients_equal_the_reference(void)
{
    for (int i = 0; i < MODELS; i++)
        compare_with_naive(models[i], 32);
}

static void a_pass_may_have_fewer_lanes(void)
{
    compare_with_naive(GRAPH, 128);
}

static void one_sample_stands_alone(void)
{
    Model m;
    Batch all = batch_open(SAMPLES, true), one = batch_open(1, true);
    open_or_die(&m, GRAPH, (Shape){1, 1, 4}, 32);
    net_init(m.net, 3, m.values);
    double *x = noise(SAMPLES * 4, 1);
    Real *packed = batch_pack(&all, x, 4);
    const Real *y = net_forward(m.net, &all.pass, m.values, packed);
    double *rows = batch_unpack(&all, y, 3);
    for (int s = 0; s < SAMPLES; s++) {
        one.position[0] = all.position[s];
        Real *alone = batch_pack(&one, x + s * 4, 4);
        double *row = batch_unpack(&one, net_forward(m.net, &one.pass, m.values, alone), 3);
        expect_close("one sample", GRAPH, row, rows + s * 3, 3);
        mem_free(row);
        mem_free(alone);
    }
    mem_free(x);
    mem_free(packed);
    mem_free(rows);
    batch_close(&all);
    batch_close(&one);
    model_close(&m);
}

static void parameters_lie_in_backward_order(void)
{
    Model m;
    open_or_die(&m, models[1], (Shape){1, 1, 5}, 32);
    Net *net = m.net;
    CU_ASSERT_EQUAL(net->tensor_count, 6);
    CU_ASSERT_EQUAL(net->parameter_tensors, 6);
    CU_ASSERT_EQUAL(net->parameter_count, 8 * 5 + 8 + 5 * 8 + 5 + 3 * 5 + 3);
    CU_ASSERT_EQUAL(net->parameter_extent, net->extent);
    int64_t padded = 0;
    for (int t = 0; t < net->tensor_count; t++) {
        const Tensor *tensor = net->tensors[t];
        CU_ASSERT_EQUAL(tensor->offset % LINE_REALS, 0);
        padded += round_up(tensor->size, LINE_REALS);
        if (t == 0)
            continue;
        const Tensor *before = net->tensors[t - 1];
        CU_ASSERT(tensor->layer >= before->layer); /* the list is in layer order, */
        if (tensor->layer > before->layer)         /* the offsets are not */
            CU_ASSERT(tensor->offset + tensor->size <= before->offset);
    }
    CU_ASSERT_EQUAL(padded, net->extent);
    CU_ASSERT_STRING_EQUAL(net_tensor_name(net, net->tensors[2]), "02_dense/weight");
    CU_ASSERT_EQUAL(net->tensors[2]->dims[0], 5);
    CU_ASSERT_EQUAL(net->tensors[2]->dims[1], 8);
    CU_ASSERT_EQUAL(net->flops, 2 * (8 * 5 + 5 * 8 + 3 * 5) + 8 + 5);
    model_close(&m);
}

static void blocks_become_a_flat_list(void)
{
    static const struct {
        const char *name;
        int a, b;
    } want[] = {
        {"00_dense", -1, 0},
        {"01_residual/main/00_dense", 0, 0},
        {"01_residual/main/01_layer_norm", 1, 0},
        {"01_residual/main/02_relu", 2, 0},
        {"01_residual/main/03_residual/main/deep", 3, 0},
        {"01_residual/main/03_residual/main/01_tanh", 4, 0},
        {"01_residual/main/03_residual/main/02_add", 4, 5},
        {"01_residual/main/03_residual", 6, 3},
        {"01_residual/skip/00_dense", 0, 0},
        {"01_residual", 7, 8},
        {"02_residual/main/00_gelu", 0, 0},
        {"02_residual/main/01_dense", 10, 0},
        {"02_residual", 11, 0},
        {"03_add", 9, 12},
        {"04_dense", 13, 0},
    };
    enum { LAYERS = sizeof want / sizeof *want };
    Model m;
    open_or_die(&m, BLOCKS, (Shape){1, 1, 4}, 32);
    CU_ASSERT_EQUAL_FATAL(m.net->layer_count, LAYERS);
    for (int i = 0; i < LAYERS; i++) {
        const Layer *layer = &m.net->layers[i];
        CU_ASSERT_STRING_EQUAL(layer->name, want[i].name);
        CU_ASSERT_EQUAL(layer->index, i);
        CU_ASSERT_EQUAL(layer->inputs[0], want[i].a);
        CU_ASSERT_EQUAL(layer->inputs[1], want[i].b);
    }
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(m.net->layers[7].settings, "skip")), "identity");
    model_close(&m);
}

/* Two nets have the same layers in the same order, and the same initial values. */
static void expect_same_net(const char *layers, const char *written_out)
{
    Model a, b;
    open_or_die(&a, layers, (Shape){1, 1, 4}, 32);
    open_or_die(&b, written_out, (Shape){1, 1, 4}, 32);
    CU_ASSERT_EQUAL_FATAL(a.net->layer_count, b.net->layer_count);
    CU_ASSERT_EQUAL_FATAL(a.net->extent, b.net->extent);
    for (int i = 0; i < a.net->layer_count; i++) {
        CU_ASSERT_PTR_EQUAL(a.net->layers[i].type, b.net->layers[i].type);
        CU_ASSERT_EQUAL(a.net->layers[i].inputs[0], b.net->layers[i].inputs[0]);
        CU_ASSERT_EQUAL(a.net->layers[i].inputs[1], b.net->layers[i].inputs[1]);
    }
    net_init(a.net, 1, a.values);
    net_init(b.net, 1, b.values);
    CU_ASSERT_EQUAL(memcmp(a.values, b.values, (size_t)a.net->extent * sizeof(Real)), 0);
    model_close(&a);
    model_close(&b);
}

static void repeated_layers_are_those_written_out(void)
{
    Model m;
    const char *two = "[relu, {repeat: {times: 2, layers: [{dense: 4}, {tanh: {name: bent}}]}}, "
                      "{dense: {units: 2, from: 01_repeat/01/bent}}]";
    expect_same_net(two, "[relu, {dense: 4}, tanh, {dense: 4}, tanh, {dense: 2}]");
    expect_same_net("[{repeat: {times: 2, layers: [{residual: [{dense: 4}]}, {repeat: {times: 2, "
                    "layers: [relu]}}]}}, {dense: 3}]",
                    "[{residual: [{dense: 4}]}, relu, relu, {residual: [{dense: 4}]}, relu, relu, "
                    "{dense: 3}]");
    open_or_die(&m, two, (Shape){1, 1, 4}, 32);
    CU_ASSERT_STRING_EQUAL(m.net->layers[1].name, "01_repeat/00/00_dense");
    CU_ASSERT_STRING_EQUAL(m.net->layers[4].name, "01_repeat/01/bent");
    CU_ASSERT_STRING_EQUAL(m.net->layers[5].name, "02_dense");
    model_close(&m);
}

static void padding_of_the_leaf_is_left_alone(void)
{
    Model m;
    Batch batch = batch_open(SAMPLES, true);
    open_or_die(&m, "[{dense: {units: 7, init: he}}, tanh, {dense: 3}]", (Shape){1, 1, 5}, 32);
    Net *net = m.net;
    bool *inside = mem_alloc(net->extent, sizeof *inside);
    for (int t = 0; t < net->tensor_count; t++)
        memset(inside + net->tensors[t]->offset, 1, (size_t)net->tensors[t]->size);
    for (int64_t i = 0; i < net->extent; i++)
        m.values[i] = m.leaf[i] = 77;
    net_init(net, 1, m.values);
    Real *x = mem_alloc(5 * 32, sizeof *x), *dy = mem_alloc(3 * 32, sizeof *dy);
    net_forward(net, &batch.pass, m.values, x);
    net_backward(net, &batch.pass, m.values, x, dy, m.leaf);
    for (int64_t i = 0; i < net->extent; i++) {
        CU_ASSERT_EQUAL(m.values[i] == 77, !inside[i]);
        CU_ASSERT_EQUAL(m.leaf[i] == 77, !inside[i]);
    }
    mem_free(inside);
    mem_free(x);
    mem_free(dy);
    batch_close(&batch);
    model_close(&m);
}

/* Arrays of its own for every output and every gradient. */
static void share_nothing(Net *net, Arena *arena)
{
    for (int i = 0; i < net->layer_count; i++) {
        int64_t size = shape_size(net->layers[i].out) * net->lanes;
        net->y[i] = arena_take(arena, size, sizeof(Real));
        net->dy[i] = net->dy[i] ? arena_take(arena, size, sizeof(Real)) : NULL;
    }
    for (int i = 0; i < net->layer_count; i++)
        for (int k = 0; k < net->layers[i].type->input_count; k++)
            if (net->dx[i][k] && net->dx[i][k] != net->sum[k])
                net->dx[i][k] = net->dy[net->layers[i].inputs[k]];
}

/* Output and leaf of a pass; afterwards the net is closed. */
static Real *run_pass(const char *layers, Shape input, bool shares, int64_t *size)
{
    Model m;
    Arena arena = {0};
    Batch batch = batch_open(SAMPLES, true);
    open_or_die(&m, layers, input, 32);
    if (!shares)
        share_nothing(m.net, &arena);
    net_init(m.net, 3, m.values);
    int64_t in = shape_size(input), out = shape_size(m.net->output) * 32;
    double *noise_x = noise(SAMPLES * in, 1), *noise_dy = noise(SAMPLES * out / 32, 2);
    Real *x = batch_pack(&batch, noise_x, in), *dy = batch_pack(&batch, noise_dy, out / 32);
    Real *result = mem_alloc(out + m.net->extent, sizeof *result);
    memcpy(result, net_forward(m.net, &batch.pass, m.values, x), (size_t)out * sizeof *result);
    net_backward(m.net, &batch.pass, m.values, x, dy, m.leaf);
    memcpy(result + out, m.leaf, (size_t)m.net->extent * sizeof *result);
    *size = out + m.net->extent;
    mem_free(noise_x);
    mem_free(noise_dy);
    mem_free(x);
    mem_free(dy);
    arena_free(&arena);
    batch_close(&batch);
    model_close(&m);
    return result;
}

static void expect_undisturbed(const char *layers, Shape input)
{
    int64_t size, same;
    Real *shared = run_pass(layers, input, true, &size);
    Real *apart = run_pass(layers, input, false, &same);
    bool equal = size == same && memcmp(shared, apart, (size_t)size * sizeof *shared) == 0;
    if (!equal)
        printf("%s\n", layers);
    CU_ASSERT(equal);
    mem_free(shared);
    mem_free(apart);
}

/* Whatever stands beside whatever. */
static void sharing_arrays_disturbs_no_bit(void)
{
    static const char *const between[] = {
        "relu",
        "{leaky_relu: 0.1}",
        "{elu: 0.7}",
        "sigmoid",
        "tanh",
        "linear",
        "gelu",
        "softmax",
        "{dropout: 0.3}",
        "batch_norm",
        "layer_norm",
        "{residual: [relu]}",
        "{max_pool: {size: 2, stride: 1}}",
        "{residual: {main: [batch_norm, relu], skip: [tanh]}}",
        "{residual: {main: [linear], skip: identity}}",
        "{conv2d: {filters: 4, kernel: 1}}",
    };
    enum { KINDS = sizeof between / sizeof *between };
    char layers[512];
    for (int a = 0; a < KINDS; a++)
        for (int b = 0; b < KINDS; b++) {
            snprintf(
                layers, sizeof layers,
                "[{conv2d: {filters: 4, kernel: 2}}, %s, %s, {conv2d: {filters: 4, kernel: 1}},"
                " %s, flatten, {dense: 3}, %s]",
                between[a], between[b], between[a], a % 2 ? "tanh" : "linear");
            expect_undisturbed(layers, (Shape){5, 6, 2});
        }
    for (int i = 0; i < MODELS; i++)
        expect_undisturbed(models[i], i == 3 ? (Shape){4, 4, 1} : (Shape){1, 1, 4});
}

static void only_wanted_gradients_have_memory(void)
{
    Model m;
    open_or_die(&m, models[2], (Shape){1, 1, 4}, 32);
    CU_ASSERT_PTR_NULL(m.net->dy[0]); /* dropout of the input: nothing learns there */
    CU_ASSERT_PTR_NULL(m.net->dx[1][0]);
    CU_ASSERT_PTR_NOT_NULL(m.net->dy[1]);
    CU_ASSERT_PTR_NULL(m.net->dy[5]);  /* the output's is given */
    CU_ASSERT_PTR_NULL(m.net->sum[0]); /* every output has one reader */
    /* elu writes over dense, sigmoid over dense; gradients of 8 lie in one place, that of 3 too */
    int64_t y = 4 + 8 + 8 + 3, dy = 8 + 3, work = 4 + 8;
    int64_t scratch = product_panel_rows(8); /* of the widest dense layer */
    CU_ASSERT_EQUAL(net_activation_bytes(m.net),
                    (y + dy + work + scratch) * 32 * (int64_t)sizeof(Real));
    model_close(&m);
}

static void activations_behind_are_found(void)
{
    Model m;
    open_or_die(&m, "[{dense: 4}, {dropout: 0.1}, relu, {dense: 4}, tanh, {dense: 2}]",
                (Shape){1, 1, 4}, 16);
    CU_ASSERT_STRING_EQUAL(m.net->layers[0].next_activation->name, "relu");
    CU_ASSERT_STRING_EQUAL(m.net->layers[3].next_activation->name, "tanh");
    CU_ASSERT_PTR_NULL(m.net->layers[5].next_activation);
    model_close(&m);
}

static void defaults_are_written_into_the_document(void)
{
    Model m;
    open_or_die(&m, "[{dense: 4}, leaky_relu]", (Shape){1, 1, 4}, 16);
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(m.net->layers[0].settings, "units")), "4");
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(m.net->layers[0].settings, "bias")), "true");
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(m.net->layers[1].settings, "alpha")), "0.01");
    const char *resolved = conf_text(m.conf);
    CU_ASSERT(!strstr(resolved, "name:") && !strstr(resolved, "from:"));
    Conf *again;
    Err err = conf_parse(&again, "again.yaml", resolved, NULL, 0);
    CU_ASSERT_PTR_NULL(err);
    Net *net;
    err = net_build(&net, conf_get(conf_root(again), "model"), (Shape){1, 1, 4}, 16);
    CU_ASSERT_PTR_NULL(err);
    CU_ASSERT_EQUAL(net->extent, m.net->extent);
    CU_ASSERT_STRING_EQUAL(conf_text(again), resolved);
    net_free(net);
    conf_free(again);
    model_close(&m);
}

static void models_that_cannot_be_are_explained(void)
{
    static const struct {
        const char *model, *words;
    } wrong[] = {
        {"[{dens: 4}]", "unknown layer \"dens\"; did you mean \"dense\"?"},
        {"[{dense: {unit: 4}}]", "did you mean \"units\"?"},
        {"[relu, {dense: {unit: 4}}]", "in layer 1 (01_dense)"},
        {"[{dense: 4}, {residual: [{dense: 4}, rleu]}]", "in layer 1 (01_residual/main/01_rleu)"},
        {"[{dense: {units: 4, nmae: a}}]", "did you mean \"name\"?"},
        {"[{dense: {units: 4, name: input}}]", "means the input of the net"},
        {"[{dense: {units: 4, name: a/b}}]", "letters, digits, _ and -"},
        {"[{dense: {units: 4, name: a}}, {dense: {units: 4, name: a}}]",
         "layer 0 is called \"a\" already"},
        {"[{dense: {units: 4, name: stem}}, {relu: {from: stam}}]", "did you mean \"stem\"?"},
        {"[{relu: {from: 01_dense}}, {dense: 4}]", "no layer before 00_relu is called"},
        {"[{dense: 4}, {dense: {units: 4, from: input}}]", "no other layer takes its output"},
        {"[relu, tanh]", "nothing to learn"},
        {"[]", "at least one"},
        {"dense", "a list of layers"},
        {"~", "a list of layers"},
        {"[{dense: 4}, [relu]]", "expected a name"},
        {"[{residual: {main: [{dense: 3}, {dens: 3}]}}]", "did you mean \"dense\"?"},
        {"[{residual: {main: [{dense: 3}], skip: identiy}}]",
         "`skip` is a list of layers, or identity; did you mean that?"},
        {"[{residual: {main: []}}]", "`main` is a list of layers"},
        {"[{residual: {main: {dense: 3}}}]", "`main` is a list of layers"},
        {"[residual]", "\"main\" is missing"},
        {"[{residual: {mian: [{dense: 3}]}}]", "did you mean \"main\"?"},
        {"[{residual: [{dense: 3}, {relu: {from: 00_dens}}]}]", "did you mean \"00_dense\"?"},
        {"[{residual: [{dense: 3}, {dense: {units: 3, from: input}}]}]",
         "layer 0 (00_residual/main/00_dense): no other layer takes its output"},
        {"[{residual: [{dense: {units: 3, name: a}}, {relu: {name: a}}]}]",
         "layer 0 is called \"00_residual/main/a\" already"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Model m;
        Err err = model_open(&m, wrong[i].model, (Shape){1, 1, 3}, LANES);
        CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
        CU_ASSERT_PTR_NULL(m.net);
        const char *text = err ? err_text(err) : "no error";
        if (!strstr(text, wrong[i].words))
            printf("%s: %s\n", wrong[i].model, text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wrong[i].words));
        err_free(err);
        model_close(&m);
    }
}

/* Appends what it is told. */
static void note_mark(void *context, int layer, bool backward)
{
    char *text = context;
    sprintf(text + strlen(text), " %s%d", backward ? "-" : "", layer);
}

static void marks_name_each_layer(void)
{
    Model m;
    Batch batch = batch_open(SAMPLES, true);
    char told[64] = "";
    NetMarks marks = {note_mark, told};
    batch.pass.marks = &marks;
    open_or_die(&m, "[flatten, {dense: 4}, relu, {dense: 3}]", (Shape){1, 1, 4}, 32);
    net_init(m.net, 3, m.values);
    double *x = noise(SAMPLES * 4, 1), *dy = noise(SAMPLES * 3, 2);
    Real *packed_x = batch_pack(&batch, x, 4), *packed_dy = batch_pack(&batch, dy, 3);
    net_forward(m.net, &batch.pass, m.values, packed_x);
    CU_ASSERT_STRING_EQUAL(told, " 0 1 2 3");
    net_backward(m.net, &batch.pass, m.values, packed_x, packed_dy, m.leaf);
    CU_ASSERT_STRING_EQUAL(told, " 0 1 2 3 -3 -2 -1"); /* before 1 nothing learns */
    mem_free(x);
    mem_free(dy);
    mem_free(packed_x);
    mem_free(packed_dy);
    batch_close(&batch);
    model_close(&m);
}

static void operations_are_those_of_wanted_gradients(void)
{
    Model m;
    open_or_die(&m, "[relu, {dense: 4}, relu, {dense: 2}]", (Shape){1, 1, 3}, LANES);
    /* relu forward; dense 24 twice; relu 4 twice; dense 16 three times */
    CU_ASSERT_EQUAL(net_training_flops(m.net), 3 + 2 * 24 + 2 * 4 + 3 * 16);
    model_close(&m);
}

static const Promise promises[] = {
    {"output and gradients equal the reference's, for chains and for graphs",
     gradients_equal_the_reference},
    {"a pass may have fewer lanes than the net", a_pass_may_have_fewer_lanes},
    {"a sample's output does not depend on its neighbours", one_sample_stands_alone},
    {"parameters lie aligned in backward order, and are listed in layer order",
     parameters_lie_in_backward_order},
    {"residual blocks become a flat list, with nested names", blocks_become_a_flat_list},
    {"layers that are repeated are those written out, to the bit",
     repeated_layers_are_those_written_out},
    {"a pass writes the whole leaf, but not its padding", padding_of_the_leaf_is_left_alone},
    {"outputs and gradients that share memory disturb no bit", sharing_arrays_disturbs_no_bit},
    {"memory is taken only for gradients that somebody wants", only_wanted_gradients_have_memory},
    {"a layer knows the activation behind it", activations_behind_are_found},
    {"defaults are written into the document, and it builds the same net",
     defaults_are_written_into_the_document},
    {"who looks on is told of every layer, forward and back", marks_name_each_layer},
    {"operations of training are counted for wanted gradients alone",
     operations_are_those_of_wanted_gradients},
    {"a model that cannot be built is explained", models_that_cannot_be_are_explained},
    {0},
};

int main(void)
{
    return unit_run("net", promises);
}
