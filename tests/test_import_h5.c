/* HDF5 files with other names become a data file, whatever types they hold. The files of tests/data
 * are made by make_h5py.py there. */
#include "base/log.h"
#include "imported.h"

#include <math.h>

#define DATA      TESTS_DIR "/data/"
#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

extern const Importer import_h5;

enum { ROWS = 40 };

/* images (40, 2, 2, 3) = 0 1 2 ..., labels, far (more than 32 bits), gaps (with NaN). */
static const char *write_source(Scratch *scratch)
{
    uint8_t images[ROWS * 12];
    int64_t labels[ROWS], far[ROWS];
    float gaps[ROWS];
    H5 *file;
    for (int i = 0; i < ROWS * 12; i++)
        images[i] = (uint8_t)i;
    for (int i = 0; i < ROWS; i++) {
        labels[i] = i % 4;
        far[i] = 0x100000000 + i;
        gaps[i] = i == 7 ? NAN : (float)i;
    }
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write(file, "/a/images", H5_U8, 4, (int64_t[]){ROWS, 2, 2, 3}, 7, images)));
    CU_ASSERT(fine(h5_write(file, "/labels", H5_I64, 1, (int64_t[]){ROWS}, 0, labels)));
    CU_ASSERT(fine(h5_write(file, "/far", H5_I64, 1, (int64_t[]){ROWS}, 0, far)));
    CU_ASSERT(fine(h5_write(file, "/gaps", H5_F32, 2, (int64_t[]){ROWS, 1}, 0, gaps)));
    CU_ASSERT(fine(h5_write(file, "/short", H5_I64, 1, (int64_t[]){3}, 0, labels)));
    CU_ASSERT(fine(h5_write(file, "/five", H5_U8, 5, (int64_t[]){ROWS, 1, 1, 1, 1}, 0, images)));
    CU_ASSERT(fine(h5_write(file, "/two", H5_I64, 2, (int64_t[]){20, 2}, 0, labels)));
    CU_ASSERT(fine(h5_write(file, "/none", H5_F32, 2, (int64_t[]){0, 3}, 0, NULL)));
    CU_ASSERT(fine(h5_write_real(file, "/", "rate", 1)));
    void *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    const char *path = scratch_path(scratch, "in.h5");
    CU_ASSERT_FATAL(fine(file_replace(path, bytes, size)));
    mem_free(bytes);
    return path;
}

static Err import(Scratch *scratch, const char *const *arguments)
{
    log_level(LOG_SILENT);
    return import_with(&import_h5, scratch_path(scratch, "out.h5"), arguments);
}

static H5 *open_output(Scratch *scratch)
{
    H5 *file;
    CU_ASSERT_FATAL(fine(h5_open(&file, scratch_path(scratch, "out.h5"))));
    return file;
}

