/* train.diagnostics against figures by hand: a net of two layers with a relu of which one unit is
 * dead, one with a path around a layer, and flat ends beside padding. */
#include "train/engine.h"
#include "train/sight.h"

#include "base/file.h"
#include "base/h5.h"
#include "math/lanes.h"
#include "scratch.h"
#include "unit_mpi.h"

#include <math.h>

enum { ROWS = 4, FEATURES = 2 };

/* ---- a step ---- */

static Err write_data(const char *path)
{
    static const float x[] = {1, 0, 0, 1, 1, 1, 2, 0}, y[] = {0.5F, 1.5F, 3.5F, 4.5F};
    H5 *file;
    void *bytes;
    size_t size;
    TRY(h5_create(&file));
    TRY(h5_write(file, "/train/x", H5_F32, 2, (int64_t[]){ROWS, FEATURES}, 0, x));
    TRY(h5_write(file, "/train/y", H5_F32, 2, (int64_t[]){ROWS, 1}, 0, y));
    TRY(h5_image(file, &bytes, &size));
    h5_close(file);
    TRY(file_replace(path, bytes, size));
    mem_free(bytes);
    return NULL;
}

typedef struct Trial {
    Scratch scratch;
    const char *data;
    Comm world, comm;
    Config config;
    Engine engine;
} Trial;

/* A net for the four rows in two micro-batches, looked at in every second step. */
static void trial_open(Trial *t, const char *model)
{
    static const char rest[] = "data: {file: none}\nloss: mse\nbatch: {global: 4, micro: 3}\n"
                               "optimizer: {lr: 0.1}\n"
                               "train: {length: 4 steps, diagnostics: every 2 steps}\n";
    char text[1024];
    snprintf(text, sizeof text, "model: %s\n%s", model, rest);
    *t = (Trial){.scratch = scratch_make()};
    t->data = scratch_path(&t->scratch, "data.h5");
    CU_ASSERT_FATAL(fine(write_data(t->data)));
    comm_world(&t->world);
    CU_ASSERT_FATAL(fine(comm_divide(&t->world, 1, EXCHANGE_AUTO, &t->comm)));
    CU_ASSERT_FATAL(fine(config_read(&t->config, "test.yaml", text, NULL, 0)));
    t->config.data_files = &t->data;
    CU_ASSERT_FATAL(fine(engine_open(&t->engine, &t->comm, &t->config, NULL)));
}

static void trial_close(Trial *t)
{
    engine_close(&t->engine);
    config_free(&t->config);
    comm_free(&t->comm);
    comm_free(&t->world);
    scratch_remove(&t->scratch);
}

static int part_of(const Trial *t, const char *name)
{
    const Net *net = t->engine.net;
    for (int part = 0; part < net->parameter_tensors; part++)
        if (strcmp(net_tensor_name(net, t->engine.descent.laid[part]), name) == 0)
            return part;
    CU_FAIL_FATAL("there is no such tensor");
    return 0;
}

static void set(Trial *t, const char *tensor, const double *values, int count)
{
    const Tensor *at = t->engine.descent.laid[part_of(t, tensor)];
    CU_ASSERT_EQUAL_FATAL(at->size, count);
    for (int i = 0; i < count; i++)
        t->engine.state.values[at->offset + i] = (Real)values[i];
}

static void step(Trial *t)
{
    Word all;
    Result result;
    integrity_take(&t->engine.integrity);
    CU_ASSERT_FATAL(fine(step_run(&t->engine, 0.1, false, (Word){0, INT32_MAX}, &all, &result)));
}

static bool near(double got, double want)
{
    bool is = fabs(got - want) <= 1e-6 * fabs(want);
    if (!is)
        printf("\n    %.9g, not %.9g\n", got, want);
    return is;
}

/* x (1,0) (0,1) (1,1) (2,0); pre-activations (1,0,-1) (0,1,-1) (1,1,-2) (2,0,-2); outputs 1.5, 2.5,
 * 3.5, 2.5; errors 1, 1, 0, -2, so the loss's gradients are 2, 2, 0, -4. */
