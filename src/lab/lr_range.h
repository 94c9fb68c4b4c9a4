/* Learning-rate range test (Smith 2017, arXiv 1506.01186; smoothing and end as in fastai's
 * lr_find): one step at each rate of an exponential grid, until the loss is four times its best.
 * The loss is that of the global batch, so all ranks see one curve, and it is the same on any
 * number of them.
 *
 * Three suggestions: where the smoothed loss falls most steeply over the *logarithm* of the rate
 * (over the rate itself the answer is too low), a tenth of the rate where it is least, and the rate
 * from which on it diverges, which is too high. */
#ifndef LAB_LR_RANGE_H
#define LAB_LR_RANGE_H

#include "dist/comm.h"
#include "train/engine.h"

typedef struct LrRange {
    double from, to; /* rates of the first and the last step */
    int64_t steps;   /* 2 or more */
} LrRange;

typedef struct LrCurve {
    int64_t batch;
    int64_t count;  /* steps made */
    double *rate;   /* [count] */
    double *loss;   /* [count] of the global batch */
    double *smooth; /* [count] bias-corrected moving average that keeps 0.98 */
    double *slope;  /* [count] of it over ln rate */
    double factor;  /* rate = optimizer.lr x factor, by schedule.scaling at this batch */
    /* The suggestions, NAN where there is none. */
    double steepest, tenth, diverged;
} LrCurve;

/* The rate of step `i`. */
double lr_range_rate(const LrRange *range, int64_t i);
/* Takes the next step's loss into the curve; false: it has diverged, and was the last one. */
bool lr_curve_add(LrCurve *curve, double rate, double loss);
/* Slopes and suggestions of a curve that is complete. */
void lr_curve_conclude(LrCurve *curve);

/* Trains an engine from the state it is in, at its own batch; arrays in the arena. Collective. */
Err lr_range_sweep(Engine *engine, const LrRange *range, Arena *arena, LrCurve *curve);
/* Trains from the initial weights; arrays in the arena. The configuration's batch, its schedule's
 * scaling alone. Collective. */
Err lr_range_run(const Comm *comm, const Config *config, const LrRange *range, Arena *arena,
                 LrCurve *curve);

#endif
