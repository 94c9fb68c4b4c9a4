/* lockstep against PyTorch's float64, from the record in tests/golden: the double build within
 * 1e-9, the float build within 1e-5, after ten training steps within 1e-4, relative to each
 * tensor's largest element. */
#include "model.h"
#include "golden.h"
#include "nn/loss.h"
#include "optim/optim.h"
#include "unit.h"

#ifdef REAL_IS_DOUBLE
static const double tolerance = 1e-9, tolerance_after = 1e-9;
#else
static const double tolerance = 1e-5, tolerance_after = 1e-4;
#endif

enum { SAMPLES = 17, STEPS = 10 };

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
    char text[256];
    snprintf(text, sizeof text, "loss: %s\n", golden_text(t->golden, "loss"));
    TRY(conf_parse(&t->conf, "golden.yaml", text, NULL, 0));
    Node node = conf_get(conf_root(t->conf), "loss");
    bool classes = strcmp(golden_text(t->golden, "targets"), "classes") == 0;
    int outputs = (int)t->outputs;
    Task task = {.outputs = outputs,
                 .classes = classes ? outputs + (outputs == 1) : 0,
                 .values = classes ? 0 : outputs};
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

static Targets targets_of(const Trial *t)
{
    bool classes = t->loss.task.classes > 0;
    return (Targets){classes ? t->label : NULL, classes ? NULL : t->target, t->batch.mask};
}

