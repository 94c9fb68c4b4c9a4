/* Loading: where samples lie in memory, and reading them there.
 *
 *     [ train x | train y | validation x | validation y | test x | test y ]   each from a line on
 *
 * Several ranks fill one memory, each its own rows. Every value is looked at once, here, so that a
 * NaN is named with its row now and not found in a loss a thousand steps later. */
#include "data/dataset_inside.h"

#include "base/cut.h"
#include "math/vec.h"

#include <inttypes.h>
#include <math.h>

enum { LABELS_READ = 1 << 16 }; /* labels converted at a time */

static int64_t x_bytes(const Dataset *dataset, Part part)
{
    const PartData *data = &dataset->part[part];
    return data->streamed ? 0 : round_up(data->count * dataset_row_bytes(dataset), LINE_BYTES);
}

static int64_t y_bytes(const Dataset *dataset, Part part)
{
    int64_t row =
        dataset->classifies ? (int64_t)sizeof(int32_t) : dataset->targets * (int64_t)sizeof(Real);
    return round_up(dataset->part[part].count * row, LINE_BYTES);
}

int64_t dataset_bytes(const Dataset *dataset)
{
    int64_t bytes = 0;
    for (Part part = PART_TRAIN; part < PART_COUNT; part++)
        bytes += x_bytes(dataset, part) + y_bytes(dataset, part);
    return bytes;
}

void dataset_place(Dataset *dataset, void *memory)
{
    char *at = memory;
    for (Part part = PART_TRAIN; part < PART_COUNT; part++) {
        PartData *data = &dataset->part[part];
        data->x = data->streamed ? NULL : at;
        at += x_bytes(dataset, part);
        data->label = dataset->classifies ? (int32_t *)at : NULL;
        data->value = dataset->classifies ? NULL : (Real *)at;
        at += y_bytes(dataset, part);
    }
    dataset->pivot = dataset->part[PART_TRAIN].x;
}

/* Refuses the first value that is not finite; `rows` are of `width` values, the first being `lo`.
 */
static Err check_finite(const Dataset *dataset, const char *name, const Real *rows, int64_t lo,
                        int64_t hi, int64_t width)
{
    for (int64_t row = lo; row < hi; row++, rows += width) {
        if (vec_finite(rows, width))
            continue;
        int64_t i = 0;
        while (isfinite(rows[i]))
            i++;
        const char *path = shards_where(dataset->file, name, &row);
        FAIL(STATUS_USER, "%s: %s row %" PRId64 ": value %" PRId64 " is %s", path, name, row, i,
             isnan(rows[i]) ? "NaN" : "infinite in " REAL_NAME);
    }
    return NULL;
}

Err dataset_read(const Dataset *dataset, Part part, int64_t lo, int64_t hi, void *rows)
{
    const char *name = dataset->x_name[part];
    if (dataset->is_bytes)
        return shards_read(dataset->file, name, H5_U8, 1, lo, hi, dataset->features, rows);
    TRY(shards_read(dataset->file, name, H5_REAL, sizeof(Real), lo, hi, dataset->features, rows));
    return check_finite(dataset, name, rows, lo, hi, dataset->features);
}

Err dataset_read_pivot(Dataset *dataset)
{
    if (dataset->pivot)
        return NULL;
    void *row = arena_take(&dataset->arena, dataset_row_bytes(dataset), 1);
    dataset->pivot = row;
    return dataset_read(dataset, PART_TRAIN, 0, 1, row);
}

static Err fill_values(Dataset *dataset, Part part, int64_t lo, int64_t hi)
{
    const char *name = dataset->y_name[part];
    Real *rows = dataset->part[part].value + lo * dataset->targets;
    TRY(shards_read(dataset->file, name, H5_REAL, sizeof(Real), lo, hi, dataset->targets, rows));
    return check_finite(dataset, name, rows, lo, hi, dataset->targets);
}

static Err fail_label(const Dataset *dataset, Part part, int64_t row, int64_t label)
{
    const char *name = dataset->y_name[part], *path = shards_where(dataset->file, name, &row);
    FAIL(STATUS_USER, "%s: %s row %" PRId64 ": label %" PRId64 " is %s", path, name, row, label,
         label < 0 ? "negative; classes count from 0" : "too large for a class");
}

