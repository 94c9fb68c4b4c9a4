/* Reading one IDX file, plain or gzipped; the only door to zlib.
 *
 *     0  0  type  rank | size of each dimension, 4 bytes each | values        all big-endian
 *
 * A download that was cut off, a file given in another one's place and a page of HTML under the
 * expected name are what goes wrong here, so nothing is believed before it is held against the
 * file's length. */
#include "data/import_idx_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    PIECE = 1 << 30,   /* bytes asked of zlib at a time; it counts in 32 bits */
    MOST_PACKED = 1032 /* deflate packs no better than this, to one */
};

static const IdxType types[] = {
    {0x08, 1, H5_U8, false},  {0x09, 1, H5_I32, false}, {0x0B, 2, H5_I32, false},
    {0x0C, 4, H5_I32, false}, {0x0D, 4, H5_F32, true},  {0x0E, 8, H5_F64, true},
};

static Err cannot_read(const char *path, gzFile file)
{
    int error;
    const char *words = gzerror(file, &error);
    if (error == Z_BUF_ERROR)
        FAIL(STATUS_USER, "%s: ends in the middle: a download that was cut off?", path);
    FAIL(STATUS_USER, "%s: cannot be read (%s)", path, error == Z_ERRNO ? strerror(errno) : words);
}

/* Up to `size` bytes; fewer only at the end of the file. */
static Err read_bytes(gzFile file, const char *path, void *into, int64_t size, int64_t *got)
{
    *got = 0;
    while (*got < size) {
        int64_t left = size - *got;
        int n = gzread(file, (char *)into + *got, (unsigned)(left < PIECE ? left : PIECE));
        if (n < 0)
            return cannot_read(path, file);
        if (n == 0)
            break;
        *got += n;
    }
    /* A gzip stream without its end reads as a short file, and only gzerror knows. */
    int error;
    gzerror(file, &error);
    return *got < size && error != Z_OK ? cannot_read(path, file) : NULL;
}

static uint32_t big_endian_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const IdxType *find_type(int code)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code)
            return &types[i];
    return NULL;
}

static Err read_header(gzFile file, Idx *idx)
{
    unsigned char head[4 + 4 * H5_RANK];
    int64_t got;
    TRY(read_bytes(file, idx->path, head, 4, &got));
    if (got < 4 || head[0] != 0 || head[1] != 0)
        FAIL(STATUS_USER, "%s: is no IDX file: it does not begin with two zero bytes", idx->path);
    idx->type = find_type(head[2]);
    idx->rank = head[3];
    if (!idx->type)
        FAIL(STATUS_USER, "%s: is no IDX file: type 0x%02X is not known", idx->path, head[2]);
    if (idx->rank < 1 || idx->rank > 4)
        FAIL(STATUS_USER, "%s: has %d dimensions; 1 to 4 are taken", idx->path, idx->rank);
    TRY(read_bytes(file, idx->path, head + 4, 4 * idx->rank, &got));
    if (got < 4 * idx->rank)
        FAIL(STATUS_USER, "%s: ends in the middle of its header", idx->path);
    idx->count = 1;
    for (int i = 0; i < idx->rank; i++) {
        idx->dims[i] = big_endian_32(head + 4 + 4 * i);
        if (idx->dims[i] == 0 || idx->dims[i] > INT64_MAX / 64 / idx->count)
            FAIL(STATUS_USER, "%s: a dimension of %" PRId64 " values makes no sense", idx->path,
                 idx->dims[i]);
        idx->count *= idx->dims[i];
    }
    return NULL;
}

/* A damaged header must not decide how much memory is taken. */
static Err check_size(const Idx *idx)
{
    FILE *file = fopen(idx->path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (file)
        fclose(file);
    if (size >= 0 && idx->count * idx->type->bytes / MOST_PACKED > size)
        FAIL(STATUS_USER,
             "%s: its header promises %" PRId64 " values, more than %ld bytes can hold", idx->path,
             idx->count, size);
    return NULL;
}

/* All values, and nothing after them. */
static Err read_values(gzFile file, const Idx *idx, unsigned char *raw)
{
    int64_t size = idx->count * idx->type->bytes, got, more;
    char beyond;
    TRY(read_bytes(file, idx->path, raw, size, &got));
    if (got < size)
        FAIL(STATUS_USER,
             "%s: its header promises %" PRId64 " bytes of values, %" PRId64 " are there",
             idx->path, size, got);
    TRY(read_bytes(file, idx->path, &beyond, 1, &more));
    if (more)
        FAIL(STATUS_USER, "%s: has bytes after the %" PRId64 " that its header promises", idx->path,
             size);
    return NULL;
}

/* One value as the data file has it; `raw` is big-endian. */
static void convert_value(const IdxType *type, const unsigned char *raw, void *values, int64_t i)
{
    uint64_t bits = 0;
    for (int b = 0; b < type->bytes; b++)
        bits = bits << 8 | raw[i * type->bytes + b];
    switch (type->code) {
    case 0x09:
        ((int32_t *)values)[i] = (int8_t)bits;
        break;
    case 0x0B:
        ((int32_t *)values)[i] = (int16_t)bits;
        break;
    case 0x0C:
    case 0x0D:
        ((uint32_t *)values)[i] = (uint32_t)bits;
        break;
    case 0x0E:
        ((uint64_t *)values)[i] = bits;
        break;
    default:
        ((uint8_t *)values)[i] = (uint8_t)bits;
    }
}

static int64_t bytes_in_memory(const IdxType *type)
{
    return type->type == H5_U8 ? 1 : type->type == H5_F64 ? 8 : 4;
}

static Err read_opened(gzFile file, Idx *idx)
{
    TRY(read_header(file, idx));
    TRY(check_size(idx));
    unsigned char *raw = mem_alloc(idx->count, (size_t)idx->type->bytes);
    idx->values = raw;
    TRY(read_values(file, idx, raw));
    if (idx->type->type == H5_U8)
        return NULL;
    idx->values = mem_alloc(idx->count, (size_t)bytes_in_memory(idx->type));
    for (int64_t i = 0; i < idx->count; i++)
        convert_value(idx->type, raw, idx->values, i);
    mem_free(raw);
    return NULL;
}

Err idx_read(Idx *idx, const char *path)
{
    *idx = (Idx){.path = path};
    gzFile file = gzopen(path, "rb");
    if (!file)
        FAIL(STATUS_USER, "%s: cannot be read (%s)", path, strerror(errno));
    gzbuffer(file, 1 << 18);
    Err err = read_opened(file, idx);
    gzclose(file);
    return err;
}

void idx_free(Idx *idx)
{
    mem_free(idx->values);
    idx->values = NULL;
}
