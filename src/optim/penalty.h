/* Penalties on the parameters, added to the loss's gradient before clipping:
 *
 *     l1 |w| + l2/2 |w|^2        gradient  l1 sign(w) + l2 w
 *
 * both together are the elastic net (Zou and Hastie 2005). L1's subgradient never reaches zero
 * exactly; with `exact_zeros` the step is the proximal one instead (soft threshold after the
 * update: ISTA; Beck and Teboulle 2009, eq. 1.5):
 *
 *     w = sign(w) max(|w| - rate l1, 0)
 *
 * Tensors that optimizer.decay_exempt exempts take none. */
#ifndef OPTIM_PENALTY_H
#define OPTIM_PENALTY_H

#include "base/conf.h"
#include "base/real.h"

extern const Field penalty_fields[];

typedef struct Penalty {
    double l1, l2;
    bool exact_zeros;
} Penalty;

/* Reads `penalty:`; an absent section is none. */
Err penalty_build(Penalty *penalty, Node section);
bool penalty_any(const Penalty *penalty);
/* g[i] += the gradient at w[i]. */
void penalty_gradient(const Penalty *penalty, Real *g, const Real *w, int64_t n);
/* The soft threshold; nothing without exact_zeros. */
void penalty_threshold(const Penalty *penalty, Real *w, Real rate, int64_t n);
/* l1 |w| + l2/2 |w|^2, in double. */
double penalty_value(const Penalty *penalty, const Real *w, int64_t n);

#endif
