/* A data file: what is taken, and what is refused in which words. The files of tests/data were made
 * with h5py (make_h5py.py). test_gather.c looks at normalisation and lanes. */
#include "base/h5.h"
#include "loaded.h"
#include "math/lanes.h"
#include "scratch.h"
#include "unit.h"

#include <math.h>

#define DATA TESTS_DIR "/data/"

/* --- files that h5py made
 * -----------------------------------------------------------------------*/

/* Value i of x in the order of the file is i % 251, label i is i % 3, as the script has it. */
static void expect_ramp(const Dataset *dataset, Part part)
{
    int channels, height, width;
    dataset_shape(dataset, &channels, &height, &width);
    int64_t pixels = (int64_t)height * width, features = channels * pixels, wrong = 0;
    int lanes = (int)((dataset_count(dataset, part) + LANES - 1) / LANES * LANES);
    int64_t *row = mem_alloc(lanes, sizeof *row);
    int32_t *label = mem_alloc(lanes, sizeof *label);
    Real *x = mem_alloc(features * lanes, sizeof *x);
    Normal normal = normal_measure(dataset, NORMAL_NONE);
    for (int i = 0; i < lanes; i++)
        row[i] = i < dataset_count(dataset, part) ? i : -1;
    memset(x, 0xFF, (size_t)(features * lanes) * sizeof *x);
    dataset_gather(dataset, &normal, part, row, NULL, lanes, x, label, NULL);
    for (int lane = 0; lane < lanes; lane++) {
        wrong += label[lane] != (row[lane] < 0 ? 0 : lane % 3);
        for (int64_t f = 0; f < features; f++) {
            int64_t c = f / pixels, pixel = f % pixels;
            Real expected = row[lane] < 0 ? 0 : (Real)((row[lane] * features + f) % 251);
            wrong += x[(pixel * channels + c) * lanes + lane] != expected;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    normal_free(&normal);
    mem_free(row);
    mem_free(label);
    mem_free(x);
}

static void expect_shape(const Dataset *dataset, int channels, int height, int width)
{
    int c, h, w;
    dataset_shape(dataset, &c, &h, &w);
    CU_ASSERT(c == channels && h == height && w == width);
}

static void big_endian(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, DATA "big_endian.h5")));
    expect_shape(loaded.dataset, 2, 3, 4);
    CU_ASSERT(dataset_classifies(loaded.dataset));
    CU_ASSERT_EQUAL(dataset_count(loaded.dataset, PART_TRAIN), 6);
    CU_ASSERT_EQUAL(dataset_count(loaded.dataset, PART_TEST), 0);
    CU_ASSERT_EQUAL(dataset_label_max(loaded.dataset), 2);
    expect_ramp(loaded.dataset, PART_TRAIN);
    unload(&loaded);
}

static void compressed(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, DATA "compressed.h5")));
    expect_shape(loaded.dataset, 1, 7, 5);
    expect_ramp(loaded.dataset, PART_TRAIN);
    expect_ramp(loaded.dataset, PART_TEST);
    CU_ASSERT_STRING_EQUAL(dataset_class_name(loaded.dataset, 2), "böot");
    CU_ASSERT_PTR_NULL(dataset_class_name(loaded.dataset, 3));
    dataset_set_classes(loaded.dataset, 2);
    CU_ASSERT_EQUAL(dataset_classes(loaded.dataset), 3);
    dataset_set_classes(loaded.dataset, 5);
    CU_ASSERT_EQUAL(dataset_classes(loaded.dataset), 5);
    unload(&loaded);
}

static void column(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, DATA "column.h5")));
    expect_shape(loaded.dataset, 4, 1, 1);
    CU_ASSERT_EQUAL(dataset_targets(loaded.dataset), 1);
    expect_ramp(loaded.dataset, PART_TRAIN);
    expect_ramp(loaded.dataset, PART_TEST);
    unload(&loaded);
}

