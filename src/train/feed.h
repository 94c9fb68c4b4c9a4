/* The feed: the data set in memory once per group of ranks, and one micro-batch at a time gathered
 * out of it into lanes. */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "data/augment.h"
#include "data/dataset.h"
#include "data/sampler.h"
#include "dist/comm.h"
#include "train/config.h"

typedef struct Feed {
    Dataset *data;
    Window window;
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

/* Opens the data file, reads it into the group's memory, each rank its share, and measures the
 * normalisation on the training part. `measure` NULL: for training; else there is no augmentation.
 * STATUS_USER: also samples that the checkpoint's net does not take. Collective. */
Err feed_open(Feed *feed, const Comm *comm, const Config *config, const Measure *measure);
/* Collective over the group. */
void feed_close(Feed *feed);
/* Lanes of a micro-batch of up to `samples` samples; makes room for it. */
int feed_reserve(Feed *feed, int64_t samples);
/* Gathers the samples at positions [lo, hi) of the run, augmented. */
void feed_train(Feed *feed, int64_t lo, int64_t hi);
/* Gathers samples [lo, hi) of a part, as they are. */
void feed_part(Feed *feed, Part part, int64_t lo, int64_t hi);

#endif
