/* Arrays of x and y into a data file: what importers of IDX, NumPy, CIFAR and HDF5 files have in
 * common. Shapes are checked before a row is read; values as the rows pass by. */
#include "data/import_inside.h"

#include "base/log.h"
#include "base/term.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { PROGRESS_BYTES = 64 << 20 /* less is copied in no time */ };

static const char *const channels_words[] = {"first", "last", NULL};

/* The work under way. */
typedef struct Work {
    const ImportArray *array;
    Arena arena;
    bool channels_last;
    double fraction;
    uint64_t seed;
    const char *const *class_name;
    int class_count;
    ImportShape shape;
    int64_t features;
    unsigned char *row; /* of x, before its channels are moved */
} Work;

static bool is_float(H5Type type)
{
    return type == H5_F32 || type == H5_F64 || type == H5_REAL;
}

static Err check_x(const ImportArray *x)
{
    if (x->rank < 2 || x->rank > 4)
        FAIL(STATUS_USER, "%s: has %d dimension%s; images have 2 to 4, the first for samples%s",
             x->name, x->rank, x->rank == 1 ? "" : "s",
             x->rank == 1 ? " (are these the labels?)" : "");
    int64_t features = 1;
    for (int i = 0; i < x->rank; i++) {
        if (x->dims[i] <= 0)
            FAIL(STATUS_USER, "%s: dimension %d is 0", x->name, i);
        if (i > 0 && x->dims[i] > INT_MAX / features)
            FAIL(STATUS_USER, "%s: a sample is too large", x->name);
        features *= i ? x->dims[i] : 1;
    }
    return NULL;
}

static Err check_y(const ImportArray *y)
{
    if (y->rank < 1 || y->rank > 2 || (y->rank == 2 && y->dims[1] > INT_MAX))
        FAIL(STATUS_USER,
             "%s: has %d dimensions; labels have 1, values to be regressed on 2 (are these the "
             "images?)",
             y->name, y->rank);
    if (y->rank == 2 && y->dims[1] != 1 && !is_float(y->type))
        FAIL(STATUS_USER,
             "%s: has %" PRId64 " integers a row; a class is one integer (from one-hot rows: "
             "y.argmax(1)), values to be regressed on are floats",
             y->name, y->dims[1]);
    return NULL;
}

static Err check_pair(const ImportArray *x, const ImportArray *y)
{
    TRY(check_x(x));
    TRY(check_y(y));
    if (x->dims[0] != y->dims[0])
        FAIL(STATUS_USER, "%s has %" PRId64 " samples, %s has %" PRId64 " labels", x->name,
             x->dims[0], y->name, y->dims[0]);
    return NULL;
}

static Err check_alike(const ImportArray *train, const ImportArray *test)
{
    bool same = train->rank == test->rank && train->type == test->type;
    for (int i = 1; same && i < train->rank; i++)
        same = train->dims[i] == test->dims[i];
    if (!same)
        FAIL(STATUS_USER, "%s and %s hold samples of different shapes or types", train->name,
             test->name);
    return NULL;
}

static Err check_arrays(const Work *work)
{
    const ImportArray *array = work->array;
    TRY(check_pair(&array[TRAIN_X], &array[TRAIN_Y]));
    if (work->channels_last && array[TRAIN_X].rank != 4)
        FAIL(STATUS_USER, "--channels last: %s has %d dimensions, not 4", array[TRAIN_X].name,
             array[TRAIN_X].rank);
    if (!array[TEST_X].rank)
        return NULL;
    if (work->fraction > 0)
        FAIL(STATUS_USER, "--test-fraction: %s is the test part already", array[TEST_X].name);
    TRY(check_pair(&array[TEST_X], &array[TEST_Y]));
    TRY(check_alike(&array[TRAIN_X], &array[TEST_X]));
    return check_alike(&array[TRAIN_Y], &array[TEST_Y]);
}

static void find_shape(Work *work)
{
    const ImportArray *x = &work->array[TRAIN_X], *y = &work->array[TRAIN_Y];
    ImportShape *shape = &work->shape;
    *shape = (ImportShape){.x_type = x->type, .y_type = y->type, .rank = x->rank - 1};
    shape->targets = y->rank == 2 && is_float(y->type) ? (int)y->dims[1] : 0;
    work->features = 1;
    for (int i = 0; i < shape->rank; i++) {
        int from = work->channels_last ? 1 + (i + 2) % 3 : 1 + i;
        shape->dims[i] = x->dims[from];
        work->features *= shape->dims[i];
    }
}

/* (height, width, channels) to (channels, height, width). */
static void move_channels(const Work *work, unsigned char *to)
{
    int64_t channels = work->shape.dims[0], pixels = work->features / channels;
    size_t size = (size_t)import_type_bytes(work->shape.x_type);
    const unsigned char *from = work->row;
    for (int64_t pixel = 0; pixel < pixels; pixel++)
        for (int64_t c = 0; c < channels; c++, from += size)
            memcpy(to + (size_t)(c * pixels + pixel) * size, from, size);
}

