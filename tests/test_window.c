/* What the table's tests (test_layers.c) do not see of convolution and pooling: other numbers of
 * lanes, for which the kernels have other code, ties, and not-a-number. */
#include "model.h"
#include "unit.h"

enum { SAMPLES = 3 * LANES };

static void open_or_die(Model *model, const char *layers, Shape input)
{
    Err err = model_open(model, layers, input, SAMPLES);
    CHECK(!err, "%s", err_text(err));
    double *values = noise(model->net->extent, 1);
    for (int64_t i = 0; i < model->net->extent; i++)
        model->values[i] = (Real)values[i];
    mem_free(values);
}

/* Two convolutions of some of the samples: the output, and the gradient of what lies between. */
typedef struct Outcome {
    double *y, *dx;
} Outcome;

static Outcome convolve(Model *m, int first, int samples)
{
    Batch batch = batch_open(samples, true);
    int64_t in = shape_size(m->net->input), out = shape_size(m->net->output);
    double *x = noise(SAMPLES * in, 2), *dy = noise(SAMPLES * out, 3);
    Real *packed_x = batch_pack(&batch, x + first * in, in);
    Real *packed_dy = batch_pack(&batch, dy + first * out, out);
    const Real *y = net_forward(m->net, &batch.pass, m->values, packed_x);
    Outcome outcome = {.y = batch_unpack(&batch, y, out)};
    net_backward(m->net, &batch.pass, m->values, packed_x, packed_dy, m->leaf);
    outcome.dx = batch_unpack(&batch, m->net->dy[0], shape_size(m->net->layers[0].out));
    mem_free(x);
    mem_free(dy);
    mem_free(packed_x);
    mem_free(packed_dy);
    batch_close(&batch);
    return outcome;
}

static void expect_same_bits(Model *m, const Outcome *all, int first, int samples)
{
    int64_t out = shape_size(m->net->output), between = shape_size(m->net->layers[0].out);
    Outcome some = convolve(m, first, samples);
    CU_ASSERT(memcmp(some.y, all->y + first * out, (size_t)(samples * out) * sizeof(double)) == 0);
    CU_ASSERT(memcmp(some.dx, all->dx + first * between,
                     (size_t)(samples * between) * sizeof(double)) == 0);
    mem_free(some.y);
    mem_free(some.dx);
}

static void a_sample_has_the_same_bits_in_any_lanes(void)
{
    Model m;
    open_or_die(&m,
                "[{conv2d: {filters: 3, kernel: 1}}, "
                "{conv2d: {filters: 13, kernel: 3, stride: 2, padding: same}}]",
                (Shape){5, 4, 3});
    Outcome all = convolve(&m, 0, SAMPLES);
    for (int first = 0; first < SAMPLES; first += LANES)
        for (int samples = LANES; first + samples <= SAMPLES; samples += LANES)
            expect_same_bits(&m, &all, first, samples);
    mem_free(all.y);
    mem_free(all.dx);
    model_close(&m);
}

/* A lane's pixels in, the pooled ones and the gradient of their sum out. */
static void pool(const Real *x, int pixels, Real *y, int pooled, Real *dx)
{
    Model m;
    Batch batch = batch_open(1, true);
    open_or_die(&m, "[{max_pool: [1, 2]}, flatten, {dense: 1}]", (Shape){1, pixels, 1});
    const Layer *layer = &m.net->layers[0];
    double *rows = doubles(x, pixels), *ones = mem_alloc(pooled, sizeof *ones);
    for (int p = 0; p < pooled; p++)
        ones[p] = 1;
    Real *arrays[] = {batch_pack(&batch, rows, pixels), batch_pack(&batch, rows, pooled),
                      batch_pack(&batch, ones, pooled), batch_pack(&batch, rows, pixels),
                      mem_alloc(layer->scratch_rows * LANES, sizeof(Real))};
    Io io = {.x[0] = arrays[0],
             .y = arrays[1],
             .dy = arrays[2],
             .dx[0] = arrays[3],
             .scratch = arrays[4]};
    layer->type->forward(layer, &batch.pass, &io);
    layer->type->backward(layer, &batch.pass, &io);
    for (int p = 0; p < pooled; p++)
        y[p] = io.y[p * LANES];
    for (int p = 0; p < pixels; p++)
        dx[p] = io.dx[0][p * LANES];
    for (int i = 0; i < 5; i++)
        mem_free(arrays[i]);
    mem_free(rows);
    mem_free(ones);
    batch_close(&batch);
    model_close(&m);
}

static void the_first_of_equal_maxima_takes_the_gradient(void)
{
    Real y[2], dx[4], x[4] = {3, 3, -2, -2}, first[4] = {1, 0, 1, 0};
    pool(x, 4, y, 2, dx);
    CU_ASSERT(y[0] == 3 && y[1] == -2);
    CU_ASSERT(memcmp(dx, first, sizeof first) == 0);
}

static void not_a_number_is_a_maximum(void)
{
    Real y[3], dx[6], x[6] = {NAN, 3, 3, NAN, 2, 3};
    pool(x, 6, y, 3, dx);
    CU_ASSERT(isnan(y[0]) && isnan(y[1]) && y[2] == 3);
}

static const Promise promises[] = {
    {"a convolution gives a sample the same bits among 16, 32 and 48 lanes",
     a_sample_has_the_same_bits_in_any_lanes},
    {"the first of equal maxima takes the gradient", the_first_of_equal_maxima_takes_the_gradient},
    {"not-a-number is a maximum", not_a_number_is_a_maximum},
    {0},
};

int main(void)
{
    return unit_run("window", promises);
}
