/* A data set in several files is the data set in one: the same rows in the order of the list. And
 * data sets may have other names than x and y. */
#include "base/h5.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "scratch.h"
#include "unit.h"

#include <math.h>

enum { WIDTH = 3, CLASSES = 5 };

/* Rows [lo, hi) of the same endless data: value f of row r is 10 r + f, its class r mod 5. `odd`, a
 * row or -1, has `value` in its second place. */
static void write_file(const char *path, const char *x_name, const char *y_name, int64_t lo,
                       int64_t hi, int width, int64_t odd, double value)
{
    H5 *file;
    void *bytes;
    size_t size;
    int64_t dims[] = {hi - lo, width};
    float *x = mem_alloc((hi - lo) * width, sizeof *x);
    int32_t *y = mem_alloc(hi - lo, sizeof *y);
    for (int64_t row = lo; row < hi; row++) {
        y[row - lo] = (int32_t)(row % CLASSES);
        for (int f = 0; f < width; f++)
            x[(row - lo) * width + f] =
                (float)(row == odd && f == 1 ? value : (double)(10 * row + f));
    }
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT_FATAL(fine(h5_write(file, x_name, H5_F32, 2, dims, 0, x)));
    CU_ASSERT_FATAL(fine(h5_write(file, y_name, H5_I32, 1, dims, 0, y)));
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    scratch_write(path, bytes, size);
    mem_free(bytes);
    mem_free(x);
    mem_free(y);
}

/* Opens and loads; what could be opened is given back also where loading fails. */
static Err load_files(const DataFiles *files, Dataset **dataset, void **memory)
{
    *memory = NULL;
    TRY(dataset_open_files(dataset, files, PART_COUNT, true));
    *memory = mem_alloc(dataset_bytes(*dataset), 1);
    dataset_place(*dataset, *memory);
    int64_t n = dataset_count(*dataset, PART_TRAIN);
    for (int64_t lo = 0; lo < n; lo += 4) /* pieces that know nothing of the files' ends */
        TRY(dataset_fill(*dataset, PART_TRAIN, lo, lo + 4 < n ? lo + 4 : n));
    return NULL;
}

static void unload(Dataset *dataset, void *memory)
{
    dataset_close(dataset);
    mem_free(memory);
}

typedef struct Trio {
    Scratch scratch;
    const char *path[3];
    DataFiles files;
} Trio;

/* Three files of 7, 1 and 9 rows. */
static void trio_open(Trio *trio, int64_t odd, double value)
{
    static const int64_t start[] = {0, 7, 8, 17};
    static const char *const names[] = {"a.h5", "b.h5", "c.h5"};
    trio->scratch = scratch_make();
    for (int i = 0; i < 3; i++) {
        trio->path[i] = scratch_path(&trio->scratch, names[i]);
        write_file(trio->path[i], "/train/x", "/train/y", start[i], start[i + 1], WIDTH, odd,
                   value);
    }
    trio->files = (DataFiles){.path = trio->path, .count = 3};
}

static void in_order(void)
{
    Trio trio;
    Dataset *dataset;
    void *memory;
    int label;
    trio_open(&trio, -1, 0);
    CU_ASSERT_FATAL(fine(load_files(&trio.files, &dataset, &memory)));
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TRAIN), 17);
    const Real *x = memory;
    for (int i = 0; i < 17 * WIDTH; i++)
        CU_ASSERT(x[i] == (Real)(10 * (i / WIDTH) + i % WIDTH));
    CU_ASSERT_EQUAL(dataset_bad_label(dataset, PART_TRAIN, 0, 17, 4, &label), 4);
    CU_ASSERT_EQUAL(dataset_bad_label(dataset, PART_TRAIN, 5, 17, 4, &label), 9);
    unload(dataset, memory);
    scratch_remove(&trio.scratch);
}

static void named_in_its_file(void)
{
    Trio trio;
    Dataset *dataset;
    void *memory;
    trio_open(&trio, 11, NAN);
    CU_ASSERT(refused(load_files(&trio.files, &dataset, &memory), STATUS_USER,
                      "c.h5: /train/x row 3: value 1 is NaN"));
    unload(dataset, memory);
    scratch_remove(&trio.scratch);
}

