/* The sampler: which row of the training part is the sample at a position of the run. A pure
 * function of (seed, split_seed, position): no state, no partial last batch.
 *
 *     position g      epoch e = g / n, place i = g mod n
 *     row             kept[ order_e[i] ]                    split, order_e: keyed bijections
 *
 * The rows held out for validation are split[first .. first + held_out), kept are the others:
 *
 *     split  [ kept 0 .. first | held out | kept first .. n ]
 *
 * An epoch may be of a training set drawn from the kept rows instead (data/resample.h).
 * Where data.window does not cover the whole of /train, order and split are those of a Stream. */
#ifndef DATA_SAMPLER_H
#define DATA_SAMPLER_H

#include "data/dataset.h"
#include "data/resample.h"
#include "data/stream.h"

typedef struct Sampler {
    int64_t first;    /* of the held-out samples' places in the split */
    int64_t held_out; /* validation samples taken from the training part */
    int64_t n;        /* samples of an epoch */
    Resample resample;
    uint64_t seed;
    Permute split;
    Permute order; /* of the epoch asked for last: a cache, not a state */
    int64_t epoch;
    bool windowed; /* of what stands above, only held_out and n hold; the rest is in the stream */
    Stream stream;
} Sampler;

Sampler sampler_build(int64_t rows, int64_t held_out, uint64_t seed, uint64_t split_seed);
Sampler sampler_windowed(const Stream *stream);
int64_t sampler_row(Sampler *sampler, int64_t position);
/* The rows of one of `of` folds are held out: part `fold` of the split, cut evenly. Each row is in
 * one fold. */
Sampler sampler_fold(int64_t rows, int64_t fold, int64_t of, uint64_t seed, uint64_t split_seed);
/* From now on an epoch is of this training set, drawn from the kept rows; not of a Stream. Errors
 * as of resample_settle. */
Err sampler_resample(Sampler *sampler, const Resample *resample, Node node);
/* Row of the i-th held-out sample, and of the i-th sample that is not. */
int64_t sampler_held_out(const Sampler *sampler, int64_t i);
int64_t sampler_kept(const Sampler *sampler, int64_t i);
/* A part taken in order, as it is measured: the part of the file that holds it, and the row of its
 * i-th sample there. A zeroed sampler holds nothing out and keeps the file's order. */
Part sampler_part(const Sampler *sampler, Part part);
int64_t sampler_part_row(const Sampler *sampler, Part part, int64_t i);

#endif
