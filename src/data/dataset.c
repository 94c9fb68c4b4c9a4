/* Opening a data file: which parts there are, and whether their shapes and types make sense.
 *
 * Most data files are made with h5py by somebody in a hurry, so a complaint says what was found,
 * what is taken, and where there is a usual slip (channels last) how to mend it.
 * Everything is decided here before a sample is read. */
#include "data/dataset_inside.h"

#include "base/log.h"
#include "math/lanes.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const char *const part_names[PART_COUNT] = {"/train", "/validation", "/test"};

/* What the two data sets of one part say. */
typedef struct PartShape {
    int64_t count, chunk;
    int channels, height, width;
    bool is_bytes;
    bool classifies;
    int targets;
    int one_hot; /* columns of integers, a class each; 0: a class is one integer */
} PartShape;

const char *part_name(Part part)
{
    return part_names[part];
}

/* "(60000, 28, 28)" */
static const char *shape_text(Arena *arena, const H5Info *info)
{
    const char *text = "(";
    for (int i = 0; i < info->rank; i++)
        text = arena_text(arena, "%s%s%" PRId64, text, i ? ", " : "", info->dims[i]);
    return arena_text(arena, "%s%s)", text, info->rank == 1 ? "," : "");
}

/* What was never written reads as zeros, without a word. Compression makes a thousandth at most. */
static Err refuse_unwritten(const Dataset *dataset, const char *name, const H5Info *info)
{
    enum { RATIO = 2000, LITTLE = 1 << 20 };
    double claimed = info->bytes;
    for (int i = 0; i < info->rank; i++)
        claimed *= (double)info->dims[i];
    if (info->stored == 0 || claimed > RATIO * (double)info->stored + LITTLE)
        FAIL(STATUS_USER,
             "%s: %s claims %.3g bytes, and %" PRId64 " are stored; it was never written, or is "
             "damaged",
             dataset->path, name, claimed, info->stored);
    return NULL;
}

static Err refuse_numbers(const Dataset *dataset, const char *name, const H5Info *info)
{
    if (info->kind == H5_OTHER)
        FAIL(STATUS_USER, "%s: %s holds %s; integers and floats are taken", dataset->path, name,
             info->words);
    for (int i = 0; i < info->rank; i++)
        if (info->dims[i] == 0)
            FAIL(STATUS_USER, "%s: %s has no %s", dataset->path, name, i ? "values" : "rows");
    return refuse_unwritten(dataset, name, info);
}

/* h5py users come from NumPy and Keras, where channels often stand last. */
static void warn_channels_last(Dataset *dataset, Part part, const H5Info *info)
{
    int64_t c = info->dims[1], h = info->dims[2], w = info->dims[3];
    if ((w == 1 || w == 3 || w == 4) && c > 4 && h > 4)
        log_warning("%s: %s %s is taken as (N, channels, height, width); if channels stand last, "
                    "store np.moveaxis(x, 3, 1)",
                    dataset->path, dataset->x_name[part], shape_text(&dataset->arena, info));
}

static Err check_x(Dataset *dataset, Part part, PartShape *shape)
{
    const char *name = dataset->x_name[part];
    H5Info info;
    TRY(shards_info(dataset->file, name, part == PART_TRAIN, &info));
    TRY(refuse_numbers(dataset, name, &info));
    if (info.rank < 2 || info.rank > 4)
        FAIL(STATUS_USER, "%s: %s has shape %s; (N, F), (N, H, W) and (N, C, H, W) are taken",
             dataset->path, name, shape_text(&dataset->arena, &info));
    int64_t features = 1;
    for (int i = 1; i < info.rank; i++) {
        if (info.dims[i] > INT_MAX / features)
            FAIL(STATUS_USER, "%s: %s has shape %s: a sample is too large", dataset->path, name,
                 shape_text(&dataset->arena, &info));
        features *= info.dims[i];
    }
    if (info.rank == 4)
        warn_channels_last(dataset, part, &info);
    const int64_t *sample = info.dims + info.rank;
    shape->count = info.dims[0];
    shape->chunk = info.chunk ? info.chunk : 1;
    shape->channels = info.rank == 3 ? 1 : (int)info.dims[1];
    shape->height = info.rank == 2 ? 1 : (int)sample[-2];
    shape->width = info.rank == 2 ? 1 : (int)sample[-1];
    shape->is_bytes = info.kind == H5_INTEGER && info.bytes == 1 && !info.is_signed;
    return NULL;
}

