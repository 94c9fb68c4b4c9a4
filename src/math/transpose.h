/* Squares of VECTOR x VECTOR elements, transposed in registers: how lanes become the long dimension
 * of a product. */
#ifndef MATH_TRANSPOSE_H
#define MATH_TRANSPOSE_H

#include "math/tile.h"

#include <string.h>

/* The row's elements of two vectors in turn: a0 b0 a1 b1 ..; first half and second. */
#if VECTOR_BYTES == 64 && !defined(REAL_IS_DOUBLE)
#define FIRST_HALF  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SECOND_HALF 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VECTOR_BYTES == 64 || (VECTOR_BYTES == 32 && !defined(REAL_IS_DOUBLE))
#define FIRST_HALF  0, 8, 1, 9, 2, 10, 3, 11
#define SECOND_HALF 4, 12, 5, 13, 6, 14, 7, 15
#elif VECTOR_BYTES == 32 || !defined(REAL_IS_DOUBLE)
#define FIRST_HALF  0, 4, 1, 5
#define SECOND_HALF 2, 6, 3, 7
#else
#define FIRST_HALF  0, 2
#define SECOND_HALF 1, 3
#endif

/* A square is transposed by shuffling its rows like two halves of a deck of cards, log2(VECTOR)
 * times. */
TILE_INLINE void transpose(Vector *rows)
{
#pragma GCC unroll 4
    for (int done = 1; done < VECTOR; done *= 2) {
        Vector shuffled[VECTOR];
#pragma GCC unroll 8
        for (int i = 0; i < VECTOR / 2; i++) {
            Vector a = rows[i], b = rows[i + VECTOR / 2];
            shuffled[2 * i] = __builtin_shufflevector(a, b, FIRST_HALF);
            shuffled[2 * i + 1] = __builtin_shufflevector(a, b, SECOND_HALF);
        }
        memcpy(rows, shuffled, sizeof shuffled);
    }
}

/* to[lane][channel] = from[channel][lane] of VECTOR lanes; rows of `lanes`, `channels` exist. */
TILE_INLINE void pack_square(Vector *to, const Real *from, int lanes, const int channels)
{
    Vector rows[VECTOR];
#pragma GCC unroll 16
    for (int i = 0; i < VECTOR; i++)
        rows[i] = i < channels ? *(const Vector *)(from + (int64_t)i * lanes) : (Vector){0};
    transpose(rows);
#pragma GCC unroll 16
    for (int i = 0; i < VECTOR; i++)
        to[i] = rows[i];
}

#undef FIRST_HALF
#undef SECOND_HALF

#endif
