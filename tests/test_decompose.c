/* Bias, variance and noise of predictions whose decomposition is known. */
#include "base/mem.h"
#include "base/rng.h"
#include "lab/decompose.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>

/* ---- chance ---- */

typedef struct Chance {
    uint64_t seed, at;
} Chance;

static double unit(Chance *chance)
{
    return rng_unit(rng_draw(chance->seed, 1000, chance->at++, 0).word[0]);
}

static double normal(Chance *chance)
{
    double radius = sqrt(-2 * log(1 - unit(chance)));
    return radius * cos(6.283185307179586 * unit(chance));
}

/* ---- predictions ---- */

typedef struct Made {
    Predictions p;
    double *said, *target;
    int64_t *group;
} Made;

/* Each row of a group has the same inputs, so models say the same of it. */
static Made made(int models, int64_t groups, int each, int classes, int outputs)
{
    int64_t rows = groups * each;
    Made m = {.said = mem_alloc(models * rows * outputs, sizeof(double)),
              .target = mem_alloc(rows * outputs, sizeof(double)),
              .group = mem_alloc(rows, sizeof(int64_t))};
    for (int64_t i = 0; i < rows; i++)
        m.group[i] = i / each;
    m.p = (Predictions){.models = models,
                        .rows = rows,
                        .classes = classes,
                        .outputs = outputs,
                        .said = m.said,
                        .target = m.target,
                        .groups = groups,
                        .group = m.group};
    return m;
}

static void unmake(Made *m)
{
    mem_free(m->said);
    mem_free(m->target);
    mem_free(m->group);
}

/* Squared error: the truth is 3, models are off by `bias` on average and by `spread` each, targets
 * by `noise`; all that models have in common is the bias. */
typedef struct Values {
    int models;
    int64_t groups;
    int each, outputs;
    double bias, spread, noise;
} Values;

static Made make_values(const Values *v, uint64_t seed)
{
    Chance chance = {seed, 0};
    Made m = made(v->models, v->groups, v->each, 0, v->outputs);
    int64_t width = m.p.rows * v->outputs, inputs = v->groups * v->outputs;
    for (int k = 0; k < v->models; k++)
        for (int64_t i = 0; i < inputs; i++) {
            double said = 3 + v->bias + v->spread * normal(&chance);
            for (int r = 0; r < v->each; r++) {
                int64_t row = i / v->outputs * v->each + r;
                m.said[k * width + row * v->outputs + i % v->outputs] = said;
            }
        }
    for (int64_t i = 0; i < width; i++)
        m.target[i] = 3 + v->noise * normal(&chance);
    m.p.noise = v->noise * v->noise;
    return m;
}

static int differs(const Decomposition *d, Component component, double truth)
{
    return !(fabs(d->value[component] - truth) <= 3 * d->error[component]);
}

static double sum_of(const Decomposition *d)
{
    return d->value[DECOMPOSED_BIAS] + d->value[DECOMPOSED_VARIANCE] + d->value[DECOMPOSED_NOISE];
}

static void known_values(void)
{
    const Values v = {20, 3000, 1, 2, 0.5, 0.8, 0.7};
    Made m = make_values(&v, 1);
    Decomposition d = decompose(&m.p);
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_BIAS, 0.25));
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_VARIANCE, 0.64));
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_ERROR, 0.25 + 0.64 + 0.49));
    CU_ASSERT_EQUAL(d.value[DECOMPOSED_NOISE], 0.7 * 0.7);
    CU_ASSERT_EQUAL(d.error[DECOMPOSED_NOISE], 0);
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_ERROR], sum_of(&d), 1e-12);
    CU_ASSERT(isnan(d.value[DECOMPOSED_UNBIASED]) && isnan(d.value[DECOMPOSED_RATE]));
    CU_ASSERT(d.error[DECOMPOSED_BIAS] < 0.1);
    unmake(&m);
}

/* Three models: what the mean of models is off by would be a third of the variance, 0.33. */
static void few_models(void)
{
    enum { TIMES = 200 };
    const Values v = {3, 40, 1, 1, 0.5, 1, 0.7};
    double bias = 0, squares = 0, variance = 0;
    for (int t = 0; t < TIMES; t++) {
        Made m = make_values(&v, 100 + (uint64_t)t);
        Decomposition d = decompose(&m.p);
        bias += d.value[DECOMPOSED_BIAS] / TIMES;
        squares += d.value[DECOMPOSED_BIAS] * d.value[DECOMPOSED_BIAS] / TIMES;
        variance += d.value[DECOMPOSED_VARIANCE] / TIMES;
        unmake(&m);
    }
    double se = sqrt((squares - bias * bias) / TIMES);
    CU_ASSERT(se < 0.04);
    CU_ASSERT_DOUBLE_EQUAL(bias, 0.25, 3 * se);
    CU_ASSERT_DOUBLE_EQUAL(variance, 1, 0.05);
}

