/* Planted faults, for the tests of what happens when something breaks:
 *
 *     LOCKSTEP_FAULT=kind@stage:step:rank        kind: error, hang, kill, slow, stop, wait
 *                                                stage: compute, evaluate, save, read, backward
 *     LOCKSTEP_FAULT=flip@what:step:rank         what: update (a parameter), slot, statistic
 *
 * The one named rank meets the fault when it comes to that stage of that step; of `read`, when its
 * thread comes to the window of the data that stands in the step's place; of `backward`, when the
 * last layer's part of the first micro-batch's backward pass is done. Rank 0 meets that of `save`
 * in its writer's thread. A flip turns round one bit of what the rank owns, after the update of
 * that step (train/integrity.h); of a rank that owns no such thing, none. Without the variable this
 * costs one getenv a stage. */
#ifndef TRAIN_FAULT_H
#define TRAIN_FAULT_H

#include "base/err.h"
#include "base/real.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum FaultStage {
    FAULT_COMPUTE,
    FAULT_EVALUATE,
    FAULT_SAVE,
    FAULT_READ,
    FAULT_BACKWARD,
    FAULT_UPDATE, /* from here on: what is flipped */
    FAULT_SLOT,
    FAULT_STATISTIC
} FaultStage;

/* An `error` comes back as an Err; `kill`, `hang`, `slow` (it takes 1.2 seconds), `stop` (the
 * save signal) and `wait` (until that has come) happen on the spot. */
Err fault_at(FaultStage stage, int64_t step, int rank);
/* Whether a bit is to be flipped now. */
bool fault_flips(FaultStage what, int64_t step, int rank);
/* `nan@leaf:step:leaf`: spoils the gradient of this micro-batch of the step, whichever rank has it,
 * at its first element. */
void fault_spoil(int64_t step, int64_t leaf, Real *gradient);

#endif