static void regression(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, DATA "regression.h5")));
    CU_ASSERT(!dataset_classifies(loaded.dataset));
    CU_ASSERT_EQUAL(dataset_targets(loaded.dataset), 2);
    CU_ASSERT_EQUAL(dataset_count(loaded.dataset, PART_VALIDATION), 2);
    int64_t row[LANES] = {4, 0, -1, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    Lanes x[4], value[2];
    Normal normal = normal_measure(loaded.dataset, NORMAL_NONE);
    dataset_gather(loaded.dataset, &normal, PART_TRAIN, row, NULL, LANES, (Real *)x, NULL,
                   (Real *)value);
    CU_ASSERT(value[0][0] == 2 && value[1][0] == (Real)2.25); /* row 4: 8 / 4, 9 / 4 */
    CU_ASSERT(value[0][1] == 0 && value[1][1] == (Real)0.25);
    CU_ASSERT(value[0][2] == 0 && value[1][2] == 0);
    CU_ASSERT(value[0][3] == (Real)1.5 && x[3][3] == 15 && x[0][0] == 16 && x[3][2] == 0);
    normal_free(&normal);
    unload(&loaded);
}

/* --- files that are wrong
 * -----------------------------------------------------------------------*/

/* A data set to write: made of `count` doubles, all 0 but those in `value`. */
typedef struct Piece {
    const char *name;
    H5Type type;
    int rank;
    int64_t dims[5];
    int64_t at; /* where `value` stands */
    double value;
} Piece;

static void write_piece(H5 *file, const Piece *piece)
{
    int64_t count = 1;
    for (int i = 0; i < piece->rank; i++)
        count *= piece->dims[i];
    union {
        uint8_t *u8;
        int64_t *i64;
        double *f64;
    } data = {.f64 = mem_alloc(count + 1, sizeof(double))};
    if (piece->type == H5_U8)
        data.u8[piece->at] = (uint8_t)piece->value;
    else if (piece->type == H5_I64)
        data.i64[piece->at] = (int64_t)piece->value;
    else
        data.f64[piece->at] = piece->value;
    CU_ASSERT(
        fine(h5_write(file, piece->name, piece->type, piece->rank, piece->dims, 0, data.f64)));
    mem_free(data.f64);
}

/* Loads a file of these pieces (up to one without a name). */
static Err load_pieces(const Piece *pieces)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "data.h5");
    H5 *file;
    void *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    for (; pieces->name; pieces++)
        write_piece(file, pieces);
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    scratch_write(path, bytes, size);
    mem_free(bytes);
    Loaded loaded;
    Err err = load(&loaded, path);
    unload(&loaded);
    scratch_remove(&scratch);
    return err;
}

#define GOOD_X                                                                                     \
    {                                                                                              \
        "/train/x", H5_U8, 3, {4, 5, 6}, 0, 0                                                      \
    }
#define GOOD_Y                                                                                     \
    {                                                                                              \
        "/train/y", H5_I64, 1, {4}, 1, 2                                                           \
    }

static void good_pieces(void)
{
    CU_ASSERT(fine(load_pieces((Piece[]){GOOD_X, GOOD_Y, {0}})));
    CU_ASSERT(fine(load_pieces((Piece[]){GOOD_X, {"/train/y", H5_F64, 2, {4, 1}, 0, 0.5}, {0}})));
    CU_ASSERT(fine(load_pieces((Piece[]){GOOD_X, {"/train/y", H5_F64, 1, {4}, 0, 0.5}, {0}})));
}

static void missing(void)
{
    CU_ASSERT(refused(load_pieces((Piece[]){
                          {"/images", H5_U8, 1, {4}, 0, 0}, {"/labels", H5_U8, 1, {4}, 0, 0}, {0}}),
                      STATUS_USER,
                      "data.h5: no data set /train/x; its data sets: /images, /labels"));
    CU_ASSERT(refused(load_pieces((Piece[]){GOOD_X, {0}}), STATUS_USER, "no data set /train/y"));
    CU_ASSERT(
        refused(load_pieces((Piece[]){GOOD_X, GOOD_Y, {"/test/x", H5_U8, 3, {4, 5, 6}, 0, 0}, {0}}),
                STATUS_USER, "no data set /test/y"));
    CU_ASSERT(
        refused(load_pieces((Piece[]){GOOD_X, GOOD_Y, {"/validation/y", H5_U8, 1, {4}, 0, 0}, {0}}),
                STATUS_USER, "no data set /validation/x"));
}