/* Over many repetitions figures are off by what their standard errors say: by more than twice that
 * in 5 % of them. Both sources count alike in the squares, so they may be somewhat too large. */
static void honest_errors(void)
{
    enum { TIMES = 300 };
    const Values v = {12, 60, 1, 1, 0.5, 0.6, 0.4};
    static const Component components[] = {DECOMPOSED_ERROR, DECOMPOSED_BIAS, DECOMPOSED_VARIANCE};
    const double truth[] = {0.25 + 0.36 + 0.16, 0.25, 0.36};
    for (int c = 0; c < 3; c++) {
        double about = 0;
        for (int t = 0; t < TIMES; t++) {
            Made m = make_values(&v, 1000 + (uint64_t)t);
            Decomposition d = decompose(&m.p);
            double off = (d.value[components[c]] - truth[c]) / d.error[components[c]];
            about += off * off / TIMES;
            unmake(&m);
        }
        CU_ASSERT(sqrt(about) > 0.6 && sqrt(about) < 1.15);
    }
}

/* All that models share, beside the bias, is what differs between training sets: jackknife over the
 * models finds it although the rows agree. */
static void shared_error(void)
{
    const Values v = {10, 500, 1, 1, 0, 0, 0.1};
    Chance chance = {7, 0};
    Made m = make_values(&v, 7);
    for (int k = 0; k < v.models; k++) {
        double off = normal(&chance);
        for (int64_t i = 0; i < m.p.rows; i++)
            m.said[k * m.p.rows + i] += off;
    }
    Decomposition d = decompose(&m.p);
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_BIAS, 0));
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_VARIANCE, 1));
    CU_ASSERT(d.error[DECOMPOSED_VARIANCE] > 0.2);
    unmake(&m);
}

static void repeated_values(void)
{
    const Values v = {10, 2000, 3, 1, 0.5, 0.8, 0.7};
    Made m = make_values(&v, 2);
    m.p.repeated = true;
    m.p.noise = NAN;
    Decomposition d = decompose(&m.p);
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_NOISE, 0.49));
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_BIAS, 0.25));
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_VARIANCE, 0.64));
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_ERROR], sum_of(&d), 1e-12);
    CU_ASSERT(d.error[DECOMPOSED_NOISE] > 0.005 && d.error[DECOMPOSED_NOISE] < 0.05);
    unmake(&m);
}

/* ---- classes ---- */

enum { CLASSES = 4 };

/* What models say of a row whose true class is 0: shares of classes. Of a third of the rows they
 * are mostly wrong. */
static const double easy[CLASSES] = {0.7, 0.1, 0.1, 0.1}, hard[CLASSES] = {0.2, 0.6, 0.1, 0.1};
static const double bias = 1 / 3., unbiased = 2 / 3. * 0.3, biased = 1 / 3. * 0.2;

static int drawn(const double *share, Chance *chance)
{
    double u = unit(chance);
    int c = 0;
    while (c < CLASSES - 1 && u >= share[c])
        u -= share[c++];
    return c;
}

/* The true class goes round, and labels are another with the probability `rate`. */
static Made make_classes(int models, int64_t groups, int each, double rate, uint64_t seed)
{
    Chance chance = {seed, 0};
    Made m = made(models, groups, each, CLASSES, 1);
    for (int64_t g = 0; g < groups; g++) {
        int truth = (int)(g % CLASSES);
        for (int k = 0; k < models; k++) {
            int said = (truth + drawn(g % 3 ? easy : hard, &chance)) % CLASSES;
            for (int r = 0; r < each; r++)
                m.said[k * m.p.rows + g * each + r] = said;
        }
        for (int r = 0; r < each; r++) {
            int off = unit(&chance) < rate ? 1 + (int)(unit(&chance) * (CLASSES - 1)) : 0;
            m.target[g * each + r] = (truth + off) % CLASSES;
        }
    }
    m.p.noise = rate;
    return m;
}

/* Domingos' c1 N: what a wrong label adds where a model is right, less what it saves where not. */
static double noise_of(double rate)
{
    double right = 1 - bias - unbiased + biased;
    return rate * (right - (1 - right) / (CLASSES - 1));
}

