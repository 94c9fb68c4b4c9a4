/* What a survey finds in a file, against naive computations on sets whose flaws are planted. */
#include "data/survey.h"
#include "scratch.h"
#include "unit.h"

#include <math.h>

/* 2500 rows of 3 x 40 x 50 make pieces of several reads a block. */
enum { ROWS = 2500, TEST = 30, CHANNELS = 3, HEIGHT = 40, WIDTH = 50, PIXELS = HEIGHT * WIDTH };
enum { FEATURES = CHANNELS * PIXELS };

typedef struct Set {
    double *x, *test_x;
    int64_t y[ROWS], test_y[TEST];
} Set;

static Set set_make(void)
{
    Set set = {.x = mem_alloc(ROWS * FEATURES, sizeof(double)),
               .test_x = mem_alloc(TEST * FEATURES, sizeof(double))};
    for (int64_t i = 0; i < ROWS * FEATURES; i++)
        set.x[i] =
            1000 * (double)(i % FEATURES / PIXELS) + (double)((uint32_t)i * 2654435761u >> 22) / 8;
    for (int64_t i = 0; i < TEST * FEATURES; i++)
        set.test_x[i] = -1 - set.x[i];
    for (int64_t row = 0; row < ROWS; row++) /* constant features */
        set.x[row * FEATURES + 7] = set.x[row * FEATURES + 2 * PIXELS] = 3;
    for (int i = 0; i < ROWS; i++)
        set.y[i] = i % 4;
    return set;
}

static double *row_of(double *x, int64_t row)
{
    return x + row * FEATURES;
}

static void copy_row(double *to, const double *from)
{
    memcpy(to, from, FEATURES * sizeof *to);
}

/* Writes the set, frees it, and surveys the file. */
static Err survey(Set *set, bool names, Survey *found, Scratch *scratch, Dataset **dataset)
{
    static const char *const classes[] = {"a", "b", "c", "d"};
    const int64_t dims[] = {ROWS, CHANNELS, HEIGHT, WIDTH},
                  test[] = {TEST, CHANNELS, HEIGHT, WIDTH};
    const char *path = scratch_path(scratch, "data.h5");
    H5 *file;
    void *image;
    size_t size;
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write(file, "/train/x", H5_F64, 4, dims, 100, set->x)));
    CU_ASSERT(fine(h5_write(file, "/train/y", H5_I64, 1, dims, 0, set->y)));
    CU_ASSERT(fine(h5_write(file, "/test/x", H5_F64, 4, test, 0, set->test_x)));
    CU_ASSERT(fine(h5_write(file, "/test/y", H5_I64, 1, test, 0, set->test_y)));
    if (names)
        CU_ASSERT(fine(h5_write_texts(file, "/", "classes", classes, 4)));
    CU_ASSERT_FATAL(fine(h5_image(file, &image, &size)));
    h5_close(file);
    scratch_write(path, image, size);
    mem_free(image);
    CU_ASSERT_FATAL(fine(dataset_open(dataset, path)));
    return survey_make(found, *dataset);
}

static void set_free(Set *set)
{
    mem_free(set->x);
    mem_free(set->test_x);
}

static bool is_close(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* Whether `spread` is that of the channels [lo, hi) of the training part, in two passes. */
static bool is_spread(const Set *set, int lo, int hi, const Spread *spread)
{
    double n = 0, sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < ROWS * FEATURES; i++) {
            int channel = (int)(i % FEATURES / PIXELS);
            double x = (double)(Real)set->x[i];
            if (channel < lo || channel >= hi || !isfinite(x))
                continue;
            n += pass == 0;
            sum += pass == 0 ? x : 0;
            squares += pass == 1 ? (x - sum / n) * (x - sum / n) : 0;
            least = fmin(least, x);
            most = fmax(most, x);
        }
    return spread->count == (int64_t)n && is_close(spread->mean, sum / n) &&
           is_close(spread->deviation, sqrt(squares / n)) && spread->least == least &&
           spread->most == most;
}

