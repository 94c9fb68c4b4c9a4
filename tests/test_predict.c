/* The model of a step, and its network's figures from exchanges that follow the formula. */
#include "lab/predict.h"

#include "unit.h"

#include <math.h>

static const Machine machine = {.leaf = 2e-3,
                                .backward = 1e-3,
                                .update = 1e-9,
                                .gamma = 0.1e-9,
                                .alpha = 2e-6,
                                .beta = 0.1e-9,
                                .ranks = 4};

static void one_rank(void)
{
    Prediction p = predict_step(&machine, 1, 8, 4e6);
    CU_ASSERT(p.hosts == 1 && p.network == 0);
    CU_ASSERT_DOUBLE_EQUAL(p.compute, 16e-3, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(p.memory, 4e-3 + 0.4e-3, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(p.step, p.compute + p.memory, 1e-15);
}

static void uneven(void)
{
    CU_ASSERT_DOUBLE_EQUAL(predict_step(&machine, 3, 8, 4e6).compute, 6e-3, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(predict_step(&machine, 16, 8, 4e6).compute, 2e-3, 1e-15);
}

static void network(void)
{
    /* 8 hosts, 40 MB: 2 x 3 x 2 us + 7/8 x 0.3 ns x 40e6 = 10.512 ms, 1 ms of it hidden. */
    Prediction p = predict_step(&machine, 32, 32, 40e6);
    CU_ASSERT(p.hosts == 8);
    CU_ASSERT_DOUBLE_EQUAL(p.network, 9.512e-3, 1e-12);
    CU_ASSERT(predict_step(&machine, 8, 8, 1e3).network == 0);
}

static void fitted(void)
{
    double bytes[6], seconds[6];
    for (int i = 0; i < 6; i++) {
        bytes[i] = 65536 << 2 * i;
        seconds[i] = 2 * 2 * 3e-6 + 0.75 * (2 * 0.08e-9 + 0.1e-9) * bytes[i];
    }
    Machine m = {.gamma = 0.1e-9};
    predict_fit_network(&m, 4, bytes, seconds, 6);
    CU_ASSERT_DOUBLE_EQUAL(m.alpha, 3e-6, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(m.beta, 0.08e-9, 1e-16);
}

/* Small exchanges that are quicker than the formula, as a switch's buffer makes them. */
static void borders(void)
{
    const double bytes[] = {1e5, 1e6, 1e7}, gain = 2 * 0.5 * 1e-9;
    double seconds[3];
    for (int i = 0; i < 3; i++)
        seconds[i] = gain * bytes[i] * (i == 0 ? 0.5 : 1);
    Machine m = {0};
    predict_fit_network(&m, 2, bytes, seconds, 3);
    /* Of one factor f, least squares of 1 - f x / y with x / y = 2, 1, 1: f = 4 / 6. */
    CU_ASSERT(m.alpha == 0);
    CU_ASSERT_DOUBLE_EQUAL(m.beta, 1e-9 * 4 / 6, 1e-20);
    for (int i = 0; i < 3; i++)
        seconds[i] = 1e-3 / (i + 1);
    predict_fit_network(&m, 2, bytes, seconds, 3);
    CU_ASSERT(m.beta == 0 && m.alpha > 0);
}

static void worth(void)
{
    CU_ASSERT_DOUBLE_EQUAL(predict_statistical(1000, 1000), 0.5, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(predict_statistical(250, 1000), 0.8, 1e-15);
}

static const Promise promises[] = {
    {"one rank has its micro-batches and the update, and no network", one_rank},
    {"the rank with most micro-batches sets the pace", uneven},
    {"between hosts the formula counts, less what the backward pass hides", network},
    {"alpha and beta are found from exchanges that follow it", fitted},
    {"neither is below 0: then the other alone is fitted", borders},
    {"at the critical batch a sample is worth half", worth},
    {0}};

int main(void)
{
    return unit_run("predict", promises);
}
