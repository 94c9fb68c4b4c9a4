/* The IDX importer: MNIST and its relatives into a data file. Here are its arguments, what images
 * and labels must have in common, and the writing; import_idx_read.c reads the files. */
#include "data/import.h"

#include "base/file.h"
#include "base/log.h"
#include "data/import_idx_inside.h"
#include "data/import_inside.h"

#include <inttypes.h>
#include <string.h>

enum { CHUNK_BYTES = 256 << 10 }; /* of x in the data file, about */

/* The four files, in this order in all tables. */
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILES };

static const char *const options[FILES] = {"--train-images", "--train-labels", "--test-images",
                                           "--test-labels"};
static const char *const standard_names[FILES] = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};
static const char *const dataset_names[FILES] = {"/train/x", "/train/y", "/test/x", "/test/y"};

/* What the arguments say. */
typedef struct Request {
    Arena arena;
    const char *path[FILES]; /* NULL: not given */
    const char **class_name;
    int class_count;
} Request;

/* The four standard names in a folder, plain or gzipped. */
static Err take_folder(Request *request, const char *folder)
{
    for (int f = 0; f < FILES; f++) {
        const char *plain = arena_text(&request->arena, "%s/%s", folder, standard_names[f]);
        const char *packed = arena_text(&request->arena, "%s.gz", plain);
        if (!file_exists(plain) && !file_exists(packed))
            FAIL(STATUS_USER, "%s: neither this nor its .gz is there", plain);
        if (!request->path[f])
            request->path[f] = file_exists(plain) ? plain : packed;
    }
    return NULL;
}

static Err take_arguments(Request *request, int count, char *const *arguments)
{
    const char *classes = NULL, **folder = arena_take(&request->arena, count, sizeof *folder);
    ImportOption table[FILES + 2] = {[FILES] = {"--classes", &classes}};
    int folders;
    for (int f = 0; f < FILES; f++)
        table[f] = (ImportOption){options[f], &request->path[f]};
    TRY(import_arguments("idx", table, count, arguments, folder, &folders));
    for (int i = 0; i < folders; i++)
        TRY(take_folder(request, folder[i]));
    if (classes)
        TRY(import_list("--classes", classes, &request->arena, &request->class_name,
                        &request->class_count));
    for (int f = TRAIN_IMAGES; f <= TRAIN_LABELS; f++)
        if (!request->path[f])
            FAIL(STATUS_USER, "import idx: %s is missing", options[f]);
    for (int f = TEST_IMAGES; f <= TEST_LABELS; f++)
        if (!request->path[f] && request->path[TEST_IMAGES + TEST_LABELS - f])
            FAIL(STATUS_USER, "import idx: %s is missing", options[f]);
    return NULL;
}

static int64_t label_at(const Idx *labels, int64_t row)
{
    return labels->type->type == H5_U8 ? ((const uint8_t *)labels->values)[row]
                                       : ((const int32_t *)labels->values)[row];
}

static Err check_labels(const Request *request, const Idx *labels)
{
    for (int64_t row = 0; row < labels->count && !labels->type->is_float; row++) {
        int64_t label = label_at(labels, row);
        if (label < 0)
            FAIL(STATUS_USER, "%s: row %" PRId64 ": label %" PRId64 " is negative", labels->path,
                 row, label);
        if (request->class_count && label >= request->class_count)
            FAIL(STATUS_USER,
                 "%s: row %" PRId64 ": label %" PRId64 " has no name; --classes gives %d",
                 labels->path, row, label, request->class_count);
    }
    return NULL;
}

static Err check_pair(const Request *request, const Idx *images, const Idx *labels)
{
    if (images->rank < 2)
        FAIL(STATUS_USER, "%s: has 1 dimension; images have 2 to 4 (are these the labels?)",
             images->path);
    if (labels->rank > (labels->type->is_float ? 2 : 1))
        FAIL(STATUS_USER, "%s: has %d dimensions; labels have 1 (are these the images?)",
             labels->path, labels->rank);
    if (images->dims[0] != labels->dims[0])
        FAIL(STATUS_USER, "%s has %" PRId64 " images, %s has %" PRId64 " labels", images->path,
             images->dims[0], labels->path, labels->dims[0]);
    return check_labels(request, labels);
}

static Err check_alike(const Idx *train, const Idx *test)
{
    bool same = train->rank == test->rank;
    for (int i = 1; same && i < train->rank; i++)
        same = train->dims[i] == test->dims[i];
    if (!same)
        FAIL(STATUS_USER, "%s and %s hold images of different shapes", train->path, test->path);
    return NULL;
}

/* Images are chunked by whole samples, so that a range of rows is read without its neighbours. */
static Err write_array(H5 *file, const char *name, const Idx *idx)
{
    int64_t row_bytes = idx->count / idx->dims[0] * idx->type->bytes;
    int64_t rows = idx->rank == 1 ? 0 : row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
    return h5_write(file, name, idx->type->type, idx->rank, idx->dims, rows, idx->values);
}

static Err write_file(const Request *request, const Idx *idx, H5 *file, const char *output)
{
    for (int f = 0; f < FILES; f++)
        if (request->path[f])
            TRY(write_array(file, dataset_names[f], &idx[f]));
    if (request->class_count)
        TRY(h5_write_texts(file, "/", "classes", request->class_name, request->class_count));
    void *bytes;
    size_t size;
    TRY(h5_image(file, &bytes, &size));
    Err err = file_replace(output, bytes, size);
    mem_free(bytes);
    return err;
}

static Err convert(const Request *request, Idx *idx, const char *output)
{
    for (int f = 0; f < FILES; f++)
        if (request->path[f])
            TRY(idx_read(&idx[f], request->path[f]));
    TRY(check_pair(request, &idx[TRAIN_IMAGES], &idx[TRAIN_LABELS]));
    if (request->path[TEST_IMAGES]) {
        TRY(check_pair(request, &idx[TEST_IMAGES], &idx[TEST_LABELS]));
        TRY(check_alike(&idx[TRAIN_IMAGES], &idx[TEST_IMAGES]));
    }
    H5 *file;
    TRY(h5_create(&file));
    Err err = write_file(request, idx, file, output);
    h5_close(file);
    if (!err)
        log_info("%s: %" PRId64 " training samples, %" PRId64 " test samples", output,
                 idx[TRAIN_IMAGES].dims[0], idx[TEST_IMAGES].dims[0]);
    return err;
}

static Err run(int count, char *const *arguments, const char *output)
{
    Request request = {0};
    Idx idx[FILES] = {0};
    Err err = take_arguments(&request, count, arguments);
    if (!err)
        err = convert(&request, idx, output);
    for (int f = 0; f < FILES; f++)
        idx_free(&idx[f]);
    arena_free(&request.arena);
    return err;
}

const Importer import_idx = {
    .name = "idx",
    .help = "MNIST's format, plain or .gz",
    .usage = "FOLDER | --train-images F --train-labels F [--test-images F --test-labels F]\n"
             "       [--classes a,b,c] -o DATA.h5\n"
             "FOLDER holds the four files under MNIST's names (train-images-idx3-ubyte ...)",
    .run = run,
};
