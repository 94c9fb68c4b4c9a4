/* The thin files of math/: gemm against three loops in every form that layers use, and vec. */
#include "math/gemm.h"
#include "math/vec.h"
#include "model.h"
#include "unit.h"

enum { M = 7, N = 33, K = 19 };

/* `wide` is added to each row's length: the arrays are parts of larger ones. */
static double worst_gemm_error(bool a_transposed, bool b_transposed, bool add, int wide)
{
    int lda = (a_transposed ? M : K) + wide, ldb = (b_transposed ? K : N) + wide, ldc = N + wide;
    double *a = noise(64 * 64, 1), *b = noise(64 * 64, 2), *c = noise(64 * 64, 3);
    Real *ra = mem_alloc(64 * 64, sizeof(Real)), *rb = mem_alloc(64 * 64, sizeof(Real));
    Real *rc = mem_alloc(64 * 64, sizeof(Real));
    for (int i = 0; i < 64 * 64; i++) {
        ra[i] = (Real)a[i];
        rb[i] = (Real)b[i];
        rc[i] = add ? (Real)c[i] : (Real)NAN; /* without add, c is never read */
    }
    gemm(a_transposed, b_transposed, M, N, K, ra, lda, rb, ldb, add, rc, ldc);
    double worst = 0;
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            double sum = add ? c[i * ldc + j] : 0;
            for (int k = 0; k < K; k++)
                sum += a[a_transposed ? k * lda + i : i * lda + k] *
                       b[b_transposed ? j * ldb + k : k * ldb + j];
            double error = fabs((double)rc[i * ldc + j] - sum);
            worst = error <= worst ? worst : error;
        }
    void *garbage[] = {a, b, c, ra, rb, rc};
    for (int i = 0; i < 6; i++)
        mem_free(garbage[i]);
    return worst;
}

static void gemm_is_three_loops(void)
{
    gemm_init();
    for (int form = 0; form < 16; form++)
        CU_ASSERT(worst_gemm_error(form & 1, form & 2, form & 4, form & 8) < 32 * REAL_EPSILON);
}

static void kernels_have_a_name(void)
{
    CU_ASSERT(strlen(gemm_kernels()) > 0);
    const char *better = gemm_better_kernels();
    CU_ASSERT(!better || strcmp(better, gemm_kernels()) != 0);
}

/* Wherever a vector is cut, the bits are the same. */
static void vectors_can_be_cut_anywhere(void)
{
    enum { LENGTH = 100 };
    double *noise_a = noise(LENGTH, 1), *noise_b = noise(LENGTH, 2);
    Real a[LENGTH], b[LENGTH], whole[LENGTH], parts[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
        a[i] = (Real)noise_a[i];
        b[i] = (Real)noise_b[i];
    }
    vec_add(whole, a, b, LENGTH);
    for (int cut_at = 0; cut_at <= LENGTH; cut_at++) {
        vec_add(parts, a, b, cut_at);
        vec_add(parts + cut_at, a + cut_at, b + cut_at, LENGTH - cut_at);
        CU_ASSERT(memcmp(parts, whole, sizeof whole) == 0);
    }
    for (int i = 0; i < LENGTH; i++)
        CU_ASSERT_EQUAL(whole[i], a[i] + b[i]);
    vec_scale(a, 3, a, LENGTH);
    for (int i = 0; i < LENGTH; i++)
        CU_ASSERT_EQUAL(a[i], 3 * (Real)noise_a[i]);
    mem_free(noise_a);
    mem_free(noise_b);
}

static void doubles_add_up(void)
{
    double a[] = {1, 2, 0.1}, b[] = {3, 4, 0.2};
    vec_add_double(a, a, b, 3);
    CU_ASSERT(a[0] == 4 && a[1] == 6 && a[2] == 0.1 + 0.2);
}

static void one_bad_element_is_found(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    Real x[37] = {0};
    CU_ASSERT(vec_finite(x, 37));
    CU_ASSERT(vec_finite(x, 0));
    for (int i = 0; i < 37; i++)
        for (int k = 0; k < 3; k++) {
            x[i] = (Real)bad[k];
            CU_ASSERT(!vec_finite(x, 37));
            x[i] = 0;
        }
}

/* Negative ones, subnormal ones, wherever they stand; NaN is above infinity. */
static void largest_magnitude(void)
{
    enum { COUNT = 150 };
    static const double values[] = {3e-40, 0.5, -7, 3e38, -INFINITY};
    Real zeros[COUNT] = {0};
    CU_ASSERT(vec_largest(zeros, COUNT) == 0 && vec_largest(zeros, 0) == 0);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 5; k++) {
            Real x[COUNT] = {0};
            x[i] = (Real)values[k];
            x[(i + 40) % COUNT] = (Real)(values[k] / 2);
            CU_ASSERT(vec_largest(x, COUNT) == (Real)fabs(values[k]));
            x[(i + 80) % COUNT] = -(Real)NAN;
            CU_ASSERT(isnan(vec_largest(x, COUNT)));
        }
}

static const Promise promises[] = {
    {"gemm is three loops, in all its forms", gemm_is_three_loops},
    {"the kernels in use have a name", kernels_have_a_name},
    {"sums of vectors have the same bits wherever they are cut", vectors_can_be_cut_anywhere},
    {"vectors of doubles add up", doubles_add_up},
    {"one element that is not finite is found", one_bad_element_is_found},
    {"the largest magnitude is found, and is NaN where an element is", largest_magnitude},
    {0},
};

int main(void)
{
    return unit_run("math", promises);
}
