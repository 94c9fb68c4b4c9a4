/* Augmentation against a naive computation that treats whole pictures, one augmentation after the
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

enum { ROWS = 60, WIDE = 48, FULL = 41, SIZE_MOST = 1000 };

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

/* One augmentation, as the naive computation has it: its name, its numbers, its word. */
typedef struct Step {
    const char *name;
    double a, b;
    const char *word;
} Step;

/* A picture of doubles, and whether its values are to be bytes. */
typedef struct Picture {
    Size s;
    bool bytes;
    double at[SIZE_MOST]; /* (channel, y, x) */
} Picture;

/* Outside of the picture: 0. */
static double pixel_of(const Picture *p, int c, int y, int x)
{
    bool inside = y >= 0 && x >= 0 && y < p->s.height && x < p->s.width;
    return inside ? p->at[(c * p->s.height + y) * p->s.width + x] : 0;
}

static double unit_of(uint32_t word)
{
    return word / 4294967296.0;
}

/* Where the pixel (y, x) comes from. */
typedef void (*From)(const Step *step, Size s, Draw draw, double *y, double *x);

static void from_flip(const Step *step, Size s, Draw draw, double *y, double *x)
{
    (void)step, (void)y;
    if (unit_of(draw.word[0]) >= 0.5)
        *x = s.width - 1 - *x;
}

static double mirrored_at(double at, int size)
{
    return fabs(size - 1 - fabs(size - 1 - at));
}

static void from_crop(const Step *step, Size s, Draw draw, double *y, double *x)
{
    double n = step->a;
    *y += floor(unit_of(draw.word[0]) * (2 * n + 1)) - n;
    *x += floor(unit_of(draw.word[1]) * (2 * n + 1)) - n;
    if (step->word) {
        *y = mirrored_at(*y, s.height);
        *x = mirrored_at(*x, s.width);
    }
}

static void from_translate(const Step *step, Size s, Draw draw, double *y, double *x)
{
    *y += round((2 * unit_of(draw.word[0]) - 1) * step->b * s.height);
    *x += round((2 * unit_of(draw.word[1]) - 1) * step->a * s.width);
}

/* Counter-clockwise, y going down. */
static void from_rotate(const Step *step, Size s, Draw draw, double *y, double *x)
{
    double angle = (2 * unit_of(draw.word[0]) - 1) * step->a * acos(-1) / 180;
    double v = *y - (s.height - 1) / 2.0, u = *x - (s.width - 1) / 2.0;
    *y = (s.height - 1) / 2.0 + cos(angle) * v + sin(angle) * u;
    *x = (s.width - 1) / 2.0 + cos(angle) * u - sin(angle) * v;
}

static void naive_move(Picture *p, From from, const Step *step, Draw draw)
{
    Picture old = *p;
    Size s = p->s;
    for (int i = 0; i < s.channels * s.height * s.width; i++) {
        double y = i / s.width % s.height, x = i % s.width, value = 0;
        int c = i / s.width / s.height;
        from(step, s, draw, &y, &x);
        for (int ny = -s.height; ny < 2 * s.height; ny++) /* a tent over each pixel */
            for (int nx = -s.width; nx < 2 * s.width; nx++)
                if (fabs(y - ny) < 1 && fabs(x - nx) < 1)
                    value += (1 - fabs(y - ny)) * (1 - fabs(x - nx)) * pixel_of(&old, c, ny, nx);
        p->at[i] = p->bytes ? floor(value + 0.5) : value;
    }
}

/* Standard normal number i of a key, the draws beginning at block `first`. */
static double naive_gaussian(uint32_t k, int64_t position, int first, int i)
{
    Draw draw =
        rng_draw(7, rng_purpose(RNG_AUGMENT, k), (uint64_t)position, (uint64_t)(first + i / 8));
    const uint32_t *word = draw.word + i % 8 / 2 * 2;
    double radius = sqrt(-2 * log((word[0] + 0.5) / 4294967296.0));
    double angle = 2 * acos(-1) * unit_of(word[1]);
    return radius * (i % 2 ? sin(angle) : cos(angle));
}

/* Both count values pixel by pixel, the channels of a pixel side by side. */
static void naive_noise(Picture *p, const Step *step, uint32_t k, int64_t position)
{
    int pixels = p->s.height * p->s.width;
    for (int i = 0; i < p->s.channels * pixels; i++)
        p->at[i % p->s.channels * pixels + i / p->s.channels] +=
            step->a * naive_gaussian(k, position, 0, i);
}

