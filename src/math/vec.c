/* Vectors: elementwise loops that the compiler turns into SIMD. This file is built with
 * -ffp-contract=off, so that an element has the same bits in the vector body of a loop and in its
 * scalar tail, and hence wherever an array is cut into slices. */
#include "math/vec.h"

#include <string.h>

void vec_add(Real *sum, const Real *a, const Real *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

void vec_add_double(double *sum, const double *a, const double *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

void vec_scale(Real *y, Real factor, const Real *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = factor * x[i];
}

double vec_square_sum(const Real *x, int64_t n)
{
    enum { PARTS = 16 };
    double part[PARTS] = {0}, sum = 0;
    int64_t whole = n - n % PARTS;
    for (int64_t i = 0; i < whole; i += PARTS)
        for (int k = 0; k < PARTS; k++)
            part[k] += (double)x[i + k] * (double)x[i + k];
    for (int64_t i = whole; i < n; i++)
        part[i - whole] += (double)x[i] * (double)x[i];
    for (int k = 0; k < PARTS; k++)
        sum += part[k];
    return sum;
}

int vec_finite(const Real *x, int64_t n)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= !(x[i] - x[i] == 0); /* inf - inf and NaN are NaN; no early exit, to stay SIMD */
    return !bad;
}

/* A float without its sign is ordered as an integer is, infinity above all numbers and NaN above
 * that: one AND and one MAX a vector, and nothing is lost on the way, as with fmax. */
#ifdef REAL_IS_DOUBLE
typedef int64_t Pattern;
static const Pattern magnitude = INT64_MAX;
#else
typedef int32_t Pattern;
static const Pattern magnitude = INT32_MAX;
#endif

static inline Pattern pattern(const Real *x)
{
    Pattern bits;
    memcpy(&bits, x, sizeof bits);
    return bits & magnitude;
}

Real vec_largest(const Real *x, int64_t n)
{
    enum { PARTS = 64 };
    Pattern part[PARTS] = {0}, largest = 0;
    int64_t whole = n - n % PARTS;
    for (int64_t i = 0; i < whole; i += PARTS)
        for (int k = 0; k < PARTS; k++)
            part[k] = pattern(x + i + k) > part[k] ? pattern(x + i + k) : part[k];
    for (int64_t i = whole; i < n; i++)
        part[i - whole] = pattern(x + i) > part[i - whole] ? pattern(x + i) : part[i - whole];
    for (int k = 0; k < PARTS; k++)
        largest = part[k] > largest ? part[k] : largest;
    Real value;
    memcpy(&value, &largest, sizeof value);
    return value;
}
