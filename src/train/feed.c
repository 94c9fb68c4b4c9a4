/* Loading, normalising, gathering. Every sum over the data is made of blocks of 1024 samples,
 * folded in block order, so it does not know how many ranks there are. */
#include "train/feed.h"

#include "base/cut.h"
#include "base/file.h"
#include "base/mem.h"
#include "math/lanes.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Every rank of the group reads its share of every part. */
static Err fill(Feed *feed, const Comm *comm)
{
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t n = dataset_count(feed->data, part);
        if (n > 0)
            TRY(dataset_fill(feed->data, part, cut(n, comm->member, comm->members),
                             cut(n, comm->member + 1, comm->members)));
    }
    return NULL;
}

static Err check_labels(Feed *feed, const Comm *comm)
{
    int classes = dataset_classes(feed->data), label;
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t n = dataset_count(feed->data, part);
        int64_t row = dataset_bad_label(feed->data, part, cut(n, comm->member, comm->members),
                                        cut(n, comm->member + 1, comm->members), classes, &label);
        if (row >= 0)
            FAIL(STATUS_USER, "%s: %s/y row %lld: label %d, but there are %d classes (0 to %d)",
                 dataset_path(feed->data), part_name(part), (long long)row, label, classes,
                 classes - 1);
    }
    return NULL;
}

static Err load(Feed *feed, const Comm *comm)
{
    TRY(comm_window(comm, "the data set", (size_t)dataset_bytes(feed->data), &feed->window));
    dataset_place(feed->data, feed->window.base);
    TRY(comm_agree(comm, fill(feed, comm)));
    dataset_loaded(feed->data);
    if (dataset_classifies(feed->data)) {
        int largest = (int)comm_max(comm, dataset_label_max(feed->data));
        int named = dataset_classes(feed->data);
        dataset_set_classes(feed->data, named > 0 ? named : largest + 1);
        TRY(comm_agree(comm, check_labels(feed, comm)));
    }
    comm_group_barrier(comm);
    return NULL;
}

static Err check_split(const Feed *feed, const Config *config)
{
    int64_t rows = feed->count[PART_TRAIN], held_out = config->validation;
    if (feed->own_validation && (held_out > 0 || config->fold.of))
        return conf_fail_key(config->data, held_out > 0 ? "validation" : "fold",
                             "%s has a /validation of its own; %s", dataset_path(feed->data),
                             held_out > 0 ? "set data.validation to 0" : "leave data.fold out");
    if (config->fold.of > rows)
        return conf_fail_key(config->fold_node, "of", "/train has %lld samples for %lld folds",
                             (long long)rows, (long long)config->fold.of);
    if (held_out >= rows)
        return conf_fail_key(config->data, "validation",
                             "%lld validation samples leave nothing of /train's %lld to train on",
                             (long long)held_out, (long long)rows);
    return NULL;
}

/* The validation part: the file's own, the first of the split, or a fold of it. `whole`: nothing is
 * split. */
static Err split(Feed *feed, const Config *config, bool whole)
{
    for (Part part = 0; part < PART_COUNT; part++)
        feed->count[part] = dataset_count(feed->data, part);
    feed->own_validation = whole || feed->count[PART_VALIDATION] > 0;
    if (whole)
        return NULL;
    TRY(check_split(feed, config));
    int64_t rows = feed->count[PART_TRAIN];
    uint64_t seed = (uint64_t)config->seed, split_seed = (uint64_t)config->split_seed;
    const Fold *fold = &config->fold;
    feed->sampler = fold->of ? sampler_fold(rows, fold->held_out, fold->of, seed, split_seed)
                             : sampler_build(rows, config->validation, seed, split_seed);
    feed->count[PART_TRAIN] = feed->sampler.n;
    if (!feed->own_validation)
        feed->count[PART_VALIDATION] = feed->sampler.held_out;
    return NULL;
}

static void block_rows(const Feed *feed, int64_t block, int64_t *row, int *n)
{
    int64_t lo = block * NORMAL_BLOCK, left = feed->sampler.n - lo;
    *n = (int)(left < NORMAL_BLOCK ? left : NORMAL_BLOCK);
    for (int i = 0; i < *n; i++)
        row[i] = sampler_kept(&feed->sampler, lo + i);
}