static void wrong_shapes(void)
{
    static const struct {
        Piece pieces[5];
        const char *words;
    } cases[] = {
        {{{"/train/x", H5_U8, 1, {4}, 0, 0}, GOOD_Y}, "/train/x has shape (4,); (N, F), (N, H, W)"},
        {{{"/train/x", H5_U8, 5, {4, 1, 1, 1, 1}, 0, 0}, GOOD_Y}, "has shape (4, 1, 1, 1, 1)"},
        {{{"/train/x", H5_U8, 2, {0, 7}, 0, 0}, GOOD_Y}, "/train/x has no rows"},
        {{{"/train/x", H5_U8, 2, {4, 0}, 0, 0}, GOOD_Y}, "/train/x has no values"},
        {{GOOD_X, {"/train/y", H5_I64, 1, {5}, 0, 0}}, "/train/x has 4 rows, /train/y has 5"},
        {{GOOD_X, {"/train/y", H5_I64, 0, {0}, 0, 0}}, "/train/y has shape ()"},
        {{GOOD_X, {"/train/y", H5_I64, 2, {4, 2000000}, 0, 0}},
         "has 2000000 columns of integers, too many"},
        {{GOOD_X, GOOD_Y, {"/test/x", H5_U8, 3, {4, 6, 5}, 0, 0}, {"/test/y", H5_U8, 1, {4}, 0, 0}},
         "a sample of /train/x is 1 x 5 x 6, one of /test/x is 1 x 6 x 5"},
        {{GOOD_X,
          GOOD_Y,
          {"/test/x", H5_U8, 3, {4, 5, 6}, 0, 0},
          {"/test/y", H5_F64, 1, {4}, 0, 0}},
         "/train/y holds integer classes, /test/y holds floats"},
        {{GOOD_X,
          {"/train/y", H5_F64, 2, {4, 3}, 0, 0},
          {"/test/x", H5_U8, 3, {4, 5, 6}, 0, 0},
          {"/test/y", H5_F64, 2, {4, 2}, 0, 0}},
         "/train/y has 3 values a row, /test/y has 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT(refused(load_pieces(cases[i].pieces), STATUS_USER, cases[i].words));
}

static void wrong_values(void)
{
    static const struct {
        Piece pieces[3];
        const char *words;
    } cases[] = {
        {{{"/train/x", H5_F64, 3, {4, 5, 6}, 77, NAN}, GOOD_Y}, "/train/x row 2: value 17 is NaN"},
        {{{"/train/x", H5_F64, 2, {4, 30}, 30, -INFINITY}, GOOD_Y},
         "/train/x row 1: value 0 is infinite in " REAL_NAME},
        {{GOOD_X, {"/train/y", H5_F64, 2, {4, 2}, 7, NAN}}, "/train/y row 3: value 1 is NaN"},
        {{GOOD_X, {"/train/y", H5_I64, 1, {4}, 2, -1}}, "/train/y row 2: label -1 is negative"},
        {{GOOD_X, {"/train/y", H5_I64, 1, {4}, 3, 4294967297.0}},
         "/train/y row 3: label 4294967297 is too large for a class"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT(refused(load_pieces(cases[i].pieces), STATUS_USER, cases[i].words));
    Dataset *dataset;
    CU_ASSERT(
        refused(dataset_open(&dataset, DATA "attributes.h5"), STATUS_USER, "no data set /train/x"));
    CU_ASSERT_PTR_NULL(dataset);
    CU_ASSERT(refused(dataset_open(&dataset, "/no/such/file.h5"), STATUS_USER, "No such file"));
}

/* One part of a file that training would refuse, and x alone. */
static void one_part(void)
{
    Dataset *dataset;
    const char *path = DATA "big_endian.h5"; /* of /train alone */
    CU_ASSERT_FATAL(fine(dataset_open_part(&dataset, path, PART_TRAIN, true)));
    expect_shape(dataset, 2, 3, 4);
    CU_ASSERT(dataset_classifies(dataset) && dataset_targets(dataset) == 1);
    dataset_close(dataset);
    CU_ASSERT_FATAL(fine(dataset_open_part(&dataset, path, PART_TRAIN, false)));
    CU_ASSERT(!dataset_classifies(dataset) && dataset_targets(dataset) == 0);
    void *memory = mem_alloc(dataset_bytes(dataset), 1);
    dataset_place(dataset, memory);
    CU_ASSERT(fine(dataset_fill(dataset, PART_TRAIN, 0, 6)));
    dataset_close(dataset);
    mem_free(memory);
    CU_ASSERT(refused(dataset_open_part(&dataset, path, PART_TEST, false), STATUS_USER,
                      "there is no /test/x"));
}

/* Four rows of three columns, as Keras's to_categorical makes them. */
static Err load_one_hot(const int64_t *y, Loaded *loaded)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "data.h5");
    const Piece x = GOOD_X;
    int64_t dims[] = {4, 3};
    H5 *file;
    void *bytes;
    size_t size;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    write_piece(file, &x);
    CU_ASSERT_FATAL(fine(h5_write(file, "/train/y", H5_I64, 2, dims, 0, y)));
    CU_ASSERT_FATAL(fine(h5_image(file, &bytes, &size)));
    h5_close(file);
    scratch_write(path, bytes, size);
    mem_free(bytes);
    Err err = load(loaded, path);
    scratch_remove(&scratch);
    return err;
}

static void one_hot(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load_one_hot((int64_t[]){0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0}, &loaded)));
    CU_ASSERT(dataset_classifies(loaded.dataset) && dataset_targets(loaded.dataset) == 1);
    CU_ASSERT_EQUAL(dataset_classes(loaded.dataset), 3); /* also of the one that no row has */
    int label;
    CU_ASSERT_EQUAL(dataset_bad_label(loaded.dataset, PART_TRAIN, 0, 4, 1, &label), 0);
    CU_ASSERT_EQUAL(dataset_bad_label(loaded.dataset, PART_TRAIN, 1, 4, 1, &label), 2);
    CU_ASSERT_EQUAL(label, 1);
    unload(&loaded);
}

