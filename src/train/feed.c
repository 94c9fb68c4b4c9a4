/* Splitting, loading, gathering. What lies where:
 *
 *     store     /train x                                   other x          y
 *     memory    memory                                     memory           memory
 *     stream    prefetched windows, or memory where        read when they   memory
 *               one window covers it                       are measured
 *
 * Labels are all looked at before the first step; the x of a stream are looked at when read. */
#include "train/feed.h"

#include "base/cut.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "math/lanes.h"
#include "train/feed_normal.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Rows [lo, hi) of a part: a piece at a time, of whole chunks, and with a sign of life after each,
 * because all of it may take longer than any phase may. */
static Err fill_part(Feed *feed, Part part, int64_t lo, int64_t hi)
{
    enum { PIECE = 1 << 28 }; /* bytes, about */
    int64_t chunk = dataset_file_chunk(feed->data, part);
    int64_t rows = round_up(1 + PIECE / dataset_row_bytes(feed->data), chunk > 1 ? chunk : 1);
    for (int64_t at = lo, end; at < hi; at = end) {
        end = (at / rows + 1) * rows;
        end = end < hi ? end : hi;
        TRY(dataset_fill(feed->data, part, at, end));
        watch_phase(feed->watch, 0, PHASE_START);
    }
    return NULL;
}

