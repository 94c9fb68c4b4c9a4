/* HDF5: the only door to the library, and its locking policy. Files are opened without file
 * locking (set by us, not by an environment variable that the user must know), the library's own
 * error stack is off, and every call holds one mutex, because the library is not thread-safe.
 *
 * Files are read in place. They are never written in place: a new file is built in memory (HDF5's
 * core driver) and handed out as bytes, so that the library never meets a full disk; base/file
 * puts the bytes on disk. A file too large for memory is built in a mapping of PATH.tmp. */
#ifndef BASE_H5_H
#define BASE_H5_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H5_RANK 8 /* the most dimensions that we take */

typedef struct H5 H5;

/* Types in memory. */
typedef enum H5Type {
    H5_U8,
    H5_I32,
    H5_I64,
    H5_F32,
    H5_F64,
    H5_REAL /* F32 or F64, whatever Real is */
} H5Type;

/* What a data set is on disk. */
typedef struct H5Info {
    int rank;
    int64_t dims[H5_RANK];
    enum { H5_INTEGER, H5_FLOAT, H5_OTHER } kind;
    const char *words; /* the kind, for messages: "integers", "strings", "compound values" */
    int bytes;         /* of one element */
    bool is_signed;
    int64_t chunk;  /* rows a chunk; 0: contiguous */
    bool cuts_rows; /* a chunk holds a part of a row */
    int64_t stored; /* bytes in the file; 0: never written, and read as zeros */
} H5Info;

/* Opens for reading. STATUS_USER: missing, unreadable, or no HDF5 file (damaged, truncated). */
Err h5_open(H5 **file, const char *path);
/* A new file in memory, to be written to and then taken out with h5_image. */
Err h5_create(H5 **file);
/* The same in memory that the buffer already has, for h5_image_in to give back. */
Err h5_create_in(H5 **file, Buffer *buffer);
void h5_close(H5 *file);
const char *h5_path(const H5 *file);

bool h5_has(H5 *file, const char *path);
/* STATUS_USER where there is no such data set or it is not a simple array. */
Err h5_info(H5 *file, const char *path, H5Info *info);
/* Rows [lo, hi) of a data set (first dimension), converted to `type`, in C order. A scalar data
 * set counts as one row. Errors name the file, the data set and the rows. */
Err h5_read(H5 *file, const char *path, H5Type type, int64_t lo, int64_t hi, void *into);
/* Attributes of the group or data set `path` ("/" for the file). */
bool h5_has_attribute(H5 *file, const char *path, const char *name);
Err h5_read_text(H5 *file, const char *path, const char *name, Arena *arena, const char **text);
Err h5_read_int(H5 *file, const char *path, const char *name, int64_t *value);
Err h5_read_real(H5 *file, const char *path, const char *name, double *value);
/* A list of strings, fixed or variable length, such as class names. */
Err h5_read_texts(H5 *file, const char *path, const char *name, Arena *arena, const char ***texts,
                  int *count);
/* Every data set's path ("/model/00_dense/weight"), sorted by bytes. */
Err h5_list(H5 *file, Arena *arena, const char ***paths, int *count);

/* Writing, to a file from h5_create. Groups on the way are made; times are not recorded, so equal
 * contents give equal bytes. rows_per_chunk 0: contiguous. */
Err h5_write(H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
             int64_t rows_per_chunk, const void *data);
Err h5_write_text(H5 *file, const char *path, const char *name, const char *text);
Err h5_write_texts(H5 *file, const char *path, const char *name, const char *const *texts,
                   int count);
Err h5_write_int(H5 *file, const char *path, const char *name, int64_t value);
Err h5_write_real(H5 *file, const char *path, const char *name, double value);
/* Finishes the file, which can then only be closed, and gives its bytes, freed with mem_free. */
Err h5_image(H5 *file, void **bytes, size_t *size);
Err h5_image_in(H5 *file, Buffer *buffer); /* an empty one */

/* A new file for more than memory holds: it grows as PATH.tmp, whose pages the system writes out
 * and takes back as it needs. h5_close without h5_commit removes PATH.tmp. STATUS_FAILED here and
 * in what follows: the disk is full, the folder is not there, ... */
Err h5_create_mapped(H5 **file, const char *path);
/* A data set without values, which come with h5_write_rows: rows [lo, hi), best by whole chunks. */
Err h5_declare(H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
               int64_t rows_per_chunk);
Err h5_write_rows(H5 *file, const char *path, H5Type type, int64_t lo, int64_t hi,
                  const void *rows);
/* Finishes the file, which can then only be closed, syncs it and renames it to PATH. */
Err h5_commit(H5 *file);

#endif
