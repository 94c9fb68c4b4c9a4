/* How long a step takes on more ranks than there are, from what was measured on those that are.
 *
 *     step    = compute + fold + update + max(0, network - overlap)
 *     compute = ceil(M / P) leaf                            the rank with most micro-batches
 *     fold    = n gamma                                     each rank's part of all leaves
 *     update  = n / R update                                a slice of the shared weights
 *     network = 2 lg H alpha + (H - 1) / H (2 beta + gamma) n      between H hosts
 *     overlap = the backward pass of a rank's last micro-batch
 *
 * M micro-batches, P ranks, R of them a host, n bytes of gradient. The network's formula is
 * Rabenseifner's: Thakur et al. 2005, "Optimization of collective communication operations in
 * MPICH", section 4.5, for 2^k. */
#ifndef LAB_PREDICT_H
#define LAB_PREDICT_H

#include "lab/fit.h"

#include <stdint.h>

typedef struct Machine {
    double leaf;     /* seconds of a micro-batch */
    double backward; /* of which its backward pass can hide messages */
    double update;   /* seconds a byte of gradient: the optimizer alone */
    double gamma;    /* seconds a byte: one leaf added to another */
    double alpha;    /* seconds a message between hosts */
    double beta;     /* seconds a byte between hosts */
    int ranks;       /* of a host */
} Machine;

typedef struct Prediction {
    int64_t hosts;
    double compute, memory, network; /* seconds: memory is fold and update, network what no */
                                     /* computing hides */
    double step;
} Prediction;

Prediction predict_step(const Machine *machine, int64_t ranks, int64_t leaves, double bytes);

/* alpha and beta from exchanges between `hosts` hosts: `seconds` for so many bytes each; gamma is
 * known. Relative errors count alike; neither is below 0. */
void predict_fit_network(Machine *machine, int64_t hosts, const double *bytes,
                         const double *seconds, int count);

/* The share of a sample's worth that is left at this batch: 1 / (1 + batch / critical), which is
 * Emin / E of the tradeoff in lab/fit.h. */
double predict_statistical(double batch, double critical);

#endif
