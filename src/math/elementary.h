/* Elementary functions with our own bits. glibc picks variants of exp and log by CPU, so no libm
 * transcendental lies on the path to a parameter; these are plain polynomials after an exact range
 * reduction, the same operations for a scalar double and for Lanes of Real.
 *
 * Accuracy, against a correctly rounded result: double versions and Lanes of double within 4 ulp,
 * Lanes of float within 4 ulp (tests/test_elementary.c measures it). Arguments beyond the range
 * saturate to 0 or infinity; NaN stays NaN. */
#ifndef MATH_ELEMENTARY_H
#define MATH_ELEMENTARY_H

#include "math/lanes.h"

#include <math.h> /* sqrt, which IEEE 754 rounds exactly */

/* The square root of a Real, in Real: for loops over elements. */
static inline Real real_sqrt(Real x)
{
#ifdef REAL_IS_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

/* Scalars, for schedules, initial weights and losses. */
double elementary_exp(double x);
double elementary_log(double x); /* -inf at 0, NaN below */
double elementary_cos(double x); /* |x| up to 2^20: exact reduction modulo pi/2 there */
double elementary_sin(double x);
/* x > 0: exp(y log x), whose error grows with |y log x|; x == 0: 0. */
double elementary_pow(double x, double y);

/* Lanes, for activations. */
Lanes lanes_exp(Lanes x);
Lanes lanes_expm1(Lanes x); /* exp(x) - 1, accurate near 0 */
Lanes lanes_log(Lanes x);
Lanes lanes_tanh(Lanes x);
Lanes lanes_sigmoid(Lanes x); /* 1 / (1 + exp(-x)) */
Lanes lanes_erf(Lanes x);     /* 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x */

#endif
