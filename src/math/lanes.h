/* Lanes: 16 samples side by side. Activations are stored [pixel][channel][lane] (a dense layer:
 * [feature][lane]); the batch is the innermost dimension and every SIMD lane is one sample, so a
 * kernel's inner loop has no tail, no mask and no shuffle. The compiler's vector extensions make
 * AVX2, AVX-512 and NEON code from this one type. */
#ifndef MATH_LANES_H
#define MATH_LANES_H

#include "base/real.h"

#include <stdint.h>
#include <string.h>

#define LANES 16

/* Sixteen reals. A pointer to Lanes must be aligned to LINE_BYTES. */
typedef Real Lanes __attribute__((vector_size(LANES * sizeof(Real)), aligned(LINE_BYTES)));
#ifdef REAL_IS_DOUBLE
typedef int64_t LanesInt __attribute__((vector_size(LANES * sizeof(int64_t)), aligned(LINE_BYTES)));
#else
typedef int32_t LanesInt __attribute__((vector_size(LANES * sizeof(int32_t)), aligned(LINE_BYTES)));
#endif

/* As many reals as a register of the machine holds. What should stay in registers over a loop is
 * written in these: the compiler would move Lanes that are several registers through memory. */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
enum { VECTOR = VECTOR_BYTES / sizeof(Real) };
typedef Real Vector __attribute__((vector_size(VECTOR_BYTES)));
#ifdef REAL_IS_DOUBLE
typedef int64_t VectorInt __attribute__((vector_size(VECTOR_BYTES)));
#else
typedef int32_t VectorInt __attribute__((vector_size(VECTOR_BYTES)));
#endif

static inline Lanes lanes_of(Real x)
{
    return x - (Lanes){0}; /* x + 0 would lose the sign of -0 */
}

/* where ? a : b, lane by lane; `where` is what a comparison of Lanes gives (0 or -1). */
static inline Lanes lanes_select(LanesInt where, Lanes a, Lanes b)
{
    return (Lanes)((where & (LanesInt)a) | (~where & (LanesInt)b));
}

static inline Vector vector_select(VectorInt where, Vector a, Vector b)
{
    return (Vector)((where & (VectorInt)a) | (~where & (VectorInt)b));
}

/* Where a < b, -1. Register by register: comparisons of wider vectors than the machine has are the
 * one operation that GCC takes apart into single elements. */
static inline LanesInt lanes_less(Lanes a, Lanes b)
{
    enum { PARTS = LANES / VECTOR };
    Vector x[PARTS], y[PARTS];
    VectorInt less[PARTS];
    LanesInt where;
    memcpy(x, &a, sizeof x);
    memcpy(y, &b, sizeof y);
    for (int part = 0; part < PARTS; part++)
        less[part] = x[part] < y[part];
    memcpy(&where, less, sizeof where);
    return where;
}

static inline Lanes lanes_max(Lanes a, Lanes b)
{
    return lanes_select(lanes_less(b, a), a, b);
}

/* The sum of the lanes in lane order, in double. */
static inline double lanes_sum(Lanes x)
{
    double sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += (double)x[i];
    return sum;
}

#endif
