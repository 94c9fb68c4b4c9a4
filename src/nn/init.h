/* Initial weights, keyed by (seed, tensor, element): the same for any number of ranks.
 *   he              N(0, 2 / fan_in)               He et al. 2015, eq. 10; for the relu family
 *   he_uniform      U(-a, a), a = sqrt(6 / fan_in)                         the same variance
 *   xavier          U(-a, a), a = sqrt(6 / (fan_in + fan_out))   Glorot and Bengio 2010, eq. 16
 *   xavier_normal   N(0, 2 / (fan_in + fan_out))                           the same variance
 *   normal          N(0, sigma^2)
 *   zeros           every unit of a layer then begins alike, and may stay so: a warning says it */
#ifndef NN_INIT_H
#define NN_INIT_H

#include "nn/layer.h"

typedef struct Init {
    enum {
        INIT_AUTO,
        INIT_HE,
        INIT_HE_UNIFORM,
        INIT_XAVIER,
        INIT_XAVIER_NORMAL,
        INIT_NORMAL,
        INIT_ZEROS
    } rule;
    double sigma; /* of `normal` */
} Init;

#define INIT_HELP                                                                                  \
    "initial weights: auto, he, he_uniform, xavier, xavier_normal, {normal: sigma} or zeros"

/* Reads `init:` (a name, or {normal: 0.01}); absent: auto, which is he before the relu family and
 * xavier before anything else. */
Err init_read(Node node, Init *init);
/* Fills a tensor of the layer. */
void init_fill(const Init *init, const Layer *layer, const Tensor *tensor, int64_t fan_in,
               int64_t fan_out, uint64_t seed, Real *values);

#endif
