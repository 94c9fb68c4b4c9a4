/* The loss of the best constant answer against closed forms: entropy and variance. */
#include "train/constant.h"

#include "base/h5.h"
#include "scratch.h"
#include "unit_mpi.h"

#include <math.h>

enum { ROWS = 200, FEATURES = 3 };

static double targets[ROWS];

static void write_data(const char *path, bool classes)
{
    H5 *file;
    void *bytes;
    size_t size;
    float x[ROWS * FEATURES] = {0}, value[ROWS];
    int32_t label[ROWS];
    int64_t shape[] = {ROWS, FEATURES};
    for (int i = 0; i < ROWS; i++) {
        label[i] = (int32_t)targets[i];
        value[i] = (float)targets[i];
    }
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT_FATAL(fine(h5_write(file, "/train/x", H5_F32, 2, shape, 0, x)));
    CU_ASSERT_FATAL(fine(h5_write(file, "/train/y", classes ? H5_I32 : H5_F32, 1, shape, 0,
                                  classes ? (void *)label : (void *)value)));
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    CU_ASSERT_FATAL(fine(file_replace(path, bytes, size)));
    mem_free(bytes);
}

/* Of the targets, with this loss and a net of so many outputs. */
static double constant_of(bool classes, int outputs, const char *loss)
{
    Scratch scratch = scratch_make();
    const char *data = scratch_path(&scratch, "data.h5");
    char recipe[256];
    Comm world, comm;
    Config config;
    Engine engine;
    write_data(data, classes);
    snprintf(recipe, sizeof recipe,
             "data: {file: none}\nmodel: [flatten, {dense: %d}]\nloss: %s\n"
             "batch: {global: 30, micro: 7}\ntrain: {length: 1 epoch}\n",
             outputs, loss);
    CU_ASSERT_FATAL(fine(config_read(&config, "test.yaml", recipe, NULL, 0)));
    comm_world(&world);
    CU_ASSERT_FATAL(fine(comm_divide(&world, 1, EXCHANGE_AUTO, &comm)));
    config.data_files = &data;
    CU_ASSERT_FATAL(fine(engine_open(&engine, &comm, &config, NULL)));
    double value = constant_loss(&engine);
    engine_close(&engine);
    comm_free(&comm);
    comm_free(&world);
    config_free(&config);
    scratch_remove(&scratch);
    return value;
}

/* Shares 0.5, 0.3 and 0.2. */
static void three_classes(void)
{
    for (int i = 0; i < ROWS; i++)
        targets[i] = i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2;
}

static double entropy(const double *p, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    return sum;
}

static void of_classes(void)
{
    three_classes();
    const double shares[] = {0.5, 0.3, 0.2}, weighted[] = {0.5 / 1.7, 0.6 / 1.7, 0.6 / 1.7};
    CU_ASSERT_DOUBLE_EQUAL(constant_of(true, 3, "cross_entropy"), entropy(shares, 3), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(constant_of(true, 5, "cross_entropy"), entropy(shares, 3), 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(constant_of(true, 3, "{cross_entropy: {class_weights: [1, 2, 3]}}"),
                           entropy(weighted, 3), 1e-6);
}

static void of_two(void)
{
    for (int i = 0; i < ROWS; i++)
        targets[i] = i % 4 == 0;
    const double shares[] = {0.25, 0.75};
    CU_ASSERT_DOUBLE_EQUAL(constant_of(true, 1, "sigmoid_cross_entropy"), entropy(shares, 2), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(constant_of(false, 1, "sigmoid_cross_entropy"), entropy(shares, 2),
                           1e-6);
}

static void of_values(void)
{
    for (int i = 0; i < ROWS; i++)
        targets[i] = i % 2 ? 3 : 7; /* mean 5, distance 2 */
    CU_ASSERT_DOUBLE_EQUAL(constant_of(false, 1, "mse"), 4, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(constant_of(false, 1, "l1"), 2, 1e-5);
}

static const Promise promises[] = {
    {"of classes it is the entropy of their shares, also of weighted ones", of_classes},
    {"of two classes and one output, too", of_two},
    {"of a regression the variance", of_values},
    {0}};

int main(int argc, char **argv)
{
    return unit_run_mpi("constant", promises, argc, argv);
}