static Err check_finite(const char *name, H5Type type, const void *values, int64_t count,
                        int64_t row)
{
    for (int64_t i = 0; i < count && is_float(type); i++) {
        double value = type == H5_F64 ? ((const double *)values)[i] : ((const float *)values)[i];
        if (!isfinite(value))
            FAIL(STATUS_USER, "%s: row %" PRId64 ": value %" PRId64 " is %s", name, row, i,
                 isnan(value) ? "NaN" : "infinite");
    }
    return NULL;
}

static Err check_label(const Work *work, const char *name, const void *y, int64_t row)
{
    H5Type type = work->shape.y_type;
    if (is_float(type))
        return NULL;
    int64_t label = type == H5_U8    ? *(const uint8_t *)y
                    : type == H5_I32 ? *(const int32_t *)y
                                     : *(const int64_t *)y;
    if (label < 0)
        FAIL(STATUS_USER, "%s: row %" PRId64 ": label %" PRId64 " is negative", name, row, label);
    if (work->class_count && label >= work->class_count)
        FAIL(STATUS_USER,
             "%s: row %" PRId64 ": label %" PRId64 " has no name; there are %d names of classes",
             name, row, label, work->class_count);
    return NULL;
}

/* All rows of one pair of arrays. */
static Err copy_pair(const Work *work, const ImportArray *x, const ImportArray *y,
                     const ImportSplit *split, Part part, ImportOut *out)
{
    Term term;
    int64_t targets = work->shape.targets ? work->shape.targets : 1;
    term_begin(&term, "copying", "samples", 0, x->dims[0]);
    Err err = NULL;
    for (int64_t row = 0; row < x->dims[0] && !err; row++) {
        void *to_x, *to_y;
        err = import_out_row(out, split ? import_split_part(split, row) : part, &to_x, &to_y);
        if (!err)
            err = x->next(x->self, work->row ? work->row : to_x);
        if (!err && work->row)
            move_channels(work, to_x);
        if (!err)
            err = y->next(y->self, to_y);
        if (!err)
            err = check_finite(x->name, work->shape.x_type, to_x, work->features, row);
        if (!err)
            err = check_finite(y->name, work->shape.y_type, to_y, targets, row);
        if (!err)
            err = check_label(work, y->name, to_y, row);
        if (x->dims[0] * out->x_row >= PROGRESS_BYTES)
            term_progress(&term, row + 1, "%s", x->name);
    }
    term_clear(&term);
    return err;
}

static Err write_file(const Work *work, ImportOut *out, const char *output)
{
    const ImportArray *array = work->array;
    ImportSplit split;
    TRY(import_split(&split, array[TRAIN_X].dims[0], work->fraction, work->seed));
    int64_t rows[PART_COUNT] = {0};
    rows[PART_TRAIN] = array[TRAIN_X].dims[0] - split.test;
    rows[PART_TEST] = array[TEST_X].rank ? array[TEST_X].dims[0] : split.test;
    TRY(import_out_open(out, output, rows, &work->shape));
    if (work->class_count)
        TRY(h5_write_texts(out->file, "/", "classes", work->class_name, work->class_count));
    TRY(copy_pair(work, &array[TRAIN_X], &array[TRAIN_Y], &split, PART_TRAIN, out));
    if (array[TEST_X].rank)
        TRY(copy_pair(work, &array[TEST_X], &array[TEST_Y], NULL, PART_TEST, out));
    TRY(import_out_commit(out));
    log_info("%s: %" PRId64 " training samples, %" PRId64 " test samples", output, rows[PART_TRAIN],
             rows[PART_TEST]);
    return NULL;
}

static Err convert(Work *work, const ImportCommon *common, const char *output)
{
    int channels;
    TRY(import_fraction(common->fraction, common->seed, &work->fraction, &work->seed));
    TRY(import_word("--channels", common->channels, channels_words, &channels));
    work->channels_last = channels == 1;
    if (common->classes) {
        const char **names;
        TRY(import_list("--classes", common->classes, &work->arena, &names, &work->class_count));
        work->class_name = names;
    }
    TRY(check_arrays(work));
    find_shape(work);
    if (work->channels_last)
        work->row = mem_alloc(work->features, (size_t)import_type_bytes(work->shape.x_type));
    ImportOut out = {0};
    Err err = write_file(work, &out, output);
    import_out_close(&out);
    return err;
}

Err import_arrays(const ImportArray *array, const ImportCommon *common,
                  const char *const *class_name, int class_count, const char *output)
{
    Work work = {.array = array, .class_name = class_name, .class_count = class_count};
    Err err = convert(&work, common, output);
    mem_free(work.row);
    arena_free(&work.arena);
    return err;
}
