/* Reading files that may be packed with gzip, plain ones as they are, and members of zip files;
 * zlib's only door. */
#ifndef DATA_UNZIP_H
#define DATA_UNZIP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Unzip Unzip;

/* Opens a file. STATUS_USER, here and below: missing, unreadable, cut off, damaged. `path` is kept.
 */
Err unzip_open(Unzip **unzip, const char *path);

/* Where a member of a zip file lies, and what its directory says of it. */
typedef struct ZipMember {
    const char *name;
    bool deflated;          /* else stored as it is */
    int64_t at;             /* of its own header */
    int64_t packed, length; /* bytes in the file, and unpacked */
    uint32_t check;         /* CRC-32 of the unpacked bytes */
} ZipMember;

/* Opens `packed` bytes from `at` (behind the member's header) on; `name` is for messages, kept. */
Err unzip_open_member(Unzip **unzip, const char *path, const char *name, const ZipMember *member,
                      int64_t at);
void unzip_close(Unzip *unzip);
/* Up to `size` unpacked bytes; fewer only at the end. */
Err unzip_read(Unzip *unzip, void *into, int64_t size, int64_t *got);
/* Bytes on disk, and how many of them have been read; for progress. */
int64_t unzip_size(const Unzip *unzip);
int64_t unzip_place(const Unzip *unzip);
/* No more can come out: what a header may promise. */
int64_t unzip_most(const Unzip *unzip);

#endif