/* The area is between step->a and step->b, the aspect between 0.3 and 3.3. */
static void naive_erase(Picture *p, const Step *step, uint32_t k, int64_t position)
{
    Size s = p->s;
    int h = s.height, w = s.width, count = 0;
    Draw draw;
    for (uint64_t attempt = 0; attempt < 10 && (h >= s.height || w >= s.width); attempt++) {
        draw = rng_draw(7, rng_purpose(RNG_AUGMENT, k), (uint64_t)position, attempt);
        if (attempt == 0 && unit_of(draw.word[0]) >= 0.5)
            return;
        double area = s.height * s.width * (step->a + (step->b - step->a) * unit_of(draw.word[1]));
        double aspect = exp(log(0.3) + (log(3.3) - log(0.3)) * unit_of(draw.word[2]));
        h = (int)round(sqrt(area * aspect));
        w = (int)round(sqrt(area / aspect));
    }
    if (h >= s.height || w >= s.width)
        return;
    int top = (int)(unit_of(draw.word[3]) * (s.height - h + 1));
    int left = (int)(unit_of(draw.word[4]) * (s.width - w + 1));
    for (int y = top; y < top + h; y++)
        for (int x = left; x < left + w; x++)
            for (int c = 0; c < s.channels; c++, count++)
                p->at[(c * s.height + y) * s.width + x] =
                    step->word ? naive_gaussian(k, position, 10, count) : 0;
}

static const struct {
    const char *name;
    From from;
    void (*paint)(Picture *p, const Step *step, uint32_t k, int64_t position);
} naives[] = {
    {"flip", from_flip, NULL},           {"crop", from_crop, NULL},
    {"translate", from_translate, NULL}, {"rotate", from_rotate, NULL},
    {"erase", NULL, naive_erase},        {"noise", NULL, naive_noise},
};

/* Sample `row` at `position`: the moves, the normalisation, what is painted. */
static void naive(Picture *p, const Normal *normal, int64_t row, int64_t position,
                  const Step *steps)
{
    int pixels = p->s.height * p->s.width, features = p->s.channels * pixels;
    bool normalised = false;
    for (int i = 0; i < features; i++) {
        double value = value_of(row * features + i);
        p->at[i] = p->bytes ? floor(value) : value;
    }
    for (uint32_t k = 0; steps[k].name || !normalised; k++) {
        size_t n = 0;
        while (steps[k].name && strcmp(naives[n].name, steps[k].name) != 0)
            n++;
        if (!normalised && (!steps[k].name || naives[n].paint))
            for (int i = 0; i < features; i++)
                p->at[i] = (double)(((Real)p->at[i] - normal->shift[i / pixels]) *
                                    normal->scale[i / pixels]);
        normalised = normalised || !steps[k].name || naives[n].paint;
        if (!steps[k].name)
            break;
        if (naives[n].paint)
            naives[n].paint(p, &steps[k], k, position);
        else
            naive_move(p, naives[n].from, &steps[k],
                       rng_draw(7, rng_purpose(RNG_AUGMENT, k), (uint64_t)position, 0));
    }
}

/* How many values differ by more than rounding: of bytes, half of one may go the other way. */
static int wrong_values(const Picture *p, const Normal *normal, const Real *x, bool rounds)
{
    int pixels = p->s.height * p->s.width, wrong = 0;
    for (int f = 0; f < p->s.channels * pixels; f++) {
        double found = (double)x[(f % pixels * p->s.channels + f / pixels) * WIDE];
        double slack = rounds ? 1e-5 * (1 + fabs(p->at[f])) : 0;
        bool near = rounds && p->bytes &&
                    fabs(fabs(found - p->at[f]) - (double)normal->scale[f / pixels]) < 1e-5;
        wrong += !(fabs(found - p->at[f]) <= slack || near);
    }
    return wrong;
}

/* `rounds`: the values are not those of the file alone. */
static void compare(Size s, bool bytes, bool rounds, const char *text, const Step *steps)
{
    Scratch scratch = scratch_make();
    Loaded loaded;
    Augment augment;
    Conf *conf;
    CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, s, bytes))));
    CU_ASSERT_FATAL(fine(read_augment(&augment, &conf, text, loaded.dataset)));
    Normal normal = normal_measure(loaded.dataset, NORMAL_CHANNEL);
    int features = s.channels * s.height * s.width, wrong = 0;
    Real *x = mem_alloc(features * WIDE, sizeof *x);
    int64_t row[WIDE], position[WIDE];
    int32_t label[WIDE];
    View view[WIDE];
    for (int i = 0; i < WIDE; i++) {
        row[i] = i < FULL ? i * 7 % ROWS : -1;
        position[i] = 100 + i * 3;
    }
    augment_views(&augment, position, WIDE, view);
    dataset_gather(loaded.dataset, &normal, PART_TRAIN, row, view, WIDE, x, label, NULL);
    augment_paint(&augment, position, FULL, WIDE, x);
    for (int i = 0; i < FULL; i++) {
        Picture picture = {.s = s, .bytes = bytes};
        naive(&picture, &normal, row[i], position[i], steps);
        wrong += wrong_values(&picture, &normal, x + i, rounds);
    }
    for (int i = 0; i < features * WIDE; i++)
        wrong += i % WIDE >= FULL && x[i] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(x);
    normal_free(&normal);
    conf_free(conf);
    unload(&loaded);
    scratch_remove(&scratch);
}

