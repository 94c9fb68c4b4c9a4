/* lockstep against PyTorch's float64, from the record in tests/golden: the double build within
 * 1e-9, the float build within 1e-5, relative to each tensor's largest element. */
#include "model.h"
#include "golden.h"
#include "nn/loss.h"
#include "unit.h"

#ifdef REAL_IS_DOUBLE
static const double tolerance = 1e-9;
#else
static const double tolerance = 1e-5;
#endif

enum { SAMPLES = 17 };

/* One recorded net, built, with the recorded weights and batch. */
typedef struct Trial {
    const Golden *golden;
    Model model;
    Arena arena;
    Conf *conf;
    Loss loss;
    Batch batch;
    int64_t inputs, outputs;
    int32_t label[2 * LANES];
    Real *x, *target, *dy;
    double scalars[SCALAR_COUNT];
} Trial;

static Err build_loss(Trial *t)
{
    char text[128];
    snprintf(text, sizeof text, "loss: %s\n", golden_text(t->golden, "loss"));
    TRY(conf_parse(&t->conf, "golden.yaml", text, NULL, 0));
    Node node = conf_get(conf_root(t->conf), "loss");
    const char *targets = golden_text(t->golden, "targets");
    int outputs = (int)t->outputs;
    bool classes = targets ? strcmp(targets, "classes") == 0
                           : strstr(golden_text(t->golden, "loss"), "cross_entropy") != NULL;
    Task task = {outputs, classes ? outputs : 0, classes ? 0 : outputs};
    return loss_build(&t->loss, node, &t->arena, task, t->batch.pass.lanes);
}

static void read_targets(Trial *t)
{
    int64_t values = t->loss.task.classes ? 1 : t->outputs;
    const double *rows = golden_array(t->golden, "", "target", SAMPLES * values);
    t->target = batch_pack(&t->batch, rows, values);
    for (int s = 0; s < SAMPLES; s++)
        t->label[s] = (int32_t)rows[s];
}

static void trial_open(Trial *t, const Golden *golden)
{
    *t = (Trial){.golden = golden, .batch = batch_open(SAMPLES, true)};
    Shape input;
    int read = sscanf(golden_text(golden, "shape"), "%d %d %d", &input.height, &input.width,
                      &input.channels);
    CHECK(read == 3, "a golden net needs a shape");
    Err err = model_open(&t->model, golden_text(golden, "model"), input, t->batch.pass.lanes);
    CHECK(!err, "%s", err_text(err));
    t->inputs = shape_size(input);
    t->outputs = shape_size(t->model.net->output);
    err = build_loss(t);
    CHECK(!err, "%s", err_text(err));
    read_targets(t);
    t->x = batch_pack(&t->batch, golden_array(golden, "", "x", SAMPLES * t->inputs), t->inputs);
    t->dy = mem_alloc(t->outputs * t->batch.pass.lanes, sizeof(Real));
    for (int i = 0; i < t->model.net->tensor_count; i++) {
        const Tensor *tensor = t->model.net->tensors[i];
        const char *name = net_tensor_name(t->model.net, tensor);
        const double *values = golden_array(golden, "value", name, tensor->size);
        for (int64_t e = 0; e < tensor->size; e++)
            t->model.values[tensor->offset + e] = (Real)values[e];
    }
}

/* Forward, loss, backward. The leaf then holds sums over the samples. */
static const Real *trial_run(Trial *t)
{
    Net *net = t->model.net;
    Targets targets = {t->label, t->target, t->batch.mask};
    const Real *y = net_forward(net, &t->batch.pass, t->model.values, t->x);
    loss_run(&t->loss, &t->batch.pass, y, &targets, t->scalars, t->dy);
    net_backward(net, &t->batch.pass, t->model.values, t->x, t->dy, t->model.leaf);
    return y;
}

static void trial_close(Trial *t)
{
    mem_free(t->x);
    mem_free(t->target);
    mem_free(t->dy);
    arena_free(&t->arena);
    conf_free(t->conf);
    batch_close(&t->batch);
    model_close(&t->model);
}

static void expect(const Golden *golden, const char *what, const double *got, const double *want,
                   int64_t count)
{
    double error = difference(got, want, count);
    if (!(error <= tolerance))
        printf("%s of %s: off by %g\n", what, golden_text(golden, "net"), error);
    CU_ASSERT(error <= tolerance);
}

static void expect_recorded(Trial *t)
{
    const Golden *golden = t->golden;
    const Net *net = t->model.net;
    double *output = batch_unpack(&t->batch, trial_run(t), t->outputs);
    double loss = t->scalars[SCALAR_LOSS] / t->scalars[SCALAR_WEIGHT];
    int64_t count = SAMPLES * t->outputs;
    expect(golden, "output", output, golden_array(golden, "", "output", count), count);
    expect(golden, "loss", &loss, golden_array(golden, "", "loss", 1), 1);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *tensor = net->tensors[i];
        const char *name = net_tensor_name(net, tensor);
        double *gradient = doubles(t->model.leaf + tensor->offset, tensor->size);
        for (int64_t e = 0; e < tensor->size; e++)
            gradient[e] /= t->scalars[SCALAR_WEIGHT];
        const double *want = golden_array(golden, "gradient", name, tensor->size);
        expect(golden, name, gradient, want, tensor->size);
        mem_free(gradient);
    }
    mem_free(output);
}

static void nets_agree_with_pytorch(void)
{
    FILE *file = golden_open("nets.txt");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    Golden golden = {0};
    int nets = 0;
    for (; golden_next(&golden, file); nets++) {
        Trial trial;
        trial_open(&trial, &golden);
        expect_recorded(&trial);
        trial_close(&trial);
    }
    CU_ASSERT(nets >= 16);
    golden_clear(&golden);
    fclose(file);
}

static const Promise promises[] = {
    {"outputs, losses and gradients are PyTorch's", nets_agree_with_pytorch},
    {0},
};

int main(void)
{
    return unit_run("golden", promises);
}
