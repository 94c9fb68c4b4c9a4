/* Samples reach their lanes, normalised: against naive computations on a set of 2500 samples of
 * 3 x 5 x 7, so that neither blocks of rows nor tiles of features nor squares of lanes come out
 * even. */
#include "base/h5.h"
#include "data/normalize.h"
#include "loaded.h"
#include "math/lanes.h"
#include "scratch.h"
#include "unit.h"

#include <math.h>

enum { ROWS = 2500, CHANNELS = 3, HEIGHT = 5, WIDTH = 7, FEATURES = CHANNELS * HEIGHT * WIDTH };

static double value_of(bool bytes, int64_t row, int feature)
{
    if (feature == 11)
        return 77; /* a constant feature */
    uint32_t hash = (uint32_t)(row * FEATURES + feature) * 2654435761u;
    int byte = (int)(hash >> 24) % (40 + feature);
    return bytes ? byte : 1000 + byte / 8.0;
}

/* The set as uint8, or as floats far from 0. */
static Loaded load_large(Scratch *scratch, bool bytes)
{
    uint8_t *u8 = mem_alloc(ROWS * FEATURES, 1);
    double *f64 = mem_alloc(ROWS * FEATURES, sizeof *f64);
    uint8_t *y = mem_alloc(ROWS, 1);
    for (int64_t i = 0; i < ROWS * FEATURES; i++) {
        f64[i] = value_of(bytes, i / FEATURES, (int)(i % FEATURES));
        u8[i] = (uint8_t)f64[i];
    }
    H5 *file;
    void *image;
    size_t size;
    int64_t dims[] = {ROWS, CHANNELS, HEIGHT, WIDTH};
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write(file, "/train/x", bytes ? H5_U8 : H5_F64, 4, dims, 100,
                            bytes ? (void *)u8 : f64)));
    CU_ASSERT(fine(h5_write(file, "/train/y", H5_U8, 1, dims, 0, y)));
    CU_ASSERT_FATAL(fine(h5_image(file, &image, &size)));
    h5_close(file);
    const char *path = scratch_path(scratch, bytes ? "bytes.h5" : "floats.h5");
    scratch_write(path, image, size);
    mem_free(image);
    mem_free(u8);
    mem_free(f64);
    mem_free(y);
    Loaded loaded;
    CU_ASSERT_FATAL(fine(load(&loaded, path)));
    return loaded;
}

/* Shift and scale of the group of features [lo, hi), the naive way in two passes. */
static void naive(bool bytes, NormalMode mode, int lo, int hi, double *shift, double *scale)
{
    double n = (double)ROWS * (hi - lo), sum = 0, squares = 0, min = INFINITY, max = -INFINITY;
    for (int64_t row = 0; row < ROWS; row++)
        for (int f = lo; f < hi; f++) {
            sum += value_of(bytes, row, f);
            min = fmin(min, value_of(bytes, row, f));
            max = fmax(max, value_of(bytes, row, f));
        }
    double mean = sum / n;
    for (int64_t row = 0; row < ROWS; row++)
        for (int f = lo; f < hi; f++)
            squares += pow(value_of(bytes, row, f) - mean, 2);
    double spread = mode == NORMAL_UNIT ? max - min : sqrt(squares / n);
    *shift = mode == NORMAL_NONE ? 0 : mode == NORMAL_UNIT ? min : mean;
    *scale = mode == NORMAL_NONE || spread == 0 ? 1 : 1 / spread;
}

