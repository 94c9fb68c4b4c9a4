/* The watchdog: every rank notes what it is doing in a word that its group shares; the thread of
 * the group's first rank looks at them. A rank that stands still for too long outside the exchange,
 * where all the others wait for it, is named, and the job ends with status 1; so it does when all
 * wait for other hosts for much longer. A host that nobody reaches any more ends its ranks by
 * itself. */
#ifndef TRAIN_WATCH_H
#define TRAIN_WATCH_H

#include "dist/comm.h"

typedef enum WatchPhase {
    PHASE_START,
    PHASE_COMPUTE,
    PHASE_DATA, /* waiting for samples from the file */
    PHASE_EVALUATE,
    PHASE_SAVE,
    PHASE_BETWEEN,  /* logging and deciding */
    PHASE_EXCHANGE, /* waiting for the others */
    PHASE_COUNT
} WatchPhase;

typedef struct Watch Watch;

/* `seconds` that a step may take at least; 20 median steps if that is more; 0: no watchdog.
 * Collective. */
Err watch_open(Watch **watch, const Comm *comm, double seconds);
/* Collective over the group. */
void watch_close(Watch *watch);
/* "I am alive": in this phase of this step. */
void watch_phase(Watch *watch, int64_t step, WatchPhase phase);

#endif
