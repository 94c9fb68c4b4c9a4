/* Moments: two sums that normalisations take over many numbers of a leaf, sixteen lanes at a time.
 *
 *     forward    a = b = x:                  sum x   and  sum x^2
 *     backward   a = dy, b = x - mean:       sum dy  and  sum dy (x - mean)
 *
 * In double, so that the variance may be had as mean of squares less square of mean, in one pass
 * over memory, which is what these layers wait for: the additions hide behind it. */
#ifndef NN_MOMENTS_H
#define NN_MOMENTS_H

#include "math/lanes.h"

#include <math.h> /* sqrt, which IEEE 754 rounds exactly */

typedef struct Moments {
    double sum[LANES], product[LANES];
} Moments;

static inline void moments_add(Moments *m, Lanes a, Lanes b)
{
    for (int lane = 0; lane < LANES; lane++) {
        m->sum[lane] += (double)a[lane];
        m->product[lane] += (double)a[lane] * (double)b[lane];
    }
}

/* Of all lanes together, in lane order. */
static inline double moments_total(const double *lanes)
{
    double total = 0;
    for (int lane = 0; lane < LANES; lane++)
        total += lanes[lane];
    return total;
}

/* The biased variance of n numbers from their two sums. Rounding may make it negative; a sum that
 * is not a number must stay one. */
static inline double moments_variance(double sum, double square, double n)
{
    double mean = sum / n, variance = square / n - mean * mean;
    return variance < 0 ? 0 : variance;
}

#endif
