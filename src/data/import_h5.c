/* The HDF5 importer: data sets of any names into a data file with ours, chunked by samples. Numbers
 * are converted to the nearest type that data files have. Each array is read in blocks of rows. */
#include "data/import.h"

#include "data/import_inside.h"

#include <inttypes.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20 };

/* One data set being read. */
typedef struct Source {
    H5 *file;
    const char *path; /* inside */
    H5Type type;
    int64_t rows, row_bytes, block; /* rows of a block */
    int64_t next;
    unsigned char *values; /* [block] rows, from next / block * block on */
} Source;

typedef struct Request {
    Arena arena;
    const char *value[IMPORT_ARRAYS];
    ImportCommon common;
    H5 *file;
    Source source[IMPORT_ARRAYS];
    ImportArray array[IMPORT_ARRAYS];
} Request;

static Err next_row(void *self, void *row)
{
    Source *source = self;
    int64_t within = source->next % source->block, lo = source->next;
    int64_t hi = lo + source->block < source->rows ? lo + source->block : source->rows;
    if (within == 0)
        TRY(h5_read(source->file, source->path, source->type, lo, hi, source->values));
    memcpy(row, source->values + within * source->row_bytes, (size_t)source->row_bytes);
    source->next++;
    return NULL;
}

static H5Type type_of(const H5Info *info)
{
    if (info->kind == H5_FLOAT)
        return info->bytes <= 4 ? H5_F32 : H5_F64;
    if (info->bytes == 1 && !info->is_signed)
        return H5_U8;
    return info->bytes < 4 || (info->bytes == 4 && info->is_signed) ? H5_I32 : H5_I64;
}

static Err open_source(Request *request, int which)
{
    H5Info info;
    Source *source = &request->source[which];
    const char *file = h5_path(request->file), *path = request->value[which];
    TRY(h5_info(request->file, path, &info));
    if (info.kind == H5_OTHER)
        FAIL(STATUS_USER, "%s: %s holds %s; integers and floats are taken", file, path, info.words);
    if (info.rank < 1)
        FAIL(STATUS_USER, "%s: %s is a single number, no array", file, path);
    *source = (Source){.file = request->file, .path = path, .type = type_of(&info)};
    source->rows = info.dims[0];
    source->row_bytes = import_type_bytes(source->type);
    for (int i = 1; i < info.rank; i++)
        source->row_bytes *= info.dims[i];
    if (info.rank > 4 || source->row_bytes < 1 || source->row_bytes > INT32_MAX)
        FAIL(STATUS_USER, "%s: %s: rows of %" PRId64 " bytes in %d dimensions are not taken", file,
             path, source->row_bytes, info.rank);
    source->block = source->row_bytes < BLOCK_BYTES ? BLOCK_BYTES / source->row_bytes : 1;
    source->values = mem_alloc(source->block, (size_t)source->row_bytes);
    ImportArray *array = &request->array[which];
    *array = (ImportArray){.name = arena_text(&request->arena, "%s: %s", file, path),
                           .type = source->type,
                           .rank = info.rank,
                           .next = next_row,
                           .self = source};
    memcpy(array->dims, info.dims, sizeof array->dims);
    return NULL;
}

static Err convert(Request *request, int count, char *const *arguments, const char *output)
{
    const char **value = request->value;
    const char **file = arena_take(&request->arena, count, sizeof *file);
    int files;
    TRY(import_array_arguments("h5", value, &request->common, count, arguments, file, &files));
    if (files != 1)
        FAIL(STATUS_USER, "import h5: one file is wanted, %d are given", files);
    TRY(import_pairs("h5", import_array_options, value));
    TRY(h5_open(&request->file, file[0]));
    for (int i = 0; i < IMPORT_ARRAYS; i++)
        if (value[i])
            TRY(open_source(request, i));
    return import_arrays(request->array, &request->common, NULL, 0, output);
}

static Err run(int count, char *const *arguments, const char *output)
{
    Request request = {0};
    Err err = convert(&request, count, arguments, output);
    for (int i = 0; i < IMPORT_ARRAYS; i++)
        mem_free(request.source[i].values);
    h5_close(request.file);
    arena_free(&request.arena);
    return err;
}

const Importer import_h5 = {
    .name = "h5",
    .help = "HDF5 files with other names",
    .usage = "FILE --x /PATH --y /PATH [--test-x /PATH --test-y /PATH] [OPTION VALUE]... -o "
             "DATA.h5\n" IMPORT_COMMON_HELP,
    .run = run,
};
