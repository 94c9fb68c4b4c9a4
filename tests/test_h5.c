/* The HDF5 door: what we write is what we read, what h5py writes is read too, and what cannot be
 * taken is refused in words. The files of tests/data are made by make_h5py.py there. */
#include "base/h5.h"

#include "base/real.h"
#include "scratch.h"
#include "unit.h"

#define DATA TESTS_DIR "/data/"

/* Writes a file of everything that we write. */
static void write_sample(H5 *file)
{
    uint8_t bytes[2 * 3] = {0, 1, 2, 253, 254, 255};
    int64_t wide[3] = {-(1ll << 40), 0, 1ll << 40};
    Real reals[4] = {(Real)0.1, -1, (Real)1e-30, 3};
    double scalar = 2.5;
    CU_ASSERT(fine(h5_write(file, "/a/b/bytes", H5_U8, 2, (int64_t[]){2, 3}, 1, bytes)));
    CU_ASSERT(fine(h5_write(file, "/a/wide", H5_I64, 1, (int64_t[]){3}, 0, wide)));
    CU_ASSERT(fine(h5_write(file, "/reals", H5_REAL, 1, (int64_t[]){4}, 100, reals)));
    CU_ASSERT(fine(h5_write(file, "/none", H5_F32, 2, (int64_t[]){0, 3}, 5, NULL)));
    CU_ASSERT(fine(h5_write(file, "/scalar", H5_F64, 0, NULL, 0, &scalar)));
    CU_ASSERT(fine(h5_write_int(file, "/", "step", -7)));
    CU_ASSERT(fine(h5_write_real(file, "/control", "rate", 0.1)));
    CU_ASSERT(fine(h5_write_texts(file, "/", "names", (const char *[]){"one", "", "three"}, 3)));
}

/* Single texts, which are for sealed files: HDF5 has no check sums where it stores them. */
static void write_texts(H5 *file)
{
    CU_ASSERT(fine(h5_write_text(file, "/a/wide", "text", "größe: 3\nzweite Zeile")));
    CU_ASSERT(fine(h5_write_text(file, "/", "nothing", "")));
}

static void sample_image(bool texts, void **bytes, size_t *size)
{
    H5 *file;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    write_sample(file);
    if (texts)
        write_texts(file);
    CU_ASSERT_FATAL(fine(h5_image(file, bytes, size)));
    h5_close(file);
}

/* The sample, on disk and open for reading. */
static H5 *open_sample(Scratch *scratch)
{
    void *bytes;
    size_t size;
    H5 *file;
    const char *path = scratch_path(scratch, "sample.h5");
    sample_image(true, &bytes, &size);
    CU_ASSERT_FATAL(fine(file_replace(path, bytes, size)));
    mem_free(bytes);
    CU_ASSERT_FATAL(fine(h5_open(&file, path)));
    CU_ASSERT_STRING_EQUAL(h5_path(file), path);
    return file;
}

static void arrays_return(void)
{
    Scratch scratch = scratch_make();
    H5 *file = open_sample(&scratch);
    uint8_t bytes[3];
    int64_t wide[3];
    Real reals[4];
    double scalar;
    CU_ASSERT(fine(h5_read(file, "/a/b/bytes", H5_U8, 1, 2, bytes)));
    CU_ASSERT(bytes[0] == 253 && bytes[1] == 254 && bytes[2] == 255);
    CU_ASSERT(fine(h5_read(file, "/a/wide", H5_I64, 0, 3, wide)));
    CU_ASSERT(wide[0] == -(1ll << 40) && wide[1] == 0 && wide[2] == 1ll << 40);
    CU_ASSERT(fine(h5_read(file, "/reals", H5_REAL, 0, 4, reals)));
    CU_ASSERT(reals[0] == (Real)0.1 && reals[1] == -1 && reals[2] == (Real)1e-30 && reals[3] == 3);
    CU_ASSERT(fine(h5_read(file, "/scalar", H5_F64, 0, 1, &scalar)));
    CU_ASSERT_EQUAL(scalar, 2.5);
    CU_ASSERT(fine(h5_read(file, "/none", H5_F32, 0, 0, NULL)));
    h5_close(file);
    scratch_remove(&scratch);
}

