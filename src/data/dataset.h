/* A data file in memory: /train, /test and, if there is one, /validation, each x and y. The x of a
 * part can be left on disk, to be read some rows at a time (dataset_stream); y never is.
 *
 * The samples lie once per group of ranks that share memory. Whoever owns that memory (train/)
 * asks dataset_bytes, hands a place to dataset_place, and has every rank fill a range of rows.
 * uint8 stays uint8; every other type becomes Real. Rows keep the file's order, (channel, height,
 * width); they are turned into lanes when a micro-batch is gathered.
 *
 * Rows are numbered from 0, as h5py does, and named with file and data set in every complaint. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/err.h"
#include "base/real.h"
#include "data/view.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum Part { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_COUNT } Part;

typedef struct Dataset Dataset;

/* Opens the file and checks shapes and types, without reading samples. STATUS_USER: missing data
 * sets, x and y of different lengths, ranks or types that we do not take, parts that differ. */
Err dataset_open(Dataset **dataset, const char *path);
/* The same of one part, whatever else the file has; unless `labelled`, x alone: targets are 0. */
Err dataset_open_part(Dataset **dataset, const char *path, Part part, bool labelled);
/* One or several files, whose parts follow each other, and what x and y are called in them. */
typedef struct DataFiles {
    const char *const *path;
    int count;
    const char *x, *y; /* NULL: x, y; "images" is /train/images; "/images" the training part's */
} DataFiles;
/* Both of the above: `only` PART_COUNT is what training takes. */
Err dataset_open_files(Dataset **dataset, const DataFiles *files, Part only, bool labelled);
void dataset_close(Dataset *dataset);
/* "/train/x", for messages */
const char *dataset_x_name(const Dataset *dataset, Part part);
const char *dataset_y_name(const Dataset *dataset, Part part);
const char *dataset_path(const Dataset *dataset);
/* "/train" */
const char *part_name(Part part);

int64_t dataset_count(const Dataset *dataset, Part part); /* 0: no such part */
/* Of one sample: x is (N, C, H, W), (N, H, W) or (N, F), the latter as F channels of 1 x 1. */
void dataset_shape(const Dataset *dataset, int *channels, int *height, int *width);
bool dataset_is_bytes(const Dataset *dataset);   /* x is uint8 in every part */
bool dataset_classifies(const Dataset *dataset); /* y holds integer classes; else real values */
int dataset_targets(const Dataset *dataset);     /* values a sample; 1 for classes; 0: x alone */
/* Largest label + 1 over all parts, or the number of class names if that is larger. Known once
 * every range has been filled, in this group or another: the caller takes the maximum over ranks
 * of dataset_label_max() and sets `classes` to that plus 1. */
int dataset_label_max(const Dataset *dataset); /* over the rows this process filled; -1: none */
void dataset_set_classes(Dataset *dataset, int classes);
int dataset_classes(const Dataset *dataset);
const char *dataset_class_name(const Dataset *dataset, int class); /* NULL: no names */

/* Leaves x of a part on disk: no place is made for it and nobody fills it. */
void dataset_stream(Dataset *dataset, Part part);
bool dataset_streamed(const Dataset *dataset, Part part);
int64_t dataset_row_bytes(const Dataset *dataset); /* of one sample's x in memory */
/* Rows that the file packs together in a chunk of x; 1: any row can be read alone. */
int64_t dataset_file_chunk(const Dataset *dataset, Part part);

/* Bytes for all samples (but those left on disk) and targets, and where they are to be: 64-byte
 * aligned. */
int64_t dataset_bytes(const Dataset *dataset);
void dataset_place(Dataset *dataset, void *memory);
/* Reads rows [lo, hi) of one part into the place. STATUS_USER, naming the first such row: NaN or
 * infinity in x or y, a negative label. */
Err dataset_fill(Dataset *dataset, Part part, int64_t lo, int64_t hi);
/* Reads x of the rows [lo, hi) to `rows`, of any part, from any thread. Errors as of dataset_fill;
 * the file must still be open. */
Err dataset_read(const Dataset *dataset, Part part, int64_t lo, int64_t hi, void *rows);
/* The first row of the rows [lo, hi) with a label >= classes, or -1. */
int64_t dataset_bad_label(const Dataset *dataset, Part part, int64_t lo, int64_t hi, int classes,
                          int *label);
/* Closes the HDF5 file, unless x of a part was left in it; the samples stay. */
void dataset_loaded(Dataset *dataset);

/* x' = (x - shift) * scale, per feature of a sample in file order. */
typedef enum NormalMode { NORMAL_NONE, NORMAL_UNIT, NORMAL_CHANNEL, NORMAL_FEATURE } NormalMode;
extern const char *const normal_words[]; /* "none" "unit" "channel" "feature" */

typedef struct Normal {
    NormalMode mode;
    int count;   /* 1 (none, unit), channels, or features */
    Real *shift; /* [count] */
    Real *scale; /* [count] */
} Normal;

/* How many shift/scale pairs a mode has for this data set. */
int normal_count(const Dataset *dataset, NormalMode mode);
enum { NORMAL_BLOCK = 1024, NORMAL_SUMS = 2 };
/* Sums over the rows row[0..n) of the training part, n <= NORMAL_BLOCK, in double: for channel and
 * feature, sum and sum of squares of x - pivot (the pivot: that feature of the part's first row);
 * for unit, minimum and maximum. sums [count][NORMAL_SUMS]. The caller folds blocks in order, into
 * the sums of the first one; a block of n = 0 rows changes nothing where it is folded in. */
void normal_block(const Dataset *dataset, NormalMode mode, const int64_t *row, int n, double *sums);
/* The same of the rows place[0..n) of `x`, whatever they are in the file; and the pivot, to be read
 * before where the training part's x is left on disk. */
void normal_block_of(const Dataset *dataset, NormalMode mode, const void *x, const int64_t *place,
                     int n, double *sums);
Err dataset_read_pivot(Dataset *dataset);
void normal_fold(NormalMode mode, int count, double *sums, const double *block);
/* Shift and scale from the folded sums over `rows` rows, into the arrays of `normal`, whose mode
 * and count are set. A constant feature gets scale 1. */
void normal_finish(const Dataset *dataset, Normal *normal, const double *sums, int64_t rows);

/* Gathers `lanes` rows (row[i] < 0: an empty lane, zeros) as x [pixel][channel][lane], normalised,
 * with label [lanes] (or value [targets][lanes]); 0 in empty lanes. Each is seen as view [lanes]
 * says; NULL: as it is. */
void dataset_gather(const Dataset *dataset, const Normal *normal, Part part, const int64_t *row,
                    const View *view, int lanes, Real *x, int32_t *label, Real *value);

/* The targets alone. */
void dataset_gather_targets(const Dataset *dataset, Part part, const int64_t *row, int lanes,
                            int32_t *label, Real *value);

/* Samples of a part whose x lies elsewhere: the rows place [lanes] of `rows`. */
typedef struct Samples {
    Part part;
    const int64_t *row; /* [lanes] of the file; < 0: an empty lane */
    const void *rows;
    const int64_t *place; /* [lanes], 0 in empty lanes */
} Samples;
void dataset_gather_samples(const Dataset *dataset, const Normal *normal, const Samples *samples,
                            const View *view, int lanes, Real *x, int32_t *label, Real *value);

#endif
