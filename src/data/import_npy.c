/* The NumPy importers: arrays of x and y into a data file, from .npy files of their own or from one
 * .npz. Here are their arguments; import_npy_read.c reads an array, zip.c finds members. */
#include "data/import.h"

#include "base/conf.h"
#include "data/import_npy_inside.h"
#include "data/zip.h"

#include <string.h>

/* What members are called, by habit: np.savez(x=..., y=...), or as Keras's data sets have it. */
static const char *const habits[][IMPORT_ARRAYS] = {{"x_train", "y_train", "x_test", "y_test"},
                                                    {"x", "y", "test_x", "test_y"},
                                                    {"X_train", "y_train", "X_test", "y_test"},
                                                    {"X", "y", "X_test", "y_test"}};

typedef struct Request {
    Arena arena;
    const char *value[IMPORT_ARRAYS]; /* files, or names of members; NULL: not given */
    const char **file;
    int files;
    ImportCommon common;
    Npy npy[IMPORT_ARRAYS];
    ImportArray array[IMPORT_ARRAYS];
} Request;

static Err take_arguments(Request *request, const char *importer, int count, char *const *arguments)
{
    request->file = arena_take(&request->arena, count, sizeof *request->file);
    return import_array_arguments(importer, request->value, &request->common, count, arguments,
                                  request->file, &request->files);
}

/* Takes over the opened file. */
static Err add_array(Request *request, int which, Unzip *file, const char *name)
{
    Npy *npy = &request->npy[which];
    TRY(npy_begin(npy, file, name));
    ImportArray *array = &request->array[which];
    *array = (ImportArray){
        .name = name, .type = npy->type->type, .rank = npy->rank, .next = npy_next, .self = npy};
    memcpy(array->dims, npy->dims, sizeof array->dims);
    return NULL;
}

static Err open_files(Request *request)
{
    if (request->files)
        FAIL(STATUS_USER, "import npy: is %s x or y? --x FILE --y FILE", request->file[0]);
    TRY(import_pairs("npy", import_array_options, request->value));
    for (int i = 0; i < IMPORT_ARRAYS; i++) {
        Unzip *file;
        if (!request->value[i])
            continue;
        TRY(unzip_open(&file, request->value[i]));
        TRY(add_array(request, i, file, request->value[i]));
    }
    return NULL;
}

/* The member "NAME.npy"; NULL: none. */
static const ZipMember *find_member(const ZipMember *member, int count, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < count; i++)
        if (strncmp(member[i].name, name, length) == 0 &&
            (strcmp(member[i].name + length, ".npy") == 0 || !member[i].name[length]))
            return &member[i];
    return NULL;
}

/* Fills in the names that were not given, by the first habit that the members follow. */
static void guess_names(Request *request, const ZipMember *member, int count)
{
    for (size_t h = 0; h < sizeof habits / sizeof *habits; h++) {
        if (!find_member(member, count, habits[h][TRAIN_X]) ||
            !find_member(member, count, habits[h][TRAIN_Y]))
            continue;
        for (int i = 0; i < IMPORT_ARRAYS; i++)
            if (find_member(member, count, habits[h][i]))
                request->value[i] = habits[h][i];
        return;
    }
}

static Err missing_member(Request *request, const ZipMember *member, int count, const char *option,
                          const char *name)
{
    const char **names = arena_take(&request->arena, count + 1, sizeof *names), *all = "";
    for (int i = 0; i < count; i++) {
        size_t length = strlen(member[i].name);
        bool npy = length > 4 && strcmp(member[i].name + length - 4, ".npy") == 0;
        names[i] =
            arena_text(&request->arena, "%.*s", (int)(length - (npy ? 4 : 0)), member[i].name);
        all = arena_text(&request->arena, "%s%s%s", all, i ? ", " : "", names[i]);
    }
    const char *meant = name ? conf_closest(name, names) : NULL;
    FAIL(STATUS_USER, "%s: %s: %s%s%s%s%s; its arrays: %s", request->file[0], option,
         name ? "there is no array " : "which array?", name ? name : "",
         meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "", all);
}

static Err open_members(Request *request)
{
    const ZipMember *member;
    int count;
    if (request->files != 1)
        FAIL(STATUS_USER, "import npz: one file is wanted, %d are given", request->files);
    const char *path = request->file[0], **value = request->value;
    TRY(zip_list(path, &request->arena, &member, &count));
    if (!value[TRAIN_X] && !value[TRAIN_Y] && !value[TEST_X] && !value[TEST_Y])
        guess_names(request, member, count);
    for (int i = 0; i < IMPORT_ARRAYS; i++) {
        bool wanted = i < TEST_X || value[TEST_X] || value[TEST_Y];
        const ZipMember *found = value[i] ? find_member(member, count, value[i]) : NULL;
        if (wanted && !found)
            return missing_member(request, member, count, import_array_options[i], value[i]);
        if (!wanted)
            continue;
        Unzip *file;
        const char *name = arena_text(&request->arena, "%s: %s", path, value[i]);
        TRY(zip_open(&file, path, name, found));
        TRY(add_array(request, i, file, name));
    }
    return NULL;
}

static Err run(const char *importer, int count, char *const *arguments, const char *output,
               Err (*open)(Request *request))
{
    Request request = {0};
    Err err = take_arguments(&request, importer, count, arguments);
    if (!err)
        err = open(&request);
    if (!err)
        err = import_arrays(request.array, &request.common, NULL, 0, output);
    for (int i = 0; i < IMPORT_ARRAYS; i++)
        npy_close(&request.npy[i]);
    arena_free(&request.arena);
    return err;
}

static Err run_npy(int count, char *const *arguments, const char *output)
{
    return run("npy", count, arguments, output, open_files);
}

static Err run_npz(int count, char *const *arguments, const char *output)
{
    return run("npz", count, arguments, output, open_members);
}

const Importer import_npy = {
    .name = "npy",
    .help = "NumPy arrays, a file each",
    .usage =
        "--x F --y F [--test-x F --test-y F] [OPTION VALUE]... -o DATA.h5\n" IMPORT_COMMON_HELP,
    .run = run_npy,
};

const Importer import_npz = {
    .name = "npz",
    .help = "NumPy arrays in one .npz",
    .usage = "FILE [--x NAME --y NAME [--test-x NAME --test-y NAME]] [OPTION VALUE]... -o DATA.h5\n"
             "Else: x_train, y_train, x_test, y_test, as in Keras's data sets; or x and "
             "y\n" IMPORT_COMMON_HELP,
    .run = run_npz,
};