static void described(void)
{
    Scratch scratch = scratch_make();
    H5 *file = open_sample(&scratch);
    H5Info info;
    CU_ASSERT(fine(h5_info(file, "/a/b/bytes", &info)));
    CU_ASSERT(info.rank == 2 && info.dims[0] == 2 && info.dims[1] == 3 && info.chunk == 1);
    CU_ASSERT(info.kind == H5_INTEGER && info.bytes == 1 && !info.is_signed);
    CU_ASSERT(fine(h5_info(file, "/a/wide", &info)));
    CU_ASSERT(info.kind == H5_INTEGER && info.bytes == 8 && info.is_signed && info.chunk == 0);
    CU_ASSERT(fine(h5_info(file, "/reals", &info)));
    CU_ASSERT(info.kind == H5_FLOAT && info.bytes == (int)sizeof(Real) && info.chunk == 4);
    CU_ASSERT(fine(h5_info(file, "/scalar", &info)));
    CU_ASSERT_EQUAL(info.rank, 0);
    CU_ASSERT(h5_has(file, "/") && h5_has(file, "/a/b") && h5_has(file, "/a/b/bytes"));
    CU_ASSERT(!h5_has(file, "/a/c") && !h5_has(file, "/x/y/z") && !h5_has(file, "/reals/below"));
    h5_close(file);
    scratch_remove(&scratch);
}

static void attributes_return(void)
{
    Scratch scratch = scratch_make();
    H5 *file = open_sample(&scratch);
    int64_t step = 0;
    double rate = 0;
    const char *text = NULL, **names = NULL;
    int count = 0;
    CU_ASSERT(fine(h5_read_int(file, "/", "step", &step)) && step == -7);
    CU_ASSERT(fine(h5_read_real(file, "/control", "rate", &rate)) && rate == 0.1);
    CU_ASSERT(fine(h5_read_text(file, "/a/wide", "text", &scratch.arena, &text)));
    CU_ASSERT_STRING_EQUAL(text, "größe: 3\nzweite Zeile");
    CU_ASSERT(fine(h5_read_text(file, "/", "nothing", &scratch.arena, &text)));
    CU_ASSERT_STRING_EQUAL(text, "");
    CU_ASSERT(fine(h5_read_texts(file, "/", "names", &scratch.arena, &names, &count)));
    CU_ASSERT_EQUAL_FATAL(count, 3);
    CU_ASSERT_STRING_EQUAL(names[0], "one");
    CU_ASSERT_STRING_EQUAL(names[1], "");
    CU_ASSERT_STRING_EQUAL(names[2], "three");
    CU_ASSERT(h5_has_attribute(file, "/", "step") && !h5_has_attribute(file, "/", "stop"));
    CU_ASSERT(!h5_has_attribute(file, "/no/group", "step"));
    h5_close(file);
    scratch_remove(&scratch);
}

static void listed(void)
{
    Scratch scratch = scratch_make();
    H5 *file = open_sample(&scratch);
    static const char *const expected[] = {"/a/b/bytes", "/a/wide", "/none", "/reals", "/scalar"};
    const char **paths;
    int count;
    CU_ASSERT(fine(h5_list(file, &scratch.arena, &paths, &count)));
    CU_ASSERT_EQUAL_FATAL(count, 5);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_STRING_EQUAL(paths[i], expected[i]);
    h5_close(file);
    scratch_remove(&scratch);
}

static void same_bytes(void)
{
    void *a, *b;
    size_t a_size, b_size;
    sample_image(true, &a, &a_size);
    sleep(1); /* a time that is recorded would be another one now */
    char *dirt = malloc(1 << 20);
    memset(dirt, 0xA5, 1 << 20); /* what the library leaves unwritten would be other bytes now */
    free(dirt);
    sample_image(true, &b, &b_size);
    CU_ASSERT_EQUAL_FATAL(a_size, b_size);
    CU_ASSERT_EQUAL(memcmp(a, b, a_size), 0);
    mem_free(a);
    mem_free(b);
}

