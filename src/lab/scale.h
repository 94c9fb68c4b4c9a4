/* Scaling: the same training steps on several numbers of ranks, in turns.
 *
 *     strong    the configuration's batch, shared by more ranks: the digest must not change
 *     weak      as many micro-batches a rank as one rank has of the configuration's batch
 *
 * Real steps from the initial weights, at the configuration's rates, without evaluation and saving.
 * Ranks that have nothing to do meanwhile sleep. */
#ifndef LAB_SCALE_H
#define LAB_SCALE_H

#include "lab/predict.h"
#include "train/config.h"
#include "train/pace.h"

typedef struct Scale {
    const Comm *world;
    ConfigSource config;
    int64_t steps; /* of each measurement; the first ones do not count */
} Scale;

/* One number of ranks; figures are of the steady steps of one measurement. */
typedef struct ScalePoint {
    int ranks, groups;
    int64_t batch, leaves;
    double step;               /* seconds, median */
    double share[SHARE_COUNT]; /* seconds a step, mean of ranks */
    double bytes;              /* of the gradient */
    double noise;              /* gradient noise scale in samples; NAN: not measurable */
    uint64_t digest;           /* after all steps */
} ScalePoint;

/* Trains on the first `ranks` ranks, a batch of `times` the configuration's. On return all ranks
 * know the point. Collective over the world. */
Err scale_measure(const Scale *scale, int ranks, int64_t times, ScalePoint *point);

/* What a prediction needs of the machine beside the steps: gamma, ranks, and alpha and beta from
 * exchanges of 64 KB to 64 MB, made for so many seconds in all: between *hosts, or, where there is
 * one host alone, by messages inside it. Collective over the world. */
Err scale_measure_machine(const Scale *scale, double seconds, Machine *machine, bool *hosts);
/* And of the steps: on one rank, and on the most ranks that one host has. */
void scale_fill_machine(const ScalePoint *one, const ScalePoint *full, Machine *machine);

#endif