/* Waves bound the memory that the blocks' sums take; they do not show in the result. */
static void measure(Feed *feed, const Comm *comm, NormalMode mode)
{
    enum { WAVE = 64 };
    int count = normal_count(feed->data, mode);
    int64_t width = (int64_t)count * NORMAL_SUMS, row[NORMAL_BLOCK];
    int64_t blocks = (feed->sampler.n + NORMAL_BLOCK - 1) / NORMAL_BLOCK;
    double *sums = mem_alloc(width, sizeof *sums);
    double *wave = mem_alloc(WAVE * width, sizeof *wave);
    for (int64_t first = 0; first < blocks; first += WAVE) {
        int64_t in_wave = blocks - first < WAVE ? blocks - first : WAVE;
        memset(wave, 0, (size_t)(WAVE * width) * sizeof *wave);
        int64_t end = cut(in_wave, comm->rank + 1, comm->size);
        for (int64_t b = cut(in_wave, comm->rank, comm->size); b < end; b++) {
            int n;
            block_rows(feed, first + b, row, &n);
            normal_block(feed->data, mode, row, n, wave + b * width);
        }
        comm_merge(comm, wave, in_wave * width);
        for (int64_t b = 0; b < in_wave; b++) {
            if (first + b == 0)
                memcpy(sums, wave, (size_t)width * sizeof *sums);
            else
                normal_fold(mode, count, sums, wave + b * width);
        }
    }
    normal_finish(feed->data, &feed->normal, sums, feed->sampler.n);
    mem_free(sums);
    mem_free(wave);
}

/* Measured, or those that the configuration gives, or a checkpoint (NULL: none). */
static Err normalise(Feed *feed, const Comm *comm, const Normalize *wanted, const Normal *given)
{
    NormalMode mode = given ? given->mode : wanted->mode;
    if (!given && wanted->count)
        TRY(normalize_mode(wanted, feed->data, &mode));
    int count = normal_count(feed->data, mode);
    feed->normal =
        (Normal){mode, count, mem_alloc(count, sizeof(Real)), mem_alloc(count, sizeof(Real))};
    if (!given && wanted->count)
        normalize_fill(wanted, &feed->normal);
    else if (!given)
        measure(feed, comm, mode);
    if (!given)
        return NULL;
    if (given->count != count)
        FAIL(STATUS_USER, "%s: the checkpoint normalises %d features, the data has %d",
             dataset_path(feed->data), given->count, count);
    memcpy(feed->normal.shift, given->shift, (size_t)count * sizeof(Real));
    memcpy(feed->normal.scale, given->scale, (size_t)count * sizeof(Real));
    return NULL;
}

/* "1 x 28 x 28" */
static const char *sample_text(Arena *arena, int channels, int height, int width)
{
    return arena_text(arena, "%d x %d x %d", channels, height, width);
}

static Err check_sample(const Feed *feed, const Measure *measure)
{
    int channels, height, width;
    dataset_shape(feed->data, &channels, &height, &width);
    if (measure->channels == 0 ||
        (measure->channels == channels && measure->height == height && measure->width == width))
        return NULL;
    Arena arena = {0};
    Err err =
        ERR(STATUS_USER,
            "%s: a sample of %s is %s (channels x height x width), the checkpoint's net takes %s",
            dataset_path(feed->data), part_name(measure->part),
            sample_text(&arena, channels, height, width),
            sample_text(&arena, measure->channels, measure->height, measure->width));
    arena_free(&arena);
    return err;
}

/* The commonest slip: a path that is meant to begin where the configuration lies. */
static Err fail_missing(const Config *config, const Measure *measure)
{
    Arena arena = {0};
    char here[PATH_MAX] = "?";
    const char *path = config->data_file, *hint = "",
               *slash = strrchr(conf_name(config->conf), '/');
    if (path[0] != '/') {
        int length = slash ? (int)(slash - conf_name(config->conf)) : 0;
        const char *beside = arena_text(&arena, "%.*s/%s", length, conf_name(config->conf), path);
        bool there = slash && file_exists(beside);
        hint = arena_text(&arena, " in %s, the working directory%s%s%s",
                          getcwd(here, sizeof here) ? here : "?",
                          there ? "; did you mean " : ", where relative paths begin",
                          there ? beside : "", there ? "?" : "");
    }
    Err err = conf_fail_key(config->data, "file", "there is no file %s%s%s", path, hint,
                            measure ? "; --data names another file" : "");
    arena_free(&arena);
    return err;
}

