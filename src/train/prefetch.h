/* The prefetch: the window of training samples that the run is in and the next one, in memory that
 * a group shares, read ahead of time by a thread of each rank.
 *
 *     buffer 0   | window v     |  v + 2 | ...
 *     buffer 1       | v + 1    |  v + 3 | ...
 *
 * A window is the chunks that its Stream says; each is read once per group, by the member that
 * `cut` names. Window v + 1 is read while v is trained on. Its buffer is free as soon as a step
 * begins in v: whoever begins that step has been through the exchange of the one before it, hence
 * everybody in the group has gathered its last sample out of v - 1. So no rank ever asks another
 * one; it waits only for a window that has not been read in time.
 *
 * What goes wrong in a thread is kept with the words for it where the group sees it: the rank whose
 * thread it is fails its next step, whoever waits for the window fails with the same words. */
#ifndef TRAIN_PREFETCH_H
#define TRAIN_PREFETCH_H

#include "data/dataset.h"
#include "data/stream.h"
#include "dist/comm.h"

typedef struct Prefetch Prefetch;

/* Bytes of the two buffers. */
int64_t prefetch_bytes(const Dataset *dataset, const Stream *stream);
/* Nothing is read before the first step. Collective. */
Err prefetch_open(Prefetch **prefetch, const Comm *comm, const Dataset *dataset,
                  const Stream *stream);
/* Waits until the thread has ended, with the chunk that it is reading. Collective over the group.
 */
void prefetch_close(Prefetch *prefetch);
/* The next step begins at this position of a run of `end` samples and spans at most two windows.
 * The Err of this rank's thread, if it has failed. */
Err prefetch_step(Prefetch *prefetch, int64_t position, int64_t end);
/* Until all of this window, one that the present step spans, is there. The Err of the thread that
 * failed to read it. */
Err prefetch_await(Prefetch *prefetch, int64_t window);
/* Rows of x, and which of them holds a sample. */
const void *prefetch_rows(const Prefetch *prefetch);
int64_t prefetch_row(const Prefetch *prefetch, StreamPlace place);

#endif