static Err check_y(Dataset *dataset, Part part, PartShape *shape)
{
    const char *name = dataset->y_name[part];
    H5Info info;
    TRY(shards_info(dataset->file, name, part == PART_TRAIN, &info));
    TRY(refuse_numbers(dataset, name, &info));
    if (info.rank < 1 || info.rank > 2 || (info.rank == 2 && info.dims[1] > INT_MAX))
        FAIL(STATUS_USER,
             "%s: %s has shape %s; (N,) and (N, 1) classes, (N, K) one-hot integers and (N, K) "
             "floats are taken",
             dataset->path, name, shape_text(&dataset->arena, &info));
    if (info.dims[0] != shape->count)
        FAIL(STATUS_USER, "%s: %s has %" PRId64 " rows, %s has %" PRId64, dataset->path,
             dataset->x_name[part], shape->count, name, info.dims[0]);
    const char *uneven = shards_uneven(dataset->file, dataset->x_name[part], name);
    if (uneven)
        FAIL(STATUS_USER, "%s: %s and %s have different numbers of rows", uneven,
             dataset->x_name[part], name);
    shape->classifies = info.kind == H5_INTEGER;
    shape->targets = info.rank == 2 ? (int)info.dims[1] : 1;
    if (shape->classifies && shape->targets > DATASET_MOST_LABEL)
        FAIL(STATUS_USER, "%s: %s has %d columns of integers, too many for one-hot classes",
             dataset->path, name, shape->targets);
    if (shape->classifies && shape->targets > 1) {
        shape->one_hot = shape->targets;
        shape->targets = 1;
    }
    return NULL;
}

/* Does this part fit the first one, by which the data set goes? */
static Err check_alike(const Dataset *dataset, Part part, const PartShape *shape)
{
    if (shape->channels != dataset->channels || shape->height != dataset->height ||
        shape->width != dataset->width)
        FAIL(STATUS_USER, "%s: a sample of %s is %d x %d x %d, one of %s is %d x %d x %d",
             dataset->path, dataset->x_name[dataset->first], dataset->channels, dataset->height,
             dataset->width, dataset->x_name[part], shape->channels, shape->height, shape->width);
    if (shape->classifies != dataset->classifies)
        FAIL(STATUS_USER, "%s: %s holds %s, %s holds %s", dataset->path,
             dataset->y_name[dataset->first], dataset->classifies ? "integer classes" : "floats",
             dataset->y_name[part], shape->classifies ? "integer classes" : "floats");
    if (shape->one_hot != dataset->one_hot)
        FAIL(STATUS_USER, "%s: %s has %d columns of one-hot classes, %s has %d", dataset->path,
             dataset->y_name[dataset->first], dataset->one_hot, dataset->y_name[part],
             shape->one_hot);
    if (shape->targets != dataset->targets)
        FAIL(STATUS_USER, "%s: %s has %d values a row, %s has %d", dataset->path,
             dataset->y_name[dataset->first], dataset->targets, dataset->y_name[part],
             shape->targets);
    return NULL;
}

static Err check_part(Dataset *dataset, Part part, bool labelled)
{
    PartShape shape = {0};
    TRY(check_x(dataset, part, &shape));
    if (labelled)
        TRY(check_y(dataset, part, &shape));
    if (part == dataset->first) {
        dataset->channels = shape.channels;
        dataset->height = shape.height;
        dataset->width = shape.width;
        dataset->features = (int64_t)shape.channels * shape.height * shape.width;
        dataset->classifies = shape.classifies;
        dataset->targets = shape.targets;
        dataset->one_hot = shape.one_hot;
        dataset->is_bytes = true;
    }
    TRY(check_alike(dataset, part, &shape));
    dataset->is_bytes = dataset->is_bytes && shape.is_bytes;
    dataset->part[part].count = shape.count;
    dataset->part[part].chunk = shape.chunk;
    return NULL;
}

static Err check_training(Dataset *dataset)
{
    TRY(check_part(dataset, PART_TRAIN, true));
    for (Part part = PART_VALIDATION; part < PART_COUNT; part++)
        if (shards_has(dataset->file, dataset->x_name[part]) ||
            shards_has(dataset->file, dataset->y_name[part]))
            TRY(check_part(dataset, part, true));
    return NULL;
}

static Err check_one(Dataset *dataset, Part part, bool labelled)
{
    dataset->first = part;
    if (!shards_has(dataset->file, dataset->x_name[part]))
        FAIL(STATUS_USER, "%s: there is no %s", dataset->path, dataset->x_name[part]);
    if (labelled && !shards_has(dataset->file, dataset->y_name[part]))
        FAIL(STATUS_USER, "%s: there is no %s to measure by; `predict` does without", dataset->path,
             dataset->y_name[part]);
    return check_part(dataset, part, labelled);
}

