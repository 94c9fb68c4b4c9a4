/* Fits of few parameters to few points, with standard errors: what scaling experiments ask of their
 * tables. All are least squares of logarithms, since errors of steps, rates and times are shares.
 */
#ifndef LAB_FIT_H
#define LAB_FIT_H

#include <stdbool.h>

/* A fitted number and its standard error; NAN: not determined. */
typedef struct Estimate {
    double value, error;
} Estimate;

/* y = scale x x^exponent, to points above 0. Fewer than 2 points, or one x alone: NAN; of 2 points
 * the errors are NAN. */
typedef struct Power {
    Estimate exponent;
    double scale;
} Power;
Power fit_power(const double *x, const double *y, int count);

/* The tradeoff between steps and samples, (S / Smin - 1)(E / Emin - 1) = 1 with E = B S (McCandlish
 * et al. 2018, arXiv 1812.06162, equation 2.7), which is S = Smin + Emin / B. The critical batch is
 * Emin / Smin. */
typedef struct Tradeoff {
    Estimate steps;   /* Smin */
    Estimate samples; /* Emin */
    Estimate batch;   /* Emin / Smin */
} Tradeoff;
/* To `count` points of batch and steps to the target. Fewer than 3: NAN. */
Tradeoff fit_tradeoff(const double *batch, const double *steps, int count);

#endif
