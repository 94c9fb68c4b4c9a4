/* train.on_divergence: what a run does about a step whose loss, gradient or parameters are not
 * finite. Every rank decides alike, from the control word, before anything is applied:
 *
 *     stop                            status 3, and the message names what went bad first
 *     {skip: {times: 10}}             the step is made without an update; so many in a row at most
 *     {back: {factor: 0.5, times: 3}} back to the last checkpoint by checkpoint.every, or to step
 * 0, with the rate times `factor`; so often at most without getting past the step that was not
 * finite
 *
 * A run stays a pure function of configuration, data and seed: only checkpoints that are due by the
 * configuration are gone back to, never one that a signal made; what was skipped and returned from
 * is in the state's Setback, hence in every checkpoint; and a resumed run comes to the same
 * divergence again, or has it behind it. */
#ifndef TRAIN_DIVERGE_H
#define TRAIN_DIVERGE_H

#include "base/conf.h"
#include "train/state.h"

typedef enum Answer { DIVERGED_STOP, DIVERGED_SKIP, DIVERGED_BACK } Answer;

typedef struct OnDivergence {
    int answer;    /* Answer */
    int64_t times; /* in a row, at most */
    double factor; /* of DIVERGED_BACK */
} OnDivergence;

extern const Field diverge_skip_fields[], diverge_back_fields[];

/* Reads the value of train.on_divergence. STATUS_USER at its place; also, at `checkpoint`'s key,
 * for dates of checkpoints that depend on the clock and cannot be gone back to. */
Err diverge_read(OnDivergence *divergence, Node node, Node checkpoint);
/* A step was made as it should be: rows end. */
void diverge_note_step(Setback *setback, int64_t step);

#endif