static int wrong_classes(const Decomposition *d, double rate)
{
    double error = bias + unbiased - biased + noise_of(rate);
    int wrong = differs(d, DECOMPOSED_BIAS, bias) + differs(d, DECOMPOSED_UNBIASED, unbiased) +
                differs(d, DECOMPOSED_BIASED, biased) + differs(d, DECOMPOSED_ERROR, error) +
                differs(d, DECOMPOSED_VARIANCE, unbiased - biased);
    CU_ASSERT_DOUBLE_EQUAL(d->value[DECOMPOSED_ERROR], sum_of(d), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(d->value[DECOMPOSED_VARIANCE],
                           d->value[DECOMPOSED_UNBIASED] - d->value[DECOMPOSED_BIASED], 1e-12);
    return wrong;
}

static void known_classes(void)
{
    static const double rates[] = {0, 0.1, 0.3};
    for (int i = 0; i < 3; i++) {
        Made m = make_classes(61, 3000, 1, rates[i], 3);
        Decomposition d = decompose(&m.p);
        CU_ASSERT_EQUAL(wrong_classes(&d, rates[i]), 0);
        CU_ASSERT_FALSE(differs(&d, DECOMPOSED_NOISE, noise_of(rates[i])));
        CU_ASSERT_EQUAL(d.value[DECOMPOSED_RATE], rates[i]);
        CU_ASSERT(d.error[DECOMPOSED_BIAS] < 0.03);
        unmake(&m);
    }
}

static void repeated_classes(void)
{
    Made m = make_classes(61, 1500, 3, 0.2, 4);
    m.p.repeated = true;
    m.p.noise = NAN;
    Decomposition d = decompose(&m.p);
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_RATE, 0.2));
    CU_ASSERT(d.error[DECOMPOSED_RATE] > 0.001 && d.error[DECOMPOSED_RATE] < 0.02);
    CU_ASSERT_EQUAL(wrong_classes(&d, 0.2), 0);
    CU_ASSERT_FALSE(differs(&d, DECOMPOSED_NOISE, noise_of(0.2)));
    unmake(&m);
}

/* Row by row as the paper has it: L = B + c2 V, c2 = 1, or -P(f = t | f != M) of a biased row. */
static void as_domingos(void)
{
    enum { MODELS = 7 };
    Made m = make_classes(MODELS, 500, 1, 0, 5);
    double sum[3] = {0}, net = 0;
    for (int64_t i = 0; i < m.p.rows; i++) {
        int count[CLASSES] = {0}, most = 0, t = (int)m.target[i];
        for (int k = 0; k < MODELS; k++)
            count[(int)m.said[k * m.p.rows + i]]++;
        for (int c = 1; c < CLASSES; c++)
            most = count[c] > count[most] ? c : most;
        double b = most != t, v = (MODELS - count[most]) / (double)MODELS;
        double c2 = b == 0 ? 1 : v > 0 ? -count[t] / (double)(MODELS - count[most]) : 0;
        sum[0] += b / (double)m.p.rows;
        net += c2 * v / (double)m.p.rows;
        sum[2] += (MODELS - count[t]) / (double)MODELS / (double)m.p.rows;
    }
    Decomposition d = decompose(&m.p);
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_BIAS], sum[0], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_VARIANCE], net, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_ERROR], sum[2], 1e-12);
    CU_ASSERT_EQUAL(d.value[DECOMPOSED_NOISE], 0);
    unmake(&m);
}

/* Labels that say nothing have no decomposition, and that is not hidden. */
static void nothing_but_noise(void)
{
    Made m = made(5, 40, 2, CLASSES, 1);
    for (int64_t i = 0; i < m.p.rows; i++)
        m.target[i] = (double)(i % 2);
    m.p.repeated = true; /* the labels of every pair differ */
    Decomposition d = decompose(&m.p);
    CU_ASSERT(isnan(d.value[DECOMPOSED_BIAS]));
    CU_ASSERT(isnan(d.value[DECOMPOSED_NOISE]));
    CU_ASSERT_DOUBLE_EQUAL(d.value[DECOMPOSED_ERROR], 0.5, 1e-12);
    unmake(&m);
}

static const Promise promises[] = {
    {"squared error: known bias, variance and noise within three standard errors", known_values},
    {"of three models the bias is not too large by a third of the variance", few_models},
    {"standard errors say how far off figures are", honest_errors},
    {"what all rows of a model have in common shows in the standard error", shared_error},
    {"targets of the same inputs tell the noise", repeated_values},
    {"0-1 loss: known bias, variances and noise, at three rates of wrong labels", known_classes},
    {"labels of the same inputs tell how many are wrong", repeated_classes},
    {"without noise it is Domingos' formula, row by row", as_domingos},
    {"labels of noise alone have no decomposition", nothing_but_noise},
    {0}};

int main(void)
{
    return unit_run("decompose", promises);
}
