/* Clipping of the mean gradient, penalties included and weight decay not (as clip_grad_norm_ and
 * clip_grad_value_ before an optimizer's step in PyTorch; Pascanu et al. 2013, algorithm 1):
 *
 *     clip: 1.0                 the same as {norm: 1.0}
 *     clip: {norm: 1.0}         by the norm of the whole gradient
 *     clip: {layer: 1.0}        by the norm of each layer's gradient
 *     clip: {value: 0.5}        every element into [-0.5, 0.5] */
#ifndef OPTIM_CLIP_H
#define OPTIM_CLIP_H

#include "base/conf.h"
#include "base/real.h"

typedef struct Clip {
    enum { CLIP_NONE, CLIP_NORM, CLIP_LAYER, CLIP_VALUE } kind;
    double limit;
} Clip;

/* An absent node is no clipping. */
Err clip_build(Clip *clip, Node node);
/* What a gradient of this norm is multiplied by: limit / (norm + 1e-6), at most 1. */
double clip_factor(const Clip *clip, double norm);
/* Every element into [-limit, limit]. */
void clip_values(const Clip *clip, Real *g, int64_t n);

#endif
