/* What the files of conv2d share: the geometry of a convolution. All three of its products are made
 * of the register tile of math/tile.h:
 *
 *     scalars a: weights    vectors b: lanes of x          forward, input gradient
 *             a: x                     b: channels of dy   weight gradient */
#ifndef NN_CONV_INSIDE_H
#define NN_CONV_INSIDE_H

#include "math/tile.h"
#include "nn/window.h"

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
