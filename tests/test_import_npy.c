/* NumPy's arrays become a data file, or a message that names the file or the member and what is
 * wrong. The files of tests/data are made by make_numpy.py there. */
#include "base/log.h"
#include "imported.h"

#include <math.h>

#define DATA      TESTS_DIR "/data/"
#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

extern const Importer import_npy, import_npz;

/* A data file that went well, open. */
static H5 *imported(Scratch *scratch, const Importer *importer, const char *const *arguments)
{
    H5 *file;
    const char *output = scratch_path(scratch, "out.h5");
    log_level(LOG_SILENT);
    CU_ASSERT_FATAL(fine(import_with(importer, output, arguments)));
    CU_ASSERT_FATAL(fine(h5_open(&file, output)));
    return file;
}

/* x of the first rows is i * scale + shift. */
static void expect_ramp(H5 *file, const char *path, int rows, double scale, double shift)
{
    double values[36];
    for (int i = 0; i < 36; i++)
        values[i] = i * scale + shift;
    expect_array(file, path, rows, 6, values);
}

static void types(void)
{
    static const struct {
        const char *name;
        double scale, shift;
        bool is_float;
    } cases[] = {{"half", 0.125, -2, true},
                 {"big_endian", 1, 0, true},
                 {"signed", 1, -18, false},
                 {"version2", 1, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        const char *x = arena_text(&scratch.arena, DATA "%s.npy", cases[i].name);
        H5 *file = imported(&scratch, &import_npy, WITH("--x", x, "--y", DATA "labels.npy"));
        expect_ramp(file, "/train/x", 6, cases[i].scale, cases[i].shift);
        expect_array(file, "/train/y", 6, 1, (double[]){0, 1, 2, 0, 1, 2});
        H5Info info;
        CU_ASSERT(fine(h5_info(file, "/train/x", &info)) && info.rank == 3);
        CU_ASSERT_EQUAL(info.kind == H5_FLOAT, cases[i].is_float);
        h5_close(file);
        scratch_remove(&scratch);
    }
}

/* Every half there is, against its definition. */
static void halves(void)
{
    enum { ROWS = 31 << 10 }; /* those that are finite, without a sign */
    static const char head[] = "\x93NUMPY\1\0v\0{'descr': '<f2', 'fortran_order': False, 'shape': "
                               "(31744, 1), }";
    Scratch scratch = scratch_make();
    unsigned char *bytes = mem_alloc(128 + 2 * ROWS, 1);
    memset(bytes, ' ', 128);
    memcpy(bytes, head, sizeof head - 1);
    for (int i = 0; i < ROWS; i++) {
        bytes[128 + 2 * i] = (unsigned char)i;
        bytes[129 + 2 * i] = (unsigned char)(i >> 8);
    }
    const char *path = scratch_path(&scratch, "x.npy");
    scratch_write(path, bytes, 128 + 2 * ROWS);
    H5 *file = imported(&scratch, &import_npy, WITH("--x", path, "--y", path));
    double *values = mem_alloc(ROWS, sizeof *values);
    CU_ASSERT(fine(h5_read(file, "/train/x", H5_F64, 0, ROWS, values)));
    int64_t wrong = 0;
    for (int i = 0; i < ROWS; i++) {
        int exponent = i >> 10, rest = i & 1023;
        wrong += values[i] != (exponent ? ldexp(1024 + rest, exponent - 25) : ldexp(rest, -24));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(values);
    mem_free(bytes);
    h5_close(file);
    scratch_remove(&scratch);
}

static void archives(void)
{
    Scratch scratch = scratch_make();
    H5 *file = imported(&scratch, &import_npz, WITH(DATA "keras.npz"));
    expect_ramp(file, "/train/x", 6, 1, 0);
    expect_ramp(file, "/test/x", 2, 1, 0);
    expect_array(file, "/test/y", 2, 1, (double[]){0, 1});
    h5_close(file);
    file = imported(&scratch, &import_npz, WITH(DATA "packed.npz", "--classes", "a,b,c"));
    expect_ramp(file, "/train/x", 6, 1, 0);
    expect_names(file, "classes", "a|b|c");
    CU_ASSERT(!h5_has(file, "/test"));
    h5_close(file);
    file = imported(&scratch, &import_npz,
                    WITH(DATA "zip64.npz", "--x", "images", "--y", "labels.npy"));
    expect_ramp(file, "/train/x", 6, 1, 0);
    h5_close(file);
    scratch_remove(&scratch);
}

static void split(void)
{
    Scratch scratch = scratch_make();
    H5 *file = imported(&scratch, &import_npz, WITH(DATA "packed.npz", "--test-fraction", "0.34"));
    float x[6][6];
    int seen[6] = {0};
    CU_ASSERT(fine(h5_read(file, "/train/x", H5_F32, 0, 4, x)));
    CU_ASSERT(fine(h5_read(file, "/test/x", H5_F32, 0, 2, x + 4)));
    for (int i = 0; i < 6; i++)
        seen[(int)x[i][0] / 6]++;
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(seen[i], 1);
    h5_close(file);
    const char *output = scratch_path(&scratch, "out.h5");
    CU_ASSERT(
        refused(import_with(&import_npz, output, WITH(DATA "keras.npz", "--test-fraction", "0.3")),
                STATUS_USER, "keras.npz: x_test is the test part already"));
    scratch_remove(&scratch);
}

static void wrong_arrays(void)
{
    static const struct {
        const char *arguments[6], *words;
    } cases[] = {
        {{"--x", DATA "fortran.npy", "--y", DATA "labels.npy"},
         "fortran.npy: is in Fortran's order, columns first"},
        {{"--x", DATA "object.npy", "--y", DATA "labels.npy"},
         "object.npy: is of type '|O'; integers, booleans and floats"},
        {{"--x", DATA "keras.npz", "--y", DATA "labels.npy"}, "keras.npz: is no .npy file"},
        {{"--x", DATA "labels.npy", "--y", DATA "signed.npy"},
         "labels.npy: has 1 dimension; images have 2 to 4, the first for samples (are these the l"},
        {{"--x", DATA "signed.npy", "--y", DATA "signed.npy"},
         "signed.npy: has 3 dimensions; labels have 1"},
        {{"--x", DATA "signed.npy", "--y", DATA "half.npy"}, "half.npy: has 3 dimensions"},
        {{"--x", DATA "nowhere.npy", "--y", DATA "half.npy"}, "nowhere.npy: cannot be read (No s"},
        {{"--x", DATA "half.npy"}, "import npy: --y is missing"},
        {{DATA "half.npy"}, "half.npy x or y? --x FILE --y FILE"},
        {{"--x", DATA "half.npy", "--y", DATA "labels.npy", "--test-x", DATA "half.npy"},
         "import npy: --test-y is missing"},
        {{"--x", DATA "half.npy", "--y", DATA "labels.npy", "--classes", "a,b"},
         "labels.npy: row 2: label 2 has no name; there are 2"},
        {{"--x", DATA "half.npy", "--y", DATA "labels.npy", "--channels", "last"},
         "--channels last: " DATA "half.npy has 3 dimensions, not 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        const char *arguments[7] = {0}, *output = scratch_path(&scratch, "out.h5");
        memcpy(arguments, cases[i].arguments, sizeof cases[i].arguments);
        CU_ASSERT(
            refused(import_with(&import_npy, output, arguments), STATUS_USER, cases[i].words));
        CU_ASSERT(!file_exists(output));
        scratch_remove(&scratch);
    }
    CU_ASSERT(refused(import_with(&import_npz, "o", WITH(DATA "zip64.npz")), STATUS_USER,
                      "zip64.npz: --x: which array?; its arrays: images, labels"));
    CU_ASSERT(refused(import_with(&import_npz, "o", WITH(DATA "zip64.npz", "--x", "image")),
                      STATUS_USER, "there is no array image; did you mean images?"));
    CU_ASSERT(refused(import_with(&import_npz, "o", WITH(DATA "half.npy")), STATUS_USER,
                      "half.npy: is no zip file, or a damaged or truncated one"));
}

static void wrong_headers(void)
{
    static const struct {
        const char *dictionary, *words;
        int version;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", "x.npy: has bytes after",
         1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "x.npy: ends after 1 of 2",
         1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 99), }",
         "promises 297 values of 4 bytes, more than its ", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
         "a dimension of 4294967296 values makes no sense", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2), }",
         "a dimension of 9223372036854775807 values makes no sense", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }", "a dimension of 0 values",
         1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 2), }", "a dimension of -3", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "is a single number, no array",
         1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
         "its shape is not one to 8 numbers", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, ", "its shape is not one", 1},
        {"{'descr': '<f4', 'fortran_order': False, }", "its header has no shape", 1},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2), }", "is of type [('a'",
         1},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1, 2), }", "is of type '<c8'", 1},
        {"{'shape': (1, 2)}", "is of type", 1},
        {"", "is of type", 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", "of version 9", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Scratch scratch = scratch_make();
        char bytes[256] = "\x93NUMPY\1";
        size_t length = strlen(cases[i].dictionary);
        bytes[6] = (char)cases[i].version;
        bytes[8] = (char)length;
        memcpy(bytes + 10, cases[i].dictionary, length);
        const char *x = scratch_path(&scratch, "x.npy");
        scratch_write(x, bytes, 10 + length + 12); /* three values */
        CU_ASSERT(refused(
            import_with(&import_npy, scratch_path(&scratch, "out.h5"), WITH("--x", x, "--y", x)),
            STATUS_USER, cases[i].words));
        scratch_remove(&scratch);
    }
}

