/* Ending a run before its length is over: early stopping (no better figure for `patience`
 * evaluations, as Keras and Lightning count them; or `patience` of them judged overfitting) and a
 * target (a figure that is good enough). Decided from global figures alone, so every rank decides
 * alike, and remembered in the state's Control, so a resumed run ends at the same step. */
#ifndef TRAIN_STOP_H
#define TRAIN_STOP_H

#include "base/conf.h"
#include "optim/trend.h"

/* Part of a checkpoint. */
typedef enum Stopped { STOPPED_NOT, STOPPED_EARLY, STOPPED_TARGET } Stopped;
extern const char *const stopped_words[]; /* of summary.json; NULL for STOPPED_NOT */

extern const Field early_stop_fields[], target_fields[];

/* What early stopping waits for: no better metric, or the verdict (train/fitting.h). */
typedef enum StopOn { STOP_ON_METRIC, STOP_ON_OVERFITTING } StopOn;

/* Figures that a target can name: those of Metric, and the loss of the last step. */
enum { TARGET_TRAIN_LOSS = METRIC_COUNT, TARGET_COUNT };

typedef struct Stop {
    Node early, target; /* where they are written; absent: not wanted */
    int on;             /* StopOn */
    int metric;         /* Metric of early stopping */
    int64_t patience;   /* evaluations; 0: no early stopping */
    double min_delta;   /* better is by more than this */
    int goal;           /* what the target is a value of: a Metric or TARGET_TRAIN_LOSS; -1: none */
    double value;       /* of the target */
} Stop;

/* Reads `train.early_stop` and `train.target`. */
Err stop_build(Stop *stop, Node early, Node target);
/* Takes in an evaluation, its figures by Metric and how many in a row, up to it, were judged
 * overfitting, and says whether that ends the run. */
Stopped stop_note(const Stop *stop, Trend *trend, const double *figures, int64_t overfits);
/* Whether the loss of a step does. */
Stopped stop_note_step(const Stop *stop, double train_loss);
/* Why: "validation_loss has not been better than 0.281 for 5 evaluations (train.early_stop)". */
const char *stop_text(const Stop *stop, const Trend *trend, Stopped why, Arena *arena);

#endif
