/* The feed: the data set in memory once per group of ranks, or as much of it as data.window says,
 * and one micro-batch at a time gathered out of it into lanes. */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "data/augment.h"
#include "data/dataset.h"
#include "data/reader.h"
#include "data/sampler.h"
#include "dist/comm.h"
#include "train/config.h"
#include "train/prefetch.h"
#include "train/store.h"
#include "train/watch.h"

typedef struct Feed {
    Dataset *data;
    Watch *watch;
    Store store;
    Window window;      /* what lies in memory for good */
    Prefetch *prefetch; /* of a training part left on disk; NULL: none */
    Reader reader;      /* of parts left on disk */
    Normal normal;
    Sampler sampler;
    Augment augment;           /* in training */
    int64_t count[PART_COUNT]; /* samples after the validation split */
    bool own_validation;       /* the file has /validation; else it is cut from /train */

    /* The micro-batch gathered last; arrays of `room` lanes. */
    int room, lanes;
    Real *x;           /* [pixel][channel][lane] */
    int32_t *label;    /* [lane] */
    Real *value;       /* [target][lane] */
    Real *weight;      /* [lane] 0: padding */
    Real *mask;        /* [lane] 0: padding */
    int64_t *position; /* [lane] in the run, or in the part evaluated */
    int64_t *row;      /* [lane] in the file, -1: padding */
    int64_t *place;    /* [lane] the row in memory, where x was left on disk */
    View *view;        /* [lane] in training */
} Feed;

/* Data that a checkpoint is measured on, instead of being trained on. */
typedef struct Measure {
    const Normal *normal;        /* the checkpoint's */
    int channels, height, width; /* of the samples that its net takes; 0: an older file, unknown */
    const char *file;            /* NULL: data.file with its validation split; else this file's own
                                    part, of which nothing is split off */
    Part part;                   /* the one that is wanted */
    bool labelled;               /* whether targets are */
} Measure;

/* Opens the data file, reads it into the group's memory, each rank its share, or prepares to stream
 * it, and measures the normalisation on the training part. `measure` NULL: for training; else there
 * is no augmentation. `watch` is told of progress. STATUS_USER: also samples that the checkpoint's
 * net does not take. Collective. */
Err feed_open(Feed *feed, const Comm *comm, const Config *config, const Measure *measure,
              Watch *watch);
/* Collective over the group. */
void feed_close(Feed *feed);
/* Whether steps of so many samples span at most two windows. STATUS_USER where they may not. */
Err feed_check_batch(const Feed *feed, const Config *config, int64_t global);
/* Bytes in the group's memory; says how training samples are shuffled and read, if through windows.
 */
int64_t feed_bytes(const Feed *feed);
void feed_announce(const Feed *feed);
/* Lanes of a micro-batch of up to `samples` samples; makes room for it. */
int feed_reserve(Feed *feed, int64_t samples);
/* The next step begins at this position of a run of `end` samples. Every rank says so, whether it
 * has samples of that step or not. Errors are those of reading ahead. */
Err feed_step(Feed *feed, int64_t position, int64_t end);
/* The next step may begin before the last one. Errors as of feed_open. Collective. */
Err feed_rewind(Feed *feed, const Comm *comm, const Config *config);
/* Gathers the samples at positions [lo, hi) of the run, augmented. Errors as of feed_step. */
Err feed_train(Feed *feed, int64_t lo, int64_t hi);
/* Gathers samples [lo, hi) of a part, as they are; this rank goes on in order up to `end`. Errors
 * are those of reading. */
Err feed_part(Feed *feed, Part part, int64_t lo, int64_t hi, int64_t end);

#endif
