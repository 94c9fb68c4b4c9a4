/* Diagnosis: what every layer does in a step that `train.diagnostics` names, over the whole batch:
 *
 *     activation       root of the mean square of its outputs
 *     output gradient  norm of the loss's gradient with respect to a sample's outputs, rms over the
 *                      samples
 *     dead             share of a relu's units that are 0 for all samples
 *     saturated        share of a sigmoid's or tanh's outputs at its flat ends
 *
 * A micro-batch has two sums a layer; they are kept one by one, brought together, and added in the
 * micro-batches' order. The rest is counted, which is exact in any order. So the figures have the
 * same bits on any number of ranks. They decide nothing: a run with and without has the same bits.
 *
 *     diagnose_begin      before the first micro-batch: is this step to be looked at?
 *     diagnose_forward    } after each layer's pass,
 *     diagnose_loss       } and before the first backward one,
 *     diagnose_backward   } of each own micro-batch
 *     diagnose_end        once the step is made, on all ranks
 *
 * All cost nothing in other steps. */
#ifndef TRAIN_DIAGNOSE_H
#define TRAIN_DIAGNOSE_H

#include "dist/comm.h"
#include "nn/net.h"

typedef struct LayerFigures {
    double activation;
    double gradient;        /* NAN: nobody wants it */
    double dead, saturated; /* NAN: it cannot be */
} LayerFigures;

typedef struct Diagnosis {
    const Net *net;
    bool due;            /* the step under way, or the last one, is looked at */
    LayerFigures *layer; /* [layers] of the last step that was looked at */
    Arena arena;
    int64_t room;     /* micro-batches */
    double *all;      /* what is brought together: sums, flat, lives */
    double *sums;     /* [micro-batches][layers][2] squares of outputs and of their gradients */
    double *flat;     /* [layers] outputs at flat ends */
    double *lives;    /* [units] micro-batches in which a unit is above 0 */
    int64_t *unit;    /* [layers + 1] first unit of each layer */
    double *gradient; /* [layers] of the micro-batch under way */
    bool *alive;      /* [channels, at most] likewise */
} Diagnosis;

/* Room for steps of up to `leaves` micro-batches. */
void diagnose_open(Diagnosis *diagnosis, const Net *net, int64_t leaves);
void diagnose_close(Diagnosis *diagnosis);
/* Bytes that it takes. */
int64_t diagnose_bytes(const Diagnosis *diagnosis);

void diagnose_begin(Diagnosis *diagnosis, bool due);
void diagnose_forward(Diagnosis *diagnosis, int64_t m, const Pass *pass, int layer);
/* dy: the gradient of the net's output. */
void diagnose_loss(Diagnosis *diagnosis, const Real *dy, int lanes);
void diagnose_backward(Diagnosis *diagnosis, int64_t m, int lanes, int layer);
/* The figures of a step of so many micro-batches and samples, on every rank. Collective. */
void diagnose_end(Diagnosis *diagnosis, const Comm *comm, int64_t leaves, int64_t samples);

#endif
