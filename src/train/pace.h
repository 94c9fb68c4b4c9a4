/* Pace: how fast a run goes and where its time goes: shares of the ranks' time, the mean of all of
 * them, and the rate of steps as a share of what the machine can do at most. */
#ifndef TRAIN_PACE_H
#define TRAIN_PACE_H

#include "dist/comm.h"
#include "train/watch.h"

typedef struct Pace {
    double share[SHARE_COUNT]; /* seconds of the ranks' time, their mean */
    double seconds, samples;   /* in steps, by this process */
} Pace;

/* So far, of all ranks. Collective. */
Pace pace_now(const Comm *comm, Watch *watch, double seconds, double samples);
/* From `before` to `now`. */
Pace pace_since(const Pace *now, const Pace *before);
/* Samples a second, in steps; 0: there was none. */
double pace_rate(const Pace *pace);
/* The shares in per cent, which add up to 100, and the rate, in a line below the table's row of the
 * same step; or, where `epoch` is no NAN, in a line of its own. */
void pace_log(const Pace *pace, double epoch);

/* Of a rank, in GF/s; NAN: not measured. */
typedef struct Speed {
    double gflops; /* in steps */
    double limit;  /* the matrix product's */
} Speed;

/* Of `flops` in steps on all ranks together, in seconds of rank 0, against products on all ranks at
 * once, made now for 0.2 s. Not measured where steps took less than a second. Collective. */
Speed speed_measure(const Comm *comm, double flops, double seconds);
/* NAN: not measured. */
double speed_share(const Speed *speed);
/* "speed: 210 GF/s a rank in steps, 0.83 of sgemm's 253 (OpenBLAS, SkylakeX kernels)", and which
 * kernels would suit this CPU better. Nothing where it was not measured. */
void speed_log(const Speed *speed);

#endif