static Err open_data(Feed *feed, const Config *config, const Measure *measure)
{
    bool own = !measure || !measure->file;
    if (own && !file_exists(config->data_file))
        return fail_missing(config, measure);
    if (own)
        TRY(dataset_open(&feed->data, config->data_file));
    else
        TRY(dataset_open_part(&feed->data, measure->file, measure->part, measure->labelled));
    return measure ? check_sample(feed, measure) : NULL;
}

Err feed_open(Feed *feed, const Comm *comm, const Config *config, const Measure *measure)
{
    *feed = (Feed){0};
    TRY(comm_agree(comm, open_data(feed, config, measure)));
    TRY(load(feed, comm));
    TRY(comm_agree(comm, split(feed, config, measure && measure->file)));
    if (!measure)
        TRY(comm_agree(comm, augment_read(&feed->augment, config->augment, (uint64_t)config->seed,
                                          feed->data)));
    return comm_agree(comm,
                      normalise(feed, comm, &config->normalize, measure ? measure->normal : NULL));
}

void feed_close(Feed *feed)
{
    void *arrays[] = {feed->x,        feed->label, feed->value,        feed->weight,
                      feed->mask,     feed->row,   feed->normal.shift, feed->normal.scale,
                      feed->position, feed->view};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        mem_free(arrays[i]);
    dataset_close(feed->data);
    comm_window_free(&feed->window);
    *feed = (Feed){0};
}

int feed_reserve(Feed *feed, int64_t samples)
{
    int lanes = (int)round_up(samples, LANES);
    if (lanes <= feed->room)
        return lanes;
    int channels, height, width;
    dataset_shape(feed->data, &channels, &height, &width);
    void *old[] = {feed->x,    feed->label, feed->value,    feed->weight,
                   feed->mask, feed->row,   feed->position, feed->view};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        mem_free(old[i]);
    feed->room = lanes;
    feed->x = mem_alloc((int64_t)channels * height * width * lanes, sizeof(Real));
    feed->label = mem_alloc(lanes, sizeof *feed->label);
    feed->value = mem_alloc((int64_t)dataset_targets(feed->data) * lanes, sizeof(Real));
    feed->weight = mem_alloc(lanes, sizeof(Real));
    feed->mask = mem_alloc(lanes, sizeof(Real));
    feed->row = mem_alloc(lanes, sizeof *feed->row);
    feed->position = mem_alloc(lanes, sizeof *feed->position);
    feed->view = mem_alloc(lanes, sizeof *feed->view);
    return lanes;
}

static int64_t row_of(Feed *feed, Part part, int64_t i)
{
    if (part == PART_VALIDATION && !feed->own_validation)
        return sampler_held_out(&feed->sampler, i);
    if (part == PART_TRAIN && feed->sampler.n > 0)
        return sampler_kept(&feed->sampler, i);
    return i;
}

/* Rows and views (NULL: none) are set; the rest follows. */
static void gather(Feed *feed, Part part, const View *view, int64_t samples)
{
    feed->lanes = (int)round_up(samples, LANES);
    for (int i = 0; i < feed->lanes; i++) {
        bool used = i < samples;
        feed->mask[i] = feed->weight[i] = used;
        if (!used) {
            feed->row[i] = -1;
            feed->position[i] = 0;
        }
    }
    if (part == PART_VALIDATION && !feed->own_validation)
        part = PART_TRAIN;
    dataset_gather(feed->data, &feed->normal, part, feed->row, view, feed->lanes, feed->x,
                   feed->label, feed->value);
}

void feed_train(Feed *feed, int64_t lo, int64_t hi)
{
    for (int64_t g = lo; g < hi; g++) {
        feed->position[g - lo] = g;
        feed->row[g - lo] = sampler_row(&feed->sampler, g);
    }
    bool augmented = feed->augment.count > 0;
    if (augmented)
        augment_views(&feed->augment, feed->position, (int)(hi - lo), feed->view);
    gather(feed, PART_TRAIN, augmented ? feed->view : NULL, hi - lo);
    augment_paint(&feed->augment, feed->position, (int)(hi - lo), feed->lanes, feed->x);
}

void feed_part(Feed *feed, Part part, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        feed->position[i - lo] = i;
        feed->row[i - lo] = row_of(feed, part, i);
    }
    gather(feed, part, NULL, hi - lo);
}
