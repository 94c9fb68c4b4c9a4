/* Predictions: what a net says of every sample of a part, as a file.
 *
 *     HDF5   /row (N)     the sample's row in the data file
 *            /class (N)   the answer, for classes
 *            /probabilities (N, K)   or, for regression, /values (N, K)
 *     CSV    row,class,p0,p1,...     or row,y0,y1,...
 *
 * Written whole or not at all, and with the same bytes on any number of ranks. */
#ifndef TRAIN_PREDICT_H
#define TRAIN_PREDICT_H

#include "train/engine.h"

/* Whether `path` ends in a suffix that we write: .h5, .hdf5 or .csv. STATUS_USER. */
Err predict_check_path(const char *path);
/* Evaluates the part and writes the file; *result is the evaluation's. Collective. */
Err predict_run(Engine *engine, Part part, const char *path, Result *result);

#endif