static void not_one_hot(void)
{
    static const int64_t wrong[][12] = {{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0},
                                        {0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0},
                                        {0, 1, 0, 0, 2, 0, 0, 1, 0, 1, 0, 0}};
    for (int i = 0; i < 3; i++) {
        Loaded loaded;
        CU_ASSERT(refused(load_one_hot(wrong[i], &loaded), STATUS_USER,
                          "/train/y row 1: 3 integers a row are a one-hot class"));
        unload(&loaded);
    }
}

static void bad_label(void)
{
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, DATA "compressed.h5")));
    int label = -1;
    CU_ASSERT_EQUAL(dataset_bad_label(loaded.dataset, PART_TRAIN, 0, 40, 3, &label), -1);
    CU_ASSERT_EQUAL(dataset_bad_label(loaded.dataset, PART_TRAIN, 3, 40, 2, &label), 5);
    CU_ASSERT_EQUAL(label, 2);
    unload(&loaded);
}

static const Promise promises[] = {
    {"big-endian floats and 16-bit labels are taken", big_endian},
    {"compressed bytes, int64 labels and class names are taken", compressed},
    {"float64 features and a column of labels are taken", column},
    {"floats in y are targets of a regression", regression},
    {"(N,), (N, 1) and (N, H, W) are taken", good_pieces},
    {"what is missing is named, with what there is", missing},
    {"shapes that make no sense are refused in words", wrong_shapes},
    {"NaN, infinity, negative and absurd labels are named with their row", wrong_values},
    {"the first label that is too large is found", bad_label},
    {"one-hot rows of integers are classes, as many as columns", one_hot},
    {"a row that is not one-hot is named, with what real targets are", not_one_hot},
    {"one part can be opened alone, with or without targets", one_part},
    {0},
};

int main(void)
{
    return unit_run("dataset", promises);
}
