/* The learning rate: a pure function of samples, so that it survives a change of batch and of rank
 * count.
 *
 *     rate = ramp(samples after the step) x decay(samples before the step)
 *
 * Peak rate = optimizer.lr x factor, factor = global / reference batch (linear scaling; Goyal et
 * al. 2017, section 2.1), its square root, or 1. The ramp rises linearly from 0 to 1 over the
 * warmup, evaluated after the step so that no step has rate zero; the decay begins where the
 * warmup ends. Where the batch grows, `global` is its first size for the whole run: a batch that
 * grows takes the place of a rate that decays (Smith et al. 2017, arXiv 1711.00489), so the rate
 * must not follow it. */
#ifndef OPTIM_SCHEDULE_H
#define OPTIM_SCHEDULE_H

#include "optim/clock.h"

extern const Field schedule_fields[];

typedef enum Scaling { SCALING_NONE, SCALING_LINEAR, SCALING_SQRT } Scaling;
extern const char *const scaling_words[];

typedef struct Schedule Schedule;

/* A decay: one row in schedule.c's table. */
typedef struct DecayType {
    const char *name;
    const char *help;
    const char *main_key;
    const Field *fields;
    size_t self_size;
    /* The rate for a peak rate at `progress` = (samples - warmup) / (length - warmup), 0 to 1. */
    double (*rate)(const void *self, double peak, double progress);
} DecayType;

extern const DecayType *const decay_types[];

struct Schedule {
    double base; /* optimizer.lr */
    Scaling scaling;
    int64_t reference, global; /* global: of the first step */
    bool grows;                /* the batch changes later */
    double factor;             /* by scaling */
    int64_t warmup;            /* samples */
    int64_t length;            /* samples of the run */
    const DecayType *decay;
    void *self; /* the decay's settings */
};

/* Reads `schedule:`; an absent section means no scaling, no warmup, a constant rate. `global` is
 * the first step's batch, `length` the run's in samples. Memory from the document. */
Err schedule_build(Schedule *schedule, Node section, double base, int64_t global,
                   const Clock *clock, int64_t length);
/* The rate of the step from `before` to `after` samples. */
double schedule_rate(const Schedule *schedule, int64_t before, int64_t after);
/* "lr 0.1 at batch 256, linear scaling to batch 1024: x 4 = 0.4, warmup 5000 samples, cosine
 * decay"; "to the first batch, 1024" where the batch changes. */
const char *schedule_text(const Schedule *schedule, Arena *arena);

#endif
