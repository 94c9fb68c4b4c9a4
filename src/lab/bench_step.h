/* The step of a configuration, taken apart: how long each layer's passes take, and all that is not
 * a layer's. */
#ifndef LAB_BENCH_STEP_H
#define LAB_BENCH_STEP_H

#include "base/mem.h"
#include "train/engine.h"

/* A layer, or another part of the step, on this rank. */
typedef struct BenchPart {
    const char *name;
    bool layer;
    double forward, backward;             /* seconds of one step; of what is no layer: forward */
    double forward_flops, backward_flops; /* of products, in the same time; else 0 */
} BenchPart;

typedef struct BenchStep {
    Arena arena;
    BenchPart *parts; /* [count] layers first; the last one is what is left of the whole */
    int count;
    int steps;           /* measured */
    double seconds;      /* of a whole step: the sum of the parts */
    double samples;      /* of a whole step, on all ranks */
    double sgemm;        /* GF/s of sgemm here, all ranks at once */
    int64_t leaves, own; /* micro-batches of a step, and those of this rank */
} BenchStep;

/* Builds the engine and makes steps with the learning rate 0, so that nothing can diverge: some to
 * warm up, then at least twenty, for at least so many seconds. config->length must not end before.
 * bench_step_free in any case. Collective. */
Err bench_step(const Comm *comm, const Config *config, double seconds, BenchStep *result);
void bench_step_free(BenchStep *result);

#endif
