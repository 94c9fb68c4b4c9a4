/* What is inside a Dataset, for the files that make one: dataset.c opens and checks, load.c reads
 * samples, normal.c measures them, gather.c turns them into lanes, survey.c looks through a file.
 */
#ifndef DATA_DATASET_INSIDE_H
#define DATA_DATASET_INSIDE_H

#include "base/h5.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/shards.h"

enum { DATASET_MOST_LABEL = 1000000 }; /* a larger one is an identifier or garbage, no class */

typedef struct PartData {
    int64_t count;  /* rows; 0: no such part */
    int64_t chunk;  /* rows that the file packs together; 1: none */
    bool streamed;  /* x stays on disk */
    void *x;        /* [count][features], uint8 or Real; NULL until placed, and where streamed */
    int32_t *label; /* [count], for classes */
    Real *value;    /* [count][targets], for regression */
} PartData;

struct Dataset {
    Shards *file;                                        /* NULL once loaded */
    const char *path;                                    /* for messages about the whole */
    const char *x_name[PART_COUNT], *y_name[PART_COUNT]; /* "/train/x" */
    Arena arena;                                         /* the path and the names of classes */
    int channels, height, width;
    int64_t features; /* channels * height * width */
    bool is_bytes;    /* x stays uint8 */
    bool classifies;
    int targets;   /* 0: x alone is read */
    int one_hot;   /* columns that y has in the file, a class each; 0: y is the class */
    Part first;    /* the part by which the others go */
    int label_max; /* of the rows filled here; -1: none yet */
    int classes;
    int class_name_count;
    const char **class_name;
    PartData part[PART_COUNT];
    const void *pivot; /* the first training row */
    void *planes; /* room of the gather for one channel of a square's lanes, as they are seen, and
                     of one lane between two moves */
};

/* The classes of rows [lo, hi). STATUS_USER naming the row that is not one-hot. */
Err dataset_read_labels(const Dataset *dataset, Part part, int64_t lo, int64_t hi, int64_t *label);

/* Row `row` of x, one of the two by is_bytes. */
static inline const uint8_t *bytes_row(const Dataset *dataset, const void *x, int64_t row)
{
    return (const uint8_t *)x + row * dataset->features;
}

static inline const Real *reals_row(const Dataset *dataset, const void *x, int64_t row)
{
    return (const Real *)x + row * dataset->features;
}

/* Values from one of the gather's planes to the next; `width` of them lie between two planes. */
static inline int64_t plane_stride(const Dataset *dataset)
{
    return (int64_t)(dataset->height + 1) * dataset->width;
}

#endif
