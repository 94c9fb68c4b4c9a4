/* A seal: the digest of a file's bytes, kept in its last sixteen. HDF5 looks no further than the
 * end that it knows of, so a sealed file is an ordinary HDF5 file to every other program; and we
 * know of any flipped or missing byte before the library, which can crash on it, sees the file. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/err.h"
#include "base/mem.h"

enum { SEAL_BYTES = 16 };

/* Appends the seal to the bytes in use; they move only where there is no room for it. */
void seal_buffer(Buffer *buffer);
/* STATUS_USER: the file cannot be read, has no seal, or another than its bytes have. */
Err seal_check(const char *path);

#endif
