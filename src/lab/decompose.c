/* Each row leaves sums; the figures are a function of the sums of all rows. So a jackknife takes a
 * group's sums off, or has the sums once more of all models but one. */
#include "lab/decompose.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* Of squared error rows, error, bias, variance, noise; of classes, as functions of the label: */
typedef enum Sum {
    SUM_ROWS,
    SUM_ERROR,
    SUM_BIAS,
    SUM_VARIANCE,
    SUM_NOISE,
    SUM_UNBIASED = SUM_VARIANCE,
    SUM_BIASED = SUM_NOISE,
    SUM_LEVER = SUM_NOISE + 1, /* what multiplies r in the noise */
    SUM_MINORITY,              /* 1 - p_M: over all classes, of either variance */
    SUM_DIFFER,                /* two labels of the row's group differ, as a share of all pairs */
    SUMS
} Sum;

typedef struct Work {
    const Predictions *p;
    int64_t *size;  /* [groups] rows */
    double *spread; /* [groups] of repeated targets: their variance, or the share that differs */
    double *share;  /* [classes] of the row and the models under way */
} Work;

/* ---- repeated targets ---- */

/* Mean over the outputs of the variance in each group. */
static void spread_values(Work *w)
{
    const Predictions *p = w->p;
    double *mean = mem_alloc(p->groups * p->outputs, sizeof *mean);
    for (int64_t i = 0; i < p->rows; i++)
        for (int o = 0; o < p->outputs; o++)
            mean[p->group[i] * p->outputs + o] +=
                p->target[i * p->outputs + o] / (double)w->size[p->group[i]];
    for (int64_t i = 0; i < p->rows; i++)
        for (int o = 0; o < p->outputs; o++) {
            int64_t g = p->group[i];
            double e = p->target[i * p->outputs + o] - mean[g * p->outputs + o];
            w->spread[g] += e * e / (double)(w->size[g] - 1) / p->outputs;
        }
    mem_free(mean);
}

/* Each row differs from the others of its group that are not of its class. */
static void spread_classes(Work *w)
{
    const Predictions *p = w->p;
    double *count = mem_alloc(p->groups * p->classes, sizeof *count);
    for (int64_t i = 0; i < p->rows; i++)
        count[p->group[i] * p->classes + (int64_t)p->target[i]]++;
    for (int64_t i = 0; i < p->rows; i++) {
        int64_t g = p->group[i];
        double n = (double)w->size[g];
        w->spread[g] += (n - count[g * p->classes + (int64_t)p->target[i]]) / (n * (n - 1));
    }
    mem_free(count);
}

/* ---- a row ---- */

/* Of all models but `left_out` (-1: none). */
static void add_values(const Work *w, int64_t row, int left_out, double *sum)
{
    const Predictions *p = w->p;
    double m = p->models - (left_out >= 0),
           noise = p->repeated ? w->spread[p->group[row]] : p->noise;
    sum[SUM_ROWS]++;
    for (int o = 0; o < p->outputs; o++) {
        double mean = 0, error = 0, about = 0, y = p->target[row * p->outputs + o];
        for (int k = 0; k < p->models; k++)
            if (k != left_out)
                mean += p->said[(k * p->rows + row) * p->outputs + o] / m;
        for (int k = 0; k < p->models; k++) {
            double f = p->said[(k * p->rows + row) * p->outputs + o];
            if (k == left_out)
                continue;
            error += (f - y) * (f - y) / m;
            about += (f - mean) * (f - mean) / (m - 1);
        }
        sum[SUM_ERROR] += error / p->outputs;
        sum[SUM_BIAS] += ((mean - y) * (mean - y) - about / m - noise) / p->outputs;
        sum[SUM_VARIANCE] += about / p->outputs;
    }
    sum[SUM_NOISE] += noise;
}

static void add_classes(const Work *w, int64_t row, int left_out, double *sum)
{
    const Predictions *p = w->p;
    double m = p->models - (left_out >= 0);
    int label = (int)p->target[row], main_class = 0;
    memset(w->share, 0, (size_t)p->classes * sizeof *w->share);
    for (int k = 0; k < p->models; k++)
        if (k != left_out)
            w->share[(int)p->said[k * p->rows + row]]++;
    for (int c = 1; c < p->classes; c++)
        if (w->share[c] > w->share[main_class])
            main_class = c;
    double right = w->share[label] / m, minority = 1 - w->share[main_class] / m;
    bool biased = main_class != label;
    sum[SUM_ROWS]++;
    sum[SUM_ERROR] += 1 - right;
    sum[SUM_BIAS] += biased;
    sum[SUM_UNBIASED] += biased ? 0 : minority;
    sum[SUM_BIASED] += biased ? right : 0;
    sum[SUM_LEVER] += right - (1 - right) / (p->classes - 1);
    sum[SUM_MINORITY] += minority;
    sum[SUM_DIFFER] += w->spread[p->group[row]];
}

static void add_row(const Work *w, int64_t row, int left_out, double *sum)
{
    (w->p->classes ? add_classes : add_values)(w, row, left_out, sum);
}

/* ---- figures of sums ---- */

