/* A survey of a data file: what its values are, and what is wrong with them. It is read in blocks,
 * so it may be larger than memory: beside the sums of a sample's features, 8 bytes a row are kept.
 *
 * Values are those that training would see, Reals, so that a float64 beyond float32 is infinite.
 * Sums are of the finite ones, in double, per block of 1024 samples, and folded in block order. */
#ifndef DATA_SURVEY_H
#define DATA_SURVEY_H

#include "base/h5.h"
#include "base/mem.h"
#include "data/dataset.h"

/* Of the finite values; all 0 if there is none. */
typedef struct Spread {
    int64_t count;
    double mean, deviation; /* the deviation divides by the count */
    double least, most;
} Spread;

/* Values with something wrong: how many, and the first one. */
typedef struct Flaw {
    int64_t count, row, place; /* its place in its row */
} Flaw;

/* What is in x, or in y of a regression, whose channels are its targets. */
typedef struct Values {
    Spread all;
    Spread *channel; /* [channels] */
    Flaw nan, infinite;
    int64_t constant; /* features that have one value in all rows; 0 if there is one row */
    int64_t constant_first[8];
} Values;

/* What is in y of a classification. */
typedef struct Labels {
    int least, most;       /* of those that can be labels; most -1: none can */
    int64_t *count;        /* [most + 1] rows of each class */
    Flaw negative, beyond; /* labels below 0; and as large as the number of class names, or larger
                              than any class */
    int64_t negative_label, beyond_label; /* the first ones */
} Labels;

typedef struct SurveyPart {
    H5Info x_info, y_info;
    Values x, y;
    Labels labels;
    int64_t duplicates; /* rows of x that an earlier row of the part has, too */
    int64_t in_train;   /* rows of x that /train has, too; not of /train itself */
} SurveyPart;

typedef struct Survey {
    Arena arena;
    SurveyPart part[PART_COUNT]; /* zeroed where the file has no such part */
} Survey;

/* Surveys a data set that was opened for training and has not been loaded. STATUS_USER: rows that
 * cannot be read, samples too large. survey_free in any case. */
Err survey_make(Survey *survey, Dataset *dataset);
void survey_free(Survey *survey);

#endif
