/* gzip files through zlib, which reads plain ones as they are. A stream without its end reads as a
 * short file, and only gzerror knows. */
#include "data/unzip.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { PIECE = 1 << 30 /* bytes asked of zlib at a time; it counts in 32 bits */ };

struct Unzip {
    const char *path;
    gzFile file;
    int64_t size; /* on disk */
};

static Err cannot_read(const Unzip *unzip)
{
    int error;
    const char *words = gzerror(unzip->file, &error);
    if (error == Z_BUF_ERROR)
        FAIL(STATUS_USER, "%s: ends in the middle: a download that was cut off?", unzip->path);
    FAIL(STATUS_USER, "%s: cannot be read (%s)", unzip->path,
         error == Z_ERRNO ? strerror(errno) : words);
}

Err unzip_open(Unzip **unzip, const char *path)
{
    *unzip = NULL;
    struct stat status;
    gzFile file = gzopen(path, "rb");
    if (!file || stat(path, &status) != 0) {
        int error = errno;
        if (file)
            gzclose(file);
        FAIL(STATUS_USER, "%s: cannot be read (%s)", path, strerror(error));
    }
    gzbuffer(file, 1 << 18);
    *unzip = mem_alloc(1, sizeof **unzip);
    **unzip = (Unzip){.path = path, .file = file, .size = (int64_t)status.st_size};
    return NULL;
}

void unzip_close(Unzip *unzip)
{
    if (!unzip)
        return;
    gzclose(unzip->file);
    mem_free(unzip);
}

Err unzip_read(Unzip *unzip, void *into, int64_t size, int64_t *got)
{
    *got = 0;
    while (*got < size) {
        int64_t left = size - *got;
        int n = gzread(unzip->file, (char *)into + *got, (unsigned)(left < PIECE ? left : PIECE));
        if (n < 0)
            return cannot_read(unzip);
        if (n == 0)
            break;
        *got += n;
    }
    int error;
    gzerror(unzip->file, &error);
    return *got < size && error != Z_OK ? cannot_read(unzip) : NULL;
}

int64_t unzip_size(const Unzip *unzip)
{
    return unzip->size;
}

int64_t unzip_place(const Unzip *unzip)
{
    return (int64_t)gzoffset(unzip->file);
}