static void figures_of_values(const Predictions *p, const double *sum, double *figure)
{
    for (int c = 0; c < COMPONENTS; c++)
        figure[c] = NAN;
    figure[DECOMPOSED_ERROR] = sum[SUM_ERROR] / sum[SUM_ROWS];
    figure[DECOMPOSED_BIAS] = sum[SUM_BIAS] / sum[SUM_ROWS];
    figure[DECOMPOSED_VARIANCE] = sum[SUM_VARIANCE] / sum[SUM_ROWS];
    figure[DECOMPOSED_NOISE] = p->repeated ? sum[SUM_NOISE] / sum[SUM_ROWS] : p->noise;
}

/* r of the share of pairs that differ: the lesser root of r (2 - r C / (C - 1)) = differ. */
static double rate_of(double classes, double differ)
{
    double part = (classes - 1) / classes;
    return part * (1 - sqrt(1 - differ / part));
}

static void figures_of_classes(const Predictions *p, const double *sum, double *figure)
{
    double n = sum[SUM_ROWS], others = p->classes - 1, mean_of_minority = sum[SUM_MINORITY] / n;
    double rate = p->repeated ? rate_of(p->classes, sum[SUM_DIFFER] / n) : p->noise;
    double q = rate * p->classes / others; /* of what a label says: nothing */
    figure[DECOMPOSED_ERROR] = sum[SUM_ERROR] / n;
    figure[DECOMPOSED_RATE] = rate;
    figure[DECOMPOSED_BIAS] = (sum[SUM_BIAS] / n - q * others / p->classes) / (1 - q);
    figure[DECOMPOSED_UNBIASED] =
        (sum[SUM_UNBIASED] / n - q * mean_of_minority / p->classes) / (1 - q);
    figure[DECOMPOSED_BIASED] = (sum[SUM_BIASED] / n - q * mean_of_minority / p->classes) / (1 - q);
    figure[DECOMPOSED_VARIANCE] = figure[DECOMPOSED_UNBIASED] - figure[DECOMPOSED_BIASED];
    figure[DECOMPOSED_NOISE] = rate * sum[SUM_LEVER] / n / (1 - q) + 0; /* no -0 */
}

static void figures(const Predictions *p, const double *sum, double *figure)
{
    (p->classes ? figures_of_classes : figures_of_values)(p, sum, figure);
}

/* ---- the jackknife ---- */

/* Adds the variance of figures that `count` times, [count][COMPONENTS], were of all but one. */
static void add_jackknife(const double *of, int64_t count, double *variance)
{
    for (int c = 0; c < COMPONENTS; c++) {
        double mean = 0, about = 0, n = (double)count; /* distances to the first one */
        for (int64_t i = 0; i < count; i++)
            mean += (of[i * COMPONENTS + c] - of[c]) / n;
        for (int64_t i = 0; i < count; i++) {
            double e = of[i * COMPONENTS + c] - of[c] - mean;
            about += e * e;
        }
        variance[c] += about * (n - 1) / n;
    }
}

static void over_groups(const Predictions *p, const double *group, const double *total,
                        double *variance)
{
    double *of = mem_alloc(p->groups * COMPONENTS, sizeof *of), rest[SUMS];
    for (int64_t g = 0; g < p->groups; g++) {
        for (int s = 0; s < SUMS; s++)
            rest[s] = total[s] - group[g * SUMS + s];
        figures(p, rest, of + g * COMPONENTS);
    }
    add_jackknife(of, p->groups, variance);
    mem_free(of);
}

static void over_models(const Work *w, double *variance)
{
    const Predictions *p = w->p;
    double *of = mem_alloc((int64_t)p->models * COMPONENTS, sizeof *of);
    for (int k = 0; k < p->models; k++) {
        double sum[SUMS] = {0};
        for (int64_t i = 0; i < p->rows; i++)
            add_row(w, i, k, sum);
        figures(p, sum, of + (int64_t)k * COMPONENTS);
    }
    add_jackknife(of, p->models, variance);
    mem_free(of);
}

Decomposition decompose(const Predictions *p)
{
    Decomposition d;
    double variance[COMPONENTS] = {0}, total[SUMS] = {0};
    double *group = mem_alloc(p->groups * SUMS, sizeof *group);
    Work w = {p, mem_alloc(p->groups, sizeof *w.size), mem_alloc(p->groups, sizeof *w.spread),
              mem_alloc(p->classes, sizeof *w.share)};
    for (int64_t i = 0; i < p->rows; i++)
        w.size[p->group[i]]++;
    if (p->repeated)
        (p->classes ? spread_classes : spread_values)(&w);
    for (int64_t i = 0; i < p->rows; i++)
        add_row(&w, i, -1, group + p->group[i] * SUMS);
    for (int64_t g = 0; g < p->groups; g++)
        for (int s = 0; s < SUMS; s++)
            total[s] += group[g * SUMS + s];
    figures(p, total, d.value);
    over_groups(p, group, total, variance);
    over_models(&w, variance);
    for (int c = 0; c < COMPONENTS; c++)
        d.error[c] = sqrt(variance[c]);
    mem_free(w.size);
    mem_free(w.spread);
    mem_free(w.share);
    mem_free(group);
    return d;
}
