/* Real: the one floating-point type of parameters, activations and gradients. float by default;
 * the `double` preset builds the same sources with REAL_IS_DOUBLE for sharp gradient checks.
 * Scalars that sum over samples (losses, counts, norms) are always double. */
#ifndef BASE_REAL_H
#define BASE_REAL_H

#include <float.h>

#ifdef REAL_IS_DOUBLE
typedef double Real;
#define REAL_NAME "float64"
#define REAL_MOST DBL_MAX
#else
typedef float Real;
#define REAL_NAME "float32"
#define REAL_MOST FLT_MAX
#endif

/* A cache line, the alignment of every arena offset: OpenBLAS results can change with alignment. */
#define LINE_BYTES 64
#define LINE_REALS ((int)(LINE_BYTES / sizeof(Real)))

#endif
