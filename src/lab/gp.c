/* Regression by a Cholesky factor of the covariance, row by row:
 *
 *     K = L L'        log likelihood = -1/2 value' K^-1 value - sum log L_ii     (but for
 * constants)
 *
 * The values are standardised, so the process's own variance is 1, and only lengths and noise are
 * searched. */
#include "lab/gp.h"

#include "base/mem.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

static const double lengths[] = {0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.6, 2.5, 5, 10};
static const double noises[] = {1e-6, 1e-4, 1e-3, 1e-2, 0.1};
enum { LENGTHS = sizeof lengths / sizeof *lengths, NOISES = sizeof noises / sizeof *noises };
enum { SWEEPS = 3, FIRST_LENGTH = 4, FIRST_NOISE = 1 };

void gp_open(Gp *gp, int room, int dimensions)
{
    *gp = (Gp){.room = room, .dimensions = dimensions};
    gp->x = mem_alloc((int64_t)room * dimensions, sizeof *gp->x);
    gp->value = mem_alloc(room, sizeof *gp->value);
    gp->lower = mem_alloc((int64_t)room * room, sizeof *gp->lower);
    gp->weight = mem_alloc(room, sizeof *gp->weight);
    gp->scratch = mem_alloc(2 * (int64_t)room, sizeof *gp->scratch);
}

void gp_close(Gp *gp)
{
    mem_free(gp->x);
    mem_free(gp->value);
    mem_free(gp->lower);
    mem_free(gp->weight);
    mem_free(gp->scratch);
    *gp = (Gp){0};
}

/* Matern 5/2 at distance 1: (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r). */
static double covariance(const Gp *gp, const double *a, const double *b)
{
    double squares = 0;
    for (int d = 0; d < gp->dimensions; d++) {
        double step = (a[d] - b[d]) / gp->length[d];
        squares += step * step;
    }
    double r = sqrt(5 * squares);
    return (1 + r + r * r / 3) * elementary_exp(-r);
}

/* The solution of L y = right, of the first n rows. */
static void solve_lower(const Gp *gp, int n, const double *right, double *y)
{
    for (int i = 0; i < n; i++) {
        const double *row = gp->lower + (int64_t)i * gp->room;
        double sum = right[i];
        for (int k = 0; k < i; k++)
            sum -= row[k] * y[k];
        y[i] = sum / row[i];
    }
}

/* The factor's row of point i, from those before it. */
static void extend(Gp *gp, int i)
{
    double *row = gp->lower + (int64_t)i * gp->room, squares = 0;
    double *right = gp->scratch;
    const double *at = gp->x + (int64_t)i * gp->dimensions;
    for (int k = 0; k < i; k++)
        right[k] = covariance(gp, at, gp->x + (int64_t)k * gp->dimensions);
    solve_lower(gp, i, right, row);
    for (int k = 0; k < i; k++)
        squares += row[k] * row[k];
    row[i] = sqrt(fmax(1 + gp->noise - squares, 1e-12));
}

/* Factor and weights; the log likelihood. */
static double factor(Gp *gp)
{
    int n = gp->count;
    double *y = gp->scratch + gp->room, squares = 0, determinant = 0;
    for (int i = 0; i < n; i++) {
        extend(gp, i);
        determinant += elementary_log(gp->lower[(int64_t)i * gp->room + i]);
    }
    solve_lower(gp, n, gp->value, y);
    for (int i = 0; i < n; i++)
        squares += y[i] * y[i];
    for (int i = n - 1; i >= 0; i--) {
        double sum = y[i];
        for (int k = i + 1; k < n; k++)
            sum -= gp->lower[(int64_t)k * gp->room + i] * gp->weight[k];
        gp->weight[i] = sum / gp->lower[(int64_t)i * gp->room + i];
    }
    return -determinant - 0.5 * squares;
}

/* With a mild preference for lengths near 1: few points say little of them. */
static double score(Gp *gp)
{
    double prior = 0;
    for (int d = 0; d < gp->dimensions; d++) {
        double log_length = elementary_log(gp->length[d]);
        prior += 0.5 * log_length * log_length;
    }
    return factor(gp) - prior;
}

