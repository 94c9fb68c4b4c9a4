/* Augmentation against a naive computation that pads, cuts and mirrors whole pictures one after the
 * other; what is drawn; and who sees it: training alone. */
#include "base/h5.h"
#include "data/augment.h"
#include "dist/comm.h"
#include "loaded.h"
#include "math/lanes.h"
#include "scratch.h"
#include "train/feed.h"
#include "unit.h"

#include <math.h>

enum { ROWS = 60, WIDE = 48, SIZE_MOST = 4000 };

/* Of the pictures in the file; channels 0: a table of `width` columns. */
typedef struct Size {
    int channels, height, width;
} Size;

static double value_of(int64_t i)
{
    return 1 + (double)((uint32_t)i * 2654435761u >> 24) / 2; /* never 0 */
}

static const char *write_data(Scratch *scratch, Size size, bool bytes)
{
    int64_t dims[] = {ROWS, size.channels, size.height, size.width};
    if (size.channels == 0)
        dims[1] = size.width;
    int64_t n = size.channels ? dims[0] * dims[1] * dims[2] * dims[3] : dims[0] * dims[1];
    uint8_t *u8 = mem_alloc(n, 1), *y = mem_alloc(ROWS, 1);
    double *f64 = mem_alloc(n, sizeof *f64);
    for (int64_t i = 0; i < n; i++) {
        f64[i] = value_of(i);
        u8[i] = (uint8_t)f64[i];
    }
    H5 *file;
    void *image;
    size_t count;
    int rank = size.channels ? 4 : 2;
    const char *path = scratch_path(scratch, "data.h5");
    CU_ASSERT_FATAL(fine(h5_create(&file)));
    CU_ASSERT(fine(h5_write(file, "/train/x", bytes ? H5_U8 : H5_F64, rank, dims, 0,
                            bytes ? (void *)u8 : f64)));
    CU_ASSERT(fine(h5_write(file, "/train/y", H5_U8, 1, dims, 0, y)));
    CU_ASSERT_FATAL(fine(h5_image(file, &image, &count)));
    h5_close(file);
    scratch_write(path, image, count);
    mem_free(image);
    mem_free(u8);
    mem_free(y);
    mem_free(f64);
    return path;
}

/* Reads `text`, a YAML list, for the data set. */
static Err read_augment(Augment *augment, Conf **conf, const char *text, const Dataset *dataset)
{
    char yaml[200];
    snprintf(yaml, sizeof yaml, "augment: %s\n", text);
    TRY(conf_parse(conf, "run.yaml", yaml, NULL, 0));
    return augment_read(augment, conf_get(conf_root(*conf), "augment"), 7, dataset);
}

/* ---- pictures ---- */

static void naive_flip(double *picture, Size s, Draw draw)
{
    double old[SIZE_MOST];
    memcpy(old, picture, sizeof old);
    for (int c = 0; c < s.channels * s.height && draw.word[0] >> 31; c++)
        for (int x = 0; x < s.width; x++)
            picture[c * s.width + x] = old[c * s.width + s.width - 1 - x];
}

static void naive_crop(double *picture, Size s, Draw draw, int n)
{
    double old[SIZE_MOST];
    int top = (int)floor(draw.word[0] / 4294967296.0 * (2 * n + 1));
    int left = (int)floor(draw.word[1] / 4294967296.0 * (2 * n + 1));
    memcpy(old, picture, sizeof old);
    for (int i = 0; i < s.channels * s.height * s.width; i++) {
        int x = i % s.width + left, y = i / s.width % s.height + top, c = i / s.width / s.height;
        /* (y, x) is a place in the picture with its border */
        bool border = x < n || y < n || x >= s.width + n || y >= s.height + n;
        picture[i] = border ? 0 : old[(c * s.height + y - n) * s.width + x - n];
    }
}

