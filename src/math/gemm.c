/* Matrix products through CBLAS. Whatever belongs to OpenBLAS alone (threads, names of kernels) is
 * guarded, so that another CBLAS links too; it must then be told by its own means to use one
 * thread. */
#include "math/gemm.h"

#include <cblas.h>

#include <stddef.h>
#include <string.h>

void gemm_init(void)
{
#ifdef OPENBLAS_VERSION
    openblas_set_num_threads(1);
#endif
}

int gemm_threads(void)
{
#ifdef OPENBLAS_VERSION
    return openblas_get_num_threads();
#else
    return 0;
#endif
}

void gemm(bool a_transposed, bool b_transposed, int m, int n, int k, const Real *a, int lda,
          const Real *b, int ldb, bool add, Real *c, int ldc)
{
    CBLAS_TRANSPOSE at = a_transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE bt = b_transposed ? CblasTrans : CblasNoTrans;
    Real beta = add ? 1 : 0;
#ifdef REAL_IS_DOUBLE
    cblas_dgemm(CblasRowMajor, at, bt, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
#else
    cblas_sgemm(CblasRowMajor, at, bt, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
#endif
}

const char *gemm_kernels(void)
{
#ifdef OPENBLAS_VERSION
    return openblas_get_corename();
#else
    return "cblas";
#endif
}

/* What OpenBLAS's SkylakeX kernels are compiled for. */
static bool cpu_has_avx512(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

const char *gemm_better_kernels(void)
{
    const char *now = gemm_kernels();
    bool avx2 = strcmp(now, "Haswell") == 0 || strcmp(now, "Zen") == 0;
    return avx2 && cpu_has_avx512() ? "SkylakeX" : NULL;
}
