/* The engine: everything that is built once for a run, and the two things it can do, a training
 * step (step.c) and an evaluation (eval.c). Between them nothing is allocated. */
#ifndef TRAIN_ENGINE_H
#define TRAIN_ENGINE_H

#include "dist/reduce.h"
#include "nn/loss.h"
#include "optim/schedule.h"
#include "train/descent.h"
#include "train/diagnose.h"
#include "train/feed.h"
#include "train/integrity.h"
#include "train/stop.h"
#include "train/watch.h"

/* Called with each micro-batch of an evaluation: the net's output for the samples [lo, hi) of the
 * part, with engine->feed as it was. call NULL: nobody wants it. */
typedef struct Hook {
    void (*call)(void *context, const Real *y, int64_t lo, int64_t hi);
    void *context;
} Hook;

/* What a training step consists of, beside the layers' passes. */
typedef enum StepPart {
    STEP_PREPARE, /* before the first micro-batch */
    STEP_GATHER,
    STEP_LOSS,
    STEP_SEND,   /* of what the backward pass has finished, between two layers */
    STEP_MERGE,  /* of this rank's own leaves */
    STEP_AGREE,  /* until all ranks have come */
    STEP_UPDATE, /* the leaves' sum and the update, exchange between groups included */
    STEP_PARTS
} StepPart;

/* Who looks on while steps are made, to time them: told when a layer's pass or another part has
 * finished. */
typedef struct StepMarks {
    void (*layer)(void *context, int layer, bool backward);
    void (*part)(void *context, StepPart part);
    void *context;
} StepMarks;

typedef struct Engine {
    const Comm *comm;
    const Config *config;
    Arena arena;
    Feed feed;
    Net *net;
    Loss loss;
    Descent descent;
    Integrity integrity;
    Diagnosis diagnosis;
    Schedule schedule;
    Clock clock;
    Stop stop;
    State state;
    Reduce *reduce;
    Watch *watch;
    int64_t global;  /* samples of the step under way, or of the last one */
    int64_t leaves;  /* its micro-batches */
    int64_t micro;   /* samples a micro-batch at most, in any step and any evaluation */
    int64_t length;  /* steps of the run */
    double constant; /* loss of the best constant answer (train/constant.h); 0: nobody asked */
    Leaves planned;  /* micro-batches of the steps of every size */
    Real *dy;        /* [outputs][lanes] */
    int32_t *answer; /* [lanes] for a hook's use */
    Hook hook;
    const StepMarks *marks; /* NULL: nobody looks on */
    bool labelled;          /* the data have targets that are wanted */
} Engine;

/* Builds it from the configuration, with initial weights. `measure` NULL: for training; else to
 * measure a checkpoint, without steps and schedule. Collective. */
Err engine_open(Engine *engine, const Comm *comm, const Config *config, const Measure *measure);
/* Collective. */
void engine_close(Engine *engine);

/* Sums over a batch or a part, divided. */
typedef struct Result {
    double loss, accuracy;       /* accuracy NAN for regression */
    double figure[FIGURE_COUNT]; /* NAN: the loss has none */
    int64_t samples;
    double gradient; /* norm of the mean gradient, of a step that was asked for it */
    bool skipped;    /* a step that was made without an update (train/diverge.h) */
} Result;

/* One training step at the given rate; engine->state is the next one afterwards. With `measure`,
 * the gradient's norm goes into the result and its noise into the state's control. `mine` is this
 * rank's word; *all is the word of all. Where it says WORD_FAILED the state is as before and the
 * Err, the same on all ranks, says why. So it is with STATUS_DIVERGED, of a loss, gradient or
 * parameter that is not finite: the Err says where it began, *result has the loss. Collective. */
Err step_run(Engine *engine, double rate, bool measure, Word mine, Word *all, Result *result);
/* Measures a part with the present values; without targets, samples alone are counted and the loss
 * is 0. Flags as in step_run. Collective. */
Err eval_run(Engine *engine, Part part, Word mine, Word *all, Result *result);

/* What a group of ranks, a rank, and rank 0 besides hold in memory, in bytes. */
typedef struct EngineMemory {
    double data, state, leaves; /* of the group: samples, parameters and slots, gradients */
    double own;                 /* of the rank: activations */
    double checkpoint;          /* of rank 0 */
} EngineMemory;
EngineMemory engine_bytes(const Engine *engine);
/* The same in words, for log_wrapped. */
const char *engine_memory(const Engine *engine, Arena *arena);

/* Sets global and leaves for the step that begins at the state's samples. */
void engine_size_step(Engine *engine);
/* What both share. The gathered micro-batch as the net wants it; the sums as a Result. */
Pass engine_pass(const Engine *engine, bool training);
Targets engine_targets(const Engine *engine);
Result engine_result(const Engine *engine, const double *scalars);

#endif