static void values(void)
{
    for (int flawed = 0; flawed <= 1; flawed++) {
        Scratch scratch = scratch_make();
        Set set = set_make();
        Survey found;
        Dataset *dataset;
        row_of(set.x, 0)[0] = row_of(set.x, 1700)[PIXELS + 5] = flawed ? NAN : 1;
        row_of(set.x, 1024)[9] = flawed ? -INFINITY : 1;
        CU_ASSERT_FATAL(fine(survey(&set, true, &found, &scratch, &dataset)));
        const Values *x = &found.part[PART_TRAIN].x;
        for (int c = 0; c < CHANNELS; c++)
            CU_ASSERT(is_spread(&set, c, c + 1, &x->channel[c]));
        CU_ASSERT(is_spread(&set, 0, CHANNELS, &x->all));
        CU_ASSERT_EQUAL(x->constant, 2);
        CU_ASSERT(x->constant_first[0] == 7 && x->constant_first[1] == 2 * PIXELS);
        CU_ASSERT_EQUAL(x->nan.count, 2 * flawed);
        CU_ASSERT_EQUAL(x->infinite.count, flawed);
        CU_ASSERT(!flawed || (x->nan.row == 0 && x->nan.place == 0));
        CU_ASSERT(!flawed || (x->infinite.row == 1024 && x->infinite.place == 9));
        survey_free(&found);
        dataset_close(dataset);
        set_free(&set);
        scratch_remove(&scratch);
    }
}

static void labels(void)
{
    for (int named = 0; named <= 1; named++) {
        Scratch scratch = scratch_make();
        Set set = set_make();
        Survey found;
        Dataset *dataset;
        set.y[77] = -3;
        set.y[78] = -4;
        set.y[1500] = 4;
        set.y[2000] = (int64_t)1 << 60;
        CU_ASSERT_FATAL(fine(survey(&set, named, &found, &scratch, &dataset)));
        const Labels *l = &found.part[PART_TRAIN].labels;
        CU_ASSERT(l->negative.count == 2 && l->negative.row == 77 && l->negative_label == -3);
        CU_ASSERT(l->beyond.count == 1 + named);
        CU_ASSERT(l->beyond.row == (named ? 1500 : 2000));
        CU_ASSERT(l->beyond_label == (named ? 4 : (int64_t)1 << 60));
        CU_ASSERT(l->least == 0 && l->most == (named ? 3 : 4));
        CU_ASSERT(l->count[0] == ROWS / 4 - 2 && l->count[1] == ROWS / 4 - 1);
        CU_ASSERT(l->count[2] == ROWS / 4 - 1 && l->count[3] == ROWS / 4);
        CU_ASSERT_EQUAL(found.part[PART_TEST].labels.count[0], TEST);
        survey_free(&found);
        dataset_close(dataset);
        set_free(&set);
        scratch_remove(&scratch);
    }
}

static void duplicates(void)
{
    Scratch scratch = scratch_make();
    Set set = set_make();
    Survey found;
    Dataset *dataset;
    copy_row(row_of(set.x, 2400), row_of(set.x, 5));
    copy_row(row_of(set.x, 2401), row_of(set.x, 5));
    copy_row(row_of(set.test_x, 3), row_of(set.x, 1234));
    copy_row(row_of(set.test_x, 4), row_of(set.x, 5));
    copy_row(row_of(set.test_x, 9), row_of(set.test_x, 8));
    CU_ASSERT_FATAL(fine(survey(&set, false, &found, &scratch, &dataset)));
    CU_ASSERT_EQUAL(found.part[PART_TRAIN].duplicates, 2);
    CU_ASSERT_EQUAL(found.part[PART_TEST].duplicates, 1);
    CU_ASSERT_EQUAL(found.part[PART_TEST].in_train, 2);
    survey_free(&found);
    dataset_close(dataset);
    set_free(&set);
    scratch_remove(&scratch);
}

/* The regression of tests/data: y of the training part is 0, 0.25, 1, ... 2.25. */
static void targets(void)
{
    Survey found;
    Dataset *dataset;
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, TESTS_DIR "/data/regression.h5")));
    CU_ASSERT_FATAL(fine(survey_make(&found, dataset)));
    const Values *y = &found.part[PART_TRAIN].y;
    CU_ASSERT(y->all.count == 10 && y->all.least == 0 && y->all.most == 2.25);
    CU_ASSERT(y->channel[0].mean == 1 && y->channel[1].mean == 1.25);
    CU_ASSERT(found.part[PART_VALIDATION].x.all.most == 7);
    CU_ASSERT_EQUAL(found.part[PART_TEST].x.all.count, 0);
    survey_free(&found);
    dataset_close(dataset);
}

static const Promise promises[] = {
    {"mean, deviation, range, constants and what is not finite are those of a naive computation",
     values},
    {"labels out of range are counted and the first is named; classes are counted", labels},
    {"rows that repeat others are counted, in a part and in /train", duplicates},
    {"targets of a regression are surveyed, too", targets},
    {0},
};

int main(void)
{
    return unit_run("survey", promises);
}