/* Cut here and there, or a byte changed here and there, it is refused or read, and never crashes.
 */
static void damaged(void)
{
    static const char *const names[] = {"keras.npz", "packed.npz", "zip64.npz", "half.npy"};
    for (int f = 0; f < 4; f++) {
        Scratch scratch = scratch_make();
        char *bytes;
        size_t size;
        const char *path = scratch_path(&scratch, "x"), *output = scratch_path(&scratch, "out.h5");
        const char *const npz[] = {path,
                                   "--x",
                                   f == 0   ? "x_train"
                                   : f == 1 ? "x"
                                            : "images",
                                   "--y",
                                   f == 0   ? "y_train"
                                   : f == 1 ? "y"
                                            : "labels",
                                   NULL};
        const char *const npy[] = {"--x", path, "--y", DATA "labels.npy", NULL};
        const Importer *importer = f == 3 ? &import_npy : &import_npz;
        const char *const *arguments = f == 3 ? npy : npz;
        log_level(LOG_SILENT);
        CU_ASSERT_FATAL(
            fine(file_read(arena_text(&scratch.arena, DATA "%s", names[f]), &bytes, &size)));
        for (size_t cut = 0; cut < size; cut += 7) {
            scratch_write(path, bytes, cut);
            Err err = import_with(importer, output, arguments);
            CU_ASSERT(err && err_status(err) == STATUS_USER);
            err_free(err);
        }
        for (size_t i = 0; i < size; i += 3) {
            bytes[i] ^= (char)(1 << i % 8 | 0x40);
            scratch_write(path, bytes, size);
            bytes[i] ^= (char)(1 << i % 8 | 0x40);
            Err err = import_with(importer, output, arguments);
            CU_ASSERT(!err || err_status(err) == STATUS_USER);
            err_free(err);
        }
        mem_free(bytes);
        scratch_remove(&scratch);
    }
}

