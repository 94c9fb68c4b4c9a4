/* The probe: where a step that is not finite went bad first. One micro-batch is computed once more,
 * and looked at after every layer: before, there was no time for it, and activations share memory,
 * so that afterwards it is too late. It costs nothing until it is needed. */
#ifndef TRAIN_PROBE_H
#define TRAIN_PROBE_H

#include "train/engine.h"

/* The largest magnitude that an element of a leaf may have, so that the sum of all is finite. */
Real probe_limit(const Engine *engine);
/* STATUS_DIVERGED: "step 17: the output of 03_dense is infinite in micro-batch 5" and figures; or
 * parameter, sample, loss, gradient, whatever comes first. `leaf` is a micro-batch of this rank's
 * share; one below 0 where only the parameters are in question. The same words on whichever rank.
 * Or the Err of reading the samples. Not collective. */
Err probe_run(Engine *engine, int64_t leaf);

#endif