/* Forward, loss, backward. The leaf then holds sums over the samples. */
static const Real *trial_run(Trial *t)
{
    Net *net = t->model.net;
    Targets targets = targets_of(t);
    t->batch.pass.training = true;
    t->batch.pass.weight = loss_weigh(&t->loss, &t->batch.pass, &targets);
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

static void expect(const Trial *t, const char *what, const double *got, const double *want,
                   int64_t count, double limit)
{
    double error = difference(got, want, count);
    if (!(error <= limit))
        printf("%s of %s: off by %g\n", what, golden_text(t->golden, "net"), error);
    CU_ASSERT(error <= limit);
}

/* The output in inference mode against an array, where there is one. */
static void expect_evaluated(Trial *t, const char *name, double limit)
{
    int64_t count = SAMPLES * t->outputs;
    if (!golden_has(t->golden, name))
        return;
    t->batch.pass.training = false;
    const Real *y = net_forward(t->model.net, &t->batch.pass, t->model.values, t->x);
    double *output = batch_unpack(&t->batch, y, t->outputs);
    expect(t, name, output, golden_array(t->golden, "", name, count), count, limit);
    mem_free(output);
}

/* As a training step has it: running += momentum (average - running), for one micro-batch. */
static void move_statistics(Trial *t)
{
    const Net *net = t->model.net;
    for (int i = net->parameter_tensors; i < net->tensor_count; i++) {
        const Tensor *tensor = net->tensors[i];
        Real *running = t->model.values + tensor->offset;
        for (int64_t e = 0; e < tensor->size; e++) {
            Real average = t->model.leaf[tensor->offset + e] / (Real)t->scalars[SCALAR_WEIGHT];
            running[e] += tensor->momentum * (average - running[e]);
        }
    }
}

/* All tensors of a kind against the arrays PREFIX/NAME; those of the leaf over the weight. */
static void expect_tensors(const Trial *t, const char *prefix, TensorKind kind, const Real *from,
                           double weight, double limit)
{
    for (int i = 0; i < t->model.net->tensor_count; i++) {
        const Tensor *tensor = t->model.net->tensors[i];
        if (tensor->kind != kind)
            continue;
        const char *name = net_tensor_name(t->model.net, tensor);
        double *got = doubles(from + tensor->offset, tensor->size);
        for (int64_t e = 0; e < tensor->size; e++)
            got[e] /= weight;
        const double *want = golden_array(t->golden, prefix, name, tensor->size);
        expect(t, name, got, want, tensor->size, limit);
        mem_free(got);
    }
}

static void expect_recorded(Trial *t)
{
    int64_t count = SAMPLES * t->outputs;
    expect_evaluated(t, "evaluated", tolerance);
    double *output = batch_unpack(&t->batch, trial_run(t), t->outputs);
    double weight = t->scalars[SCALAR_WEIGHT], loss = t->scalars[SCALAR_LOSS] / weight;
    expect(t, "output", output, golden_array(t->golden, "", "output", count), count, tolerance);
    expect(t, "loss", &loss, golden_array(t->golden, "", "loss", 1), 1, tolerance);
    expect_tensors(t, "gradient", TENSOR_PARAMETER, t->model.leaf, weight, tolerance);
    move_statistics(t);
    expect_tensors(t, "moved", TENSOR_STATISTIC, t->model.values, 1, tolerance);
    mem_free(output);
}

/* ---- training ---- */

static void update_parameters(Trial *t, const Optim *optim, Real *slot, Real *gradient)
{
    const Net *net = t->model.net;
    for (int64_t i = 0; i < net->parameter_extent; i++)
        gradient[i] = t->model.leaf[i] / (Real)t->scalars[SCALAR_WEIGHT];
    Update update = {.n = net->parameter_extent,
                     .w = t->model.values,
                     .g = gradient,
                     .slot = {slot},
                     .rate = (Real)optim->self->lr};
    optim->type->update(optim->self, &update);
}

static void train(Trial *t)
{
    char text[256];
    Conf *conf;
    Optim optim;
    snprintf(text, sizeof text, "optimizer: %s\n", golden_text(t->golden, "optimizer"));
    Err err = conf_parse(&conf, "golden.yaml", text, NULL, 0);
    if (!err)
        err = optim_build(&optim, conf_get(conf_root(conf), "optimizer"));
    CHECK(!err, "%s", err_text(err));
    Real *slot = mem_alloc(t->model.net->extent, sizeof *slot);
    Real *gradient = mem_alloc(t->model.net->extent, sizeof *gradient);
    double losses[STEPS];
    for (int step = 0; step < STEPS; step++) {
        trial_run(t);
        losses[step] = t->scalars[SCALAR_LOSS] / t->scalars[SCALAR_WEIGHT];
        update_parameters(t, &optim, slot, gradient);
        move_statistics(t);
    }
    expect(t, "losses", losses, golden_array(t->golden, "", "losses", STEPS), STEPS,
           tolerance_after);
    expect_tensors(t, "after", TENSOR_PARAMETER, t->model.values, 1, tolerance_after);
    expect_tensors(t, "after", TENSOR_STATISTIC, t->model.values, 1, tolerance_after);
    expect_evaluated(t, "evaluated_after", tolerance_after);
    mem_free(slot);
    mem_free(gradient);
    conf_free(conf);
}

/* ---- over the record ---- */

/* Runs over the nets that have (or have not) an optimizer; returns how many. */
static int over_the_record(bool trained, void (*run)(Trial *))
{
    FILE *file = golden_open("nets.txt");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    Golden golden = {0};
    int nets = 0;
    while (golden_next(&golden, file)) {
        if ((golden_text(&golden, "optimizer") != NULL) != trained)
            continue;
        Trial trial;
        trial_open(&trial, &golden);
        run(&trial);
        trial_close(&trial);
        nets++;
    }
    golden_clear(&golden);
    fclose(file);
    return nets;
}

static void nets_agree_with_pytorch(void)
{
    CU_ASSERT(over_the_record(false, expect_recorded) >= 24);
}

static void training_agrees_with_pytorch(void)
{
    CU_ASSERT(over_the_record(true, train) >= 1);
}

static const Promise promises[] = {
    {"outputs, losses, gradients, running statistics and inference mode are PyTorch's",
     nets_agree_with_pytorch},
    {"ten training steps lead where PyTorch's lead", training_agrees_with_pytorch},
    {0},
};

int main(void)
{
    return unit_run("golden", promises);
}
