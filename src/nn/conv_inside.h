/* What the files of conv2d share: the geometry of a convolution, and the register tile that all
 * three of its products are made of (conv_forward.c, conv_weight.c).
 *
 *                b[0]      b[1]         a tile of sums, held in registers: step by step a column of
 *            +---------+---------+      scalars times a row of vectors is added
 *     a[0]   |  acc00  |  acc01  |
 *     a[1]   |  acc10  |  acc11  |          a: weights  b: lanes of x       forward, input gradient
 *      ..    |   ..    |   ..    |          a: x        b: channels of dy   weight gradient
 *            +---------+---------+ */
#ifndef NN_CONV_INSIDE_H
#define NN_CONV_INSIDE_H

#include "math/lanes.h"
#include "nn/window.h"

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

/* acc[r][c] += a[r * a_row] * b[c * b_column] */
TILE_INLINE void tile_step(const int rows, const int columns, Tile acc, const Real *a,
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
            acc[r][c] += a[r * a_row] * vector[c];
}

/* A convolution, as the layer has read it. */
typedef struct Conv {
    Window window;
    int in, out; /* channels */
} Conv;

/* Rows of pixels are worked on in strips from top to bottom, so narrow that what the windows of one
 * row see of x (or dy) stays in the second-level cache for all channels of the result, and until
 * the row below sees most of it again. Into how many strips: `count` windows of `taps` cells, at
 * distances of `stride`, each cell of so many bytes in all kernel rows. */
static inline int strip_count(int count, int taps, int stride, int64_t cell_bytes)
{
    enum { CACHE = 256 << 10, LEAST = 4 };
    int64_t cells = CACHE / cell_bytes, most = (cells - taps) / stride + 1;
    most = most < LEAST ? LEAST : most;
    return (int)((count + most - 1) / most);
}

/* So many there are. */
static inline int64_t conv_weights(const Conv *conv)
{
    return (int64_t)conv->window.y.kernel * conv->window.x.kernel * conv->in * conv->out;
}

/* y = x * weight + bias; weight (out, in, kh, kw), bias (out) or NULL. `scratch` holds as many
 * elements as there are weights. */
void conv_forward(const Conv *conv, const Real *weight, const Real *bias, const Real *x, Real *y,
                  int lanes, Real *scratch);
void conv_input_gradient(const Conv *conv, const Real *weight, const Real *dy, Real *dx, int lanes,
                         Real *scratch);

/* Writes dweight, and dbias unless it is NULL. `scratch` holds conv_panel_rows() rows of lanes and
 * conv_totals_size() elements. */
void conv_weight_gradient(const Conv *conv, const Real *x, const Real *dy, Real *dweight,
                          Real *dbias, int lanes, Real *scratch);
int64_t conv_panel_rows(const Conv *conv);
int64_t conv_totals_size(const Conv *conv);

#endif
