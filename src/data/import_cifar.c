/* The CIFAR importers: the binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009; the layout is
 * told at www.cs.toronto.edu/~kriz/cifar.html). A file is records and nothing else:
 *
 *     CIFAR-10     label                3072 bytes: red, green, blue, each 32 x 32
 *     CIFAR-100    coarse, fine label   3072 bytes
 *
 * So all there is to check is the length and that labels are below the number of classes. */
#include "data/import.h"

#include "base/file.h"
#include "base/log.h"
#include "data/import_inside.h"
#include "data/unzip.h"

#include <inttypes.h>
#include <string.h>

enum { CHANNELS = 3, SIDE = 32, PIXELS = CHANNELS * SIDE * SIDE, FILES_MOST = 64, MOST_LABELS = 2 };

/* One of the two sets. */
typedef struct Cifar {
    const char *name;
    const char *train, *test; /* how the files' names begin; they end in .bin */
    int labels;               /* bytes before the pixels */
    int classes[MOST_LABELS];
    const char *names[MOST_LABELS]; /* files with the classes' names */
} Cifar;

static const Cifar cifar_10 = {
    .name = "cifar10",
    .train = "data_batch_",
    .test = "test_batch",
    .labels = 1,
    .classes = {10},
    .names = {"batches.meta.txt"},
};
static const Cifar cifar_100 = {
    .name = "cifar100",
    .train = "train",
    .test = "test",
    .labels = 2,
    .classes = {20, 100},
    .names = {"coarse_label_names.txt", "fine_label_names.txt"},
};
static const char *const label_words[] = {"fine", "coarse", NULL};

/* Files read one after another as one array of records. */
typedef struct Records {
    const Cifar *cifar;
    const char *path[FILES_MOST];
    int files, next_file;
    int which; /* of the labels */
    Unzip *file;
    int64_t row; /* in the file */
    int64_t rows;
    unsigned char record[MOST_LABELS + PIXELS];
} Records;

static Err open_next(Records *records)
{
    unzip_close(records->file);
    records->row = 0;
    return unzip_open(&records->file, records->path[records->next_file++]);
}

/* Reads a record; its pixels are the row of x. */
static Err next_x(void *self, void *row)
{
    Records *records = self;
    const Cifar *cifar = records->cifar;
    int64_t size = cifar->labels + PIXELS, got = 0;
    while (got == 0) {
        if (records->file)
            TRY(unzip_read(records->file, records->record, size, &got));
        if (got == 0)
            TRY(open_next(records));
    }
    const char *path = records->path[records->next_file - 1];
    if (got < size)
        FAIL(STATUS_USER, "%s: row %" PRId64 ": ends in the middle", path, records->row);
    for (int i = 0; i < cifar->labels; i++)
        if (records->record[i] >= cifar->classes[i])
            FAIL(STATUS_USER, "%s: row %" PRId64 ": label %d; is this %s's binary version?", path,
                 records->row, records->record[i], cifar->name);
    records->row++;
    memcpy(row, records->record + cifar->labels, PIXELS);
    return NULL;
}

/* The label of the record that was read last. */
static Err next_y(void *self, void *row)
{
    const Records *records = self;
    *(uint8_t *)row = records->record[records->which];
    return NULL;
}

/* Counts a file's records by its length. */
static Err add_file(Records *records, const char *path)
{
    const Cifar *cifar = records->cifar;
    Unzip *file;
    unsigned char first = 0;
    int64_t got, record = cifar->labels + PIXELS;
    if (records->files == FILES_MOST)
        FAIL(STATUS_USER, "import %s: more than %d files", cifar->name, FILES_MOST);
    TRY(unzip_open(&file, path));
    int64_t size = unzip_size(file);
    Err err = unzip_read(file, &first, 1, &got);
    unzip_close(file);
    TRY(err);
    if (size == 0 || size % record != 0)
        FAIL(STATUS_USER,
             "%s: its %" PRId64 " bytes are no multiple of %" PRId64 ", a record's: %s", path, size,
             record,
             first == 0x80 ? "this is the Python version, the binary one is wanted"
                           : "is it cut off, or another set?");
    records->path[records->files++] = path;
    records->rows += size / record;
    return NULL;
}

/* The set's files in a folder, by their usual names. */
static Err take_folder(Records *train, Records *test, const char *folder, Arena *arena)
{
    const Cifar *cifar = train->cifar;
    const char **names;
    int count;
    TRY(file_list(folder, cifar->train, ".bin", arena, &names, &count));
    if (count == 0)
        FAIL(STATUS_USER, "%s: no file %s*.bin is there", folder, cifar->train);
    for (int i = 0; i < count; i++)
        TRY(add_file(train, arena_text(arena, "%s/%s", folder, names[i])));
    TRY(file_list(folder, cifar->test, ".bin", arena, &names, &count));
    for (int i = 0; i < count; i++)
        TRY(add_file(test, arena_text(arena, "%s/%s", folder, names[i])));
    return NULL;
}

