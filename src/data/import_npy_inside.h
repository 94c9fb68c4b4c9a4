/* One .npy array being read, from a file of its own or from a member of an .npz, between
 * import_npy_read.c, which reads it, and import_npy.c. */
#ifndef DATA_IMPORT_NPY_INSIDE_H
#define DATA_IMPORT_NPY_INSIDE_H

#include "data/import_inside.h"
#include "data/unzip.h"

/* A type of NumPy's: "f4" without its byte order, and what the data file makes of it. */
typedef struct NpyType {
    const char *code;
    int bytes;
    H5Type type;
} NpyType;

typedef struct Npy {
    const char *name; /* for messages */
    Unzip *file;
    const NpyType *type;
    bool big_endian;
    int rank;
    int64_t dims[H5_RANK];
    int64_t row_values;
    int64_t rows_read;
    unsigned char *raw; /* one row as it is in the file */
} Npy;

/* Takes over `file`, and reads the header. STATUS_USER, here and below: no .npy file, types that
 * are no numbers, columns first, a shape that the file cannot hold. `name` is kept. */
Err npy_begin(Npy *npy, Unzip *file, const char *name);
void npy_close(Npy *npy);
/* The next row, as an ImportArray's `next`; `self` is the Npy. After the last row the array must
 * end. */
Err npy_next(void *self, void *row);

#endif
