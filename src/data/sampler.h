/* The sampler: which row of the training part is the sample at a position of the run. A pure
 * function of (seed, split_seed, position): no state, no partial last batch.
 *
 *     position g      epoch e = g / n, place i = g mod n
 *     row             split[ held_out + order_e[i] ]        split, order_e: keyed bijections
 *
 * The rows held out for validation are split[0 .. held_out). */
#ifndef DATA_SAMPLER_H
#define DATA_SAMPLER_H

#include "data/permute.h"

typedef struct Sampler {
    int64_t held_out; /* validation samples taken from the training part */
    int64_t n;        /* samples of an epoch */
    uint64_t seed;
    Permute split;
    Permute order; /* of the epoch asked for last: a cache, not a state */
    int64_t epoch;
} Sampler;

Sampler sampler_build(int64_t rows, int64_t held_out, uint64_t seed, uint64_t split_seed);
int64_t sampler_row(Sampler *sampler, int64_t position);
/* Row of the i-th held-out sample, and of the i-th sample that is not. */
int64_t sampler_held_out(const Sampler *sampler, int64_t i);
int64_t sampler_kept(const Sampler *sampler, int64_t i);

#endif
