/* What this machine can do at most: the matrix product of OpenBLAS, of a size that fits the caches
 * and has long rows. The speed of anything that multiplies is told as a share of it. */
#ifndef MATH_LIMIT_H
#define MATH_LIMIT_H

#include "base/real.h"

enum { LIMIT_SIDE = 512 };

/* Operands; a zeroed Limit is none. */
typedef struct Limit {
    Real *a, *b, *c; /* [LIMIT_SIDE][LIMIT_SIDE] */
} Limit;

void limit_open(Limit *limit);
void limit_close(Limit *limit);
/* One product. */
void limit_multiply(Limit *limit);
/* Floating-point operations of one product. */
double limit_flops(void);
/* The mean rate of products made for so many seconds, in GF/s. */
double limit_rate(double seconds);

#endif
