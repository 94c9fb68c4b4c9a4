/* Measuring the normalisation on the training part, by all ranks. Every sum over the data is made
 * of blocks of 1024 samples, folded in block order, so it does not know how many ranks there are.
 */
#ifndef TRAIN_FEED_NORMAL_H
#define TRAIN_FEED_NORMAL_H

#include "train/feed.h"

/* Sets feed->normal: `given`, a checkpoint's, or (NULL) the numbers that are `wanted`, or what is
 * measured in the mode that is. The Err is this rank's own, and every rank must come here.
 * STATUS_USER: samples that cannot be read, or that the numbers do not fit. Collective. */
Err feed_normal(Feed *feed, const Comm *comm, const Normalize *wanted, const Normal *given);

#endif
