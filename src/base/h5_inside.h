/* What the files behind the HDF5 door share: the handle, the mutex, and errors with the library's
 * own reason in them. Only base/h5*.c include this. */
#ifndef BASE_H5_INSIDE_H
#define BASE_H5_INSIDE_H

#include "base/h5.h"

/* Later versions of the library then offer this version's functions under the same names. */
#define H5_USE_110_API
#include <hdf5.h>

enum { H5_PATH = 1024 }; /* bytes of the longest path inside a file */

struct H5 {
    hid_t file;
    char *path;  /* for messages */
    void *bytes; /* [room], of a file in memory */
    size_t room;
    struct Mapped *mapped; /* of a file whose memory is a mapping (h5_mapped.c); else NULL */
};

/* Around every call into the library, which is not thread-safe. Not recursive: the functions of
 * h5.h enter and leave, what they call does neither. h5_enter also turns off the library's habit
 * of printing its error stack. */
void h5_enter(void);
void h5_leave(void);

/* A place in a file: what it is, without following a link out of the file. */
typedef enum Place { PLACE_NONE, PLACE_OBJECT, PLACE_ELSEWHERE } Place;
Place h5_place(const H5 *file, const char *path);

/* The library's buffer of a mapped file, made larger; and let go of, with what is on disk. */
void *h5_mapped_resize(H5 *file, size_t size);
void h5_mapped_close(H5 *file);
/* A new file whose memory is asked for through the callbacks of h5_memory.c; and its length once
 * all of it is there and it has been closed. For those who have entered. */
Err h5_create_inside(H5 *file);
Err h5_finish_inside(H5 *file, size_t *size);

/* Makes a data set of this shape, and the groups on the way to it. */
Err h5_declare_inside(const H5 *file, const char *path, H5Type type, int rank, const int64_t *dims,
                      int64_t rows_per_chunk, hid_t *dataset);
/* h5_list for those who have entered already. */
Err h5_list_inside(const H5 *file, Arena *arena, const char ***paths, int *count);

/* The type in memory. */
hid_t h5_memory_type(H5Type type);

/* "FILE: PATH: what (the library's most specific reason)", to be called right after the failure:
 * the next call into the library, be it a close, clears the reason. */
Err h5_failure(Status status, const H5 *file, const char *path, const char *what);

#endif
