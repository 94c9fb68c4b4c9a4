/* Measuring the normalisation on the training part, by all ranks. Every sum over the data is made
 * of blocks of 1024 samples, folded in block order, so it does not know how many ranks there are.
 */
#ifndef TRAIN_NORMALISE_H
#define TRAIN_NORMALISE_H

#include "train/feed.h"

/* Sets feed->normal: `given`, or what is measured in this mode. The Err is this rank's own, and
 * every rank must come here. STATUS_USER: samples that cannot be read, or that `given` does not
 * fit. Collective. */
Err normalise(Feed *feed, const Comm *comm, NormalMode mode, const Normal *given);

#endif
