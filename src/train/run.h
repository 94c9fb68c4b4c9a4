/* A run: from a configuration to a run directory with metrics, checkpoints and a summary. This is
 * the loop that the whole program is about; everything it calls is elsewhere. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "dist/comm.h"
#include "train/config.h"
#include "train/summary.h"

struct Engine;

/* How a run ended. */
typedef struct Outcome {
    bool done;    /* and `summary`, but for its texts, is there */
    bool paused;  /* likewise: it has stopped at options->pause */
    int64_t step; /* the last one made */
    Summary summary;
} Outcome;

typedef struct RunOptions {
    const char *directory; /* NULL: runs/NAME */
    bool resume;           /* go on from the newest intact checkpoint */
    const char *from;      /* parameters and statistics of this checkpoint, or NULL */
    int64_t until;         /* save and stop at this step; -1: the end */
    const Span *pause;     /* likewise at the first evaluation at or behind this; NULL: nowhere */
    bool quiet;            /* no lines of its own: a part of a test */
    const char *trace;     /* where to write what each rank did when, or NULL: nowhere */
    int64_t *leaves;       /* where to put how many micro-batches a step has; NULL: nowhere */
    double began;          /* on term_clock: when the program started */
    Outcome *outcome;      /* where to put it, on every rank; NULL: nowhere */
    /* Called on every rank when the run is complete, before it says so. NULL: not wanted. */
    Err (*at_end)(void *context, struct Engine *engine);
    /* Called after every step, on every rank, with the step's loss; NULL: not wanted. */
    void (*on_step)(void *context, int64_t step, int64_t length, double loss);
    /* For tests of the promise: called after every step, on every rank, with the digest of the
     * state. NULL: not wanted. */
    void (*after_step)(void *context, int64_t step, uint64_t digest);
    void *context;
} RunOptions;

/* Trains. STATUS_STOPPED where it stopped early with a checkpoint. Collective. */
Err run_train(const Comm *comm, Config *config, const RunOptions *options);

#endif
