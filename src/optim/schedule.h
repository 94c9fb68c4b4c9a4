/* The learning rate: a pure function of samples, so that it survives a change of batch and of rank
 * count.
 *
 *     rate = ramp(samples after the step) x decay(samples before the step)
 *
 * Peak rate = optimizer.lr x factor, factor = global / reference batch (linear scaling; Goyal et
 * al. 2017, section 2.1), its square root, or 1. The ramp rises linearly from 0 to 1 over the
 * warmup, evaluated after the step so that no step has rate zero; the decay begins where the
 * warmup ends. */
#ifndef OPTIM_SCHEDULE_H
#define OPTIM_SCHEDULE_H

#include "base/conf.h"

extern const Field schedule_fields[];

typedef enum Scaling { SCALING_NONE, SCALING_LINEAR, SCALING_SQRT } Scaling;
extern const char *const scaling_words[];

/* How long a Span is for this run. */
typedef struct Clock {
    int64_t epoch; /* samples of an epoch: the training part */
    int64_t batch; /* samples of a step */
} Clock;
/* In samples, to the nearest whole one; 0 where the span was not given. */
int64_t clock_samples(const Clock *clock, Span span);

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
    int64_t reference, global;
    double factor;  /* by scaling */
    int64_t warmup; /* samples */
    int64_t length; /* samples of the run */
    const DecayType *decay;
    void *self; /* the decay's settings */
};

/* Reads `schedule:`; an absent section means no scaling, no warmup, a constant rate. The span
 * `length` of the run is in samples. Memory from the document. */
Err schedule_build(Schedule *schedule, Node section, double base, int64_t global,
                   const Clock *clock, int64_t length);
/* The rate of the step from `before` to `after` samples. */
double schedule_rate(const Schedule *schedule, int64_t before, int64_t after);
/* "lr 0.1 at batch 256, linear scaling to 1024: x 4 = 0.4, warmup 5000 samples, cosine decay" */
const char *schedule_text(const Schedule *schedule, Arena *arena);

#endif