/* A name a line, from the file beside the first one; where it is not there, classes have none. */
static Err read_names(const Records *train, Arena *arena, const char ***name, int *count)
{
    const Cifar *cifar = train->cifar;
    const char *slash = strrchr(train->path[0], '/');
    int folder = slash ? (int)(slash - train->path[0]) + 1 : 0;
    const char *path =
        arena_text(arena, "%.*s%s", folder, train->path[0], cifar->names[train->which]);
    char *text;
    size_t size;
    int classes = cifar->classes[train->which];
    *count = 0;
    if (!file_exists(path))
        return NULL;
    TRY(file_read(path, &text, &size));
    *name = arena_take(arena, classes, sizeof **name);
    for (char *line = text; *line; line += strspn(line, "\r\n")) {
        int length = (int)strcspn(line, "\r\n");
        if (length > 0 && *count < classes)
            (*name)[*count] = arena_text(arena, "%.*s", length, line);
        *count += length > 0;
        line += length;
    }
    mem_free(text);
    if (*count != classes)
        FAIL(STATUS_USER, "%s: has %d names; there are %d classes", path, *count, classes);
    return NULL;
}

static void describe(Records *records, ImportArray *x, ImportArray *y)
{
    *x = (ImportArray){.name = records->path[0],
                       .type = H5_U8,
                       .rank = 4,
                       .dims = {records->rows, CHANNELS, SIDE, SIDE},
                       .next = next_x,
                       .self = records};
    *y = *x;
    y->rank = 1;
    y->next = next_y;
}

static Err convert(Records *train, Records *test, Arena *arena, int count, char *const *arguments,
                   const char *output)
{
    ImportCommon common = {0};
    const char *test_path = NULL, *labels = NULL, **file, **name = NULL;
    const ImportOption options[] = {{"--test", &test_path},
                                    IMPORT_COMMON_OPTIONS(common),
                                    {train->cifar->labels > 1 ? "--labels" : NULL, &labels},
                                    {0}};
    int files, coarse, names;
    file = arena_take(arena, count, sizeof *file);
    TRY(import_arguments(train->cifar->name, options, count, arguments, file, &files));
    TRY(import_word("--labels", labels, label_words, &coarse));
    train->which = test->which = train->cifar->labels - 1 - coarse;
    for (int i = 0; i < files; i++)
        TRY(file_is_directory(file[i]) ? take_folder(train, test, file[i], arena)
                                       : add_file(train, file[i]));
    if (test_path)
        TRY(add_file(test, test_path));
    if (train->files == 0)
        FAIL(STATUS_USER, "import %s: which folder or files?", train->cifar->name);
    TRY(read_names(train, arena, &name, &names));
    ImportArray array[IMPORT_ARRAYS] = {0};
    describe(train, &array[TRAIN_X], &array[TRAIN_Y]);
    if (test->files)
        describe(test, &array[TEST_X], &array[TEST_Y]);
    return import_arrays(array, &common, name, names, output);
}

static Err run(const Cifar *cifar, int count, char *const *arguments, const char *output)
{
    Arena arena = {0};
    Records *part = arena_take(&arena, 2, sizeof *part);
    part[0].cifar = part[1].cifar = cifar;
    Err err = convert(&part[0], &part[1], &arena, count, arguments, output);
    unzip_close(part[0].file);
    unzip_close(part[1].file);
    arena_free(&arena);
    return err;
}

static Err run_10(int count, char *const *arguments, const char *output)
{
    return run(&cifar_10, count, arguments, output);
}

static Err run_100(int count, char *const *arguments, const char *output)
{
    return run(&cifar_100, count, arguments, output);
}

const Importer import_cifar10 = {
    .name = "cifar10",
    .help = "CIFAR-10, binary version",
    .usage = "FOLDER | FILE... [--test FILE] [OPTION VALUE]... -o DATA.h5\n"
             "FOLDER holds data_batch_*.bin, test_batch.bin and, for names, "
             "batches.meta.txt\n" IMPORT_COMMON_HELP,
    .run = run_10,
};

const Importer import_cifar100 = {
    .name = "cifar100",
    .help = "CIFAR-100, binary version",
    .usage = "FOLDER | FILE [--test FILE] [--labels coarse] [OPTION VALUE]... -o DATA.h5\n"
             "FOLDER holds train.bin, test.bin and, for names, "
             "fine_label_names.txt\n" IMPORT_COMMON_HELP,
    .run = run_100,
};
