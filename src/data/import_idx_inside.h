/* One IDX file in memory, between import_idx_read.c, which reads it, and import_idx.c. */
#ifndef DATA_IMPORT_IDX_INSIDE_H
#define DATA_IMPORT_IDX_INSIDE_H

#include "base/err.h"
#include "base/h5.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

/* A value's type: what IDX calls it, its bytes there, and what the data file makes of it. */
typedef struct IdxType {
    int code;
    int bytes;
    H5Type type; /* H5_U8, or the next wider one that data files have */
    bool is_float;
} IdxType;

typedef struct Idx {
    const char *path;
    const IdxType *type;
    int rank; /* 1 to 4 */
    int64_t dims[H5_RANK];
    int64_t count; /* values in all */
    void *values;  /* [count] of type->type, in the machine's byte order */
    int64_t next;  /* the row that is handed out next */
} Idx;

/* STATUS_USER: missing, no IDX file, cut off, or longer than its header says. `path` is kept. */
Err idx_read(Idx *idx, const char *path);
/* Works on a zeroed Idx and on one whose reading failed. */
void idx_free(Idx *idx);

#endif
