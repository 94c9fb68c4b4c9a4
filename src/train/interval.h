/* Interval: when checkpoints are due with `checkpoint.every: auto`. Young's first-order formula
 * (J. W. Young, "A first order approximation to the optimum checkpoint interval", Communications of
 * the ACM 17(9), 1974) weighs what saving costs against the steps that a failure costs:
 *
 *     interval = sqrt(2 x cost of a save x mean time between failures)
 *
 * The cost is measured: how long the ranks wait for a save, not what the writer does meanwhile. It
 * depends on the clock, so rank 0 decides, and its control word tells all at the same step; what
 * is computed does not depend on it. */
#ifndef TRAIN_INTERVAL_H
#define TRAIN_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Interval {
    double mtbf;  /* seconds between failures; 0: saves are not due by the clock */
    double cost;  /* seconds that a save makes the ranks wait, a mean; of `saves` */
    double since; /* on term_clock: when the last save was over */
    double told;  /* the interval that was last announced; 0: none */
    int64_t saves, steps;
} Interval;

/* Seconds between saves; both in seconds. */
double interval_young(double cost, double mtbf);
/* Whether a save is due before the step that comes next, which counts. While the writer is `busy`
 * none is. The first one, which is there to be measured, comes after ten steps. */
bool interval_due(Interval *interval, double now, bool busy);
/* A save under its step's name has made the ranks wait from `began` to `ended`. Whether the
 * interval is one to be announced: the first, or twice or half of what was said. */
bool interval_note(Interval *interval, double began, double ended);
/* "a checkpoint every 13 s: saving holds the ranks up for 1 ms, a failure comes every 24 h" */
void interval_announce(const Interval *interval);

#endif