/* 200,000 bytes: an attribute in the object's header holds 65,536. */
static void large_text(void)
{
    Scratch scratch = scratch_make();
    H5 *file;
    void *bytes;
    size_t size;
    char *text = mem_alloc(200001, 1);
    memset(text, 'x', 200000);
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write_text(file, "/", "config", text)));
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    scratch_write(scratch_path(&scratch, "a.h5"), bytes, size);
    const char *back = "";
    CU_ASSERT_FATAL(fine(h5_open(&file, scratch_path(&scratch, "a.h5"))));
    CU_ASSERT(fine(h5_read_text(file, "/", "config", &scratch.arena, &back)));
    CU_ASSERT_STRING_EQUAL(back, text);
    h5_close(file);
    mem_free(bytes);
    mem_free(text);
    scratch_remove(&scratch);
}

static H5 *open_data(const char *path)
{
    H5 *file = NULL;
    CU_ASSERT_FATAL(fine(h5_open(&file, path)));
    return file;
}

/* Rows [lo, hi) of `width` values each are the ramp that make_h5py.py writes. */
static void expect_ramp(H5 *file, const char *path, int64_t lo, int64_t hi, int64_t width)
{
    double *values = mem_alloc((hi - lo) * width, sizeof *values);
    CU_ASSERT(fine(h5_read(file, path, H5_F64, lo, hi, values)));
    int64_t wrong = 0;
    for (int64_t i = 0; i < (hi - lo) * width; i++)
        wrong += values[i] != (double)((lo * width + i) % 251);
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(values);
}

static void h5py_arrays(void)
{
    H5 *file = open_data(DATA "big_endian.h5");
    int64_t label[6] = {0};
    expect_ramp(file, "/train/x", 0, 6, 24);
    expect_ramp(file, "/train/x", 2, 5, 24);
    CU_ASSERT(fine(h5_read(file, "/train/y", H5_I64, 0, 6, label)));
    CU_ASSERT(label[1] == 1 && label[5] == 2);
    h5_close(file);
    file = open_data(DATA "compressed.h5");
    expect_ramp(file, "/train/x", 0, 40, 35);
    expect_ramp(file, "/train/x", 13, 31, 35);
    h5_close(file);
    file = open_data(DATA "column.h5");
    expect_ramp(file, "/train/x", 1, 5, 4);
    expect_ramp(file, "/test/x", 0, 3, 4); /* 16-bit floats */
    h5_close(file);
    file = open_data(DATA "odd.h5");
    uint8_t truth[3];
    CU_ASSERT(fine(h5_read(file, "/bool", H5_U8, 0, 3, truth)));
    CU_ASSERT(truth[0] == 1 && truth[1] == 0 && truth[2] == 1);
    expect_ramp(file, "/soft", 0, 2, 1);
    h5_close(file);
}

static void h5py_numbers(void)
{
    H5 *file = open_data(DATA "attributes.h5");
    static const struct {
        const char *name;
        int64_t value;
    } whole[] = {{"uint8", 200},
                 {"int16_big_endian", -300},
                 {"python_int", 1ll << 40},
                 {"one_in_a_list", 7}};
    int64_t value;
    double real;
    for (int i = 0; i < 4; i++) {
        CU_ASSERT(fine(h5_read_int(file, "/", whole[i].name, &value)));
        CU_ASSERT_EQUAL(value, whole[i].value);
    }
    CU_ASSERT(fine(h5_read_int(file, "/group/data", "on_data", &value)) && value == 5);
    CU_ASSERT(fine(h5_read_real(file, "/", "float", &real)) && real == 0.25);
    CU_ASSERT(fine(h5_read_real(file, "/", "uint8", &real)) && real == 200);
    CU_ASSERT(refused(h5_read_int(file, "/", "float", &value), STATUS_USER, "not one integer"));
    CU_ASSERT(refused(h5_read_int(file, "/", "two", &value), STATUS_USER, "not one integer"));
    CU_ASSERT(refused(h5_read_real(file, "/", "str", &real), STATUS_USER, "not one number"));
    CU_ASSERT(refused(h5_read_int(file, "/", "no", &value), STATUS_USER, "no attribute \"no\""));
    h5_close(file);
}

