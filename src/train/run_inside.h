/* What the files of a run share: run.c (the loop), run_open.c (what stands before the first step),
 * run_diverge.c (what is done about a step that is not finite) and run_report.c (what a run tells
 * people). */
#ifndef TRAIN_RUN_INSIDE_H
#define TRAIN_RUN_INSIDE_H

#include "base/term.h"
#include "train/folder.h"
#include "train/interval.h"
#include "train/metrics.h"
#include "train/pace.h"
#include "train/preflight.h"
#include "train/writer.h"

typedef struct Run {
    const Comm *comm;
    Config *config;
    const RunOptions *options;
    Arena arena;
    Engine engine;
    Folder folder;
    Metrics metrics;
    Writer *writer;    /* of rank 0 */
    Interval interval; /* likewise */
    Preflight preflight;
    Term term;
    const char *identity;
    Word all;          /* of the last round */
    double rate;       /* of the last step made here */
    Result train;      /* of the last step */
    Result validation; /* of the last evaluation; samples 0: none */
    Result test;
    bool begun;          /* the state is there, and metrics.csv comes */
    bool best;           /* so is the last evaluation, and best.h5 does not say so yet */
    bool asked;          /* for a checkpoint, by rank 0's clock */
    bool measured;       /* the complete run, at its end */
    double step_seconds; /* in steps, by this process */
    double stepped;      /* samples in them */
    Pace row, line;      /* what timing.csv and the table have seen; what lines of shares have */
    int64_t line_epoch;  /* epochs complete at the last line of shares */
} Run;

static inline bool run_leads(const Run *run)
{
    return run->comm->rank == 0;
}

/* run_open.c. The state: that of the checkpoint that the folder has found, of --from, or the
 * initial one. Collective. */
Err run_start_state(Run *run);
/* From a checkpoint that every rank can see: parameters and statistics, or the `whole` state.
 * Collective. */
Err run_restore(Run *run, const char *path, bool whole);
/* metrics.csv and its like, cut at the present state; and all that a run leaves behind, but for the
 * summary. Rank 0 alone. */
Err run_open_metrics(Run *run);
Err run_open_files(Run *run);

/* run_diverge.c. Each takes over what a step, an evaluation or all of the run has come to, the same
 * on every rank, and gives it back unless train.on_divergence has another answer. A step that was
 * not finite is made without an update, and run->train says so. Alike on every rank. */
Err run_skip(Run *run, Err err);
/* An evaluation that is not finite is only said: it is never the best. */
Err run_bear(Run *run, Err err);
/* Goes back to the last checkpoint that was due, from where the run is to be gone through *again.
 * An Err that stays gets a line on what may cure it. Collective. */
Err run_return(Run *run, Err err, bool *again);

/* run_report.c. The first line of the table. */
void run_table_head(void);
/* A row of it, for an evaluation of the present state; `rate` of the step before. Rank 0 alone. */
void run_table_row(Run *run, uint64_t digest, double rate);
/* The verdict on it, where it is another one than `before`. Rank 0 alone. */
void run_tell_verdict(Run *run, Fit before);
/* From here on it is the steps' time. Collective. */
void run_begin_pace(Run *run);
/* Where the time went: a row of timing.csv with each row of the table and each line of shares.
 * Collective. */
void run_report_pace(Run *run, bool evaluated);
/* The figures of the present state, which has been evaluated. Alike on every rank. */
Summary run_summary(Run *run);
/* summary.json says the run is done. Collective. */
Err run_finish(Run *run);

#endif
