/* Bias and variance, measured: for each value of an axis many models are trained, each on a
 * training set of its own, and their error on one part is taken apart (lab/decompose.h). A section
 * of the configuration:
 *
 *     bias_variance:
 *       axis: {model.1.dense: [2, 8, 32]}        one axis, as of a sweep (lab/grid.h)
 *       models: 20                               of each value
 *       resample: bootstrap                      or split (data/resample.h)
 *       rows: 500                                of a training set
 *       noise: none                              or a number, or repeated
 *
 * The expectation is over training sets. Initial weights and order are those of one seed, unless
 * `seed: each`: then it is over both.
 *
 *     RUN/trials/0007/predictions.h5   what a model says of every row (train/predict.h)
 *     RUN/bias_variance.csv            a row for each value of the axis */
#ifndef LAB_BIAS_VARIANCE_H
#define LAB_BIAS_VARIANCE_H

#include "lab/crew.h"

/* STATUS_STOPPED when it was told to stop, and --resume goes on. STATUS_USER before any trial runs
 * for a section or a trial's configuration that is wrong. Collective. */
Err bias_variance_run(const Experiment *asked);

/* The section's keys. */
extern const Field bias_variance_fields[];

#endif