/* What fuzzing has found, each as the file that it was. */
static void found(void)
{
    Scratch scratch = scratch_make();
    const char *x = TESTS_DIR "/fuzz/found/npy/type_cut_off";
    CU_ASSERT(refused(
        import_with(&import_npy, scratch_path(&scratch, "out.h5"), WITH("--x", x, "--y", x)),
        STATUS_USER, "type_cut_off: is of type '<"));
    scratch_remove(&scratch);
}

static void put(unsigned char *at, int bytes, uint64_t number)
{
    for (int i = 0; i < bytes; i++, number >>= 8)
        at[i] = (unsigned char)number;
}

/* zip64.npz with an end whose numbers are all ones: they stand in the other end. */
static void far_directory(void)
{
    Scratch scratch = scratch_make();
    char *bytes;
    size_t size;
    const char *path = scratch_path(&scratch, "x.npz");
    CU_ASSERT_FATAL(fine(file_read(DATA "zip64.npz", &bytes, &size)));
    memset(bytes + size - 14, 0xff, 12);
    scratch_write(path, bytes, size);
    H5 *file = imported(&scratch, &import_npz, WITH(path, "--x", "images", "--y", "labels"));
    expect_ramp(file, "/train/x", 6, 1, 0);
    h5_close(file);
    mem_free(bytes);
    scratch_remove(&scratch);
}

