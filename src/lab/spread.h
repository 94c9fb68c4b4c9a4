/* Mean and deviation of some figures, such as those of several seeds. */
#ifndef LAB_SPREAD_H
#define LAB_SPREAD_H

#include "base/mem.h"

/* A zeroed Spread is that of nothing. Distances to the first figure: large ones that are nearly
 * equal keep their digits. */
typedef struct Spread {
    int n;
    double first, sum, squares;
} Spread;

/* One more figure; what is not finite is left out. */
void spread_add(Spread *spread, double value);
/* NAN of nothing. */
double spread_mean(const Spread *spread);
/* Of n - 1; NAN of less than two. */
double spread_deviation(const Spread *spread);
/* "0.8812 ± 0.0021": two digits of the deviation and as many decimals of the mean; or the mean
 * alone;
 * "" of nothing. */
const char *spread_text(const Spread *spread, Arena *arena);
/* The same of a figure and its deviation, NAN: none is known. */
const char *spread_figure(double mean, double deviation, Arena *arena);
/* The middle one of n > 0 numbers, or the mean of the two; sorts them. */
double spread_median(double *values, int64_t n);

#endif
