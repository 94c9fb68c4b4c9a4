/* summary.json and the last line of a run. */
#ifndef TRAIN_SUMMARY_H
#define TRAIN_SUMMARY_H

#include "base/mem.h"
#include "train/engine.h"
#include "train/pace.h"

typedef struct Summary {
    int64_t steps, parameters;
    double epochs;
    int ranks;
    const char *batch;       /* "256, from 30 epochs on 1024" */
    double train_loss;       /* of the last step */
    Result validation, test; /* samples 0: there is none */
    Stopped stopped;
    Setback setback;
    int64_t best_step;               /* of best.h5; -1: none */
    double best_loss, best_accuracy; /* on validation, then; accuracy NAN for regression */
    Fit fit;                         /* the last verdict */
    double overfitting_since;        /* epochs; NAN: it is not overfitting */
    uint64_t digest;
    double noise_scale; /* NAN: not measurable */
    double rate;        /* training samples over seconds in steps */
    double check_share; /* of the steps' time that hashing took */
    Speed speed;
} Summary;

/* "done  steps 2345  test accuracy 0.9012  test loss 0.2811  digest 9f3a...  41230 samples/s" */
const char *summary_line(const Summary *summary, Arena *arena);
/* Writes RUN/summary.json, with that line in it. */
Err summary_write(const Summary *summary, const char *run);
/* The last line of a run that is done with this step, or NULL. */
const char *summary_read_line(const char *run, int64_t step, Arena *arena);

#endif
