/* gzip files through zlib, which reads plain ones as they are; a gzip stream without its end reads
 * as a short file, and only gzerror knows. And members of zip files, whose check sums are held
 * against what came out when all of it has. */
#include "data/unzip.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    PIECE = 1 << 30,    /* bytes asked of zlib at a time; it counts in 32 bits */
    BUFFER = 256 << 10, /* packed bytes of a member in memory */
    MOST_PACKED = 1032  /* deflate packs no better than this, to one */
};

struct Unzip {
    const char *path; /* for messages */
    int64_t size;     /* on disk */
    gzFile file;      /* of a file; else NULL */
    /* Of a member: */
    FILE *zip;
    bool deflated;
    int64_t packed_left, left; /* bytes still to come, packed and unpacked */
    int64_t length;
    uint32_t check, found;
    z_stream stream;
    unsigned char *buffer;
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
    gzbuffer(file, BUFFER);
    *unzip = mem_alloc(1, sizeof **unzip);
    **unzip = (Unzip){.path = path, .file = file, .size = (int64_t)status.st_size};
    return NULL;
}

Err unzip_open_member(Unzip **unzip, const char *path, const char *name, const ZipMember *member,
                      int64_t at)
{
    *unzip = NULL;
    FILE *zip = fopen(path, "rb");
    if (!zip || fseeko(zip, (off_t)at, SEEK_SET) != 0) {
        int error = errno;
        if (zip)
            fclose(zip);
        FAIL(STATUS_USER, "%s: cannot be read (%s)", path, strerror(error));
    }
    Unzip *opened = mem_alloc(1, sizeof *opened);
    *opened = (Unzip){.path = name,
                      .size = member->packed,
                      .zip = zip,
                      .deflated = member->deflated,
                      .packed_left = member->packed,
                      .left = member->length,
                      .length = member->length,
                      .check = member->check,
                      .buffer = mem_alloc(BUFFER, 1)};
    /* Negative: deflate's bits alone, without zlib's header. */
    CHECK(inflateInit2(&opened->stream, -MAX_WBITS) == Z_OK, "zlib cannot begin");
    *unzip = opened;
    return NULL;
}

void unzip_close(Unzip *unzip)
{
    if (!unzip)
        return;
    if (unzip->file)
        gzclose(unzip->file);
    if (unzip->zip) {
        inflateEnd(&unzip->stream);
        fclose(unzip->zip);
    }
    mem_free(unzip->buffer);
    mem_free(unzip);
}

static Err read_file(Unzip *unzip, void *into, int64_t size, int64_t *got)
{
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

/* The next packed bytes into the buffer. */
static Err refill(Unzip *unzip)
{
    size_t wanted = unzip->packed_left < BUFFER ? (size_t)unzip->packed_left : BUFFER;
    if (fread(unzip->buffer, 1, wanted, unzip->zip) != wanted)
        FAIL(STATUS_USER, "%s: ends in the middle: a download that was cut off?", unzip->path);
    unzip->packed_left -= (int64_t)wanted;
    unzip->stream.next_in = unzip->buffer;
    unzip->stream.avail_in = (unsigned)wanted;
    return NULL;
}

static Err damaged(const Unzip *unzip)
{
    FAIL(STATUS_USER, "%s: is damaged: it does not unpack to what the zip file says of it",
         unzip->path);
}

/* Some bytes of a member; none only where more packed ones are wanted. */
static Err unpack(Unzip *unzip, unsigned char *into, unsigned size, unsigned *got)
{
    z_stream *stream = &unzip->stream;
    if (stream->avail_in == 0 && unzip->packed_left > 0)
        TRY(refill(unzip));
    stream->next_out = into;
    stream->avail_out = size;
    bool over = stream->avail_in == 0;
    if (unzip->deflated) {
        over = inflate(stream, Z_NO_FLUSH) != Z_OK; /* at its end, or no sense */
    } else {
        unsigned n = stream->avail_in < size ? stream->avail_in : size;
        memcpy(into, stream->next_in, n);
        stream->next_in += n;
        stream->avail_in -= n;
        stream->avail_out -= n;
    }
    *got = size - stream->avail_out;
    return *got == 0 && over ? damaged(unzip) : NULL;
}

static Err read_member(Unzip *unzip, unsigned char *into, int64_t size, int64_t *got)
{
    while (*got < size && unzip->left > 0) {
        int64_t most = size - *got < unzip->left ? size - *got : unzip->left;
        unsigned n;
        TRY(unpack(unzip, into + *got, (unsigned)(most < PIECE ? most : PIECE), &n));
        unzip->found = (uint32_t)crc32(unzip->found, into + *got, n);
        *got += n;
        unzip->left -= n;
    }
    return unzip->left == 0 && unzip->found != unzip->check ? damaged(unzip) : NULL;
}

Err unzip_read(Unzip *unzip, void *into, int64_t size, int64_t *got)
{
    *got = 0;
    return unzip->file ? read_file(unzip, into, size, got) : read_member(unzip, into, size, got);
}

int64_t unzip_size(const Unzip *unzip)
{
    return unzip->size;
}

int64_t unzip_place(const Unzip *unzip)
{
    return unzip->file ? (int64_t)gzoffset(unzip->file) : unzip->size - unzip->packed_left;
}

int64_t unzip_most(const Unzip *unzip)
{
    bool plain = unzip->file ? gzdirect(unzip->file) : !unzip->deflated;
    int64_t most =
        plain || unzip->size > INT64_MAX / MOST_PACKED ? unzip->size : unzip->size * MOST_PACKED;
    return unzip->file || unzip->length > most ? most : unzip->length;
}
