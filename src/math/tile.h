/* The register tile that every product of the engine is made of: a block of sums, held in
 * registers; step by step a column of scalars times a row of vectors is added.
 *
 *                b[0]      b[1]
 *            +---------+---------+
 *     a[0]   |  acc00  |  acc01  |
 *     a[1]   |  acc10  |  acc11  |      acc[r][c] += a[r] * b[c]
 *      ..    |   ..    |   ..    |
 *            +---------+---------+
 */
#ifndef MATH_TILE_H
#define MATH_TILE_H

#include "math/lanes.h"

/* The largest tile, in scalars x vectors: as many sums as the registers hold beside one row of b
 * and one scalar. The one place where the machine matters. */
#ifdef __AVX512F__
enum { TILE_ROWS = 12, TILE_COLUMNS = 2 }; /* 24 of 32 registers */
#else
enum { TILE_ROWS = 6, TILE_COLUMNS = 2 }; /* 12 of 16 */
#endif

typedef Vector Tile[TILE_ROWS][TILE_COLUMNS];

/* A tile's sums stay in registers only where its size is a constant. So functions that take one are
 * inlined, and TILE_SWITCH calls them with every constant that `rows` may be. */
#define TILE_INLINE static inline __attribute__((always_inline))
#define TILE_CASE(n, function, ...)                                                                \
    case n:                                                                                        \
        if (n <= TILE_ROWS)                                                                        \
            function(n, __VA_ARGS__);                                                              \
        break
#define TILE_SWITCH(rows, function, ...)                                                           \
    switch (rows) {                                                                                \
        TILE_CASE(1, function, __VA_ARGS__);                                                       \
        TILE_CASE(2, function, __VA_ARGS__);                                                       \
        TILE_CASE(3, function, __VA_ARGS__);                                                       \
        TILE_CASE(4, function, __VA_ARGS__);                                                       \
        TILE_CASE(5, function, __VA_ARGS__);                                                       \
        TILE_CASE(6, function, __VA_ARGS__);                                                       \
        TILE_CASE(7, function, __VA_ARGS__);                                                       \
        TILE_CASE(8, function, __VA_ARGS__);                                                       \
        TILE_CASE(9, function, __VA_ARGS__);                                                       \
        TILE_CASE(10, function, __VA_ARGS__);                                                      \
        TILE_CASE(11, function, __VA_ARGS__);                                                      \
        TILE_CASE(12, function, __VA_ARGS__);                                                      \
    }

/* So many tiles cover `rows` of anything; tile t of n is [cut(rows, t, n), cut(rows, t + 1, n)), so
 * that their sizes differ by at most one: 32 is 11 + 11 + 10, not 12 + 12 + 8. */
static inline int tile_count(int rows)
{
    return (rows + TILE_ROWS - 1) / TILE_ROWS;
}

/* The scalars of a step, at distances of a_row: three of them are reached from one pointer, with
 * no arithmetic between (x86 adds one or two times an index). With one pointer for all, or one for
 * each, the compiler runs out of registers for addresses. */
enum { TILE_REACH = 3, TILE_POINTERS = TILE_ROWS / TILE_REACH };
typedef const Real *TileScalars[TILE_POINTERS];

TILE_INLINE void tile_scalars(TileScalars a, const int rows, const Real *first, int64_t a_row)
{
    for (int p = 0; p * TILE_REACH < rows; p++)
        a[p] = first + p * TILE_REACH * a_row;
}

TILE_INLINE void tile_scalars_advance(TileScalars a, const int rows, int64_t by)
{
#pragma GCC unroll 4
    for (int p = 0; p * TILE_REACH < rows; p++)
        a[p] += by;
}

/* acc[r][c] += a[r] * b[c * b_column] */
TILE_INLINE void tile_step(const int rows, const int columns, Tile acc, TileScalars a,
                           int64_t a_row, const Real *b, int64_t b_column)
{
    Vector vector[TILE_COLUMNS];
#pragma GCC unroll 2
    for (int c = 0; c < columns; c++)
        vector[c] = *(const Vector *)(b + c * b_column);
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int c = 0; c < columns; c++)
            acc[r][c] += a[r / TILE_REACH][r % TILE_REACH * a_row] * vector[c];
}

#endif
