/* The trials of an experiment in its run directory:
 *
 *     RUN/trials/0007/             the run directory of a trial
 *     RUN/trials/0007/trial.csv    heading and row, written when it is over: it will not run again
 *     RUN/trials/0007/rung-1.csv   likewise, of a trial that has come to the rung and is paused
 *     RUN/trials.csv               all rows, in trial order; nothing from clock, ranks or paths
 *     RUN/trials-timing.csv        what depends on them
 *
 * Rank 0 of whoever runs the trial writes its row; rank 0 of all gathers them. */
#ifndef LAB_TRIALS_H
#define LAB_TRIALS_H

#include "lab/grid.h"
#include "train/run.h"

typedef struct Trials {
    const char *run; /* the directory */
    const Grid *grid;
} Trials;

/* "RUN/trials/0007" */
const char *trials_folder(const Trials *trials, int64_t number, Arena *arena);
/* Whether a trial has its row; or that of a rung. */
bool trials_over(const Trials *trials, int64_t number);
bool trials_paused(const Trials *trials, int64_t number, int rung);
/* A number in the column `name` of the rung's row, or of the trial's where it has no such rung (it
 * was over before); NAN where there is none: it diverged. STATUS_USER: neither row is there. */
Err trials_value(const Trials *trials, int64_t number, int rung, const char *name, double *value);
/* The paused trial will not go on: its rung's row is its row, and its checkpoints go. */
Err trials_end(const Trials *trials, int64_t number, int rung);
/* Removes the checkpoints of a trial that is over, unless they are to be kept. */
void trials_tidy(const Trials *trials, int64_t number);
/* What made a trial, for the timing. */
typedef struct TrialTiming {
    int ranks;
    double seconds;
} TrialTiming;
/* Writes the trial's row: done, or diverged at outcome->step + 1; or paused, that of the rung. */
Err trials_note(const Trials *trials, int64_t number, int rung, const Outcome *outcome,
                const TrialTiming *timing);
/* Writes both tables, of the trials that are over. */
Err trials_gather(const Trials *trials);

#endif