static void unlike(void)
{
    Trio trio;
    Dataset *dataset;
    void *memory;
    trio_open(&trio, -1, 0);
    write_file(trio.path[1], "/train/x", "/train/y", 7, 8, WIDTH + 1, -1, 0);
    CU_ASSERT(refused(load_files(&trio.files, &dataset, &memory), STATUS_USER,
                      "b.h5: /train/x has rows of another shape"));
    write_file(trio.path[1], "/train/images", "/train/y", 7, 8, WIDTH, -1, 0);
    CU_ASSERT(refused(load_files(&trio.files, &dataset, &memory), STATUS_USER,
                      "b.h5: no data set /train/x"));
    scratch_write(trio.path[2], "nothing", 7);
    CU_ASSERT(refused(load_files(&trio.files, &dataset, &memory), STATUS_USER, "c.h5"));
    scratch_remove(&trio.scratch);
}

/* Row counts that fit only in the sum, and a file without a test part. */
static void parts_of_files(void)
{
    Scratch scratch = scratch_make();
    const char *path[] = {scratch_path(&scratch, "a.h5"), scratch_path(&scratch, "b.h5")};
    DataFiles files = {.path = path, .count = 2};
    Dataset *dataset;
    H5 *file;
    void *bytes;
    size_t size;
    float x[5 * WIDTH] = {1};
    int32_t y[5] = {0};
    for (int i = 0; i < 2; i++) {
        int64_t dims[] = {4 + i, WIDTH}, other = 5 - i;
        CU_ASSERT_FATAL(fine(h5_create(&file)));
        CU_ASSERT_FATAL(fine(h5_write(file, "/train/x", H5_F32, 2, dims, 0, x)));
        CU_ASSERT_FATAL(fine(h5_write(file, "/train/y", H5_I32, 1, &other, 0, y)));
        CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
        h5_close(file);
        scratch_write(path[i], bytes, size);
        mem_free(bytes);
    }
    CU_ASSERT(refused(dataset_open_files(&dataset, &files, PART_COUNT, true), STATUS_USER,
                      "a.h5: /train/x and /train/y have different numbers of rows"));
    write_file(path[0], "/test/x", "/test/y", 0, 6, WIDTH, -1, 0);
    write_file(path[1], "/train/x", "/train/y", 0, 6, WIDTH, -1, 0);
    CU_ASSERT(refused(dataset_open_files(&dataset, &files, PART_COUNT, true), STATUS_USER,
                      "a.h5: no data set /train/x"));
    CU_ASSERT_FATAL(fine(dataset_open_files(&dataset, &files, PART_TEST, true)));
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TEST), 6);
    dataset_close(dataset);
    scratch_remove(&scratch);
}

static void expect_names(const char *x_name, const char *y_name, const char *x, const char *y)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "named.h5");
    DataFiles files = {.path = &path, .count = 1, .x = x, .y = y};
    Dataset *dataset;
    void *memory;
    write_file(path, x_name, y_name, 0, 6, WIDTH, -1, 0);
    CU_ASSERT_FATAL(fine(load_files(&files, &dataset, &memory)));
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TRAIN), 6);
    CU_ASSERT_STRING_EQUAL(dataset_x_name(dataset, PART_TRAIN), x_name);
    CU_ASSERT_STRING_EQUAL(dataset_y_name(dataset, PART_TRAIN), y_name);
    unload(dataset, memory);
    files.x = "pictures";
    CU_ASSERT(
        refused(load_files(&files, &dataset, &memory), STATUS_USER, "no data set /train/pictures"));
    scratch_remove(&scratch);
}

static void other_names(void)
{
    expect_names("/train/images", "/train/labels", "images", "labels");
    expect_names("/images", "/labels", "/images", "/labels");
    expect_names("/deep/down/x", "/train/y", "/deep/down/x", "y");
}

static const Promise promises[] = {
    {"the rows of several files follow each other, however they are read", in_order},
    {"a bad value is named with its own file and its row there", named_in_its_file},
    {"files that do not fit together are refused, by name", unlike},
    {"every file has training rows, as many of x as of y; not every one a test part",
     parts_of_files},
    {"x and y may be called anything, and lie anywhere", other_names},
    {0}};

int main(void)
{
    return unit_run("shards", promises);
}
