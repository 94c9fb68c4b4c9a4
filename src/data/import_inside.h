/* What importers share: their options, the split that makes a test part, the data file written row
 * by row, so that memory does not grow with it, and the checks of arrays that become one. */
#ifndef DATA_IMPORT_INSIDE_H
#define DATA_IMPORT_INSIDE_H

#include "base/err.h"
#include "base/h5.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/permute.h"

#include <stdbool.h>
#include <stdint.h>

/* One option with a value, and where the value goes; a table of them is ended by a NULL name. */
typedef struct ImportOption {
    const char *name;
    const char **value;
} ImportOption;

/* Takes an importer's arguments apart; what is no option goes to `files` [count]. STATUS_USER: an
 * unknown option (with the closest match), a missing value. */
Err import_arguments(const char *importer, const ImportOption *options, int count,
                     char *const *arguments, const char **files, int *file_count);
/* "a,b,c", in the arena. STATUS_USER: an empty item. */
Err import_list(const char *option, const char *list, Arena *arena, const char ***item, int *count);
/* The index of an option's word among `words` (NULL-terminated); NULL gives 0. */
Err import_word(const char *option, const char *word, const char *const *words, int *index);

/* Which rows become the test part: test_fraction of them, a pure function of seed and row. */
typedef struct ImportSplit {
    Permute order;
    int64_t test; /* rows of the test part; 0: none */
} ImportSplit;

/* --test-fraction F and --seed N as given; NULL: 0 and 1. STATUS_USER: no such numbers. */
Err import_fraction(const char *fraction, const char *seed, double *part, uint64_t *number);
/* STATUS_USER where a part would be empty. */
Err import_split(ImportSplit *split, int64_t rows, double fraction, uint64_t seed);
Part import_split_part(const ImportSplit *split, int64_t row);

/* What a sample is. */
typedef struct ImportShape {
    H5Type x_type, y_type;
    int rank; /* of x: 1 to 3 */
    int64_t dims[3];
    int targets; /* y is (N, targets); 0: (N,) */
} ImportShape;

/* A data file being written. */
typedef struct ImportOut {
    H5 *file;
    ImportShape shape;
    int64_t x_row, y_row;        /* bytes of a row */
    int64_t block;               /* rows written at a time: a chunk of x, or more */
    int64_t rows[PART_COUNT];    /* in all */
    int64_t written[PART_COUNT]; /* on disk */
    int64_t filled[PART_COUNT];  /* in the buffers */
    unsigned char *x[PART_COUNT], *y[PART_COUNT]; /* [block] rows each */
} ImportOut;

/* Begins the data file `path` of rows[part] samples; parts of 0 rows are left out. */
Err import_out_open(ImportOut *out, const char *path, const int64_t *rows,
                    const ImportShape *shape);
/* The next row of a part, to be filled by the caller before the next call. */
Err import_out_row(ImportOut *out, Part part, void **x, void **y);
/* Writes what is left and puts the file in place. */
Err import_out_commit(ImportOut *out);
/* Works on a zeroed one, too; without a commit nothing is left on disk. */
void import_out_close(ImportOut *out);

/* Options of all importers of arrays; their rows in a table of options, and in the help. */
typedef struct ImportCommon {
    const char *fraction, *seed, *classes, *channels;
} ImportCommon;

#define IMPORT_COMMON_OPTIONS(common)                                                              \
    {"--test-fraction", &(common).fraction}, {"--seed", &(common).seed},                           \
        {"--classes", &(common).classes},                                                          \
    {                                                                                              \
        "--channels", &(common).channels                                                           \
    }
#define IMPORT_COMMON_HELP                                                                         \
    "  --test-fraction F     make so much of the rows the test part, chosen by --seed N (1)\n"     \
    "  --classes a,b,c       the classes' names\n"                                                 \
    "  --channels last       samples are (height, width, channels); to be turned round"

/* An array that is read row by row. */
typedef struct ImportArray {
    const char *name; /* for messages: the file, or file and member */
    H5Type type;      /* of what `next` gives */
    int rank;         /* 0: there is no such array */
    int64_t dims[H5_RANK];
    Err (*next)(void *self, void *row);
    void *self;
} ImportArray;

enum { TRAIN_X, TRAIN_Y, TEST_X, TEST_Y, IMPORT_ARRAYS };
/* The options that name them: --x, --y, --test-x, --test-y. */
extern const char *const import_array_options[IMPORT_ARRAYS];
/* import_arguments with these, into value [IMPORT_ARRAYS], and the common ones. */
Err import_array_arguments(const char *importer, const char **value, ImportCommon *common,
                           int count, char *const *arguments, const char **files, int *file_count);
/* STATUS_USER where of four options' values [IMPORT_ARRAYS] a training one, or one of the test
 * pair, is NULL. */
Err import_pairs(const char *importer, const char *const *option, const char *const *value);
/* Writes the data file of these arrays [IMPORT_ARRAYS]; rows are taken of x, then of y. The names
 * of classes may be NULL. STATUS_USER: x and y that do not go together, labels that are negative or
 * have no name, NaN or infinity, naming the row. */
Err import_arrays(const ImportArray *array, const ImportCommon *common,
                  const char *const *class_name, int class_count, const char *output);
/* Bytes of a value. */
int64_t import_type_bytes(H5Type type);

#endif