/* Sample `row` at `position`, augmented in the order of `text`, flip and a crop by n. */
static void naive(double *picture, Size s, bool bytes, int64_t row, int64_t position,
                  const char *text, int n)
{
    int features = s.channels * s.height * s.width;
    for (int i = 0; i < features; i++) {
        double value = value_of(row * features + i);
        picture[i] = bytes ? floor(value) : value;
    }
    const char *flip = strstr(text, "flip"), *crop = strstr(text, "crop");
    for (uint32_t k = 0; k < 2; k++) {
        Draw draw = rng_draw(7, rng_purpose(RNG_AUGMENT, k), (uint64_t)position, 0);
        if (flip && (k == 0) == (!crop || flip < crop))
            naive_flip(picture, s, draw);
        else if (crop && (k == 0) == (!flip || crop < flip))
            naive_crop(picture, s, draw, n);
    }
}

static void compare(Size s, bool bytes, const char *text, int n)
{
    Scratch scratch = scratch_make();
    Loaded loaded;
    Augment augment;
    Conf *conf;
    CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, s, bytes))));
    CU_ASSERT_FATAL(fine(read_augment(&augment, &conf, text, loaded.dataset)));
    Normal normal = normal_measure(loaded.dataset, NORMAL_CHANNEL);
    int pixels = s.height * s.width, features = s.channels * pixels, wrong = 0;
    Real *x = mem_alloc(features * WIDE, sizeof *x);
    int64_t row[WIDE], position[WIDE];
    int32_t label[WIDE];
    View view[WIDE];
    for (int i = 0; i < WIDE; i++) {
        row[i] = i % 13 == 5 ? -1 : i * 7 % ROWS;
        position[i] = 100 + i * 3;
    }
    augment_views(&augment, position, WIDE, view);
    dataset_gather(loaded.dataset, &normal, PART_TRAIN, row, view, WIDE, x, label, NULL);
    for (int i = 0; i < WIDE; i++) {
        double picture[SIZE_MOST];
        naive(picture, s, bytes, row[i], position[i], text, n);
        for (int f = 0; f < features; f++) {
            int at = f / pixels;
            Real expected = ((Real)picture[f] - normal.shift[at]) * normal.scale[at];
            wrong += x[(f % pixels * s.channels + at) * WIDE + i] != (row[i] < 0 ? 0 : expected);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(x);
    normal_free(&normal);
    conf_free(conf);
    unload(&loaded);
    scratch_remove(&scratch);
}

static void pictures(void)
{
    static const Size sizes[] = {{1, 28, 28}, {3, 5, 7}, {2, 3, 16}, {1, 9, 35}, {1, 7, 4}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int bytes = 0; bytes <= 1; bytes++) {
            compare(sizes[i], bytes, "[flip]", 0);
            compare(sizes[i], bytes, "[{crop: 2}]", 2);
            compare(sizes[i], bytes, "[flip, {crop: 2}]", 2);
            compare(sizes[i], bytes, "[{crop: {padding: 1}}, flip]", 1);
        }
    compare((Size){1, 7, 4}, true, "[flip, {crop: 3}]", 3); /* a corner may be all that is left */
}

/* ---- draws ---- */

/* Calls `look` with the views of many positions under `flip, crop: 2`. */
static void with_views(void (*look)(const Augment *augment, const View *view, int n))
{
    enum { MANY = 50000 };
    Scratch scratch = scratch_make();
    Loaded loaded;
    Augment augment;
    Conf *conf;
    CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, (Size){1, 8, 8}, true))));
    CU_ASSERT_FATAL(fine(read_augment(&augment, &conf, "[flip, {crop: 2}]", loaded.dataset)));
    View *view = mem_alloc(MANY, sizeof *view);
    int64_t *position = mem_alloc(MANY, sizeof *position);
    for (int i = 0; i < MANY; i++)
        position[i] = i;
    augment_views(&augment, position, MANY, view);
    look(&augment, view, MANY);
    mem_free(view);
    mem_free(position);
    conf_free(conf);
    unload(&loaded);
    scratch_remove(&scratch);
}

/* Flip and shifts are independent: each of the 50 combinations about as often as any other. */
static void look_uniform(const Augment *augment, const View *view, int n)
{
    (void)augment;
    int count[2][5][5] = {0}, outside = 0;
    for (int i = 0; i < n; i++) {
        if (abs(view[i].dy) > 2 || abs(view[i].dx) > 2)
            outside++;
        else
            count[view[i].mirrored][view[i].dy + 2][view[i].dx + 2]++;
    }
    double chi_squared = 0, expected = n / 50.0;
    for (int i = 0; i < 50; i++)
        chi_squared += pow((&count[0][0][0])[i] - expected, 2) / expected;
    CU_ASSERT_EQUAL(outside, 0);
    CU_ASSERT(chi_squared < 85.4); /* of 49 degrees of freedom: exceeded once in 1000 times */
    CU_ASSERT(chi_squared > 20);   /* and too even to be random as seldom */
}