#define FLIP                                                                                       \
    {                                                                                              \
        "flip", 0, 0, NULL                                                                         \
    }
#define CROP(n)                                                                                    \
    {                                                                                              \
        "crop", n, 0, NULL                                                                         \
    }
#define REFLECT(n)                                                                                 \
    {                                                                                              \
        "crop", n, 0, "reflect"                                                                    \
    }
#define TRANSLATE(x, y)                                                                            \
    {                                                                                              \
        "translate", x, y, NULL                                                                    \
    }
#define ROTATE(degrees)                                                                            \
    {                                                                                              \
        "rotate", degrees, 0, NULL                                                                 \
    }
#define ERASE(least, most, word)                                                                   \
    {                                                                                              \
        "erase", least, most, word                                                                 \
    }
#define NOISE(sigma)                                                                               \
    {                                                                                              \
        "noise", sigma, 0, NULL                                                                    \
    }

#define EACH(sizes, rounds, text, ...)                                                             \
    for (size_t i_ = 0; i_ < 2 * sizeof sizes / sizeof *sizes; i_++)                               \
    compare(sizes[i_ / 2], i_ % 2, rounds, text, (Step[]){__VA_ARGS__, {0}})

static const Size sizes[] = {{1, 28, 28}, {3, 5, 7}, {2, 3, 16}, {1, 9, 35}, {1, 7, 4}};

static void moves(void)
{
    EACH(sizes, false, "[flip]", FLIP);
    EACH(sizes, false, "[{crop: 2}]", CROP(2));
    EACH(sizes, false, "[flip, {crop: 2}]", FLIP, CROP(2));
    EACH(sizes, false, "[{crop: {padding: 1}}, flip]", CROP(1), FLIP);
    EACH(sizes, false, "[{crop: {padding: 2, mode: reflect}}]", REFLECT(2));
    EACH(sizes, false, "[flip, {crop: {padding: 2, mode: reflect}}]", FLIP, REFLECT(2));
    EACH(sizes, false, "[{crop: {padding: 1, mode: reflect}}, flip]", REFLECT(1), FLIP);
    EACH(sizes, false, "[{translate: {x: 0.3, y: 0.2}}]", TRANSLATE(0.3, 0.2));
    EACH(sizes, false, "[{translate: {x: 0.4}}, {crop: 2}, flip]", TRANSLATE(0.4, 0), CROP(2),
         FLIP);
    const Size narrow[] = {{1, 7, 4}}; /* a corner may be all that is left */
    EACH(narrow, false, "[flip, {crop: 3}]", FLIP, CROP(3));
    EACH(narrow, false, "[{crop: {padding: 3, mode: reflect}}]", REFLECT(3));
}

static void rotations(void)
{
    EACH(sizes, true, "[{rotate: 15}]", ROTATE(15));
    EACH(sizes, true, "[{rotate: 180}]", ROTATE(180));
    EACH(sizes, true, "[{crop: 1}, {rotate: 30}, {translate: {x: 0.2, y: 0.1}}, flip]", CROP(1),
         ROTATE(30), TRANSLATE(0.2, 0.1), FLIP);
}

static void paints(void)
{
    EACH(sizes, true, "[{noise: 0.05}]", NOISE(0.05));
    EACH(sizes, false, "[erase]", ERASE(0.02, 0.33, NULL));
    EACH(sizes, true, "[{erase: {area: [0.1, 0.5], value: random}}]", ERASE(0.1, 0.5, "random"));
    EACH(sizes, true, "[flip, erase, {noise: 0.1}]", FLIP, ERASE(0.02, 0.33, NULL), NOISE(0.1));
    EACH(sizes, true, "[{noise: 2}, erase]", NOISE(2), ERASE(0.02, 0.33, NULL));
}

/* Nothing moved, everything moved out, nothing and all but everything erased, no noise. */
static void extremes(void)
{
    EACH(sizes, false, "[{rotate: 0}, {translate: {}}, {crop: 0}, {noise: 0}]", ROTATE(0),
         TRANSLATE(0, 0), CROP(0), NOISE(0));
    EACH(sizes, false, "[{translate: {x: 1, y: 1}}]", TRANSLATE(1, 1));
    EACH(sizes, false, "[flip, {translate: {x: 1, y: 1}}, {crop: 2}]", FLIP, TRANSLATE(1, 1),
         CROP(2));
    EACH(sizes, false, "[{erase: {area: [0, 0]}}]", ERASE(0, 0, NULL));
    EACH(sizes, false, "[{erase: {area: [1, 1]}}]", ERASE(1, 1, NULL));
    EACH(sizes, false, "[{erase: {area: [0.9, 0.9]}}]", ERASE(0.9, 0.9, NULL));
}