/* Labels come as 64 bits, so that no width that a file may have is cut off before it is judged. */
static Err take_labels(Dataset *dataset, Part part, int64_t lo, int64_t hi, const int64_t *wide)
{
    for (int64_t row = lo; row < hi; row++) {
        int64_t label = wide[row - lo];
        if (label < 0 || label > DATASET_MOST_LABEL)
            return fail_label(dataset, part, row, label);
        dataset->part[part].label[row] = (int32_t)label;
        if (label > dataset->label_max)
            dataset->label_max = (int)label;
    }
    return NULL;
}

/* The place of the one among zeros, or -1. */
static int64_t hot_place(const int64_t *row, int width)
{
    int64_t place = -1;
    for (int i = 0; i < width; i++) {
        if (row[i] == 0)
            continue;
        if (row[i] != 1 || place >= 0)
            return -1;
        place = i;
    }
    return place;
}

static Err fail_one_hot(const Dataset *dataset, Part part, int64_t row)
{
    const char *name = dataset->y_name[part], *path = shards_where(dataset->file, name, &row);
    FAIL(STATUS_USER,
         "%s: %s row %" PRId64 ": %d integers a row are a one-hot class, and here is not one 1 "
         "among zeros; real targets are floats (y.astype('float32'))",
         path, name, row, dataset->one_hot);
}

static Err read_one_hot(const Dataset *dataset, Part part, int64_t lo, int64_t hi, int64_t *label)
{
    const char *name = dataset->y_name[part];
    int width = dataset->one_hot;
    int64_t *rows = mem_alloc((hi - lo) * width, sizeof *rows);
    Err err = shards_read(dataset->file, name, H5_I64, sizeof *rows, lo, hi, width, rows);
    for (int64_t row = lo; row < hi && !err; row++) {
        label[row - lo] = hot_place(rows + (row - lo) * width, width);
        if (label[row - lo] < 0)
            err = fail_one_hot(dataset, part, row);
    }
    mem_free(rows);
    return err;
}

Err dataset_read_labels(const Dataset *dataset, Part part, int64_t lo, int64_t hi, int64_t *label)
{
    enum { AT_ONCE = 1 << 20 }; /* values of one-hot rows */
    if (!dataset->one_hot)
        return shards_read(dataset->file, dataset->y_name[part], H5_I64, sizeof *label, lo, hi, 1,
                           label);
    int64_t rows = AT_ONCE / dataset->one_hot + 1;
    for (int64_t at = lo; at < hi; at += rows)
        TRY(read_one_hot(dataset, part, at, at + rows < hi ? at + rows : hi, label + (at - lo)));
    return NULL;
}

static Err fill_labels(Dataset *dataset, Part part, int64_t lo, int64_t hi)
{
    int64_t *wide = mem_alloc(LABELS_READ, sizeof *wide);
    Err err = NULL;
    for (int64_t at = lo; at < hi && !err; at += LABELS_READ) {
        int64_t end = hi - at < LABELS_READ ? hi : at + LABELS_READ;
        err = dataset_read_labels(dataset, part, at, end, wide);
        if (!err)
            err = take_labels(dataset, part, at, end, wide);
    }
    mem_free(wide);
    return err;
}

Err dataset_fill(Dataset *dataset, Part part, int64_t lo, int64_t hi)
{
    const PartData *data = &dataset->part[part];
    CHECK(dataset->file && (data->x || data->streamed),
          "%s is filled before it has a place or after it "
          "was closed",
          dataset->path);
    if (!data->streamed)
        TRY(dataset_read(dataset, part, lo, hi, (char *)data->x + lo * dataset_row_bytes(dataset)));
    if (dataset->targets == 0)
        return NULL;
    return dataset->classifies ? fill_labels(dataset, part, lo, hi)
                               : fill_values(dataset, part, lo, hi);
}

int64_t dataset_bad_label(const Dataset *dataset, Part part, int64_t lo, int64_t hi, int classes,
                          int *label)
{
    for (int64_t row = lo; row < hi && dataset->classifies; row++)
        if (dataset->part[part].label[row] >= classes) {
            *label = dataset->part[part].label[row];
            return row;
        }
    return -1;
}