static Err read_names(Dataset *dataset)
{
    if (h5_has_attribute(shards_first(dataset->file), "/", "classes"))
        TRY(h5_read_texts(shards_first(dataset->file), "/", "classes", &dataset->arena,
                          &dataset->class_name, &dataset->class_name_count));
    dataset_set_classes(dataset, dataset->one_hot);
    return NULL;
}

/* "/train/x", or the other name that x has there. One that begins with / is the whole path of the
 * training part's. */
static const char *full_name(Dataset *dataset, Part part, const char *name)
{
    if (name[0] == '/' && part == PART_TRAIN)
        return arena_text(&dataset->arena, "%s", name);
    return arena_text(&dataset->arena, "%s%s%s", part_names[part], name[0] == '/' ? "" : "/", name);
}

Err dataset_open_files(Dataset **dataset, const DataFiles *files, Part only, bool labelled)
{
    Dataset *opened = mem_alloc(1, sizeof *opened);
    opened->path = arena_text(&opened->arena, files->count > 1 ? "%s and %d more" : "%s",
                              files->path[0], files->count - 1);
    opened->label_max = -1;
    for (Part part = 0; part < PART_COUNT; part++) {
        opened->x_name[part] = full_name(opened, part, files->x ? files->x : "x");
        opened->y_name[part] = full_name(opened, part, files->y ? files->y : "y");
    }
    Err err = shards_open(&opened->file, files->path, files->count);
    if (!err)
        err = only == PART_COUNT ? check_training(opened) : check_one(opened, only, labelled);
    if (!err)
        err = read_names(opened);
    if (!err)
        opened->planes =
            arena_take(&opened->arena, (LANES + 2) * plane_stride(opened), sizeof(Real));
    *dataset = opened;
    if (err) {
        dataset_close(opened);
        *dataset = NULL;
    }
    return err;
}

Err dataset_open(Dataset **dataset, const char *path)
{
    return dataset_open_files(dataset, &(DataFiles){.path = &path, .count = 1}, PART_COUNT, true);
}

Err dataset_open_part(Dataset **dataset, const char *path, Part part, bool labelled)
{
    return dataset_open_files(dataset, &(DataFiles){.path = &path, .count = 1}, part, labelled);
}

const char *dataset_x_name(const Dataset *dataset, Part part)
{
    return dataset->x_name[part];
}

const char *dataset_y_name(const Dataset *dataset, Part part)
{
    return dataset->y_name[part];
}

void dataset_stream(Dataset *dataset, Part part)
{
    dataset->part[part].streamed = true;
}

bool dataset_streamed(const Dataset *dataset, Part part)
{
    return dataset->part[part].streamed;
}

int64_t dataset_row_bytes(const Dataset *dataset)
{
    return dataset->features * (dataset->is_bytes ? 1 : (int64_t)sizeof(Real));
}

int64_t dataset_file_chunk(const Dataset *dataset, Part part)
{
    return dataset->part[part].chunk;
}

void dataset_loaded(Dataset *dataset)
{
    for (Part part = 0; part < PART_COUNT; part++)
        if (dataset->part[part].streamed)
            return;
    shards_close(dataset->file);
    dataset->file = NULL;
}

void dataset_close(Dataset *dataset)
{
    if (!dataset)
        return;
    shards_close(dataset->file);
    arena_free(&dataset->arena);
    mem_free(dataset);
}

const char *dataset_path(const Dataset *dataset)
{
    return dataset->path;
}

int64_t dataset_count(const Dataset *dataset, Part part)
{
    return dataset->part[part].count;
}

void dataset_shape(const Dataset *dataset, int *channels, int *height, int *width)
{
    *channels = dataset->channels;
    *height = dataset->height;
    *width = dataset->width;
}

bool dataset_is_bytes(const Dataset *dataset)
{
    return dataset->is_bytes;
}

bool dataset_classifies(const Dataset *dataset)
{
    return dataset->classifies;
}

int dataset_targets(const Dataset *dataset)
{
    return dataset->targets;
}

int dataset_label_max(const Dataset *dataset)
{
    return dataset->label_max;
}

void dataset_set_classes(Dataset *dataset, int classes)
{
    dataset->classes = classes > dataset->class_name_count ? classes : dataset->class_name_count;
}

int dataset_classes(const Dataset *dataset)
{
    return dataset->classes;
}

const char *dataset_class_name(const Dataset *dataset, int class)
{
    return class >= 0 && class < dataset->class_name_count ? dataset->class_name[class] : NULL;
}
