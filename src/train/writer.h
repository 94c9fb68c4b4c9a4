/* The writer: puts a run's checkpoints on disk, on a thread of rank 0's, while the run goes on.
 *
 *     ranks    | step | compose | step | step | ...       | step | wait, compose | step | ...
 *     thread                    | seal, write, read back, sync, rename, prune |
 *
 * The snapshot that it works from is the file's own image (checkpoint_compose), in memory that is
 * there before step 1: the ranks wait for one copy of the state, and no second one is ever held.
 * There is one save in flight; the next one waits for it.
 *
 * The promises are those of a save on the spot: the rows of metrics.csv are on disk before the
 * checkpoint that follows them has its name, older checkpoints go after that, and what goes wrong
 * is told, only later: by writer_failed at the next step, by the next save, or by writer_join. A
 * run that is killed meanwhile has the checkpoints before, and a .tmp that nobody reads.
 *
 * With `warns` a save that fails is a warning, and the next one tries again; the run must end with
 * writer_finish. A best state whose save fails stays in memory, and no later checkpoint is written
 * before best.h5 is. */
#ifndef TRAIN_WRITER_H
#define TRAIN_WRITER_H

#include "base/term.h"
#include "train/checkpoint.h"
#include "train/metrics.h"

/* What is saved of which run; all of it stays the caller's. */
typedef struct Saving {
    State *state;
    const Normal *normal;
    const char *config, *fingerprint;
    Metrics *metrics;
    const char *run; /* directory */
    int64_t keep;    /* checkpoints */
    bool warns;      /* a save that fails does not end the run */
    bool returns;    /* the run may go back to control.setback.anchor: that one stays, too */
    Term *term;      /* cleared for a warning; NULL: there is none */
} Saving;

typedef enum SaveAs {
    SAVE_BEST = 1, /* checkpoints/best.h5 */
    SAVE_STEP = 2  /* checkpoints/step-00001200.h5; the oldest go */
} SaveAs;

typedef struct Writer Writer;

/* Takes its memory and starts its thread; where there can be none, a warning says that saves make
 * the run wait. Rank 0 alone, as all that follows. */
Writer *writer_open(const Saving *saving);
/* Waits for the save in flight. Its Err, which nobody has asked for, is a warning. */
void writer_close(Writer *writer);
/* Begins to save the present state under one name or both: the state may change when this returns.
 * The Err of the save before, of the image, or of a disk that has no room for it. */
Err writer_save(Writer *writer, unsigned as);
/* The same to its end: the state is on disk, or there is an Err, also with `warns`. */
Err writer_finish(Writer *writer, unsigned as);
/* Waits until what was begun is on disk. Its Err, once; with `warns` it is a warning. */
Err writer_join(Writer *writer);
/* Whether the save in flight has failed already, for writer_join to say why. With `warns` this has
 * said it. NULL: no. */
bool writer_failed(Writer *writer);
/* Whether there is one. */
bool writer_busy(Writer *writer);

#endif
