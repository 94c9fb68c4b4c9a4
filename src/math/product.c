/* One loop for all three: tiles of scalars meet vectors of b, of which as much is taken at a time
 * as stays in the second-level cache: a slice of its depth, or of its width where that is longer.
 *
 *     for every slice of b                          b[depth][width]
 *         for every tile of rows                    scalars a: read once a slice
 *             for every two vectors of the slice
 *                 tile = start, or what y holds
 *                 for every step of the slice
 *                     tile += a x b
 *                 y = tile
 */
#include "math/product.h"

#include "base/cut.h"
#include "math/transpose.h"

#include <stdbool.h>

enum { SLICE_BYTES = 256 << 10 }; /* of b */

/* y[row][width] = start[row] + sum over steps of a[row * a_row + step * a_step] b[step][width].
 * Vector v of step s lies at b + s * b_step + v * b_vector; y's rows are y_row apart. */
typedef struct Product {
    int rows, depth, width;
    const Real *a;
    int64_t a_row, a_step;
    const Real *b;
    int64_t b_step, b_vector;
    Real *y;
    int64_t y_row;
    const Real *start; /* NULL: zero */
} Product;

/* The elements of y that vector `v` has: all but at the end of a width that is no multiple. */
static int elements(const Product *p, int v)
{
    int left = p->width - v * VECTOR;
    return left < VECTOR ? left : VECTOR;
}

TILE_INLINE void load(const Product *p, const int rows, const int columns, int row, int v,
                      bool first, Tile acc)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            acc[r][c] = (p->start && first ? p->start[row + r] : 0) - (Vector){0};
            const Real *y = p->y + (row + r) * p->y_row + (v + c) * VECTOR;
            if (!first)
                memcpy(&acc[r][c], y, (size_t)elements(p, v + c) * sizeof(Real));
        }
}

TILE_INLINE void store(const Product *p, const int rows, const int columns, int row, int v,
                       const Tile acc)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            Real *y = p->y + (row + r) * p->y_row + (v + c) * VECTOR;
            int n = elements(p, v + c);
            if (n == VECTOR)
                memcpy(y, &acc[r][c], sizeof acc[r][c]);
            else
                memcpy(y, &acc[r][c], (size_t)n * sizeof(Real));
        }
}

/* A part of b: steps [first, last) of its depth, vectors [left, right) of its width. */
typedef struct Slice {
    int first, last, left, right;
} Slice;

TILE_INLINE void multiply_tile(const int rows, const int columns, const Product *p, int row, int v,
                               const Slice *slice)
{
    Tile acc;
    load(p, rows, columns, row, v, slice->first == 0, acc);
    TileScalars a;
    tile_scalars(a, rows, p->a + row * p->a_row + slice->first * p->a_step, p->a_row);
    const Real *b = p->b + slice->first * p->b_step + v * p->b_vector;
    for (int s = slice->first; s < slice->last; s++, b += p->b_step) {
        tile_step(rows, columns, acc, a, p->a_row, b, p->b_vector);
        tile_scalars_advance(a, rows, p->a_step);
    }
    store(p, rows, columns, row, v, acc);
}

TILE_INLINE void multiply_rows(const int rows, const Product *p, int row, const Slice *slice)
{
    int v = slice->left;
    for (; v + TILE_COLUMNS <= slice->right; v += TILE_COLUMNS)
        multiply_tile(rows, TILE_COLUMNS, p, row, v, slice);
    for (; v < slice->right; v++)
        multiply_tile(rows, 1, p, row, v, slice);
}

static void multiply_slice(const Product *p, const Slice *slice)
{
    for (int t = 0, tiles = tile_count(p->rows); t < tiles; t++) {
        int row = (int)cut(p->rows, t, tiles);
        TILE_SWITCH((int)cut(p->rows, t + 1, tiles) - row, multiply_rows, p, row, slice)
    }
}

static void multiply(const Product *p)
{
    int vectors = (p->width + VECTOR - 1) / VECTOR, pairs = (vectors + 1) / 2;
    int64_t bytes = (int64_t)p->depth * vectors * VECTOR_BYTES;
    int slices = (int)((bytes + SLICE_BYTES - 1) / SLICE_BYTES);
    bool wide = p->width > p->depth;
    slices = wide && slices > pairs ? pairs : slices;
    for (int s = 0; s < slices; s++) {
        Slice slice = {0, p->depth, 0, vectors};
        if (wide) {
            slice.left = 2 * (int)cut(pairs, s, slices);
            slice.right = s + 1 < slices ? 2 * (int)cut(pairs, s + 1, slices) : vectors;
        } else {
            slice.first = (int)cut(p->depth, s, slices);
            slice.last = (int)cut(p->depth, s + 1, slices);
        }
        multiply_slice(p, &slice);
    }
}

void product_forward(int out, int in, const Real *weight, const Real *bias, const Real *x, Real *y,
                     int lanes)
{
    multiply(&(Product){.rows = out,
                        .depth = in,
                        .width = lanes,
                        .a = weight,
                        .a_row = in,
                        .a_step = 1,
                        .b = x,
                        .b_step = lanes,
                        .b_vector = VECTOR,
                        .y = y,
                        .y_row = lanes,
                        .start = bias});
}

void product_input_gradient(int out, int in, const Real *weight, const Real *dy, Real *dx,
                            int lanes)
{
    multiply(&(Product){.rows = in,
                        .depth = out,
                        .width = lanes,
                        .a = weight,
                        .a_row = 1,
                        .a_step = in,
                        .b = dy,
                        .b_step = lanes,
                        .b_vector = VECTOR,
                        .y = dx,
                        .y_row = lanes});
}

int64_t product_panel_rows(int in)
{
    return round_up(in, VECTOR);
}

/* x as [vector of inputs][lane][input]: lanes become the depth. */
static void transpose_panels(int in, const Real *x, int lanes, Real *panels)
{
    for (int first = 0; first < in; first += VECTOR)
        for (int lane = 0; lane < lanes; lane += VECTOR) {
            Vector *to = (Vector *)(panels + (int64_t)first * lanes) + lane;
            const Real *from = x + (int64_t)first * lanes + lane;
            if (first + VECTOR <= in)
                pack_square(to, from, lanes, VECTOR);
            else
                pack_square(to, from, lanes, in - first);
        }
}

void product_weight_gradient(int out, int in, const Real *dy, const Real *x, Real *dweight,
                             int lanes, Real *panels)
{
    transpose_panels(in, x, lanes, panels);
    multiply(&(Product){.rows = out,
                        .depth = lanes,
                        .width = in,
                        .a = dy,
                        .a_row = lanes,
                        .a_step = 1,
                        .b = panels,
                        .b_step = VECTOR,
                        .b_vector = (int64_t)lanes * VECTOR,
                        .y = dweight,
                        .y_row = in});
}
