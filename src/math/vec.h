/* Vectors: the few elementwise operations on plain arrays that must give the same bits wherever an
 * array is cut. Compiled without contraction of a * b + c, so that vector body and scalar tail
 * round alike. Lengths in elements; arrays do not overlap unless they are the same. */
#ifndef MATH_VEC_H
#define MATH_VEC_H

#include "base/real.h"

#include <stdint.h>

/* sum[i] = a[i] + b[i]; sum may be a or b. */
void vec_add(Real *sum, const Real *a, const Real *b, int64_t n);
void vec_add_double(double *sum, const double *a, const double *b, int64_t n);
/* y[i] = factor * x[i]; y may be x. */
void vec_scale(Real *y, Real factor, const Real *x, int64_t n);
/* Sum of x[i]^2 in double, in an order that n alone decides. */
double vec_square_sum(const Real *x, int64_t n);
/* Whether every element is finite. */
int vec_finite(const Real *x, int64_t n);
/* The largest magnitude; NaN if any element is. So cheap that a gradient can be looked through
 * while it is in the cache. 0 of none. */
Real vec_largest(const Real *x, int64_t n);

#endif
