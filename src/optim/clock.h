/* The clock of a run: how many samples a span is, and which step begins at which sample, both
 * ways. The global batch may change on the way (Smith et al. 2017, "Don't decay the learning rate,
 * increase the batch size", arXiv 1711.00489), so samples are a piecewise linear function of steps:
 *
 *     samples |          ,'     size 1024 from the first step on that begins at or
 *             |        ,'       after the point that was asked for
 *           x +- - - -/
 *       point +- - ,-'|
 *             |,-'    |         size 256
 *             +-------+------ steps
 *
 * Nothing of it is remembered in a checkpoint: it is a pure function of samples. */
#ifndef OPTIM_CLOCK_H
#define OPTIM_CLOCK_H

#include "base/conf.h"

/* From step `step` on, which begins at `samples` samples, steps are of `size` samples. Steps are
 * counted by the steps made before them. */
typedef struct BatchChange {
    int64_t step, samples, size;
    Span at; /* as it was asked for */
} BatchChange;

typedef struct Clock {
    int64_t epoch; /* samples of an epoch: the training part */
    int64_t batch; /* samples of a step, before the first change */
    int changes;
    BatchChange *change; /* [changes] in the order of steps; NULL: there are none */
    int64_t point;       /* samples: where the last change was asked for */
} Clock;

/* A span from the beginning of the run, in samples, to the nearest whole one; 0 where it was not
 * given. Steps are those that the run makes, each as large as it is. */
int64_t clock_samples(const Clock *clock, Span span);
/* The samples before step `step`, or the whole run's where that is its length. */
int64_t clock_before(const Clock *clock, int64_t step);
/* The first step that begins at or after `samples`: the steps that so many samples take. */
int64_t clock_steps(const Clock *clock, int64_t samples);
/* Whether step `step` (1, 2, ...) comes to a multiple of the span or over it: of steps where it is
 * given in steps, which are no fixed number of samples when the batch grows. */
bool clock_crosses(const Clock *clock, Span span, int64_t step);
/* The size of the step that begins at `samples`. */
int64_t clock_batch(const Clock *clock, int64_t samples);
/* Stretch i of the run, 0 <= i <= changes: what holds before the first change, then each change. */
BatchChange clock_stretch(const Clock *clock, int i);
/* How many stretches a run of `length` steps comes to; at least 1. */
int clock_stretches(const Clock *clock, int64_t length);
/* Adds a change of the batch's size, at the first step that begins at or after `at`; one for which
 * no step is left before it gives way. clock->change has room for it. False, and nothing is
 * changed, where `at` is not behind the point of the change before. */
bool clock_change(Clock *clock, Span at, int64_t size);

#endif