/* Every rank of the group reads its share of every part. */
static Err fill(Feed *feed, const Comm *comm)
{
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t n = dataset_count(feed->data, part);
        TRY(fill_part(feed, part, cut(n, comm->member, comm->members),
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
            FAIL(STATUS_USER, "%s: %s row %lld: label %d, but there are %d classes (0 to %d)",
                 dataset_path(feed->data), dataset_y_name(feed->data, part), (long long)row, label,
                 classes, classes - 1);
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

static Err fail_held_out(const Config *config, int64_t held_out, int64_t rows)
{
    return conf_fail_key(config->data, "validation",
                         "%lld validation samples leave nothing of /train's %lld to train on",
                         (long long)held_out, (long long)rows);
}

static Err check_split(const Feed *feed, const Config *config)
{
    int64_t rows = feed->count[PART_TRAIN], held_out = config->validation;
    if (feed->own_validation && (held_out > 0 || config->fold.of))
        return conf_fail_key(config->data, held_out > 0 ? "validation" : "fold",
                             "%s has a /validation of its own; %s", dataset_path(feed->data),
                             held_out > 0 ? "set data.validation to 0"
                                          : "leave data.fold, or folds, out");
    if (config->fold.of > rows)
        return conf_fail_key(config->fold_node, "of", "/train has %lld samples for %lld folds",
                             (long long)rows, (long long)config->fold.of);
    if (config->resample.kind != RESAMPLE_NONE && feed->store.window < rows)
        return conf_fail_key(config->data, "resample",
                             "rows are drawn from all of /train, and data.window does not cover "
                             "its %lld samples; make that 1 epoch",
                             (long long)rows);
    return held_out >= rows ? fail_held_out(config, held_out, rows) : NULL;
}

/* Of a training part that one window does not cover, whole chunks are held out. */
static Err split_chunks(Feed *feed, const Config *config, int64_t rows)
{
    int64_t window = feed->store.window, file_chunk = dataset_file_chunk(feed->data, PART_TRAIN);
    int64_t chunk = stream_chunk(file_chunk, dataset_row_bytes(feed->data), window);
    if (chunk > window)
        return conf_fail_key(config->data, "window",
                             "a chunk of %s in %s has %lld samples, more than the window's %lld",
                             dataset_x_name(feed->data, PART_TRAIN), dataset_path(feed->data),
                             (long long)chunk, (long long)window);
    const Fold *fold = &config->fold;
    int64_t chunks = rows / chunk, first = 0, held = (config->validation + chunk - 1) / chunk;
    if (fold->of > chunks)
        return conf_fail_key(config->fold_node, "of",
                             "/train has %lld chunks of %lld samples for %lld folds; a smaller "
                             "data.window has smaller ones",
                             (long long)chunks, (long long)chunk, (long long)fold->of);
    if (fold->of) {
        first = cut(chunks, fold->held_out, fold->of);
        held = cut(chunks, fold->held_out + 1, fold->of) - first;
    }
    if (held >= chunks)
        return fail_held_out(config, held * chunk, rows);
    Stream stream = stream_build(rows, chunk, window, (uint64_t)config->seed);
    stream_hold_out(&stream, first, held, (uint64_t)config->split_seed);
    feed->sampler = sampler_windowed(&stream);
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
    if (feed->store.window < rows)
        TRY(split_chunks(feed, config, rows));
    else
        feed->sampler = fold->of ? sampler_fold(rows, fold->held_out, fold->of, seed, split_seed)
                                 : sampler_build(rows, config->validation, seed, split_seed);
    TRY(sampler_resample(&feed->sampler, &config->resample, config->resample_node));
    feed->count[PART_TRAIN] = feed->sampler.n;
    if (!feed->own_validation)
        feed->count[PART_VALIDATION] = feed->sampler.held_out;
    return NULL;
}

/* Which parts stay on disk. */
static void choose_streams(Feed *feed)
{
    bool covered = feed->sampler.n > 0 && !feed->sampler.windowed;
    for (Part part = 0; part < PART_COUNT; part++)
        if (feed->store.streams && dataset_count(feed->data, part) > 0 &&
            !(part == PART_TRAIN && covered))
            dataset_stream(feed->data, part);
    reader_open(&feed->reader, feed->data, &feed->sampler, feed->store.window);
}

/* The windows, where training samples are streamed. */
static Err open_prefetch(Feed *feed, const Comm *comm, const Config *config)
{
    if (!dataset_streamed(feed->data, PART_TRAIN))
        return NULL;
    double bytes =
        (double)prefetch_bytes(feed->data, &feed->sampler.stream) + (double)feed->window.bytes;
    TRY(comm_agree(
        comm, store_check(&feed->store, config, bytes, "two windows of the data and all targets")));
    return prefetch_open(&feed->prefetch, comm, feed->data, &feed->sampler.stream);
}

Err feed_rewind(Feed *feed, const Comm *comm, const Config *config)
{
    prefetch_close(feed->prefetch);
    feed->prefetch = NULL;
    return open_prefetch(feed, comm, config);
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
static Err fail_missing(const Config *config, const char *path, const Measure *measure)
{
    Arena arena = {0};
    char here[PATH_MAX] = "?";
    const char *hint = "", *slash = strrchr(conf_name(config->conf), '/');
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
    DataFiles files = {own ? config->data_files : &measure->file, own ? config->data_file_count : 1,
                       config->data_x, config->data_y};
    for (int i = 0; i < files.count && own; i++)
        if (!file_exists(files.path[i]))
            return fail_missing(config, files.path[i], measure);
    TRY(dataset_open_files(&feed->data, &files, own ? PART_COUNT : measure->part,
                           own || measure->labelled));
    return measure ? check_sample(feed, measure) : NULL;
}

Err feed_open(Feed *feed, const Comm *comm, const Config *config, const Measure *measure,
              Watch *watch)
{
    *feed = (Feed){.watch = watch};
    TRY(comm_agree(comm, open_data(feed, config, measure)));
    TRY(store_choose(&feed->store, comm, config, feed->data));
    TRY(comm_agree(comm, split(feed, config, measure && measure->file)));
    choose_streams(feed);
    TRY(load(feed, comm));
    if (!measure)
        TRY(comm_agree(comm, augment_read(&feed->augment, config->augment, (uint64_t)config->seed,
                                          feed->data)));
    TRY(comm_agree(comm,
                   feed_normal(feed, comm, &config->normalize, measure ? measure->normal : NULL)));
    return measure ? NULL : open_prefetch(feed, comm, config);
}

void feed_close(Feed *feed)
{
    void *arrays[] = {feed->x,        feed->label, feed->value,        feed->weight,
                      feed->mask,     feed->row,   feed->normal.shift, feed->normal.scale,
                      feed->position, feed->view,  feed->place};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        mem_free(arrays[i]);
    prefetch_close(feed->prefetch);
    reader_close(&feed->reader);
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
    void *old[] = {feed->x,   feed->label,    feed->value, feed->weight, feed->mask,
                   feed->row, feed->position, feed->view,  feed->place};
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
    feed->place = mem_alloc(lanes, sizeof *feed->place);
    reader_reserve(&feed->reader, lanes);
    return lanes;
}

Err feed_check_batch(const Feed *feed, const Config *config, int64_t global)
{
    const Stream *stream = &feed->sampler.stream;
    if (!feed->prefetch || global <= stream_least(stream))
        return NULL;
    return conf_fail_key(
        config->data, "window",
        "a step of %lld samples needs more than two windows, of which the smallest "
        "has %lld; make data.window %lld samples",
        (long long)global, (long long)stream_least(stream),
        (long long)(2 * (global + stream->chunk)));
}

int64_t feed_bytes(const Feed *feed)
{
    int64_t windows = feed->prefetch ? prefetch_bytes(feed->data, &feed->sampler.stream) : 0;
    return (int64_t)feed->window.bytes + windows;
}

void feed_announce(const Feed *feed)
{
    const Sampler *sampler = &feed->sampler;
    if (!sampler->windowed)
        return;
    log_wrapped(2,
                "shuffled by chunks of %lld, then within windows of up to %lld samples, %lld "
                "windows an epoch, %s",
                (long long)sampler->stream.chunk, (long long)stream_most(&sampler->stream),
                (long long)sampler->stream.windows,
                feed->prefetch ? "read ahead from the file" : "all of them in memory");
    if (sampler->held_out > 0)
        log_info("%lld samples are held out: whole chunks", (long long)sampler->held_out);
}

/* Rows and views (NULL: none) are set; the rest follows. `x` NULL: all of the part's x is in
 * memory; else the rows that feed->place says. */
static void gather(Feed *feed, Part part, const void *x, const View *view, int64_t samples)
{
    feed->lanes = (int)round_up(samples, LANES);
    for (int i = 0; i < feed->lanes; i++) {
        bool used = i < samples;
        feed->mask[i] = feed->weight[i] = used;
        if (!used) {
            feed->row[i] = -1;
            feed->position[i] = feed->place[i] = 0;
        }
    }
    const Samples streamed = {part, feed->row, x, feed->place};
    if (x)
        dataset_gather_samples(feed->data, &feed->normal, &streamed, view, feed->lanes, feed->x,
                               feed->label, feed->value);
    else
        dataset_gather(feed->data, &feed->normal, part, feed->row, view, feed->lanes, feed->x,
                       feed->label, feed->value);
}

Err feed_step(Feed *feed, int64_t position, int64_t end)
{
    return feed->prefetch ? prefetch_step(feed->prefetch, position, end) : NULL;
}

/* Where the samples [lo, hi) of the run lie in the windows; waits for these. */
static Err find_places(Feed *feed, int64_t lo, int64_t hi)
{
    Stream *stream = &feed->sampler.stream;
    int64_t there = -1;
    for (int64_t g = lo; g < hi; g++) {
        StreamPlace place = stream_place(stream, g);
        if (place.window > there)
            TRY(prefetch_await(feed->prefetch, place.window));
        there = place.window;
        feed->row[g - lo] = stream_row(stream, place);
        feed->place[g - lo] = prefetch_row(feed->prefetch, place);
    }
    return NULL;
}

Err feed_train(Feed *feed, int64_t lo, int64_t hi)
{
    for (int64_t g = lo; g < hi; g++)
        feed->position[g - lo] = g;
    if (feed->prefetch)
        TRY(find_places(feed, lo, hi));
    else
        for (int64_t g = lo; g < hi; g++)
            feed->row[g - lo] = sampler_row(&feed->sampler, g);
    bool augmented = feed->augment.count > 0;
    if (augmented)
        augment_views(&feed->augment, feed->position, (int)(hi - lo), feed->view);
    gather(feed, PART_TRAIN, feed->prefetch ? prefetch_rows(feed->prefetch) : NULL,
           augmented ? feed->view : NULL, hi - lo);
    augment_paint(&feed->augment, feed->position, (int)(hi - lo), feed->lanes, feed->x);
    return NULL;
}

Err feed_part(Feed *feed, Part part, int64_t lo, int64_t hi, int64_t end)
{
    Part there = sampler_part(&feed->sampler, part);
    bool streamed = dataset_streamed(feed->data, there);
    if (streamed)
        TRY(reader_take(&feed->reader, part, lo, hi, end));
    for (int64_t i = lo; i < hi; i++) {
        feed->position[i - lo] = i;
        feed->row[i - lo] = sampler_part_row(&feed->sampler, part, i);
        feed->place[i - lo] = streamed ? reader_place(&feed->reader, part, i) : 0;
    }
    gather(feed, there, streamed ? feed->reader.x : NULL, NULL, hi - lo);
    return NULL;
}
