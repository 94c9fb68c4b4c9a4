/* The IDX importer: MNIST and its relatives into a data file. Here are its arguments;
 * import_idx_read.c reads the files, import_arrays.c holds them together. */
#include "data/import.h"

#include "base/file.h"
#include "data/import_idx_inside.h"
#include "data/import_inside.h"

#include <string.h>

/* The four files, in the order of arrays. */
static const char *const names[IMPORT_ARRAYS] = {"--train-images", "--train-labels",
                                                 "--test-images", "--test-labels"};
static const char *const standard_names[IMPORT_ARRAYS] = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

/* What the arguments say. */
typedef struct Request {
    Arena arena;
    const char *path[IMPORT_ARRAYS]; /* NULL: not given */
    ImportCommon common;
} Request;

/* The four standard names in a folder, plain or gzipped. */
static Err take_folder(Request *request, const char *folder)
{
    for (int f = 0; f < IMPORT_ARRAYS; f++) {
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
    const char **path = request->path, **folder;
    const ImportOption options[] = {
        {names[TRAIN_X], &path[TRAIN_X]},       {names[TRAIN_Y], &path[TRAIN_Y]},
        {names[TEST_X], &path[TEST_X]},         {names[TEST_Y], &path[TEST_Y]},
        IMPORT_COMMON_OPTIONS(request->common), {0}};
    int folders;
    folder = arena_take(&request->arena, count, sizeof *folder);
    TRY(import_arguments("idx", options, count, arguments, folder, &folders));
    for (int i = 0; i < folders; i++)
        TRY(take_folder(request, folder[i]));
    return import_pairs("idx", names, path);
}

/* An IDX file is in memory; its rows are handed out in order. */
static Err next_row(void *self, void *row)
{
    Idx *idx = self;
    size_t size = (size_t)(idx->count / idx->dims[0] * import_type_bytes(idx->type->type));
    memcpy(row, (const char *)idx->values + (size_t)idx->next++ * size, size);
    return NULL;
}

static Err convert(const Request *request, Idx *idx, const char *output)
{
    ImportArray array[IMPORT_ARRAYS] = {0};
    for (int f = 0; f < IMPORT_ARRAYS; f++) {
        if (!request->path[f])
            continue;
        TRY(idx_read(&idx[f], request->path[f]));
        array[f] = (ImportArray){.name = idx[f].path,
                                 .type = idx[f].type->type,
                                 .rank = idx[f].rank,
                                 .next = next_row,
                                 .self = &idx[f]};
        memcpy(array[f].dims, idx[f].dims, sizeof array[f].dims);
    }
    return import_arrays(array, &request->common, NULL, 0, output);
}

static Err run(int count, char *const *arguments, const char *output)
{
    Request request = {0};
    Idx idx[IMPORT_ARRAYS] = {0};
    Err err = take_arguments(&request, count, arguments);
    if (!err)
        err = convert(&request, idx, output);
    for (int f = 0; f < IMPORT_ARRAYS; f++)
        idx_free(&idx[f]);
    arena_free(&request.arena);
    return err;
}

const Importer import_idx = {
    .name = "idx",
    .help = "MNIST's format, plain or .gz",
    .usage = "FOLDER | --train-images F --train-labels F [--test-images F --test-labels F]\n"
             "       [OPTION VALUE]... -o DATA.h5\n"
             "FOLDER holds the four files under MNIST's names (train-images-idx3-ubyte "
             "...)\n" IMPORT_COMMON_HELP,
    .run = run,
};
