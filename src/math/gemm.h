/* Matrix products: the only door to OpenBLAS (any CBLAS). Row-major, beta 0 or 1. */
#ifndef MATH_GEMM_H
#define MATH_GEMM_H

#include "base/real.h"

#include <stdbool.h>

/* One BLAS thread for this process: ranks are the parallelism. Call before the first gemm. */
void gemm_init(void);
/* How many threads a product takes; 0: another BLAS, which does not tell. */
int gemm_threads(void);

/* C[m][n] (row stride ldc) = A B, plus C itself if `add`. A is [m][k] (row stride lda), or [k][m]
 * where `a_transposed`; B is [k][n] or [n][k]. Without `add`, C is written and never read. */
void gemm(bool a_transposed, bool b_transposed, int m, int n, int k, const Real *a, int lda,
          const Real *b, int ldb, bool add, Real *c, int ldc);

/* The BLAS kernels in use ("SkylakeX"), for the fingerprint: other kernels, other bits. */
const char *gemm_kernels(void);

/* OpenBLAS before 0.3.22 or so takes AVX2 kernels on newer CPUs that have AVX-512, at half their
 * speed. The name of the better kernels for this CPU ("SkylakeX") where the ones in use are older
 * than the CPU, else NULL. They can only be chosen by OPENBLAS_CORETYPE before the program starts;
 * main() starts itself anew with it, unless the user has set that variable. */
const char *gemm_better_kernels(void);

#endif
