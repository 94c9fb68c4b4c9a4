/* Writing a data file row by row. Each part has room for one block of rows, a chunk of x or more;
 * a full block goes to the file, which is on disk: memory depends on a sample's size alone. */
#include "data/import_inside.h"

#include "base/cut.h"
#include "data/dataset_inside.h"

#include <string.h>

enum {
    CHUNK_BYTES = 256 << 10, /* of x, about; by whole samples, so that rows are read alone */
    BLOCK_BYTES = 4 << 20    /* of x, about, for each part */
};

static const char *const x_names[PART_COUNT] = {"/train/x", "/validation/x", "/test/x"};
static const char *const y_names[PART_COUNT] = {"/train/y", "/validation/y", "/test/y"};

int64_t import_type_bytes(H5Type type)
{
    switch (type) {
    case H5_U8:
        return 1;
    case H5_I32:
    case H5_F32:
        return 4;
    case H5_REAL:
        return (int64_t)sizeof(Real);
    default:
        return 8;
    }
}

static Err declare(ImportOut *out, Part part)
{
    const ImportShape *shape = &out->shape;
    int64_t chunk = out->x_row < CHUNK_BYTES ? CHUNK_BYTES / out->x_row : 1;
    int64_t blocks = BLOCK_BYTES / (chunk * out->x_row);
    int64_t dims[4] = {out->rows[part]};
    memcpy(dims + 1, shape->dims, sizeof shape->dims);
    TRY(h5_declare(out->file, x_names[part], shape->x_type, shape->rank + 1, dims, chunk));
    out->block = chunk * (blocks > 1 ? blocks : 1);
    out->x[part] = mem_alloc(out->block, (size_t)out->x_row);
    out->y[part] = mem_alloc(out->block, (size_t)out->y_row);
    dims[1] = shape->targets;
    return h5_declare(out->file, y_names[part], shape->y_type, shape->targets ? 2 : 1, dims,
                      out->block);
}

Err import_out_open(ImportOut *out, const char *path, const int64_t *rows, const ImportShape *shape)
{
    *out = (ImportOut){.shape = *shape};
    memcpy(out->rows, rows, sizeof out->rows);
    out->x_row = import_type_bytes(shape->x_type);
    for (int i = 0; i < shape->rank; i++)
        out->x_row *= shape->dims[i];
    out->y_row = import_type_bytes(shape->y_type) * (shape->targets ? shape->targets : 1);
    TRY(h5_create_mapped(&out->file, path));
    for (Part part = PART_TRAIN; part < PART_COUNT; part++)
        if (rows[part])
            TRY(declare(out, part));
    return NULL;
}

static Err flush(ImportOut *out, Part part)
{
    int64_t lo = out->written[part], hi = lo + out->filled[part];
    if (lo == hi)
        return NULL;
    TRY(h5_write_rows(out->file, x_names[part], out->shape.x_type, lo, hi, out->x[part]));
    TRY(h5_write_rows(out->file, y_names[part], out->shape.y_type, lo, hi, out->y[part]));
    out->written[part] = hi;
    out->filled[part] = 0;
    return NULL;
}

Err import_out_row(ImportOut *out, Part part, void **x, void **y)
{
    if (out->filled[part] == out->block)
        TRY(flush(out, part));
    int64_t row = out->filled[part]++;
    CHECK(out->written[part] + row < out->rows[part], "more rows than were promised");
    *x = out->x[part] + row * out->x_row;
    *y = out->y[part] + row * out->y_row;
    return NULL;
}

Err import_out_commit(ImportOut *out)
{
    for (Part part = PART_TRAIN; part < PART_COUNT; part++) {
        TRY(flush(out, part));
        CHECK(out->written[part] == out->rows[part], "fewer rows than were promised");
    }
    return h5_commit(out->file);
}

void import_out_close(ImportOut *out)
{
    h5_close(out->file);
    for (Part part = PART_TRAIN; part < PART_COUNT; part++) {
        mem_free(out->x[part]);
        mem_free(out->y[part]);
    }
    *out = (ImportOut){0};
}
