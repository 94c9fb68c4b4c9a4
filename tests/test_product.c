/* The products of a dense layer against sums in double, in shapes that are sliced by depth, by
 * width and not at all, with tiles and vectors that are not full. */
#include "math/product.h"

#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

#include <float.h>
#include <math.h>

typedef struct Sizes {
    int out, in, lanes;
} Sizes;

static const Sizes sizes[] = {{1, 1, 16},    {3, 5, 16},    {13, 17, 48},   {12, 1100, 80},
                              {1100, 7, 80}, {5, 3000, 32}, {25, 2050, 16}, {512, 784, 128}};
enum { SHAPES = sizeof sizes / sizeof *sizes };

static Real *noise(uint64_t key, int64_t n)
{
    Real *values = mem_alloc(n, sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = (Real)(rng_unit(rng_draw(7, key, (uint64_t)i, 0).word[0]) - 0.5);
    return values;
}

/* |got - want| in units of the last place of the sum of magnitudes: what rounding can do. */
static double error(Real got, double want, double magnitude)
{
    double epsilon = sizeof(Real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON;
    return fabs((double)got - want) / (epsilon * magnitude + DBL_MIN);
}

static const double most_error = 4; /* the sums are of up to 3000 terms; this is well below */

static void forward(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Sizes s = sizes[i];
        Real *w = noise(1, (int64_t)s.out * s.in), *x = noise(2, (int64_t)s.in * s.lanes);
        Real *bias = noise(3, s.out), *y = noise(4, (int64_t)s.out * s.lanes);
        product_forward(s.out, s.in, w, i % 2 ? bias : NULL, x, y, s.lanes);
        double worst = 0;
        for (int o = 0; o < s.out; o++)
            for (int l = 0; l < s.lanes; l += 5) {
                double sum = i % 2 ? (double)bias[o] : 0, size = fabs(sum);
                for (int k = 0; k < s.in; k++) {
                    double term = (double)w[o * s.in + k] * (double)x[k * s.lanes + l];
                    sum += term;
                    size += fabs(term);
                }
                worst = fmax(worst, error(y[o * s.lanes + l], sum, size));
            }
        CU_ASSERT(worst < most_error);
        mem_free(w), mem_free(x), mem_free(bias), mem_free(y);
    }
}

static void input_gradient(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Sizes s = sizes[i];
        Real *w = noise(1, (int64_t)s.out * s.in), *dy = noise(2, (int64_t)s.out * s.lanes);
        Real *dx = noise(3, (int64_t)s.in * s.lanes);
        product_input_gradient(s.out, s.in, w, dy, dx, s.lanes);
        double worst = 0;
        for (int k = 0; k < s.in; k++)
            for (int l = 0; l < s.lanes; l += 5) {
                double sum = 0, size = 0;
                for (int o = 0; o < s.out; o++) {
                    double term = (double)w[o * s.in + k] * (double)dy[o * s.lanes + l];
                    sum += term;
                    size += fabs(term);
                }
                worst = fmax(worst, error(dx[k * s.lanes + l], sum, size));
            }
        CU_ASSERT(worst < most_error);
        mem_free(w), mem_free(dy), mem_free(dx);
    }
}

/* Also that nothing is written behind the gradient. */
static void weight_gradient(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Sizes s = sizes[i];
        int64_t weights = (int64_t)s.out * s.in;
        Real *dy = noise(1, (int64_t)s.out * s.lanes), *x = noise(2, (int64_t)s.in * s.lanes);
        Real *dw = noise(3, weights + 64), *after = noise(3, weights + 64);
        Real *panels = mem_alloc(product_panel_rows(s.in) * s.lanes, sizeof(Real));
        product_weight_gradient(s.out, s.in, dy, x, dw, s.lanes, panels);
        double worst = 0;
        for (int64_t n = 0; n < weights; n += 3) {
            double sum = 0, size = 0;
            for (int l = 0; l < s.lanes; l++) {
                double term =
                    (double)dy[n / s.in * s.lanes + l] * (double)x[n % s.in * s.lanes + l];
                sum += term;
                size += fabs(term);
            }
            worst = fmax(worst, error(dw[n], sum, size));
        }
        CU_ASSERT(worst < most_error);
        CU_ASSERT_EQUAL(memcmp(dw + weights, after + weights, 64 * sizeof(Real)), 0);
        mem_free(dy), mem_free(x), mem_free(dw), mem_free(after), mem_free(panels);
    }
}

static const Promise promises[] = {
    {"y = W x + b, whatever the shapes", forward},
    {"dx = W' dy, whatever the shapes", input_gradient},
    {"dW = dy x', whatever the shapes, and nothing beside it", weight_gradient},
    {0},
};

int main(void)
{
    return unit_run("product", promises);
}