/* Leaves in `setting` the value of the grid with the best score; that score. */
static double choose(Gp *gp, double *setting, const double *grid, int count, double best)
{
    double kept = *setting;
    for (int i = 0; i < count; i++) {
        if (grid[i] == kept)
            continue;
        double before = *setting;
        *setting = grid[i];
        double found = score(gp);
        if (found > best)
            best = found;
        else
            *setting = before;
    }
    return best;
}

static void standardise(Gp *gp, const double *value)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < gp->count; i++)
        sum += value[i];
    gp->mean = sum / gp->count;
    for (int i = 0; i < gp->count; i++)
        squares += (value[i] - gp->mean) * (value[i] - gp->mean);
    gp->deviation = squares > 0 ? sqrt(squares / gp->count) : 1;
    for (int i = 0; i < gp->count; i++)
        gp->value[i] = (value[i] - gp->mean) / gp->deviation;
}

void gp_fit(Gp *gp, const double *x, const double *value, int count)
{
    gp->count = count;
    memcpy(gp->x, x, (size_t)count * (size_t)gp->dimensions * sizeof *x);
    standardise(gp, value);
    for (int d = 0; d < gp->dimensions; d++)
        gp->length[d] = lengths[FIRST_LENGTH];
    gp->noise = noises[FIRST_NOISE];
    double best = score(gp), before = -INFINITY;
    for (int s = 0; s < SWEEPS && best > before; s++) {
        before = best;
        for (int d = 0; d < gp->dimensions; d++)
            best = choose(gp, &gp->length[d], lengths, LENGTHS, best);
        best = choose(gp, &gp->noise, noises, NOISES, best);
    }
    factor(gp);
}

void gp_predict(const Gp *gp, const double *x, double *mean, double *deviation)
{
    double *k = gp->scratch, *y = gp->scratch + gp->room, sum = 0, squares = 0;
    for (int i = 0; i < gp->count; i++) {
        k[i] = covariance(gp, x, gp->x + (int64_t)i * gp->dimensions);
        sum += k[i] * gp->weight[i];
    }
    solve_lower(gp, gp->count, k, y);
    for (int i = 0; i < gp->count; i++)
        squares += y[i] * y[i];
    *mean = gp->mean + gp->deviation * sum;
    *deviation = gp->deviation * sqrt(fmax(1 - squares, 0));
}

void gp_believe(Gp *gp, const double *x)
{
    double mean, deviation;
    gp_predict(gp, x, &mean, &deviation);
    memcpy(gp->x + (int64_t)gp->count * gp->dimensions, x, (size_t)gp->dimensions * sizeof *x);
    gp->value[gp->count++] = (mean - gp->mean) / gp->deviation;
    factor(gp);
}

/* The normal distribution's upper tail needs erfc, of which there is no scalar of ours: Abramowitz
 * and Stegun 7.1.26, to 1.5e-7, which is enough to compare candidates by; and far below the least
 * value its leading term, so that no improvement comes out negative or as noise. */
static double upper_tail(double z)
{
    double t = 1 / (1 + 0.3275911 * z / sqrt(2));
    double series =
        t * (0.254829592 +
             t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return 0.5 * series * elementary_exp(-z * z / 2);
}

double gp_improvement(double mean, double deviation, double least)
{
    double gain = least - mean;
    if (!(deviation > 0))
        return gain > 0 ? gain : 0;
    double z = fabs(gain) / deviation;
    double density = elementary_exp(-z * z / 2) / sqrt(2 * 3.14159265358979323846);
    /* E[max(0, u - z)] of a standard normal u; by its asymptote where the difference cancels. */
    double beyond = z > 3 ? density / (z * z + 3 - 6 / (z * z + 7)) : density - z * upper_tail(z);
    beyond = beyond > 0 ? beyond : 0;
    return deviation * beyond + (gain > 0 ? gain : 0);
}
