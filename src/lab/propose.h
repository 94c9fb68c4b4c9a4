/* What a search tries next, as a pure function of the space, a seed and what is known. A point is a
 * number in [0, 1) for each range, of 6 digits, so that no last bit decides anything. */
#ifndef LAB_PROPOSE_H
#define LAB_PROPOSE_H

#include "lab/space.h"

/* Point `index` of independent random ones. */
void propose_random(const Space *space, uint64_t seed, int64_t index, double *at);
/* Of a sequence that fills the space evenly (space_halton). */
void propose_halton(const Space *space, uint64_t seed, int64_t index, double *at);

/* So many points are known at least before a model of them is asked. */
int64_t propose_beginning(const Space *space);
/* `width` points [width][ranges] where a Gaussian process that has seen the `count` known ones
 * [count][ranges] and their values expects to improve most on the least value. NAN: that trial
 * diverged, which counts as bad as the worst value. */
void propose_bayes(const Space *space, uint64_t seed, const double *known, const double *value,
                   int64_t count, int width, double *at);

#endif
