/* Reading files that may be packed with gzip, plain ones as they are; zlib's only door. */
#ifndef DATA_UNZIP_H
#define DATA_UNZIP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Deflate packs no better than this, to one: what a header may promise of a file's size. */
#define UNZIP_MOST_PACKED 1032

typedef struct Unzip Unzip;

/* STATUS_USER, here and below: missing, unreadable, cut off, damaged. `path` is kept. */
Err unzip_open(Unzip **unzip, const char *path);
void unzip_close(Unzip *unzip);
/* Up to `size` unpacked bytes; fewer only at the end of the file. */
Err unzip_read(Unzip *unzip, void *into, int64_t size, int64_t *got);
/* Bytes of the file on disk, and how many of them have been read; for progress. */
int64_t unzip_size(const Unzip *unzip);
int64_t unzip_place(const Unzip *unzip);

#endif