static void two_layers(void)
{
    Trial t;
    trial_open(&t,
               "[{dense: {units: 3, name: a}}, {relu: {name: r}}, {dense: {units: 1, name: b}}]");
    const double first[] = {1, 0, 0, 1, -1, -1}, none[] = {0, 0, 0}, second[] = {1, 2, 5};
    step(&t);
    CU_ASSERT_FALSE(t.engine.diagnosis.due);
    set(&t, "a/weight", first, 6);
    set(&t, "a/bias", none, 3);
    set(&t, "b/weight", second, 3);
    set(&t, "b/bias", (double[]){0.5}, 1);
    step(&t);
    CU_ASSERT_FATAL(t.engine.diagnosis.due);
    const LayerFigures *l = t.engine.diagnosis.layer;
    CU_ASSERT(near(l[0].activation, sqrt(18. / 12)));
    CU_ASSERT(near(l[1].activation, sqrt(8. / 12)));
    CU_ASSERT(near(l[2].activation, sqrt(27. / 4)));
    CU_ASSERT(near(l[2].gradient, sqrt(24. / 4)));
    CU_ASSERT(near(l[1].gradient, sqrt(24. / 4 * 30)));
    CU_ASSERT(near(l[0].gradient, sqrt((4. + 16 + 0 + 16) / 4)));
    CU_ASSERT(near(l[1].dead, 1. / 3));
    CU_ASSERT(isnan(l[0].dead) && isnan(l[2].dead) && isnan(l[1].saturated));
    double weight, update;
    int part = part_of(&t, "b/weight"); /* its mean gradient is (-1.5, 0.5, 0) */
    descent_update_norms(&t.engine.descent, part, &weight, &update);
    CU_ASSERT(near(weight, sqrt(30)));
    CU_ASSERT(fabs(update - 0.1 * sqrt(2.5)) < 1e-6);
    CU_ASSERT(near(t.engine.descent.square[part], 2.5));
    step(&t);
    CU_ASSERT_FALSE(t.engine.diagnosis.due);
    trial_close(&t);
}

/* What a sees comes back on two paths: (1, 1) past the block and (0, 1) through it. */
static void two_paths(void)
{
    Trial t;
    trial_open(&t, "[{dense: {units: 2, name: a}},\n"
                   "        {residual: {main: [{dense: {units: 2, name: m}}], skip: identity}},\n"
                   "        {dense: {units: 1, name: b}}]");
    const double eye[] = {1, 0, 0, 1}, move[] = {0, 1, 0, 0}, none[] = {0, 0}, one[] = {1, 1};
    step(&t);
    set(&t, "a/weight", eye, 4);
    set(&t, "a/bias", none, 2);
    const Net *net = t.engine.net;
    set(&t, arena_text(&t.scratch.arena, "%s/weight", net->layers[1].name), move, 4);
    set(&t, arena_text(&t.scratch.arena, "%s/bias", net->layers[1].name), none, 2);
    set(&t, "b/weight", one, 2);
    set(&t, "b/bias", none, 1);
    step(&t); /* outputs 1, 2, 3, 2, so errors 0.5, 0.5, -0.5, -2.5, and gradients twice these */
    const LayerFigures *l = t.engine.diagnosis.layer;
    double loss = (1. + 1 + 1 + 25) / 4;
    CU_ASSERT(near(l[3].gradient, sqrt(loss)));
    CU_ASSERT(near(l[2].gradient, sqrt(loss * 2)));
    CU_ASSERT(near(l[1].gradient, sqrt(loss * 2)));
    CU_ASSERT(near(l[0].gradient, sqrt(loss * 5)));
    trial_close(&t);
}

/* ---- one layer ---- */

static void padding(void)
{
    enum { OUTPUTS = 2, SAMPLES = 3 };
    const Layer layer = {.type = layer_type("sigmoid"), .out = {1, 1, OUTPUTS}};
    Real mask[LANES] = {1, 1, 1}, y[OUTPUTS * LANES];
    const Real row[OUTPUTS][SAMPLES] = {{0.5, 0.01, 0.99}, {0.5, 0.5, 0.25}};
    const Pass pass = {.lanes = LANES, .mask = mask};
    for (int i = 0; i < OUTPUTS * LANES; i++)
        y[i] = i % LANES < SAMPLES ? row[i / LANES][i % LANES] : 1000;
    Sight sight = sight_output(&layer, &pass, y);
    CU_ASSERT_EQUAL(sight.count, 6);
    CU_ASSERT_EQUAL(sight.flat, 2);
    CU_ASSERT_DOUBLE_EQUAL(sight.largest, 0.99, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(sight.squares, 0.25 + 0.0001 + 0.9801 + 0.25 + 0.25 + 0.0625, 1e-6);
    bool alive[OUTPUTS] = {false};
    for (int i = 0; i < SAMPLES; i++)
        y[LANES + i] = 0;
    sight_alive(&layer, &pass, y, alive);
    CU_ASSERT(alive[0] && !alive[1]);
}

static const Promise promises[] = {
    {"activations, gradients, dead units and updates are those by hand, in the steps asked for",
     two_layers},
    {"a gradient that comes back on two paths is their sum", two_paths},
    {"flat ends, rms and dead units leave padding out", padding},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("diagnose", promises, argc, argv);
}