static void h5py_texts(void)
{
    H5 *file = open_data(DATA "attributes.h5");
    Arena arena = {0};
    static const char *const texts[][2] = {
        {"str", "größer"}, {"bytes", "fixed"}, {"empty_str", ""}};
    const char *text = NULL, **list = NULL;
    int count = 0;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(fine(h5_read_text(file, "/", texts[i][0], &arena, &text)));
        CU_ASSERT_STRING_EQUAL(text, texts[i][1]);
    }
    CU_ASSERT_FATAL(fine(h5_read_texts(file, "/", "list", &arena, &list, &count)) && count == 3);
    CU_ASSERT(strcmp(list[0], "a") == 0 && strcmp(list[1], "") == 0 && strcmp(list[2], "ccc") == 0);
    CU_ASSERT_FATAL(fine(h5_read_texts(file, "/", "fixed_list", &arena, &list, &count)));
    CU_ASSERT_EQUAL_FATAL(count, 3);
    CU_ASSERT(strcmp(list[1], "bb") == 0 && strcmp(list[2], "ccc") == 0);
    CU_ASSERT(
        refused(h5_read_text(file, "/", "uint8", &arena, &text), STATUS_USER, "not one string"));
    CU_ASSERT(
        refused(h5_read_text(file, "/", "list", &arena, &text), STATUS_USER, "not one string"));
    arena_free(&arena);
    h5_close(file);
}

static void odd_things(void)
{
    static const struct {
        const char *path, *words;
    } odd[] = {
        {"/strings", "odd.h5: /strings holds strings; integers and floats are taken"},
        {"/compound", "/compound holds compound values"},
        {"/complex", "/complex holds compound values"},
        {"/empty", "/empty is empty"},
        {"/external", "/external is a link into another file"},
        {"/dangling", "no data set /dangling; its data sets: /bool, /complex,"},
        {"/not/here", "no data set /not/here"},
        {"/group", "/group: is not a data set"},
        {"/lzf", "/lzf is packed with lzf (filter 32000), which HDF5 lacks here"},
        {"/huge", "/huge claims a shape that no file can hold"},
        {"/nine", "/nine has 9 dimensions; at most 8"},
        {"/virtual", "/virtual keeps its values in other files"},
        {"/no_rows", "/no_rows has 0 rows; 0 to 1 are wanted"},
    };
    H5 *file = open_data(DATA "odd.h5");
    uint8_t bytes[64] = {0};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CU_ASSERT(
            refused(h5_read(file, odd[i].path, H5_U8, 0, 1, bytes), STATUS_USER, odd[i].words));
    CU_ASSERT(refused(h5_read(file, "/scalar", H5_U8, 0, 2, bytes), STATUS_USER, "has 1 rows"));
    CU_ASSERT(
        refused(h5_read(file, "/bool", H5_U8, -1, 2, bytes), STATUS_USER, "-1 to 2 are wanted"));
    CU_ASSERT(refused(h5_read(file, "/bool", H5_U8, 2, 4, bytes), STATUS_USER, "has 3 rows"));
    h5_close(file);
}

static void no_file(void)
{
    Scratch scratch = scratch_make();
    H5 *file;
    CU_ASSERT(refused(h5_open(&file, scratch_path(&scratch, "no.h5")), STATUS_USER,
                      "no.h5: cannot be read (No such file or directory)"));
    CU_ASSERT_PTR_NULL(file);
    scratch_write(scratch_path(&scratch, "text"), "hello", 5);
    CU_ASSERT(refused(h5_open(&file, scratch_path(&scratch, "text")), STATUS_USER,
                      "text: is not an HDF5 file"));
    CU_ASSERT(refused(h5_open(&file, scratch.folder), STATUS_USER, scratch.folder));
    h5_close(NULL);
    scratch_remove(&scratch);
}

