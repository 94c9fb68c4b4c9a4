/* Checkpoints: one HDF5 file whatever the number of ranks, composed by rank 0 out of its group's
 * memory and written by its writer (train/writer.h), whole or not at all (base/file). Layout:
 * design, "Files".
 *
 *     /            format, step, samples, evaluated, digest, config, fingerprint,
 *                  input_channels, input_height, input_width: of the samples that the net takes
 *     /model/<layer>/<tensor>               parameters
 *     /statistics/<layer>/<tensor>          running statistics
 *     /optimizer/<slot>/<layer>/<tensor>    optimizer state
 *     /control                              attributes: what the coordinator remembers
 *     /normalization                        mode, shift, scale
 *
 * No sampler, generator or rank state exists; what is absent is the point. A seal (base/seal.h)
 * ends the file, so damage anywhere is known before the file is used. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "base/h5.h"
#include "data/dataset.h"
#include "train/state.h"

/* A checkpoint file that is open for reading. */
typedef struct Checkpoint {
    H5 *file;
    Arena arena;
    const char *path;
    int64_t step, samples;
    const char *digest, *config, *fingerprint;
    Control control;
    Normal normal;
    Shape input; /* 0 in files that were written before this was kept */
} Checkpoint;

/* The state as a checkpoint's bytes, in the buffer's memory, but for the seal: an image that the
 * state may change behind. STATUS_DIVERGED naming a tensor that is not finite. Not collective: rank
 * 0 alone. */
Err checkpoint_compose(State *state, const Normal *normal, const char *config,
                       const char *fingerprint, Buffer *image);
/* About how many bytes the image and its seal will have; and room that is enough for them. */
size_t checkpoint_bytes(const State *state, const char *config);
size_t checkpoint_room(const State *state, const char *config);
/* Opens a file and reads everything but the tensors. STATUS_USER: damaged, no checkpoint, or
 * another format. */
Err checkpoint_open(Checkpoint *checkpoint, const char *path);
void checkpoint_close(Checkpoint *checkpoint);
/* Parameters and statistics, and with `slots` the optimizer's state, into this group's memory.
 * STATUS_USER naming the tensor that is missing or has another shape. */
Err checkpoint_restore(Checkpoint *checkpoint, State *state, bool slots);

/* "DIRECTORY/checkpoints/step-00001200.h5" */
const char *checkpoint_path(const char *run, int64_t step, Arena *arena);
/* The newest intact checkpoint of a run directory, or NULL where there is none; damaged ones are
 * named in warnings. */
Err checkpoint_newest(const char *run, Arena *arena, const char **path);
/* Removes all but the newest `keep` and that of step `anchor` (-1: none), and what a killed save
 * left behind. */
void checkpoint_prune(const char *run, int64_t keep, int64_t anchor);
/* Removes those of later steps: the run has gone back. */
void checkpoint_drop_after(const char *run, int64_t step);

#endif
