/* A sweep: all trials of a grid, side by side in groups of ranks. Each group's first rank fetches
 * the next trial when its group has time (dist/comm_desk.h); what comes of a trial does not depend
 * on who runs it, so trials.csv is the same on any number of ranks and in any grouping. */
#ifndef LAB_SWEEP_H
#define LAB_SWEEP_H

#include "lab/crew.h"

/* STATUS_STOPPED when it was told to stop, and --resume goes on. STATUS_USER before any trial runs
 * for a section `sweep:` or a trial's configuration that is wrong. Collective. */
Err sweep_run(const Experiment *asked);

#endif