/* Opens and reads all that a damaged file still seems to hold. Any answer will do but a crash. */
static int survey(const char *path)
{
    H5 *file;
    Err err = h5_open(&file, path);
    if (err) {
        err_free(err);
        return 1;
    }
    Arena arena = {0};
    const char **paths, *text;
    int count;
    int failures = 0;
    err = h5_list(file, &arena, &paths, &count);
    for (int i = 0; !err && i < count; i++) {
        H5Info info;
        double values[8];
        Err read = h5_info(file, paths[i], &info);
        int64_t size = 1;
        for (int k = 0; !read && k < info.rank; k++)
            size = info.dims[k] <= 8 ? size * info.dims[k] : 9;
        if (!read && size <= 8)
            read = h5_read(file, paths[i], H5_F64, 0, info.rank ? info.dims[0] : 1, values);
        failures += read != NULL;
        err_free(read);
    }
    failures += err != NULL;
    err_free(err);
    err_free(h5_read_text(file, "/a/wide", "text", &arena, &text));
    err_free(h5_read_texts(file, "/", "names", &arena, &paths, &count));
    arena_free(&arena);
    h5_close(file);
    return failures;
}

static void truncated(void)
{
    Scratch scratch = scratch_make();
    void *bytes;
    size_t size;
    sample_image(false, &bytes, &size);
    const char *path = scratch_path(&scratch, "cut.h5");
    int unnoticed = 0;
    for (size_t length = 0; length < size; length += 97) {
        scratch_write(path, bytes, length);
        unnoticed += survey(path) == 0;
    }
    CU_ASSERT_EQUAL(unnoticed, 0);
    scratch_write(path, bytes, size / 2);
    H5 *file;
    CU_ASSERT(refused(h5_open(&file, path), STATUS_USER, "damaged or truncated HDF5 file (trunc"));
    mem_free(bytes);
    scratch_remove(&scratch);
}

/* Check sums over the library's own structures: without them some of these crash it. */
static void damaged(void)
{
    Scratch scratch = scratch_make();
    void *bytes;
    size_t size;
    sample_image(false, &bytes, &size);
    const char *path = scratch_path(&scratch, "damaged.h5");
    int noticed = 0;
    for (size_t at = 0; at < size; at += 7) {
        ((unsigned char *)bytes)[at] ^= 0x5A;
        scratch_write(path, bytes, size);
        noticed += survey(path) != 0;
        ((unsigned char *)bytes)[at] ^= 0x5A;
    }
    CU_ASSERT(noticed > 50);
    mem_free(bytes);
    scratch_remove(&scratch);
}

static void fails_on_rewriting(void)
{
    H5 *file;
    uint8_t byte = 1;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write(file, "/a", H5_U8, 1, (int64_t[]){1}, 0, &byte)));
    CU_ASSERT(refused(h5_write(file, "/a", H5_U8, 1, (int64_t[]){1}, 0, &byte), STATUS_FAILED,
                      "/a: cannot be written"));
    CU_ASSERT(refused(h5_write(file, "/a/b", H5_U8, 1, (int64_t[]){1}, 0, &byte), STATUS_FAILED,
                      "/a/b: cannot be written"));
    CU_ASSERT(fine(h5_write_int(file, "/a", "n", 1)));
    CU_ASSERT(refused(h5_write_int(file, "/a", "n", 2), STATUS_FAILED, "cannot be written"));
    h5_close(file);
}

static const Promise promises[] = {
    {"arrays come back as they were written", arrays_return},
    {"a data set says its shape, type and chunks", described},
    {"attributes come back as they were written", attributes_return},
    {"data sets are listed by full path, sorted", listed},
    {"equal contents are equal bytes, a second later too", same_bytes},
    {"a text may be longer than an HDF5 attribute", large_text},
    {"h5py's arrays are read: big-endian, compressed, float16, bool, soft links", h5py_arrays},
    {"h5py's numbers are read, whatever their type", h5py_numbers},
    {"h5py's strings are read, fixed and variable", h5py_texts},
    {"what is no plain array of numbers is refused in words", odd_things},
    {"what is no HDF5 file is refused in words", no_file},
    {"a truncated file is refused, wherever it was cut", truncated},
    {"a damaged byte, wherever it is, crashes nothing", damaged},
    {"writing a thing twice is an error", fails_on_rewriting},
    {0},
};

int main(void)
{
    return unit_run("h5", promises);
}
