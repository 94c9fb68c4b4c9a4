/* Reading one .npy array row by row (NumPy's NEP 1, and numpy/lib/format.py for versions 2 and 3).
 *
 *     \x93NUMPY  major minor  length of the header, 2 bytes (version 1) or 4, little-endian
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }  spaces, newline
 *     values
 *
 * What the header promises is held against what the file can hold before memory is taken. */
#include "data/import_npy_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 6, MOST_HEADER = 1 << 16 };

static const NpyType types[] = {
    {"b1", 1, H5_U8},  {"u1", 1, H5_U8},  {"i1", 1, H5_I32}, {"u2", 2, H5_I32},
    {"i2", 2, H5_I32}, {"u4", 4, H5_I64}, {"i4", 4, H5_I32}, {"u8", 8, H5_I64},
    {"i8", 8, H5_I64}, {"f2", 2, H5_F32}, {"f4", 4, H5_F32}, {"f8", 8, H5_F64},
};

/* The text behind 'key': in the header. */
static const char *find_key(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    return at ? at + strlen(key) + strspn(at + strlen(key), " ") : "";
}

static Err read_type(Npy *npy, const char *header)
{
    const char *at = find_key(header, "'descr':");
    char order = at[0] == '\'' ? at[1] : 0;
    if (order && strchr("<>|=", order))
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strncmp(at + 2, types[i].code, 2) == 0 && at[4] == '\'')
                npy->type = &types[i];
    if (!npy->type)
        FAIL(STATUS_USER,
             "%s: is of type %.*s; integers, booleans and floats of up to 64 bits are "
             "taken",
             npy->name, (int)strcspn(at, ","), at);
    npy->big_endian = order == '>';
    return NULL;
}

static Err read_shape(Npy *npy, const char *header)
{
    const char *at = find_key(header, "'shape':");
    int64_t values = 1;
    if (*at++ != '(')
        FAIL(STATUS_USER, "%s: its header has no shape", npy->name);
    for (at += strspn(at, " "); *at != ')'; at += strspn(at, ", ")) {
        char *end;
        int64_t dim = strtoll(at, &end, 10);
        if (end == at || npy->rank == H5_RANK)
            FAIL(STATUS_USER, "%s: its shape is not one to %d numbers", npy->name, H5_RANK);
        if (dim < 1 || dim > INT64_MAX / 64 / values)
            FAIL(STATUS_USER, "%s: a dimension of %" PRId64 " values makes no sense", npy->name,
                 dim);
        npy->dims[npy->rank++] = dim;
        values *= dim;
        at = end;
    }
    if (npy->rank == 0)
        FAIL(STATUS_USER, "%s: is a single number, no array", npy->name);
    npy->row_values = values / npy->dims[0];
    bool is_vector = npy->row_values == 1 || npy->dims[0] == 1;
    if (strncmp(find_key(header, "'fortran_order':"), "True", 4) == 0 && npy->rank > 1 &&
        !(is_vector && npy->rank == 2))
        FAIL(STATUS_USER,
             "%s: is in Fortran's order, columns first; np.save(..., np.ascontiguousarray(x)) "
             "stores it by rows",
             npy->name);
    if (values * npy->type->bytes > unzip_most(npy->file))
        FAIL(STATUS_USER,
             "%s: its header promises %" PRId64 " values of %d bytes, more than its %" PRId64
             " bytes can hold",
             npy->name, values, npy->type->bytes, unzip_size(npy->file));
    return NULL;
}

