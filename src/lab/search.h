/* A search: trials whose settings are proposed one round after the other, from what complete rounds
 * have found, or that are compared at rungs (Hyperband), of which the best go on from their exact
 * checkpoints. Ranks only decide who runs a trial: the same seed is the same search on any number
 * of ranks. Nothing is remembered but the trials' rows: a search that was interrupted proposes and
 * decides all of it again, and comes to the same. */
#ifndef LAB_SEARCH_H
#define LAB_SEARCH_H

#include "lab/crew.h"
#include "lab/sheet.h"

/* STATUS_STOPPED when it was told to stop, and --resume goes on. STATUS_USER before any trial runs
 * for a section `search:` or a trial's configuration that is wrong. Collective. */
Err search_run(const Experiment *asked);

/* The row of the best trial that is done, by a metric of `search:`; -1: there is none. */
int64_t search_best(const Sheet *trials, const char *metric);

#endif
