/* Sight: what one micro-batch shows of a layer, taken right after its pass, because activations
 * share memory and afterwards it is too late. For `train.diagnostics` (train/diagnose.h) and for
 * `lockstep check` (lab/check_look.c). Samples alone count, not the padding. */
#ifndef TRAIN_SIGHT_H
#define TRAIN_SIGHT_H

#include "nn/net.h"

/* Sums over the samples and outputs of a layer. */
typedef struct Sight {
    double squares; /* of the outputs */
    double within;  /* of their distances from the output's mean over the samples */
    double largest; /* magnitude; NAN if any is */
    double count;   /* how many there are */
    double flat;    /* of a sigmoid or tanh: how many are at its flat ends */
} Sight;

/* Whether a layer's units can die: a relu's, which are its channels or features. */
bool sight_dies(const Layer *layer);
/* Whether it has flat ends: where its slope is a tenth of the steepest or less. */
bool sight_saturates(const Layer *layer);

/* Of the output y [out][lanes], as it is right after the forward pass. */
Sight sight_output(const Layer *layer, const Pass *pass, const Real *y);
/* Sets alive[channels] where a unit is above 0 for one sample at least. */
void sight_alive(const Layer *layer, const Pass *pass, const Real *y, bool *alive);
/* Whether a gradient of layer i's output is made in the backward pass. */
bool sight_wanted(const Net *net, int layer);
/* Right after the backward pass of a layer: the squared norms of the gradients of the outputs that
 * feed it, into square[layers]. The last of the layers that an output feeds has the whole one. */
void sight_gradients(const Net *net, int layer, int lanes, double *square);

#endif
