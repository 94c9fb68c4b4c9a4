/* metrics.csv: one row per logged step and per evaluation, keyed by step; nothing in it depends on
 * the clock, rank, host or path. A resumed run cuts the rows after its checkpoint and goes on, so
 * the file has the same bytes as an undisturbed one. What does depend on them is in timing.csv.
 * Rank 0 alone. */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "train/engine.h"
#include "train/pace.h"
#include "train/rows.h"

typedef struct Metrics {
    FILE *rows, *timing;
    FILE *layers;             /* layers.csv: of tensors and layers; NULL: not wanted */
    Rows *kept, *kept_layers; /* what is behind `rows` and `layers` */
} Metrics;

/* Opens the run's files, with `layers` layers.csv, too; keeps step rows up to `step` and
 * evaluation rows up to `evaluated`. */
Err metrics_open(Metrics *metrics, const char *run, int64_t step, int64_t evaluated, bool layers);
void metrics_close(Metrics *metrics);
/* Rows are buffered and kept until the disk has them, so none is lost to a failure. Rate and batch
 * are those of the step alone, so an evaluation's row has none. */
void metrics_step(Metrics *metrics, const Engine *engine, double rate, const Result *result);
/* Rows of layers.csv: of each tensor and, in a step that was diagnosed, of each layer. */
void metrics_layers(Metrics *metrics, const Engine *engine);
/* result NULL: nothing was measured (no validation part), the digest alone. */
void metrics_evaluation(Metrics *metrics, const Engine *engine, Part part, const Result *result,
                        uint64_t digest);
/* What was made since the row before. */
void metrics_timing(Metrics *metrics, int64_t step, const Pace *pace);
/* All rows so far to the system; then what the system has of them to the disk, which another thread
 * may do while this one makes new rows. STATUS_FAILED with the reason; the rows are kept then, and
 * written again by the next flush. */
Err metrics_flush(Metrics *metrics);
Err metrics_sync(const Metrics *metrics);

#endif
