/* Over THE TABLE: every layer type against the naive reference, at 17 samples in 32 lanes, and, in
 * the double build, its gradients against central differences; and the complaints about shapes. A
 * type without a case here fails the first test. */
#include "naive.h"
#include "unit.h"

enum { SAMPLES = 17, LANES_USED = 32 };

/* The layer at `index` of the model is under test; the others make it a net. */
typedef struct Case {
    const char *type, *model;
    int index;
    Shape input;
    bool evaluating;
} Case;

static const Case cases[] = {
    {.type = "dense", .model = "[{dense: 5}]", .input = {1, 1, 13}},
    {.type = "dense", .model = "[{dense: {units: 40, bias: false}}]", .input = {1, 1, 3}},
    {.type = "dense", .model = "[{dense: 1}]", .input = {1, 1, 1}},
    {.type = "conv2d", .model = "[{conv2d: {filters: 3, kernel: 3}}]", .input = {5, 6, 2}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 14, kernel: 3, padding: same}}]",
     .input = {4, 5, 17}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 37, kernel: [3, 2], padding: [0, 2], bias: false}}]",
     .input = {4, 3, 3}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 3, kernel: 3, stride: 2, padding: 1}}]",
     .input = {7, 5, 2}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 2, kernel: [2, 5], stride: [3, 2], padding: same}}]",
     .input = {6, 7, 3}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 2, kernel: 2, stride: 3}}]",
     .input = {8, 7, 2}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 2, kernel: 1, stride: 2, padding: 2}}]",
     .input = {4, 5, 3}},
    {.type = "conv2d", .model = "[{conv2d: {filters: 5, kernel: 1}}]", .input = {3, 2, 4}},
    {.type = "conv2d", .model = "[{conv2d: {filters: 1, kernel: 1}}]", .input = {1, 1, 1}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 4, kernel: 5, padding: 2}}]",
     .input = {2, 3, 1}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 3, kernel: 5, padding: same, stride: 2}}]",
     .input = {1, 2, 2}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 18, kernel: 4, padding: same}}]",
     .input = {5, 6, 1}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 33, kernel: [7, 2], padding: [3, 0]}}]",
     .input = {9, 3, 2}},
    {.type = "conv2d", /* so many channels that rows are cut into strips */
     .model = "[{conv2d: {filters: 2, kernel: 3, padding: same}}]",
     .input = {1, 9, 100}},
    {.type = "conv2d",
     .model = "[{conv2d: {filters: 2, kernel: 3, padding: same, init: he}}]",
     .input = {9, 2, 13}},
    {.type = "max_pool", .model = "[{max_pool: 2}, flatten, {dense: 2}]", .input = {4, 6, 3}},
    {.type = "max_pool",
     .model = "[{max_pool: {size: 3, stride: 2, padding: 1}}, flatten, {dense: 2}]",
     .input = {5, 7, 2}},
    {.type = "max_pool",
     .model = "[{max_pool: {size: [2, 3], stride: [3, 2], padding: same}}, flatten, {dense: 2}]",
     .input = {5, 6, 1}},
    {.type = "max_pool", .model = "[{max_pool: 1}, flatten, {dense: 2}]", .input = {2, 3, 2}},
    {.type = "avg_pool", .model = "[{avg_pool: 2}, flatten, {dense: 2}]", .input = {5, 4, 3}},
    {.type = "avg_pool",
     .model = "[{avg_pool: {size: [3, 2], stride: [1, 3]}}, flatten, {dense: 2}]",
     .input = {4, 9, 2}},
    {.type = "avg_pool",
     .model = "[{avg_pool: {size: 3, stride: 2}}, flatten, {dense: 2}]",
     .input = {3, 8, 1}},
    {.type = "global_average_pool",
     .model = "[global_average_pool, {dense: 2}]",
     .input = {4, 3, 5}},
    {.type = "global_average_pool",
     .model = "[global_average_pool, {dense: 2}]",
     .input = {1, 1, 3}},
    {.type = "global_average_pool",
     .model = "[global_average_pool, {dense: 2}]",
     .input = {2, 7, 1}},
    {.type = "relu", .model = "[relu, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "relu", .model = "[relu, flatten, {dense: 2}]", .input = {3, 2, 4}},
    {.type = "leaky_relu", .model = "[leaky_relu, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "leaky_relu", .model = "[{leaky_relu: 0.3}, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "elu", .model = "[elu, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "elu", .model = "[{elu: {alpha: 0.5}}, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "sigmoid", .model = "[sigmoid, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "tanh", .model = "[tanh, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "linear", .model = "[linear, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "gelu", .model = "[gelu, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "gelu", .model = "[gelu, flatten, {dense: 2}]", .input = {3, 2, 4}},
    {.type = "softmax", .model = "[softmax, {dense: 2}]", .input = {1, 1, 9}},
    {.type = "softmax", .model = "[softmax, {dense: 2}]", .input = {1, 1, 1}},
    {.type = "softmax", .model = "[softmax, flatten, {dense: 2}]", .input = {3, 2, 4}},
    {.type = "dropout", .model = "[{dropout: 0.4}, {dense: 2}]", .input = {1, 1, 21}},
    {.type = "dropout",
     .model = "[{dropout: 0.4}, {dense: 2}]",
     .input = {1, 1, 21},
     .evaluating = true},
    {.type = "dropout", .model = "[{dropout: 0}, {dense: 2}]", .input = {1, 1, 8}},
    {.type = "dropout",
     .model = "[{dropout: {rate: 0.3, mode: classic}}, {dense: 2}]",
     .input = {1, 1, 21}},
    {.type = "dropout",
     .model = "[{dropout: {rate: 0.3, mode: classic}}, {dense: 2}]",
     .input = {1, 1, 21},
     .evaluating = true},
    {.type = "batch_norm", .model = "[batch_norm]", .input = {1, 1, 5}},
    {.type = "batch_norm", .model = "[batch_norm]", .input = {1, 1, 1}},
    {.type = "batch_norm", .model = "[{batch_norm: {epsilon: 0.1}}]", .input = {3, 2, 4}},
    {.type = "batch_norm", .model = "[batch_norm]", .input = {5, 7, 1}},
    {.type = "batch_norm", .model = "[batch_norm]", .input = {3, 2, 4}, .evaluating = true},
    {.type = "layer_norm", .model = "[layer_norm]", .input = {1, 1, 6}},
    {.type = "layer_norm", .model = "[{layer_norm: {epsilon: 0.1}}]", .input = {3, 2, 4}},
    {.type = "layer_norm", .model = "[layer_norm]", .input = {5, 7, 1}, .evaluating = true},
    {.type = "group_norm", .model = "[{group_norm: 2}]", .input = {1, 1, 6}},
    {.type = "group_norm", .model = "[{group_norm: 1}]", .input = {3, 2, 4}},
    {.type = "group_norm", .model = "[{group_norm: 3}]", .input = {5, 3, 9}},
    {.type = "flatten", .model = "[flatten, {dense: 2}]", .input = {3, 2, 4}},
    {.type = "flatten", .model = "[flatten, {dense: 2}]", .input = {1, 1, 6}},
    {.type = "add",
     .model = "[linear, {add: [00_linear, input]}, {dense: 2}]",
     .index = 1,
     .input = {1, 1, 6}},
    {.type = "residual",
     .model = "[{residual: [{dense: 6}]}, {dense: 2}]",
     .index = 1,
     .input = {1, 1, 6}},
    {.type = "residual",
     .model = "[{residual: {main: [tanh, relu], skip: [relu]}}, flatten, {dense: 2}]",
     .index = 3,
     .input = {3, 2, 4}},
};

enum { CASES = sizeof cases / sizeof *cases };

static void every_type_has_a_case(void)
{
    for (const LayerType *const *type = layer_types; *type; type++) {
        int found = 0;
        for (int c = 0; c < CASES; c++)
            found += strcmp(cases[c].type, (*type)->name) == 0;
        if (!found || !naive_layer((*type)->name))
            printf("no case, or no naive reference, for \"%s\"\n", (*type)->name);
        CU_ASSERT(found && naive_layer((*type)->name));
        CU_ASSERT(layer_type((*type)->name) == *type && strlen((*type)->help) > 0);
    }
}

/* One layer with everything it reads and writes, in the engine's form. */
typedef struct Bench {
    Model model;
    const Layer *layer;
    Batch batch;
    double *rows_x[LAYER_INPUTS], *rows_dy;
    Real *x[LAYER_INPUTS], *dx[LAYER_INPUTS], *y, *dy, *work, *scratch;
    Io io;
} Bench;

static void bench_open(Bench *b, const Case *c)
{
    *b = (Bench){.batch = batch_open(SAMPLES, !c->evaluating)};
    Err err = model_open(&b->model, c->model, c->input, LANES_USED);
    CHECK(!err, "%s", err_text(err));
    b->layer = &b->model.net->layers[c->index];
    double *values = noise(b->model.net->extent, 1);
    for (int64_t i = 0; i < b->model.net->extent; i++) {
        bool statistic = i >= b->model.net->parameter_extent; /* a variance is positive */
        b->model.values[i] = (Real)(statistic ? fabs(values[i]) + 0.125 : values[i]);
    }
    mem_free(values);
    b->batch.pass.weight = 2.5; /* no number of anything else here */

    int64_t out = shape_size(b->layer->out);
    b->io = (Io){.values = b->model.values, .leaf = b->model.leaf};
    for (int k = 0; k < b->layer->type->input_count; k++) {
        int64_t in = shape_size(b->layer->in[k]);
        b->rows_x[k] = noise(SAMPLES * in, 2 + (uint64_t)k);
        b->io.x[k] = b->x[k] = batch_pack(&b->batch, b->rows_x[k], in);
        for (int64_t i = 0; i < in * LANES_USED; i++) /* what a net makes of an empty lane */
            if (i % LANES_USED >= SAMPLES)
                b->x[k][i] = 3;
        b->io.dx[k] = b->dx[k] = mem_alloc(in * LANES_USED, sizeof(Real));
    }
    b->rows_dy = noise(SAMPLES * out, 5);
    b->io.dy = b->dy = batch_pack(&b->batch, b->rows_dy, out);
    b->io.y = b->y = mem_alloc(out * LANES_USED, sizeof(Real));
    b->io.work = b->work = mem_alloc(b->layer->work_rows * LANES_USED, sizeof(Real));
    int64_t scratch = b->layer->scratch + b->layer->scratch_rows * LANES_USED;
    b->io.scratch = b->scratch = mem_alloc(scratch, sizeof(Real));
}

static void bench_close(Bench *b)
{
    for (int k = 0; k < LAYER_INPUTS; k++) {
        mem_free(b->rows_x[k]);
        mem_free(b->x[k]);
        mem_free(b->dx[k]);
    }
    mem_free(b->rows_dy);
    mem_free(b->dy);
    mem_free(b->y);
    mem_free(b->work);
    mem_free(b->scratch);
    batch_close(&b->batch);
    model_close(&b->model);
}

/* Rubbish where the layer must write: who only adds, or leaves a place out, is found. */
static void bench_soil(Bench *b)
{
    int64_t out = shape_size(b->layer->out);
    for (int64_t i = 0; i < out * LANES_USED; i++)
        b->y[i] = NAN;
    for (int k = 0; k < b->layer->type->input_count; k++)
        for (int64_t i = 0; i < shape_size(b->layer->in[k]) * LANES_USED; i++)
            b->dx[k][i] = NAN;
    for (int64_t i = 0; i < b->model.net->extent; i++)
        b->model.leaf[i] = NAN;
    for (int64_t i = 0; i < b->layer->scratch + b->layer->scratch_rows * LANES_USED; i++)
        b->scratch[i] = NAN;
}

static void expect_rows(const Case *c, const char *what, const Batch *batch, const Real *packed,
                        const double *want, int64_t features)
{
    double *got = batch_unpack(batch, packed, features);
    double ulp = difference(got, want, features * SAMPLES) / REAL_EPSILON;
    if (!(ulp <= 16))
        printf("%s of %s: %g scaled ulp\n", what, c->model, ulp);
    CU_ASSERT(ulp <= 16);
    mem_free(got);
}

static void expect_tensors(const Case *c, const Bench *b, const double *want)
{
    for (int t = 0; t < b->layer->tensor_count; t++) {
        const Tensor *tensor = &b->layer->tensors[t];
        double *got = doubles(b->model.leaf + tensor->offset, tensor->size);
        double ulp = difference(got, want + tensor->offset, tensor->size) / REAL_EPSILON;
        if (!(ulp <= 16))
            printf("d%s of %s: %g scaled ulp\n", tensor->name, c->model, ulp);
        CU_ASSERT(ulp <= 16);
        mem_free(got);
    }
}

static void expect_zero_padding(const Bench *b, const Real *packed, int64_t features)
{
    for (int64_t f = 0; f < features; f++)
        for (int lane = SAMPLES; lane < LANES_USED; lane++)
            CU_ASSERT_EQUAL(packed[f * b->batch.pass.lanes + lane], 0);
}

static void compare_with_naive(const Case *c, Bench *b)
{
    const Layer *layer = b->layer;
    int64_t out = shape_size(layer->out);
    NaiveIo io = {.samples = SAMPLES, .pass = &b->batch.pass, .dy = b->rows_dy};
    double *values = doubles(b->model.values, b->model.net->extent);
    io.values = values;
    io.leaf = mem_alloc(b->model.net->extent, sizeof(double));
    io.y = mem_alloc(out * SAMPLES, sizeof(double));
    for (int k = 0; k < layer->type->input_count; k++) {
        io.x[k] = b->rows_x[k];
        io.dx[k] = mem_alloc(shape_size(layer->in[k]) * SAMPLES, sizeof(double));
    }
    naive_layer(c->type)->forward(layer, &io);
    naive_layer(c->type)->backward(layer, &io);
    expect_rows(c, "y", &b->batch, b->y, io.y, out);
    expect_tensors(c, b, io.leaf);
    for (int k = 0; k < layer->type->input_count; k++) {
        expect_rows(c, "dx", &b->batch, b->dx[k], io.dx[k], shape_size(layer->in[k]));
        expect_zero_padding(b, b->dx[k], shape_size(layer->in[k]));
        mem_free(io.dx[k]);
    }
    mem_free(io.y);
    mem_free(io.leaf);
    mem_free(values);
}

static void types_agree_with_the_reference(void)
{
    for (int c = 0; c < CASES; c++) {
        Bench b;
        bench_open(&b, &cases[c]);
        bench_soil(&b);
        b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
        b.layer->type->backward(b.layer, &b.batch.pass, &b.io);
        compare_with_naive(&cases[c], &b);
        bench_close(&b);
    }
}

static void an_unwanted_gradient_is_left_out(void)
{
    Bench b;
    bench_open(&b, &cases[0]);
    b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
    b.io.dx[0] = NULL;
    b.layer->type->backward(b.layer, &b.batch.pass, &b.io);
    CU_ASSERT_NOT_EQUAL(b.model.leaf[b.layer->tensors[0].offset], 0);
    bench_close(&b);
}

#ifdef REAL_IS_DOUBLE
/* J = sum of dy * y: what the layer's gradients are the gradients of. */
static double objective(Bench *b)
{
    b->layer->type->forward(b->layer, &b->batch.pass, &b->io);
    double sum = 0;
    for (int64_t i = 0; i < shape_size(b->layer->out) * LANES_USED; i++)
        sum += b->dy[i] * b->y[i];
    return sum;
}

static void check_gradient(const Case *c, Bench *b, const char *what, double *at,
                           const double *gradient, int64_t count)
{
    const double step = 1e-5;
    double *slopes = mem_alloc(count, sizeof *slopes);
    for (int64_t i = 0; i < count; i++) {
        double here = at[i];
        at[i] = here + step;
        double above = objective(b);
        at[i] = here - step;
        slopes[i] = (above - objective(b)) / (2 * step);
        at[i] = here;
    }
    double error = difference(gradient, slopes, count);
    if (!(error <= 1e-6))
        printf("d%s of %s: off by %g\n", what, c->model, error);
    CU_ASSERT(error <= 1e-6);
    mem_free(slopes);
}

/* Padding lanes' x may move too: with dy = 0 there nothing may come of it. */
static void gradients_are_slopes(void)
{
    for (int c = 0; c < CASES; c++) {
        Bench b;
        bench_open(&b, &cases[c]);
        objective(&b);
        b.layer->type->backward(b.layer, &b.batch.pass, &b.io);
        for (int k = 0; k < b.layer->type->input_count; k++)
            check_gradient(&cases[c], &b, "x", b.x[k], b.dx[k],
                           shape_size(b.layer->in[k]) * LANES_USED);
        for (int t = 0; t < b.layer->tensor_count; t++) {
            const Tensor *tensor = &b.layer->tensors[t];
            if (tensor->kind == TENSOR_STATISTIC)
                continue;
            check_gradient(&cases[c], &b, tensor->name, b.model.values + tensor->offset,
                           b.model.leaf + tensor->offset, tensor->size);
        }
        bench_close(&b);
    }
}
#endif

static void corners_have_the_left_slope(void)
{
    static const struct {
        const char *type;
        double slope;
    } corners[] = {{"relu", 0}, {"leaky_relu", 0.01}, {"elu", 1}};
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < CASES; c++) {
            if (strcmp(cases[c].type, corners[i].type) != 0)
                continue;
            Bench b;
            bench_open(&b, &cases[c]);
            memset(b.x[0], 0, LANES * sizeof(Real));
            b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
            b.layer->type->backward(b.layer, &b.batch.pass, &b.io);
            CU_ASSERT_EQUAL(b.dx[0][0], (Real)corners[i].slope * b.dy[0]);
            bench_close(&b);
            break;
        }
}

static void activations_pass_not_a_number_on(void)
{
    for (int c = 0; c < CASES; c++) {
        if (!layer_type(cases[c].type)->is_activation)
            continue;
        Bench b;
        bench_open(&b, &cases[c]);
        b.x[0][3] = NAN;
        b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
        CU_ASSERT(isnan(b.y[3]) && !isnan(b.y[2]));
        bench_close(&b);
    }
}

/* Samples moved to other lanes, at the same positions of the run: the same units are dropped. */
static void dropout_belongs_to_the_sample(void)
{
    Case c = {.type = "dropout", .model = "[{dropout: 0.5}, {dense: 2}]", .input = {1, 1, 600}};
    Bench b;
    bench_open(&b, &c);
    b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
    double *before = batch_unpack(&b.batch, b.y, 600);
    double *moved = mem_alloc(SAMPLES * 600, sizeof *moved);
    for (int s = 0; s < SAMPLES; s++) {
        b.batch.position[s] = 1000 + SAMPLES - 1 - s;
        memcpy(moved + s * 600, b.rows_x[0] + (SAMPLES - 1 - s) * 600, 600 * sizeof *moved);
    }
    Real *x = batch_pack(&b.batch, moved, 600);
    b.io.x[0] = x;
    b.layer->type->forward(b.layer, &b.batch.pass, &b.io);
    double *after = batch_unpack(&b.batch, b.y, 600);
    int zeros = 0;
    for (int s = 0; s < SAMPLES; s++)
        for (int f = 0; f < 600; f++) {
            CU_ASSERT_EQUAL(after[s * 600 + f], before[(SAMPLES - 1 - s) * 600 + f]);
            zeros += after[s * 600 + f] == 0;
        }
    double share = zeros / (600.0 * SAMPLES);
    CU_ASSERT(fabs(share - 0.5) < 0.02);
    CU_ASSERT(memcmp(before, before + 600, 600 * sizeof *before) != 0);
    mem_free(before);
    mem_free(moved);
    mem_free(x);
    mem_free(after);
    bench_close(&b);
}

static void shapes_that_do_not_fit_are_named(void)
{
    static const struct {
        const char *model, *words;
        Shape input;
    } wrong[] = {
        {"[{dense: 5}]", "28x28x1", {28, 28, 1}},
        {"[{dense: 5}]", "flatten", {28, 28, 1}},
        {"[{dense: 5}, {add: [input, 00_dense]}]", "cannot add 3 and 5", {1, 1, 3}},
        {"[{dense: 5}, {add: [input]}]", "takes 2 inputs; `from` names 1", {1, 1, 3}},
        {"[{dense: 5}, add]", "takes 2 inputs; `from` names 0", {1, 1, 3}},
        {"[{dense: 5}, {relu: {from: [input, 00_dense]}}]", "takes 1 input;", {1, 1, 3}},
        {"[{dense: 0}]", "from 1 to", {1, 1, 3}},
        {"[dense]", "\"units\" is missing", {1, 1, 3}},
        {"[{dropout: 1}, {dense: 2}]", "leaves nothing", {1, 1, 3}},
        {"[relu, {group_norm: 4}]", "4 groups do not divide the 6 channels", {2, 2, 6}},
        {"[relu, {residual: {main: [{dense: 5}], skip: [{dense: 4}]}}]",
         "layer 1 (01_residual): `main` ends in 5, `skip` in 4",
         {1, 1, 3}},
        {"[{residual: [relu, flatten]}, {dense: 2}]",
         "`main` ends in 16, `skip` in 2x2x4",
         {2, 2, 4}},
        {"[{residual: [relu, {residual: [{dense: 3}]}]}]",
         "layer 1 (00_residual/main/01_residual): `main` ends in 3, `skip` in 4",
         {1, 1, 4}},
        {"[{residual: [relu, {dense: 0}]}]", "from 1 to", {1, 1, 4}},
        {"[{residual: [{dense: 4}, {dense: 4}, {group_norm: 3}]}]",
         "layer 2 (00_residual/main/02_group_norm):",
         {1, 1, 4}},
        {"[relu, {dense: 3, name: a}]", "in layer 1 (01)", {1, 1, 3}},
        {"[{repeat: {times: 0, layers: [relu]}}, {dense: 2}]", "from 1 to", {1, 1, 4}},
        {"[{repeat: {layers: [relu]}}, {dense: 2}]", "\"times\" is missing", {1, 1, 4}},
        {"[{repeat: {times: 2, layers: relu}}, {dense: 2}]", "a list of layers", {1, 1, 4}},
        {"[repeat, {dense: 2}]", "is missing", {1, 1, 4}},
        {"[{repeat: {times: 3, layers: [{dense: 0}]}}]", "00_repeat/00/00_dense", {1, 1, 4}},
        {"[{repeet: {times: 2, layers: [relu]}}]", "did you mean \"repeat\"?", {1, 1, 4}},
        {"[{batch_norm: {momentum: 2}}]", "from 0 to 1", {1, 1, 3}},
        {"[{dropout: 1.5}, {dense: 2}]", "from 0 to 1", {1, 1, 3}},
        {"[{dense: {units: 2, init: hee}}]", "did you mean \"he\"?", {1, 1, 3}},
        {"[{relu: 3}, {dense: 2}]", "no main setting", {1, 1, 3}},
        {"[{conv2d: {filters: 2, kernel: 5}}]",
         "layer 0 (00_conv2d): a window of 5x5 does not",
         {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: 5}}]", "input: 4x7x3", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: 6, padding: [0, 1]}}]", "padded to 4x9", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: 3}}, {max_pool: 3}]", "layer 1 (01_max_pool)", {4, 7, 3}},
        {"[{conv2d: 2}]", "\"kernel\" is missing", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: ~}}]", "found nothing", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: [1, 2, 3]}}]", "list of 3", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: 3, stride: 0}}]", "from 1 to", {4, 7, 3}},
        {"[{conv2d: {filters: 2, kernel: 3, padding: sme}}]", "found \"sme\"", {4, 7, 3}},
        {"[{max_pool: {size: 3, padding: 2}}]", "more than half", {4, 7, 3}},
        {"[{avg_pool: {size: 3, padding: 1}}]", "unknown key \"padding\"", {4, 7, 3}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Model model;
        Err err = model_open(&model, wrong[i].model, wrong[i].input, LANES);
        CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
        const char *text = err ? err_text(err) : "no error";
        if (!strstr(text, wrong[i].words) || !strstr(text, "test.yaml:1:"))
            printf("%s: %s\n", wrong[i].model, text);
        CU_ASSERT(strstr(text, wrong[i].words) && strstr(text, "test.yaml:1:"));
        err_free(err);
        model_close(&model);
    }
}

static const Promise promises[] = {
    {"every layer type has a case and a naive reference here", every_type_has_a_case},
    {"every layer type agrees with the naive reference at 17 samples in 32 lanes",
     types_agree_with_the_reference},
#ifdef REAL_IS_DOUBLE
    {"every layer type's gradients are the slopes of its output", gradients_are_slopes},
#endif
    {"a gradient that nobody wants is left out", an_unwanted_gradient_is_left_out},
    {"at a corner an activation has its left slope", corners_have_the_left_slope},
    {"activations pass not-a-number on", activations_pass_not_a_number_on},
    {"what dropout drops belongs to the sample, not to its lane", dropout_belongs_to_the_sample},
    {"shapes and settings that do not fit are named with their place",
     shapes_that_do_not_fit_are_named},
    {0},
};

int main(void)
{
    return unit_run("layers", promises);
}
