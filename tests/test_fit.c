/* Fits on points whose parameters are known. */
#include "lab/fit.h"
#include "lab/spread.h"

#include "unit.h"

#include <math.h>
#include <stdint.h>

static double normal(uint64_t *state)
{
    double sum = 0; /* of twelve uniforms: variance 1 */
    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*state >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

static bool near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fabs(b);
}

enum { POINTS = 8, TRIALS = 400 };
static const double batches[POINTS] = {16, 32, 64, 128, 256, 1024, 4096, 16384};

static void exact_power(void)
{
    double y[POINTS];
    for (int i = 0; i < POINTS; i++)
        y[i] = 0.003 * pow(batches[i], 0.7);
    Power power = fit_power(batches, y, POINTS);
    CU_ASSERT(near(power.exponent.value, 0.7, 1e-12));
    CU_ASSERT(near(power.scale, 0.003, 1e-12));
    CU_ASSERT(power.exponent.error < 1e-12);
}

static void noisy_power(void)
{
    uint64_t state = 1;
    int inside = 0;
    for (int t = 0; t < TRIALS; t++) {
        double y[POINTS];
        for (int i = 0; i < POINTS; i++)
            y[i] = 2 * pow(batches[i], -1) * exp(0.2 * normal(&state));
        Power power = fit_power(batches, y, POINTS);
        inside += fabs(power.exponent.value + 1) < power.exponent.error;
    }
    /* Student's t of 6 degrees of freedom: 64.4 % lie within one standard error. */
    CU_ASSERT(fabs((double)inside / TRIALS - 0.644) < 3 * sqrt(0.644 * 0.356 / TRIALS));
}

static void no_power(void)
{
    const double same[3] = {64, 64, 64}, y[3] = {1, 2, 3};
    CU_ASSERT(isnan(fit_power(same, y, 3).exponent.value));
    CU_ASSERT(isnan(fit_power(batches, y, 1).exponent.value));
    Power two = fit_power(batches, y, 2);
    CU_ASSERT(near(two.exponent.value, 1, 1e-12) && isnan(two.exponent.error));
}

static void exact_tradeoff(void)
{
    static const double truth[][2] = {{500, 40000}, {20, 1e6}, {3000, 300}};
    for (int t = 0; t < 3; t++) {
        double steps[POINTS];
        for (int i = 0; i < POINTS; i++)
            steps[i] = truth[t][0] + truth[t][1] / batches[i];
        Tradeoff fit = fit_tradeoff(batches, steps, POINTS);
        CU_ASSERT(near(fit.steps.value, truth[t][0], 1e-6));
        CU_ASSERT(near(fit.samples.value, truth[t][1], 1e-6));
        CU_ASSERT(near(fit.batch.value, truth[t][1] / truth[t][0], 1e-6));
        /* Each point lies on the curve as it is published. */
        for (int i = 0; i < POINTS; i++) {
            double s = steps[i] / fit.steps.value, e = steps[i] * batches[i] / fit.samples.value;
            CU_ASSERT(near((s - 1) * (e - 1), 1, 1e-4));
        }
    }
}

static void noisy_tradeoff(void)
{
    uint64_t state = 2;
    int inside = 0;
    double mean = 0;
    for (int t = 0; t < TRIALS; t++) {
        double steps[POINTS];
        for (int i = 0; i < POINTS; i++)
            steps[i] = (400 + 1e5 / batches[i]) * exp(0.1 * normal(&state));
        Tradeoff fit = fit_tradeoff(batches, steps, POINTS);
        inside += fabs(fit.batch.value - 250) < fit.batch.error;
        mean += log(fit.batch.value / 250) / TRIALS;
    }
    CU_ASSERT(fabs(mean) < 0.03);
    CU_ASSERT(inside > 0.55 * TRIALS && inside < 0.75 * TRIALS);
}

static void no_tradeoff(void)
{
    const double steps[2] = {10, 5};
    CU_ASSERT(isnan(fit_tradeoff(batches, steps, 2).batch.value));
}

static void means(void)
{
    const double values[4] = {1, 2, 3, 6};
    Spread spread = {0};
    CU_ASSERT(isnan(spread_mean(&spread)));
    spread_add(&spread, values[0]);
    CU_ASSERT(isnan(spread_deviation(&spread)));
    for (int i = 1; i < 4; i++)
        spread_add(&spread, values[i]);
    CU_ASSERT(near(spread_mean(&spread), 3, 1e-15));
    CU_ASSERT(near(spread_deviation(&spread), sqrt(14.0 / 3), 1e-15));
}

static const Promise promises[] = {
    {"a power law without noise is found exactly", exact_power},
    {"with noise, its exponent lies within the errors as often as it should", noisy_power},
    {"points that cannot tell an exponent give none", no_power},
    {"steps that follow the tradeoff give Smin, Emin and the critical batch", exact_tradeoff},
    {"with noise, the critical batch is unbiased and its error is of the right size",
     noisy_tradeoff},
    {"two points give no critical batch", no_tradeoff},
    {"mean and deviation are those of a sample", means},
    {0}};

int main(void)
{
    return unit_run("fit", promises);
}