static bool is_close(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

static void normals_of(bool bytes)
{
    Scratch scratch = scratch_make();
    Loaded loaded = load_large(&scratch, bytes);
    static const int counts[] = {1, 1, CHANNELS, FEATURES};
    for (NormalMode mode = NORMAL_NONE; mode <= NORMAL_FEATURE; mode++) {
        Normal normal = normal_measure(loaded.dataset, mode);
        CU_ASSERT_EQUAL_FATAL(normal.count, counts[mode]);
        int wrong = 0, group = FEATURES / normal.count;
        for (int i = 0; i < normal.count; i++) {
            double shift, scale;
            naive(bytes, mode, i * group, (i + 1) * group, &shift, &scale);
            wrong += !is_close((double)normal.shift[i], shift);
            wrong += !is_close((double)normal.scale[i], scale);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        normal_free(&normal);
    }
    unload(&loaded);
    scratch_remove(&scratch);
}

static void normals(void)
{
    normals_of(true);
    normals_of(false);
}

/* Gathers rows in an odd order, some lanes empty, and looks at each value. */
static void lanes_of_set(bool bytes, NormalMode mode)
{
    enum { WIDE = 48, PIXELS = HEIGHT * WIDTH };
    Scratch scratch = scratch_make();
    Loaded loaded = load_large(&scratch, bytes);
    Normal normal = normal_measure(loaded.dataset, mode);
    int64_t row[WIDE];
    int32_t label[WIDE];
    Real *x = mem_alloc(FEATURES * WIDE, sizeof *x);
    for (int i = 0; i < WIDE; i++)
        row[i] = i % 7 == 3 || i > 40 ? -1 : (i * 977) % ROWS;
    memset(x, 0xFF, FEATURES * WIDE * sizeof *x);
    dataset_gather(loaded.dataset, &normal, PART_TRAIN, row, NULL, WIDE, x, label, NULL);
    int wrong = 0;
    for (int f = 0; f < FEATURES; f++) {
        int at = mode == NORMAL_FEATURE ? f : mode == NORMAL_CHANNEL ? f / PIXELS : 0;
        const Real *line = x + (f % PIXELS * CHANNELS + f / PIXELS) * WIDE;
        for (int i = 0; i < WIDE; i++) {
            Real raw = (Real)value_of(bytes, row[i], f);
            Real expected = (raw - normal.shift[at]) * normal.scale[at];
            wrong += line[i] != (row[i] < 0 ? 0 : expected);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(x);
    normal_free(&normal);
    unload(&loaded);
    scratch_remove(&scratch);
}

static void lanes(void)
{
    for (NormalMode mode = NORMAL_NONE; mode <= NORMAL_FEATURE; mode++) {
        lanes_of_set(true, mode);
        lanes_of_set(false, mode);
    }
}

/* Reads `text`, a YAML mapping, as numbers for the data set, and calls them `normal`. */
static Err give(const char *text, const Dataset *dataset, Normal *normal)
{
    char yaml[2000];
    Conf *conf;
    Normalize normalize;
    NormalMode mode = NORMAL_NONE;
    snprintf(yaml, sizeof yaml, "normalize: %s\n", text);
    TRY(conf_parse(&conf, "run.yaml", yaml, NULL, 0));
    Err err = normalize_read(&normalize, conf_get(conf_root(conf), "normalize"));
    if (!err)
        err = normalize_mode(&normalize, dataset, &mode);
    *normal = normal_make(dataset, mode);
    if (!err)
        normalize_fill(&normalize, normal);
    conf_free(conf);
    return err;
}

/* `of` in one mapping: [0.5, 1.5, ...] as means, [1, 2, 4, 1, ...] as deviations. */
static const char *numbers(int of, char *text)
{
    char *end = text + sprintf(text, "{mean: [");
    for (int i = 0; i < of; i++)
        end += sprintf(end, "%s%d.5", i ? ", " : "", i);
    end += sprintf(end, "], std: [");
    for (int i = 0; i < of; i++)
        end += sprintf(end, "%s%d", i ? ", " : "", 1 << i % 3);
    sprintf(end, "]}");
    return text;
}

static void given(void)
{
    static const struct {
        int count;
        NormalMode mode;
    } cases[] = {{CHANNELS, NORMAL_CHANNEL}, {FEATURES, NORMAL_FEATURE}};
    Scratch scratch = scratch_make();
    Loaded loaded = load_large(&scratch, true);
    char text[1500];
    Normal normal;
    for (int k = 0; k < 2; k++) {
        int wrong = 0;
        CU_ASSERT_FATAL(fine(give(numbers(cases[k].count, text), loaded.dataset, &normal)));
        CU_ASSERT(normal.mode == cases[k].mode && normal.count == cases[k].count);
        for (int i = 0; i < normal.count; i++)
            wrong +=
                normal.shift[i] != (Real)(i + 0.5) || normal.scale[i] != (Real)1 / (1 << i % 3);
        CU_ASSERT_EQUAL(wrong, 0);
        normal_free(&normal);
    }
    CU_ASSERT(refused(give(numbers(4, text), loaded.dataset, &normal), STATUS_USER,
                      "bytes.h5 has 3 channels and 105 features"));
    normal_free(&normal);
    unload(&loaded);
    scratch_remove(&scratch);
}

/* A block's sums belong to its rows, whatever was summed before and where the block begins. */
static void blocks_are_pure(void)
{
    Scratch scratch = scratch_make();
    Loaded loaded = load_large(&scratch, false);
    int64_t row[NORMAL_BLOCK];
    double first[FEATURES * NORMAL_SUMS], again[FEATURES * NORMAL_SUMS];
    for (int i = 0; i < NORMAL_BLOCK; i++)
        row[i] = (i * 977 + 5) % ROWS;
    normal_block(loaded.dataset, NORMAL_FEATURE, row, NORMAL_BLOCK, first);
    memset(again, 0xFF, sizeof again);
    normal_block(loaded.dataset, NORMAL_FEATURE, row, NORMAL_BLOCK, again);
    CU_ASSERT_EQUAL(memcmp(first, again, sizeof first), 0);
    normal_block(loaded.dataset, NORMAL_FEATURE, row, 0, again);
    normal_fold(NORMAL_FEATURE, FEATURES, again, first);
    CU_ASSERT_EQUAL(memcmp(first, again, sizeof first), 0);
    unload(&loaded);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"shift and scale are those of a naive computation", normals},
    {"numbers that are given are taken, one for each channel or feature, and counted", given},
    {"a block's sums depend on its rows alone, and an empty block adds nothing", blocks_are_pure},
    {"each value reaches its pixel, channel and lane, normalised; empty lanes are 0", lanes},
    {0},
};

int main(void)
{
    return unit_run("gather", promises);
}
