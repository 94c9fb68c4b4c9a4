/* The learning rate: a pure function of samples (and, for a plateau, of the evaluations so far), so
 * that it survives a change of batch and of rank count.
 *
 *     rate = start + ramp(samples after the step) x (decay(samples before the step) - start)
 *
 * Peak rate = optimizer.lr x factor, factor = global / reference batch (linear scaling; Goyal et
 * al. 2017, section 2.1), its square root, or 1. The ramp rises linearly from 0 to 1 over the
 * warmup, evaluated after the step so that no step has rate zero. It starts from zero, or from
 * optimizer.lr (the gradual warmup of Goyal et al., section 2.2).
 *
 * The smooth decays (cosine, linear, polynomial, exponential) begin where the warmup ends, so that
 * the peak is reached. The stairs (step, multi_step) count from the start of the run, as those of
 * Goyal et al. do: "30 epochs" is epoch 30, however long the warmup. A stair within the warmup
 * lowers what the ramp rises to. A plateau looks at no evaluation within the warmup.
 *
 * Where the batch grows, `global` is its first size for the whole run: a batch that grows takes the
 * place of a rate that decays (Smith et al. 2017, arXiv 1711.00489), so the rate must not follow
 * it. */
#ifndef OPTIM_SCHEDULE_H
#define OPTIM_SCHEDULE_H

#include "optim/clock.h"
#include "optim/trend.h"

extern const Field schedule_fields[], warmup_fields[];

typedef enum Scaling { SCALING_NONE, SCALING_LINEAR, SCALING_SQRT } Scaling;
extern const char *const scaling_words[];

/* What a decay remembers of the evaluations so far. Part of a checkpoint. Zeroed: nothing. */
typedef struct Plateau {
    Trend trend;
    int64_t cooldown; /* evaluations that are still let pass */
    int64_t drops;    /* how often the rate was lowered */
} Plateau;

typedef struct Schedule Schedule;

/* A decay: one row in schedule.c's table. */
typedef struct DecayType {
    const char *name;
    const char *help;
    const char *main_key;
    const Field *fields;
    size_t self_size;
    /* Turns spans into samples and refuses what the fields cannot say; may be NULL. Finds
     * schedule->self, settings, warmup and length filled in. */
    Err (*setup)(Schedule *schedule, const Clock *clock);
    /* The rate for a peak rate at so many samples of the run. */
    double (*rate)(const Schedule *schedule, const Plateau *plateau, double peak, int64_t samples);
    /* Takes in the figure of an evaluation; NULL: it looks at the samples alone. */
    void (*note)(const Schedule *schedule, Plateau *plateau, double figure);
} DecayType;

extern const DecayType *const decay_types[];

struct Schedule {
    double base; /* optimizer.lr */
    Scaling scaling;
    int64_t reference, global; /* global: of the first step */
    bool grows;                /* the batch changes later */
    double factor;             /* by scaling */
    int64_t warmup;            /* samples */
    bool from_base;            /* the ramp starts from `base`, not from zero */
    int64_t length;            /* samples of the run */
    const DecayType *decay;
    void *self;        /* the decay's settings */
    Node settings;     /* as they were written */
    Metric watched;    /* by a decay with note() */
    const char *doubt; /* what the user should be warned of, or NULL */
};

/* Reads `schedule:`; an absent section means no scaling, no warmup, a constant rate. `global` is
 * the first step's batch, `length` the run's in samples. Memory from the document. */
Err schedule_build(Schedule *schedule, Node section, double base, int64_t global,
                   const Clock *clock, int64_t length);
/* The rate of the step from `before` to `after` samples. */
double schedule_rate(const Schedule *schedule, const Plateau *plateau, int64_t before,
                     int64_t after);
/* Takes in an evaluation after `samples`; the figures are indexed by Metric. */
void schedule_note(const Schedule *schedule, Plateau *plateau, int64_t samples,
                   const double *figures);
/* "lr 0.1 at batch 256, linear scaling to batch 1024: x 4 = 0.4, warmup 5000 samples, cosine
 * decay"; "to the first batch, 1024" where the batch changes. */
const char *schedule_text(const Schedule *schedule, Arena *arena);

/* For decays. Samples since the warmup; the share of the run behind it that is over, 0 to 1. */
int64_t schedule_since(const Schedule *schedule, int64_t samples);
double schedule_progress(const Schedule *schedule, int64_t samples);
/* The setting `key`, a span, in samples. STATUS_USER if that is less than one. */
Err schedule_span(const Schedule *schedule, const Clock *clock, const char *key, Span span,
                  int64_t *samples);

#endif
