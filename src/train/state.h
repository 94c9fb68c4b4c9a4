/* The state of a run: everything that a checkpoint holds and nothing else. Parameters, statistics
 * and slots lie once per group, in shared memory; `step`, `samples` and Control are alike on every
 * rank because every rank computes them from the same sums. */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "base/digest.h"
#include "dist/comm.h"
#include "nn/net.h"
#include "optim/noise.h"
#include "optim/optim.h"
#include "optim/schedule.h"
#include "train/fitting.h"

/* What is remembered of steps that were not finite (train/diverge.h). Going back to a checkpoint
 * leaves it as it is, but for `anchor`: else the same would be done again for ever. */
typedef struct Setback {
    int64_t skipped;     /* steps without an update */
    int64_t skipped_row; /* the last of them, in a row */
    int64_t returns;     /* to a checkpoint */
    int64_t returns_row; /* since the run came past `place` */
    int64_t place;       /* the farthest step that was not finite; 0: none */
    double rate_factor;  /* of the learning rate */
    int64_t anchor;      /* the last step that checkpoint.every has saved; -1: none */
} Setback;

/* What the coordinator and the metrics remember across steps. */
typedef struct Control {
    int64_t evaluated; /* the last evaluated step; -1: none */
    double train_loss; /* of the last step: mean over its global batch */
    double best;       /* validation accuracy of the best evaluation, or loss for regression */
    int64_t best_step; /* -1: none yet */
    double best_loss;  /* validation loss at that step */
    Noise noise;       /* of the gradient, over the logged steps */
    Plateau plateau;   /* of a plateau decay */
    Trend early;       /* of early stopping */
    int64_t stopped;   /* Stopped: the run is over, whatever its length */
    Setback setback;   /* steps that were not finite, and what was done about them */
    Fitting fitting;   /* the verdict on evaluations, and what it goes by */
} Control;

enum { STATE_SLOTS = OPTIM_SLOTS + 1 };

typedef struct State {
    const Net *net;
    int64_t step, samples;
    Control control;
    Window window;
    Real *values;            /* [net->extent] parameters and statistics */
    Real *slot[STATE_SLOTS]; /* [net->extent] each; 0 over statistics: the optimizer's, then */
    Real *average;           /* a moving average of the weights, the last slot, or NULL; over */
                             /* statistics it has what `values` has */
    int slots;
    const char *slot_names[STATE_SLOTS];
    Digest *digest;
} State;

/* The state before step 1: initial weights, slots as their optimizer starts them; with `average`,
 * a moving average of the weights. Collective. */
Err state_open(State *state, const Comm *comm, const Net *net, const Optim *optim, bool average,
               uint64_t seed);
/* The values and slots of that state again. The group's first rank alone, the others waiting. */
void state_start(State *state, const Optim *optim, uint64_t seed);
/* Collective over the group. */
void state_close(State *state);
/* What evaluations are made with: the moving average if there is one, else the values. */
const Real *state_measured(const State *state);
/* Copies into the moving average what it has in common with the values: statistics, and with
 * `weights` the rest, too. Nothing without one. */
void state_follow(State *state, bool weights);
/* XXH3-64 over parameters and statistics in layer order. */
uint64_t state_digest(State *state);
/* The first tensor with a value that is not finite, or NULL. */
const Tensor *state_bad_tensor(const State *state);
#endif