/* An .npz of a single x, whose header promises 2 GB and whose directory says that they are there.
 */
static void false_sizes(void)
{
    static const char head[] = "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': "
                               "(2, 268435456), }";
    for (int deflated = 0; deflated < 2; deflated++) {
        Scratch scratch = scratch_make();
        unsigned char zip[512] = {0}, *entry, *end, *npy = zip + 35;
        const char *path = scratch_path(&scratch, "x.npz");
        memcpy(zip, "PK\3\4", 4);
        put(zip + 26, 2, 5);
        memcpy(zip + 30, "x.npy", 5);
        if (deflated) { /* one block that is not packed */
            *npy = 1;
            put(npy + 1, 2, 128);
            put(npy + 3, 2, 0xffff - 128);
            npy += 5;
        }
        memcpy(npy, head, sizeof head - 1);
        entry = npy + 128;
        end = entry + 51;
        memcpy(entry, "PK\1\2", 4);
        put(entry + 10, 2, deflated ? 8 : 0);
        put(entry + 20, 4, deflated ? 133 : 0x80000080);
        put(entry + 24, 4, 0x80000080);
        put(entry + 28, 2, 5);
        memcpy(entry + 46, "x.npy", 5);
        memcpy(end, "PK\5\6", 4);
        put(end + 10, 2, 1);
        put(end + 12, 4, 51);
        put(end + 16, 4, (uint64_t)(entry - zip));
        scratch_write(path, zip, (size_t)(end + 22 - zip));
        CU_ASSERT(refused(import_with(&import_npz, scratch_path(&scratch, "out.h5"),
                                      WITH(path, "--x", "x", "--y", "x")),
                          STATUS_USER,
                          deflated ? "x.npz: x: its header promises 536870912 values of 4 bytes, "
                                     "more than its 133 bytes can hold"
                                   : "x.npz: is no zip file, or a damaged or truncated one"));
        scratch_remove(&scratch);
    }
}

/* A value that changed under way does not pass: the zip file has a check sum of each member. */
static void check_sum(void)
{
    Scratch scratch = scratch_make();
    char *bytes;
    size_t size;
    const char *path = scratch_path(&scratch, "x.npz");
    CU_ASSERT_FATAL(fine(file_read(DATA "keras.npz", &bytes, &size)));
    for (size_t i = 0; i + 4 < size; i++)
        if (memcmp(bytes + i, "\0\0\x10\x41", 4) == 0) { /* 9 */
            bytes[i] = 1;
            break;
        }
    scratch_write(path, bytes, size);
    CU_ASSERT(refused(import_with(&import_npz, scratch_path(&scratch, "out.h5"), WITH(path)),
                      STATUS_USER, "x.npz: x_train: is damaged: it does not unpack to what"));
    mem_free(bytes);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"types, byte orders and versions of .npy are converted", types},
    {"every half-precision number is converted", halves},
    {"an .npz is read, stored or deflated, also as zip64, under Keras's names or others", archives},
    {"a test part can be split off, unless there is one", split},
    {"arrays that do not go together are named", wrong_arrays},
    {"false headers are refused before memory is taken", wrong_headers},
    {"cut or changed anywhere, a file crashes nothing", damaged},
    {"what fuzzing has found is refused", found},
    {"a changed value in an .npz is found", check_sum},
    {"a directory beyond 4 GB is found through zip64's end", far_directory},
    {"false sizes in a zip's directory take no memory", false_sizes},
    {0},
};

int main(void)
{
    return unit_run("import npy", promises);
}