static void uniform(void)
{
    with_views(look_uniform);
}

static int differing(const View *a, const View *b, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += a[i].dy != b[i].dy || a[i].dx != b[i].dx || a[i].mirrored != b[i].mirrored;
    return count;
}

/* A position's view is the same alone as among others; another epoch's or seed's is another. */
static void look_pure(const Augment *augment, const View *view, int n)
{
    enum { SOME = 1000 };
    View again[SOME], other[SOME];
    int64_t position[SOME];
    for (int i = 0; i < SOME; i++) {
        position[i] = n - 1 - i * 31;
        augment_views(augment, &position[i], 1, &again[i]);
        other[i] = view[position[i]];
    }
    CU_ASSERT_EQUAL(differing(again, other, SOME), 0);
    Augment seeded = *augment;
    seeded.seed++;
    augment_views(&seeded, position, SOME, other);
    CU_ASSERT(differing(again, other, SOME) > SOME * 9 / 10); /* 1 of 50 is the same by chance */
    CU_ASSERT(differing(view, view + ROWS, SOME) > SOME * 9 / 10);
}

static void pure(void)
{
    with_views(look_pure);
}

/* ---- who sees it ---- */

static const char recipe[] = "data: {file: none, validation: 10, augment: [flip, {crop: 2}]}\n"
                             "model: [dense: 3]\n";

/* The feed's samples as the data set has them: gathered without a view. */
static bool is_plain(const Feed *feed)
{
    Real *x = mem_alloc(64 * WIDE, sizeof *x);
    int32_t label[WIDE];
    dataset_gather(feed->data, &feed->normal, PART_TRAIN, feed->row, NULL, feed->lanes, x, label,
                   NULL);
    bool same = memcmp(x, feed->x, (size_t)(64 * feed->lanes) * sizeof *x) == 0;
    mem_free(x);
    return same;
}

static void look_at_feed(Feed *feed)
{
    feed_reserve(feed, 32);
    Real *first = mem_alloc(64 * 32, sizeof *first);
    CU_ASSERT(fine(feed_train(feed, 100, 132)));
    CU_ASSERT(!is_plain(feed));
    memcpy(first, feed->x, 64 * 32 * sizeof *first);
    CU_ASSERT(fine(feed_part(feed, PART_VALIDATION, 0, 10, 10)));
    CU_ASSERT(is_plain(feed));
    CU_ASSERT(fine(feed_part(feed, PART_TRAIN, 0, 32, 32)));
    CU_ASSERT(is_plain(feed));
    CU_ASSERT(fine(feed_train(feed, 120, 140))); /* cut elsewhere, as on other ranks */
    CU_ASSERT(!is_plain(feed));
    int wrong = 0;
    for (int f = 0; f < 64; f++)
        for (int i = 0; i < 12; i++)
            wrong += feed->x[f * feed->lanes + i] != first[f * 32 + i + 20];
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(first);
}

static void with_feed(const char *override, const Normal *given, void (*look)(Feed *feed))
{
    Scratch scratch = scratch_make();
    Comm world, comm;
    Config config;
    Feed feed;
    const char *path = write_data(&scratch, (Size){1, 8, 8}, true);
    CU_ASSERT_FATAL(fine(config_read(&config, "run.yaml", recipe, &override, 1)));
    comm_world(&world);
    CU_ASSERT_FATAL(fine(comm_divide(&world, 1, EXCHANGE_AUTO, &comm)));
    config.data_file = path;
    const Measure measure = {.normal = given, .part = PART_TRAIN, .labelled = true};
    CU_ASSERT_FATAL(fine(feed_open(&feed, &comm, &config, given ? &measure : NULL, NULL)));
    look(&feed);
    feed_close(&feed);
    comm_free(&comm);
    comm_free(&world);
    config_free(&config);
    scratch_remove(&scratch);
}