/* A table's samples are no pictures, but have noise. */
static void tables(void)
{
    Scratch scratch = scratch_make();
    Loaded loaded;
    Augment augment;
    Conf *conf;
    CU_ASSERT_FATAL(fine(load(&loaded, write_data(&scratch, (Size){0, 1, 9}, true))));
    CU_ASSERT_FATAL(fine(read_augment(&augment, &conf, "[{noise: 0.5}]", loaded.dataset)));
    Real x[9 * WIDE] = {0};
    const int64_t position = 5;
    int wrong = 0;
    augment_paint(&augment, &position, 1, WIDE, x);
    for (int i = 0; i < 9 * WIDE; i++) {
        double expected = i % WIDE ? 0 : 0.5 * naive_gaussian(0, position, 0, i / WIDE);
        wrong += fabs((double)x[i] - expected) > 1e-6;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    conf_free(conf);
    unload(&loaded);
    scratch_remove(&scratch);
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
        const Move *move = &view[i].move[0]; /* a flip and a shift are one */
        if (view[i].count > 1 || abs(move->dy) > 2 || abs(move->dx) > 2)
            outside++;
        else
            count[move->mirrored][move->dy + 2][move->dx + 2]++;
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
        count += memcmp(&a[i], &b[i], sizeof *a) != 0;
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

static const char recipe[] = "data:\n"
                             "  {file: none, validation: 10,\n"
                             "   augment: [flip, {crop: 2}, {rotate: 9}, erase, {noise: 0.1}]}\n"
                             "model: [dense: 3]\n";

/* Whether the feed's samples are what the data set gives under `view`; NULL: as they are. */
static bool is_seen(const Feed *feed, const View *view)
{
    Real *x = mem_alloc(64 * WIDE, sizeof *x);
    int32_t label[WIDE];
    dataset_gather(feed->data, &feed->normal, PART_TRAIN, feed->row, view, feed->lanes, x, label,
                   NULL);
    bool same = memcmp(x, feed->x, (size_t)(64 * feed->lanes) * sizeof *x) == 0;
    mem_free(x);
    return same;
}

static bool is_plain(const Feed *feed)
{
    return is_seen(feed, NULL);
}

static void look_at_feed(Feed *feed)
{
    feed_reserve(feed, 32);
    Real *first = mem_alloc(64 * 32, sizeof *first);
    CU_ASSERT(fine(feed_train(feed, 100, 132)));
    CU_ASSERT(!is_plain(feed));
    CU_ASSERT(!is_seen(feed, feed->view)); /* but painted on */
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
    config.data_files = &path;
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
        {"[erase, {crop: 2}]",
         "run.yaml:1:18: \"crop\" moves the picture, \"erase\" paints on it: put it before that",
         {1, 8, 8}},
        {"[{crop: {padding: 2, mode: reflct}}]", "did you mean \"reflect\"?", {1, 8, 8}},
        {"[{translate: 0.1}]", "\"translate\" has no main setting", {1, 8, 8}},
        {"[{translate: {x: 1.5}}]", "a number from 0 to 1", {1, 8, 8}},
        {"[{rotate: 181}]", "a number from 0 to 180", {1, 8, 8}},
        {"[{erase: 2}]", "a number from 0 to 1", {1, 8, 8}},
        {"[{erase: {area: 0.3}}]", "\"area\" is a list of two numbers", {1, 8, 8}},
        {"[{erase: {area: [0.3, 0.1]}}]", "\"area\" goes from 0.3 down to 0.1", {1, 8, 8}},
        {"[{erase: {area: [0.3, 2]}}]", "run.yaml:1:32: expected a number from 0 to 1", {1, 8, 8}},
        {"[{erase: {aspect: [0, 1]}}]", "a number from 0.001 to 1000", {1, 8, 8}},
        {"[{erase: {value: radom}}]",
         "\"value\" is a number or random; found \"radom\"",
         {1, 8, 8}},
        {"[{noise: -1}]", "a number from 0 to 1000000", {1, 8, 8}},
        {"[{rotate: 3}]", "\"rotate\" needs pictures", {0, 1, 8}},
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
    {"flips, crops and translations, in any order, are those of a naive computation", moves},
    {"so are rotations, to rounding, before and after other moves", rotations},
    {"so are erased rectangles and noise, one value a pixel and channel", paints},
    {"no angle, no area, no room, a shift by the whole size: all have an answer", extremes},
    {"a table's samples can have noise", tables},
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
