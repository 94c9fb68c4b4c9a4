/* What the files of a run share: run.c (the loop), run_open.c (what stands before the first step)
 * and run_report.c (what a run tells people). */
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
/* What a run leaves behind, but for the summary. Rank 0 alone. */
Err run_open_files(Run *run);

/* run_report.c. The first line of the table. */
void run_table_head(void);
/* A row of it, for an evaluation of the present state; `rate` of the step before. Rank 0 alone. */
void run_table_row(Run *run, uint64_t digest, double rate);
/* From here on it is the steps' time. Collective. */
void run_begin_pace(Run *run);
/* Where the time went: a row of timing.csv with each row of the table and each line of shares.
 * Collective. */
void run_report_pace(Run *run, bool evaluated);
/* summary.json says the run is done. Collective. */
Err run_finish(Run *run);

#endif