static Err read_header(Npy *npy)
{
    unsigned char head[MAGIC + 2 + 4] = {0};
    int64_t got, length;
    TRY(unzip_read(npy->file, head, MAGIC + 2, &got));
    if (got < MAGIC + 2 || memcmp(head, "\x93NUMPY", MAGIC) != 0)
        FAIL(STATUS_USER, "%s: is no .npy file", npy->name);
    int version = head[MAGIC], width = version == 1 ? 2 : 4;
    if (version < 1 || version > 3)
        FAIL(STATUS_USER, "%s: is of version %d of the .npy format; 1 to 3 are known", npy->name,
             version);
    TRY(unzip_read(npy->file, head + MAGIC + 2, width, &got));
    length = head[8] | head[9] << 8 | head[10] << 16 | (int64_t)head[11] << 24;
    if (got < width || length > MOST_HEADER)
        FAIL(STATUS_USER, "%s: its header cannot be %" PRId64 " bytes long", npy->name, length);
    char *header = mem_alloc(length + 1, 1);
    Err err = unzip_read(npy->file, header, length, &got);
    if (!err && got < length)
        err = ERR(STATUS_USER, "%s: ends in the middle of its header", npy->name);
    if (!err)
        err = read_type(npy, header);
    if (!err)
        err = read_shape(npy, header);
    mem_free(header);
    return err;
}

Err npy_begin(Npy *npy, Unzip *file, const char *name)
{
    *npy = (Npy){.name = name, .file = file};
    TRY(read_header(npy));
    npy->raw = mem_alloc(npy->row_values, (size_t)npy->type->bytes);
    return NULL;
}

void npy_close(Npy *npy)
{
    unzip_close(npy->file);
    mem_free(npy->raw);
    *npy = (Npy){0};
}

/* An IEEE 754 half: sign, 5 bits of exponent, 10 of fraction. */
static float half_of(uint64_t bits)
{
    uint32_t sign = (uint32_t)(bits >> 15) << 31, exponent = bits >> 10 & 31, rest = bits & 1023;
    uint32_t wide = sign | (exponent + 112) << 23 | rest << 13;
    if (exponent == 31)
        wide = sign | 0x7f800000 | rest << 13;
    float value;
    memcpy(&value, &wide, sizeof value);
    /* Below 2^-14 there is no leading one. */
    return exponent ? value : (sign ? -1.0f : 1.0f) * (float)rest * 0x1p-24f;
}

static uint64_t bits_at(const Npy *npy, int64_t i)
{
    uint64_t bits = 0;
    int bytes = npy->type->bytes;
    for (int b = 0; b < bytes; b++)
        bits = bits << 8 | npy->raw[i * bytes + (npy->big_endian ? b : bytes - 1 - b)];
    return bits;
}

static Err convert(const Npy *npy, int64_t i, void *row)
{
    uint64_t bits = bits_at(npy, i);
    int unused = 64 - 8 * npy->type->bytes;
    bool is_signed = npy->type->code[0] == 'i';
    int64_t whole = is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    if (!is_signed && npy->type->type == H5_I64 && bits > INT64_MAX)
        FAIL(STATUS_USER, "%s: row %" PRId64 ": %" PRIu64 " is too large", npy->name,
             npy->rows_read, bits);
    switch (npy->type->type) {
    case H5_U8:
        ((uint8_t *)row)[i] = (uint8_t)bits;
        break;
    case H5_I32:
        ((int32_t *)row)[i] = (int32_t)whole;
        break;
    case H5_I64:
        ((int64_t *)row)[i] = whole;
        break;
    case H5_F32:
        if (npy->type->bytes == 2)
            ((float *)row)[i] = half_of(bits);
        else
            ((uint32_t *)row)[i] = (uint32_t)bits;
        break;
    default:
        ((uint64_t *)row)[i] = bits;
    }
    return NULL;
}

Err npy_next(void *self, void *row)
{
    Npy *npy = self;
    int64_t size = npy->row_values * npy->type->bytes, got;
    TRY(unzip_read(npy->file, npy->raw, size, &got));
    if (got < size)
        FAIL(STATUS_USER, "%s: ends after %" PRId64 " of %" PRId64 " rows", npy->name,
             npy->rows_read, npy->dims[0]);
    for (int64_t i = 0; i < npy->row_values; i++)
        TRY(convert(npy, i, row));
    if (++npy->rows_read < npy->dims[0])
        return NULL;
    TRY(unzip_read(npy->file, npy->raw, 1, &got));
    if (got)
        FAIL(STATUS_USER, "%s: has bytes after the %" PRId64 " rows that its header promises",
             npy->name, npy->dims[0]);
    return NULL;
}
