/* Reading one IDX file, plain or gzipped.
 *
 *     0  0  type  rank | size of each dimension, 4 bytes each | values        all big-endian
 *
 * A download that was cut off, a file given in another one's place and a page of HTML under the
 * expected name are what goes wrong here, so nothing is believed before it is held against the
 * file's length. */
#include "data/import_idx_inside.h"

#include "data/import_inside.h"
#include "data/unzip.h"

#include <inttypes.h>
#include <string.h>

static const IdxType types[] = {
    {0x08, 1, H5_U8, false},  {0x09, 1, H5_I32, false}, {0x0B, 2, H5_I32, false},
    {0x0C, 4, H5_I32, false}, {0x0D, 4, H5_F32, true},  {0x0E, 8, H5_F64, true},
};

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

static Err read_header(Unzip *file, Idx *idx)
{
    unsigned char head[4 + 4 * H5_RANK];
    int64_t got;
    TRY(unzip_read(file, head, 4, &got));
    if (got < 4 || head[0] != 0 || head[1] != 0)
        FAIL(STATUS_USER, "%s: is no IDX file: it does not begin with two zero bytes", idx->path);
    idx->type = find_type(head[2]);
    idx->rank = head[3];
    if (!idx->type)
        FAIL(STATUS_USER, "%s: is no IDX file: type 0x%02X is not known", idx->path, head[2]);
    if (idx->rank < 1 || idx->rank > 4)
        FAIL(STATUS_USER, "%s: has %d dimensions; 1 to 4 are taken", idx->path, idx->rank);
    TRY(unzip_read(file, head + 4, 4 * idx->rank, &got));
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
static Err check_size(const Unzip *file, const Idx *idx)
{
    int64_t size = unzip_size(file), most = unzip_most(file);
    if (idx->count * idx->type->bytes > most)
        FAIL(STATUS_USER,
             "%s: its header promises %" PRId64 " values, more than %" PRId64 " bytes can hold",
             idx->path, idx->count, size);
    return NULL;
}

/* All values, and nothing after them. */
static Err read_values(Unzip *file, const Idx *idx, unsigned char *raw)
{
    int64_t size = idx->count * idx->type->bytes, got, more;
    char beyond;
    TRY(unzip_read(file, raw, size, &got));
    if (got < size)
        FAIL(STATUS_USER,
             "%s: its header promises %" PRId64 " bytes of values, %" PRId64 " are there",
             idx->path, size, got);
    TRY(unzip_read(file, &beyond, 1, &more));
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

static Err read_opened(Unzip *file, Idx *idx)
{
    TRY(read_header(file, idx));
    TRY(check_size(file, idx));
    unsigned char *raw = mem_alloc(idx->count, (size_t)idx->type->bytes);
    idx->values = raw;
    TRY(read_values(file, idx, raw));
    if (idx->type->type == H5_U8)
        return NULL;
    idx->values = mem_alloc(idx->count, (size_t)import_type_bytes(idx->type->type));
    for (int64_t i = 0; i < idx->count; i++)
        convert_value(idx->type, raw, idx->values, i);
    mem_free(raw);
    return NULL;
}

Err idx_read(Idx *idx, const char *path)
{
    *idx = (Idx){.path = path};
    Unzip *file;
    TRY(unzip_open(&file, path));
    Err err = read_opened(file, idx);
    unzip_close(file);
    return err;
}

void idx_free(Idx *idx)
{
    mem_free(idx->values);
    idx->values = NULL;
}
