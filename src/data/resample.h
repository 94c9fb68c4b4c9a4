/* Resampling: one of many training sets made of the rows that are not held out. What it holds is a
 * pure function of (split_seed, number), on any number of ranks.
 *
 *     bootstrap    rows draws with replacement; sets of different numbers are independent draws
 *     split        part `number` of `of` disjoint parts, as if each had been collected anew
 *
 * Bootstrap: Efron 1979. Places are counted among the kept rows, which the sampler has in a random
 * order already, so that a part of a split is a range. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H

#include "base/conf.h"

typedef enum ResampleKind { RESAMPLE_NONE, RESAMPLE_BOOTSTRAP, RESAMPLE_SPLIT } ResampleKind;

typedef struct Resample {
    int kind;       /* ResampleKind */
    int64_t rows;   /* of the training set; 0: all, or of a split an even part */
    int64_t of;     /* parts of a split */
    int64_t number; /* which training set, from 0 */
    uint64_t seed;  /* split_seed */
    int64_t kept;   /* rows that there are to choose from */
} Resample;

/* The section `data.resample`, for `lockstep train -h`. */
extern const Field resample_fields[];

/* Reads the section; absent: kind RESAMPLE_NONE. STATUS_USER: a number beyond `of`, a bootstrap in
 * parts. */
Err resample_read(Resample *resample, Node node, uint64_t seed);
/* Once it is known how many rows are kept: sets `kept` and a `rows` of 0. STATUS_USER, at the
 * section `node`: parts that take more rows than there are. */
Err resample_settle(Resample *resample, Node node, int64_t kept);
/* The place among the kept rows of the training set's i-th sample. */
int64_t resample_place(const Resample *resample, int64_t i);

#endif
