/* What every rank is doing. Each change of phase is told once, and goes three ways:
 *
 *     the watchdog   a word in memory that the group shares; the thread of the group's first rank
 *                    that runs looks at them. A rank that is stopped, or that stands still for too
 *                    long outside the exchange, where all the others wait for it, is named, and the
 *                    job ends with status 1; so it does when all wait for other hosts for much
 *                    longer. A host that nobody reaches any more ends its ranks by itself
 *     the clock      the phase that ends is charged for its time
 *     the trace      if there is one, it gets an event */
#ifndef TRAIN_WATCH_H
#define TRAIN_WATCH_H

#include "dist/comm.h"
#include "train/trace.h"

typedef enum WatchPhase {
    PHASE_START,
    PHASE_COMPUTE,
    PHASE_DATA, /* gathering samples, and waiting for them from the file */
    PHASE_EVALUATE,
    PHASE_SAVE,
    PHASE_BETWEEN,  /* logging and deciding */
    PHASE_EXCHANGE, /* messages, fold and update */
    PHASE_WAITING,  /* for other ranks, in the exchange */
    PHASE_COUNT
} WatchPhase;

/* Where the time goes, for people. */
typedef enum Share {
    SHARE_COMPUTE,
    SHARE_WAITING,
    SHARE_EXCHANGE,
    SHARE_READING,
    SHARE_OTHER, /* start-up, evaluation, saving, logging */
    SHARE_COUNT
} Share;
extern const char *const share_names[SHARE_COUNT];

typedef struct Watch Watch;

/* `seconds` that a step may take at least; 20 median steps if that is more; 0: no watchdog, but the
 * clock runs. Collective. */
Err watch_open(Watch **watch, const Comm *comm, double seconds);
/* Collective over the group. */
void watch_close(Watch *watch);
/* "I am alive": in this phase of this step. NULL: nobody watches. */
void watch_phase(Watch *watch, int64_t step, WatchPhase phase);
/* A wait for other ranks begins, inside whatever phase, or ends. `watch` is a Watch: a hook for
 * reduce_on_wait. */
void watch_wait(void *watch, bool begins);
/* Seconds of this rank in each share, up to now. */
void watch_shares(Watch *watch, double seconds[SHARE_COUNT]);
/* From now on there is a trace of the phases and of this net's layers. Collective. */
void watch_trace(Watch *watch, const Net *net);
/* For the trace, if there is one: a pass over the layers begins; a layer has ended (`watch` is a
 * Watch: a hook for NetMarks), or the loss, between forward and backward, and the next one begins.
 */
void watch_layers(Watch *watch);
void watch_layer(void *watch, int layer, bool backward);
void watch_loss(Watch *watch);
/* The net whose layers a message may name; it must live as long as the watch. */
void watch_net(Watch *watch, const Net *net);
/* From now on the watchdog sets the times of this open file, four times in each limit, for as long
 * as the rank is not stopped: launch/supervise.sh looks at RUN/lock. Nothing without a watchdog. */
void watch_alive(Watch *watch, int file);
/* Writes the trace to `path`, and there is none any more. Errors of trace_write. Collective. */
Err watch_traced(Watch *watch, const char *path);

#endif
