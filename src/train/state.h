/* The state of a run: everything that a checkpoint holds and nothing else. Parameters, statistics
 * and slots lie once per group, in shared memory; `step`, `samples` and Control are alike on every
 * rank because every rank computes them from the same sums. */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "base/digest.h"
#include "dist/comm.h"
#include "nn/net.h"
#include "optim/optim.h"

/* What the coordinator and the metrics remember across steps. */
typedef struct Control {
    int64_t evaluated; /* the last evaluated step; -1: none */
    double train_loss; /* of the last step: mean over its global batch */
    double best;       /* best validation accuracy, or lowest loss for regression */
    int64_t best_step; /* -1: none yet */
    double best_loss;  /* validation loss at that step */
} Control;

typedef struct State {
    const Net *net;
    int64_t step, samples;
    Control control;
    Window window;
    Real *values;            /* [net->extent] parameters and statistics */
    Real *slot[OPTIM_SLOTS]; /* [net->extent] each; 0 over statistics */
    int slots;
    const char *const *slot_names;
    Digest *digest;
} State;

/* The state before step 1: initial weights, slots as their optimizer starts them. Keeps a pointer
 * to the names in `optim`. Collective. */
Err state_open(State *state, const Comm *comm, const Net *net, const Optim *optim, uint64_t seed);
/* Collective over the group. */
void state_close(State *state);
/* XXH3-64 over parameters and statistics in layer order. */
uint64_t state_digest(State *state);
/* The first tensor with a value that is not finite, or NULL. */
const Tensor *state_bad_tensor(const State *state);
/* Bytes a group holds: values and slots. */
int64_t state_bytes(const Net *net, const Optim *optim);

#endif