static void training_alone(void)
{
    with_feed("seed=3", NULL, look_at_feed);
}

static void look_plain(Feed *feed)
{
    feed_reserve(feed, 32);
    CU_ASSERT(fine(feed_train(feed, 100, 132)));
    CU_ASSERT(is_plain(feed));
}

/* An empty list, none; and a checkpoint that is measured, whose normalisation is given. */
static void without(void)
{
    Real shift = 1, scale = 2;
    Normal given = {NORMAL_UNIT, 1, &shift, &scale};
    with_feed("data.augment=[]", NULL, look_plain);
    with_feed("data.augment=null", NULL, look_plain);
    with_feed("seed=3", &given, look_plain);
}

/* ---- configuration ---- */

typedef struct Refusal {
    const char *text, *words;
    Size size;
} Refusal;

static void refusals(void)
{
    static const Refusal all[] = {
        {"[flop]",
         "run.yaml:1:11: unknown augmentation \"flop\"; did you mean \"flip\"?",
         {1, 8, 8}},
        {"[flip, {corp: 2}]", "run.yaml:1:17: unknown augmentation \"corp\"", {1, 8, 8}},
        {"[{crop: {paddin: 2}}]", "did you mean \"padding\"?", {1, 8, 8}},
        {"[{flip: {rate: 1}}]", "unknown key \"rate\" in flip", {1, 8, 8}},
        {"[{flip: 1}]", "\"flip\" has no main setting", {1, 8, 8}},
        {"[crop]", "\"padding\" is missing in crop", {1, 8, 8}},
        {"[{crop: -1}]", "run.yaml:1:", {1, 8, 8}},
        {"[{crop: 1.5}]", "run.yaml:1:", {1, 8, 8}},
        {"[flip, flip]", "run.yaml:1:17: \"flip\" stands in the list twice", {1, 8, 8}},
        {"[{crop: 8}]",
         "run.yaml:1:18: a crop after padding by 8 would miss pictures of 9 x 8",
         {1, 9, 8}},
        {"[{crop: 2}]", "data.h5 is 8 values", {0, 1, 8}},
        {"flip", "run.yaml:1:10: \"flip\" needs pictures", {0, 1, 8}},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        Scratch scratch = scratch_make();
        Loaded loaded;
        Augment augment;
        Conf *conf;
        CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, all[i].size, true))));
        CU_ASSERT(refused(read_augment(&augment, &conf, all[i].text, loaded.dataset), STATUS_USER,
                          all[i].words));
        conf_free(conf);
        unload(&loaded);
        scratch_remove(&scratch);
    }
}

/* What a run keeps of its configuration has the settings in full, and reads back. */
static void resolved(void)
{
    Scratch scratch = scratch_make();
    Loaded loaded;
    Augment augment;
    Conf *conf, *again;
    CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, (Size){1, 8, 8}, true))));
    CU_ASSERT_FATAL(fine(read_augment(&augment, &conf, "[flip, {crop: 2}]", loaded.dataset)));
    const char *text = conf_text(conf);
    CU_ASSERT(strstr(text, "flip") && strstr(text, "padding: 2"));
    CU_ASSERT_FATAL(fine(conf_parse(&again, "again", text, NULL, 0)));
    Node node = conf_get(conf_root(again), "augment");
    CU_ASSERT(fine(augment_read(&augment, node, 7, loaded.dataset)));
    CU_ASSERT_EQUAL(augment.count, 2);
    CU_ASSERT_STRING_EQUAL(conf_text(again), text);
    conf_free(conf);
    conf_free(again);
    unload(&loaded);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"flips and crops, in either order, are those of a naive computation", pictures},
    {"flips are as likely as not, shifts uniform, and all independent", uniform},
    {"a view depends on seed and position alone", pure},
    {"training sees augmented samples, however they are cut; evaluation plain ones",
     training_alone},
    {"without a list, or measuring a checkpoint, all samples are plain", without},
    {"what is unknown, twice, too large or without pictures is refused, with its place", refusals},
    {"the resolved configuration has every setting and reads back", resolved},
    {0},
};

int main(int argc, char **argv)
{
    comm_start(&argc, &argv);
    int status = unit_run("augment", promises);
    comm_stop();
    return status;
}