/* Channels are turned round: out[c][pixel] = in[pixel][c]. */
static void renamed(void)
{
    Scratch scratch = scratch_make();
    const char *path = write_source(&scratch);
    for (int last = 0; last < 2; last++) {
        uint8_t x[ROWS * 12];
        int64_t y[ROWS], wrong = 0;
        CU_ASSERT_FATAL(fine(import(&scratch, WITH(path, "--x", "/a/images", "--y", "labels",
                                                   "--channels", last ? "last" : "first"))));
        H5 *file = open_output(&scratch);
        H5Info info;
        CU_ASSERT(fine(h5_info(file, "/train/x", &info)));
        CU_ASSERT(info.rank == 4 && info.dims[1] == (last ? 3 : 2) &&
                  info.dims[3] == (last ? 2 : 3));
        CU_ASSERT(info.kind == H5_INTEGER && info.bytes == 1 && info.chunk == ROWS);
        CU_ASSERT(fine(h5_read(file, "/train/x", H5_U8, 0, ROWS, x)));
        CU_ASSERT(fine(h5_read(file, "/train/y", H5_I64, 0, ROWS, y)));
        for (int i = 0; i < ROWS * 12; i++) {
            int within = i % 12, from = last ? within % 4 * 3 + within / 4 : within;
            wrong += x[i] != (uint8_t)(i - within + from);
            wrong += y[i / 12] != i / 12 % 4;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        h5_close(file);
    }
    scratch_remove(&scratch);
}

static void parts(void)
{
    Scratch scratch = scratch_make();
    const char *path = write_source(&scratch);
    CU_ASSERT_FATAL(fine(import(&scratch, WITH(path, "--x", "/a/images", "--y", "/labels",
                                               "--test-x", "/a/images", "--test-y", "/labels"))));
    H5 *file = open_output(&scratch);
    H5Info info;
    CU_ASSERT(fine(h5_info(file, "/test/x", &info)) && info.dims[0] == ROWS);
    h5_close(file);
    CU_ASSERT_FATAL(fine(
        import(&scratch, WITH(path, "--x", "/a/images", "--y", "/far", "--test-fraction", "0.1"))));
    file = open_output(&scratch);
    int64_t far[4];
    CU_ASSERT(fine(h5_info(file, "/test/x", &info)) && info.dims[0] == 4);
    CU_ASSERT(fine(h5_read(file, "/test/y", H5_I64, 0, 4, far)) && far[0] >= 0x100000000);
    h5_close(file);
    scratch_remove(&scratch);
}

/* h5py's big-endian floats, its chunks in every dimension, its booleans. */
static void h5py_types(void)
{
    Scratch scratch = scratch_make();
    float x[24], y[6];
    CU_ASSERT_FATAL(
        fine(import(&scratch, WITH(DATA "big_endian.h5", "--x", "/train/x", "--y", "/train/y"))));
    H5 *file = open_output(&scratch);
    CU_ASSERT(fine(h5_read(file, "/train/x", H5_F32, 5, 6, x)) && x[0] == 120 && x[23] == 143);
    CU_ASSERT(fine(h5_read(file, "/train/y", H5_F32, 0, 6, y)) && y[5] == 2);
    h5_close(file);
    CU_ASSERT_FATAL(
        fine(import(&scratch, WITH(DATA "compressed.h5", "--x", "/train/x", "--y", "/train/y"))));
    file = open_output(&scratch);
    float row[35];
    CU_ASSERT(fine(h5_read(file, "/train/x", H5_F32, 39, 40, row)) && row[34] == 1399 % 251);
    h5_close(file);
    scratch_remove(&scratch);
}

static void wrong_sets(void)
{
    static const struct {
        const char *arguments[6], *words;
    } cases[] = {
        {{"--x", "/a/image", "--y", "/labels"},
         "in.h5: no data set /a/image; its data sets: /a/im"},
        {{"--x", "/a/images"}, "import h5: --y is missing"},
        {{"--x", "/labels", "--y", "/labels"},
         "in.h5: /labels: has 1 dimension; images have 2 to 4"},
        {{"--x", "/a/images", "--y", "/short"},
         "in.h5: /a/images has 40 samples, in.h5: /short has 3 labels"},
        {{"--x", "/gaps", "--y", "/labels"}, "in.h5: /gaps: row 7: value 0 is NaN"},
        {{"--x", "/a/images", "--y", "/gaps"}, "in.h5: /gaps: row 7: value 0 is NaN"},
        {{"--x", "/five", "--y", "/labels"}, "/five: rows of 1 bytes in 5 dimensions"},
        {{"--x", "/two", "--y", "/two"}, "/two: has 2 integers a row; a class is one integer"},
        {{"--x", "/none", "--y", "/labels"}, "in.h5: /none: dimension 0 is 0"},
        {{"--x", "/a/images", "--y", "/far", "--classes", "a,b"},
         "in.h5: /far: row 0: label 4294967296 has no name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        write_source(&scratch);
        const char *arguments[8] = {"in.h5"};
        memcpy(arguments + 1, cases[i].arguments, sizeof cases[i].arguments);
        CU_ASSERT_FATAL(chdir(scratch.folder) == 0);
        CU_ASSERT(refused(import(&scratch, arguments), STATUS_USER, cases[i].words));
        CU_ASSERT(!file_exists(scratch_path(&scratch, "out.h5")));
        CU_ASSERT_FATAL(chdir("/") == 0);
        scratch_remove(&scratch);
    }
    Scratch scratch = scratch_make();
    CU_ASSERT(refused(import(&scratch, WITH("--x", "/x", "--y", "/y")), STATUS_USER,
                      "import h5: one file is wanted, 0 are given"));
    CU_ASSERT(refused(import(&scratch, WITH(DATA "make_h5py.py", "--x", "/x", "--y", "/y")),
                      STATUS_USER, "make_h5py.py: is not an HDF5 file"));
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"data sets are renamed, and channels that stand last turned round", renamed},
    {"test data sets become the test part, or a part is split off", parts},
    {"h5py's types and layouts are taken", h5py_types},
    {"data sets that are not there, do not go together or hold NaN are named", wrong_sets},
    {0},
};

int main(void)
{
    return unit_run("import h5", promises);
}
