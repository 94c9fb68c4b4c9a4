/* batch.global: a number of samples, `all` of the training part, or a list of sizes that the run
 * goes through, usually growing ones:
 *
 *     global: [{at: 0 epochs, size: 256}, {at: 30 epochs, size: 1024}]
 *
 * The list becomes the changes of the run's Clock (optim/clock.h). */
#ifndef TRAIN_BATCHES_H
#define TRAIN_BATCHES_H

#include "optim/clock.h"

typedef struct BatchPoint {
    Span at;
    int64_t size; /* 0: all of the training part */
    Node node;    /* absent where batch.global is no list */
} BatchPoint;

typedef struct BatchPoints {
    int count; /* at least 1 */
    BatchPoint *point;
} BatchPoints;

extern const Field batch_point_fields[];

/* Reads the value of batch.global, into the document's memory. STATUS_USER with its place for an
 * empty list, a size that is none, a first point that is not 0. */
Err batches_read(Node value, BatchPoints *points);
/* The clock of a run with these batches and `epoch` training samples; memory from the arena. Of a
 * list, STATUS_USER with its place for points out of order, and for a size that is larger than the
 * training part or smaller than the micro-batch (of which one would not be like another); the
 * clock is then that of the sizes up to the mistake. */
Err batches_clock(const BatchPoints *points, int64_t epoch, int64_t micro, Arena *arena,
                  Clock *clock);
/* Micro-batches of a step of `size` samples. */
int64_t batches_leaves(int64_t size, int64_t micro);
/* "256, from 30 epochs on 1024": the sizes that a run of `length` steps comes to. */
const char *batches_text(const Clock *clock, int64_t length, Arena *arena);

#endif
