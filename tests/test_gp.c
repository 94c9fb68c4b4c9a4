/* The Gaussian process against formulas and a naive solution. */
#include "lab/gp.h"

#include "unit.h"

#include <math.h>

enum { N = 12 };
static double x[2 * N], value[N];

/* Quasi-random points and a smooth function of the first coordinate, or of both. */
static void make(double second)
{
    for (int i = 0; i < N; i++) {
        x[2 * i] = fmod(0.5 + 0.7548776662 * i, 1);
        x[2 * i + 1] = fmod(0.5 + 0.5698402910 * i, 1);
        value[i] = 7 + 3 * sin(5 * x[2 * i]) + second * cos(4 * x[2 * i + 1]);
    }
}

static double matern(const Gp *gp, const double *a, const double *b)
{
    double r = hypot((a[0] - b[0]) / gp->length[0], (a[1] - b[1]) / gp->length[1]), s = sqrt(5) * r;
    return (1 + s + 5 * r * r / 3) * exp(-s);
}

/* right := matrix^-1 right, by Gauss and Jordan. */
static void solve(double matrix[N][N], double *right)
{
    for (int p = 0; p < N; p++)
        for (int i = 0; i < N; i++) {
            double f = matrix[i][p] / matrix[p][p];
            if (i == p)
                continue;
            for (int k = 0; k < N; k++)
                matrix[i][k] -= f * matrix[p][k];
            right[i] -= f * right[p];
        }
    for (int p = 0; p < N; p++)
        right[p] /= matrix[p][p];
}

static void as_formula(void)
{
    Gp gp;
    double at[2] = {0.3, 0.8}, mean, deviation, k[N], y[N], both[2] = {0, 0};
    make(1);
    gp_open(&gp, N, 2);
    gp_fit(&gp, x, value, N);
    gp_predict(&gp, at, &mean, &deviation);
    for (int which = 0; which < 2; which++) {
        double matrix[N][N];
        for (int i = 0; i < N; i++) {
            k[i] = matern(&gp, at, x + 2 * i);
            y[i] = which ? k[i] : (value[i] - gp.mean) / gp.deviation;
            for (int j = 0; j < N; j++)
                matrix[i][j] = matern(&gp, x + 2 * i, x + 2 * j) + (i == j ? gp.noise : 0);
        }
        solve(matrix, y);
        for (int i = 0; i < N; i++)
            both[which] += k[i] * y[i];
    }
    CU_ASSERT_DOUBLE_EQUAL(mean, gp.mean + gp.deviation * both[0], 1e-8);
    CU_ASSERT_DOUBLE_EQUAL(deviation, gp.deviation * sqrt(1 - both[1]), 1e-8);
    gp_close(&gp);
}

static void remembers(void)
{
    Gp gp;
    double mean, deviation, far[2] = {0.99, 0.01}, error = 0;
    make(1);
    gp_open(&gp, N, 2);
    gp_fit(&gp, x, value, N);
    for (int i = 0; i < N; i++) {
        gp_predict(&gp, x + 2 * i, &mean, &deviation);
        error = fmax(error, fmax(fabs(mean - value[i]), deviation));
    }
    gp_predict(&gp, far, &mean, &deviation);
    CU_ASSERT(error < 0.05 && deviation > 2 * error);
    gp_close(&gp);
}

static void lengths(void)
{
    Gp gp;
    make(0);
    gp_open(&gp, N, 2);
    gp_fit(&gp, x, value, N);
    CU_ASSERT(gp.length[1] > 2 * gp.length[0]);
    gp_close(&gp);
}

static void noisy(void)
{
    Gp gp;
    double twice[4] = {0.5, 0.5, 0.5, 0.5}, values[2] = {1, 3}, mean, deviation;
    gp_open(&gp, 2, 2);
    gp_fit(&gp, twice, values, 2);
    gp_predict(&gp, twice, &mean, &deviation);
    CU_ASSERT_DOUBLE_EQUAL(mean, 2, 1e-6);
    values[1] = 1;
    gp_fit(&gp, twice, values, 2);
    gp_predict(&gp, twice, &mean, &deviation);
    CU_ASSERT_DOUBLE_EQUAL(mean, 1, 1e-6);
    CU_ASSERT(isfinite(deviation));
    gp_close(&gp);
}

static void believes(void)
{
    Gp gp;
    double at[2] = {0.99, 0.01}, mean, deviation, mean_after, deviation_after;
    make(1);
    gp_open(&gp, N + 1, 2);
    gp_fit(&gp, x, value, N);
    gp_predict(&gp, at, &mean, &deviation);
    gp_believe(&gp, at);
    gp_predict(&gp, at, &mean_after, &deviation_after);
    CU_ASSERT_DOUBLE_EQUAL(mean_after, mean, 0.02);
    CU_ASSERT(deviation_after < 0.1 * deviation);
    gp_close(&gp);
}

/* The integral of max(0, least - v) over the normal distribution, by Simpson's rule. */
static double integral(double mean, double deviation, double least)
{
    enum { STEPS = 20000 };
    double low = mean - 12 * deviation, step = (least - low) / STEPS, sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double v = low + step * i, z = (v - mean) / deviation;
        sum += (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2) * (least - v) * exp(-z * z / 2);
    }
    return sum * step / 3 / deviation / sqrt(2 * 3.14159265358979323846);
}

static void improvement(void)
{
    for (double mean = -6; mean <= 6; mean += 0.25) {
        double expected = integral(mean, 2, 0.5), found = gp_improvement(mean, 2, 0.5);
        CU_ASSERT_DOUBLE_EQUAL(found, expected, 1e-6);
    }
    for (double mean = 7; mean <= 20; mean += 0.5) { /* a share where there is hardly any */
        double expected = integral(mean, 2, 0.5), found = gp_improvement(mean, 2, 0.5);
        CU_ASSERT(fabs(found / expected - 1) < 0.05);
    }
    CU_ASSERT(gp_improvement(1, 0, 3) == 2 && gp_improvement(3, 0, 1) == 0);
    for (double mean = 0; mean < 50; mean += 0.01) /* never turns round */
        CU_ASSERT(gp_improvement(mean + 0.01, 2, 0) <= gp_improvement(mean, 2, 0) + 1e-5);
}

static const Promise promises[] = {
    {"mean and deviation are those of the formula, solved naively", as_formula},
    {"at known points the known values are expected, elsewhere less surely", remembers},
    {"what does not matter gets a long length", lengths},
    {"two values at one point are noise", noisy},
    {"what it believes changes no mean and leaves nothing to find there", believes},
    {"the expected improvement is the integral", improvement},
    {0}};

int main(void)
{
    return unit_run("gp", promises);
}
