/* The gradient noise scale on a problem whose tr(Sigma) and |G|^2 are known: gradients drawn around
 * a fixed mean, and a finite population of them drawn without replacement. */
#include "optim/noise.h"

#include "base/mem.h"
#include "scratch.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>

enum { DIMENSIONS = 20, PARTS = 6, STEPS = 4000, POPULATION = 600 };

/* One sample's gradient: the mean, 0.3 in each dimension, and unit noise times 2. */
static const double mean = 0.3, deviation = 2;

static double normal(uint64_t *state)
{
    double sum = 0; /* of twelve uniforms: variance 1 */
    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*state >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

/* Mean and standard error of an estimate over the steps. */
typedef struct Estimate {
    double sum, squares;
} Estimate;

static void add(Estimate *e, double value)
{
    e->sum += value;
    e->squares += value * value;
}

/* Standard errors between the mean of the estimates and the truth. */
static double errors_off(const Estimate *e, double truth)
{
    double average = e->sum / STEPS, variance = e->squares / STEPS - average * average;
    return fabs(average - truth) / sqrt(variance / STEPS);
}

typedef void DrawGradient(void *context, double *gradient);

/* What a step of parts with these sizes reports. */
static NoiseParts step(const int *size, DrawGradient *draw, void *context)
{
    NoiseParts parts = {.parts = PARTS};
    double total[DIMENSIONS] = {0}, gradient[DIMENSIONS];
    for (int p = 0; p < PARTS; p++) {
        double sum[DIMENSIONS] = {0}, square = 0;
        for (int i = 0; i < size[p]; i++) {
            draw(context, gradient);
            for (int d = 0; d < DIMENSIONS; d++)
                sum[d] += gradient[d];
        }
        for (int d = 0; d < DIMENSIONS; d++) {
            square += sum[d] * sum[d];
            total[d] += sum[d];
        }
        parts.squares += square / size[p];
        parts.batch += size[p];
    }
    for (int d = 0; d < DIMENSIONS; d++)
        parts.mean += total[d] / parts.batch * total[d] / parts.batch;
    return parts;
}

static void draw_any(void *context, double *gradient)
{
    for (int d = 0; d < DIMENSIONS; d++)
        gradient[d] = mean + deviation * normal(context);
}

/* A finite population, gone through in a new order each epoch. */
typedef struct Population {
    double member[POPULATION][DIMENSIONS];
    int order[POPULATION], at;
    uint64_t state;
} Population;

static void draw_member(void *context, double *gradient)
{
    Population *p = context;
    if (p->at == 0)
        for (int i = POPULATION - 1; i > 0; i--) {
            p->state = p->state * 6364136223846793005u + 1442695040888963407u;
            int j = (int)((p->state >> 33) % (unsigned)(i + 1)), kept = p->order[i];
            p->order[i] = p->order[j];
            p->order[j] = kept;
        }
    memcpy(gradient, p->member[p->order[p->at]], sizeof p->member[0]);
    p->at = (p->at + 1) % POPULATION;
}

static void expect_truth(const int *size, DrawGradient *draw, void *context, double population,
                         double trace, double signal)
{
    Estimate traces = {0}, signals = {0};
    for (int s = 0; s < STEPS; s++) {
        double t, g;
        NoiseParts parts = step(size, draw, context);
        parts.population = population;
        CU_ASSERT_FATAL(noise_estimate(&parts, &t, &g));
        add(&traces, t);
        add(&signals, g);
    }
    CU_ASSERT(errors_off(&traces, trace) < 3);
    CU_ASSERT(errors_off(&signals, signal) < 3);
}

static const int equal[PARTS] = {10, 10, 10, 10, 10, 10}, unequal[PARTS] = {3, 20, 7, 11, 1, 18};
static const double true_trace = DIMENSIONS * 4.0, true_signal = DIMENSIONS * 0.09;

static void equal_parts(void)
{
    uint64_t state = 1;
    expect_truth(equal, draw_any, &state, 0, true_trace, true_signal);
}

static void unequal_parts(void)
{
    uint64_t state = 2;
    expect_truth(unequal, draw_any, &state, 0, true_trace, true_signal);
}

/* The population's own trace (unbiased variance) and mean are the truth. */
static void without_replacement(void)
{
    Population *p = mem_alloc(1, sizeof *p);
    double average[DIMENSIONS] = {0}, trace = 0, signal = 0;
    p->state = 3;
    for (int i = 0; i < POPULATION; i++) {
        p->order[i] = i;
        draw_any(&p->state, p->member[i]);
        for (int d = 0; d < DIMENSIONS; d++)
            average[d] += p->member[i][d] / POPULATION;
    }
    for (int d = 0; d < DIMENSIONS; d++) {
        signal += average[d] * average[d];
        for (int i = 0; i < POPULATION; i++)
            trace +=
                (p->member[i][d] - average[d]) * (p->member[i][d] - average[d]) / (POPULATION - 1);
    }
    expect_truth(equal, draw_member, p, POPULATION, trace, signal);
    expect_truth(unequal, draw_member, p, POPULATION, trace, signal);
    mem_free(p);
}

static void smoothing(void)
{
    Noise noise = {0};
    CU_ASSERT(isnan(noise_scale(&noise)));
    const NoiseParts parts = {.parts = 2, .batch = 2, .squares = 8, .mean = 3};
    for (int i = 1; i <= 50; i++) {
        noise_add(&noise, &parts); /* the same each time: trace 2, signal 2 */
        CU_ASSERT_DOUBLE_EQUAL(noise_trace(&noise), 2, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(noise_scale(&noise), 1, 1e-12);
    }
    CU_ASSERT(noise.updates == 50);
}

static void not_measurable(void)
{
    Noise noise = {0};
    noise_add(&noise, &(NoiseParts){.parts = 1, .batch = 2, .squares = 8, .mean = 3});
    CU_ASSERT(noise.updates == 0 && isnan(noise_scale(&noise)));
    noise_add(&noise, &(NoiseParts){.parts = 2, .batch = 2, .squares = 8, .mean = 1});
    CU_ASSERT(noise.updates == 1 && isnan(noise_scale(&noise)));
    CU_ASSERT(noise_trace(&noise) > 0 && noise_signal(&noise) < 0);
}

static const Promise promises[] = {
    {"of equal parts the estimates are within three standard errors of the truth", equal_parts},
    {"of unequal parts, too", unequal_parts},
    {"of an epoch's samples without replacement, too", without_replacement},
    {"the moving averages are corrected by the number of updates", smoothing},
    {"one part, or a mean lost in the noise, is not measurable", not_measurable},
    {0}};

int main(void)
{
    return unit_run("noise", promises);
}
