/* The three products of a dense layer, with a lane a sample: the register tile of math/tile.h over
 * weights (out, in) as they lie, without packing them.
 *
 *     y  [out][lanes] = weight x + bias        x  [in][lanes]
 *     dx [in][lanes]  = weight' dy             dy [out][lanes]
 *     dweight (out, in) = dy x'
 *
 * The order of additions depends on the shapes alone. `lanes` is a multiple of LANES. */
#ifndef MATH_PRODUCT_H
#define MATH_PRODUCT_H

#include "base/real.h"

#include <stdint.h>

/* bias may be NULL. */
void product_forward(int out, int in, const Real *weight, const Real *bias, const Real *x, Real *y,
                     int lanes);
void product_input_gradient(int out, int in, const Real *weight, const Real *dy, Real *dx,
                            int lanes);
/* panels: product_panel_rows(in) rows of lanes, to transpose x into. */
void product_weight_gradient(int out, int in, const Real *dy, const Real *x, Real *dweight,
                             int lanes, Real *panels);
int64_t product_panel_rows(int in);

#endif
