/* The survey reads each part once, some rows at a time.
 *
 *     rows         [ 0 .. 1023 ][ 1024 .. 2047 ][ ...        a block: per feature, sums of its rows
 *     read as       ####.####.#  ####.####.##                pieces of a few megabytes
 *     channel      [ features of channel 0 | 1 | ... ]       a block's sums, added in that order
 *
 * Duplicate rows are found by their digests, sorted: two rows have the same XXH3-64 by accident
 * once in 2^64 pairs. */
#include "data/survey.h"

#include "base/digest.h"
#include "data/dataset_inside.h"
#include "math/vec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE_BYTES = 8 << 20,   /* read at a time, or one row */
    MOST_FEATURES = 1 << 27, /* of a sample: a gigabyte of sums each */
    CONSTANT_NAMED = 8,
};

/* One data set under way: rows of `features` values in `channels` groups of neighbours. */
typedef struct Reading {
    Dataset *dataset;
    const char *name;
    int64_t rows, features;
    int channels;
    Real *piece;
    double *sum, *squares; /* [features] of x - pivot, in the block */
    Real *least, *most;    /* [features] */
    double *pivot;         /* [channels] a value of the data: see normal.c */
    double *total;         /* [channels][2] of the blocks */
    int64_t *count;        /* [channels] finite values */
    Values *values;
    uint64_t *digest; /* [rows]; NULL: not wanted */
    int64_t digest_room;
} Reading;

static int64_t rows_at_once(int64_t features)
{
    int64_t rows = PIECE_BYTES / (features * (int64_t)sizeof(Real));
    return rows < 1 ? 1 : rows < NORMAL_BLOCK ? rows : NORMAL_BLOCK;
}

static void reading_open(Reading *r, Survey *survey)
{
    int64_t n = r->features;
    r->piece = mem_alloc(rows_at_once(n) * n, sizeof(Real));
    r->sum = mem_alloc(n, sizeof(double));
    r->squares = mem_alloc(n, sizeof(double));
    r->least = mem_alloc(n, sizeof(Real));
    r->most = mem_alloc(n, sizeof(Real));
    r->pivot = mem_alloc(r->channels, sizeof(double));
    r->total = mem_alloc(2 * (int64_t)r->channels, sizeof(double));
    r->count = mem_alloc(r->channels, sizeof *r->count);
    r->values->channel = arena_take(&survey->arena, r->channels, sizeof(Spread));
    for (int64_t i = 0; i < n; i++) {
        r->least[i] = (Real)INFINITY;
        r->most[i] = (Real)-INFINITY;
    }
}

static void reading_close(Reading *r)
{
    void *arrays[] = {r->piece, r->sum,   r->squares, r->least,
                      r->most,  r->pivot, r->total,   r->count};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        mem_free(arrays[i]);
}

static void note(Flaw *flaw, int64_t row, int64_t place)
{
    if (flaw->count++ == 0) {
        flaw->row = row;
        flaw->place = place;
    }
}

/* The features [lo, hi), a channel's, of one row. */
static void add_values(Reading *r, const Real *x, int64_t lo, int64_t hi, double pivot)
{
    for (int64_t i = lo; i < hi; i++) {
        double d = (double)x[i] - pivot;
        r->sum[i] += d;
        r->squares[i] += d * d;
        r->least[i] = x[i] < r->least[i] ? x[i] : r->least[i];
        r->most[i] = x[i] > r->most[i] ? x[i] : r->most[i];
    }
}

/* The same of a row that has something wrong; what is finite counts. */
static void add_flawed(Reading *r, const Real *x, int64_t row, int channel)
{
    int64_t size = r->features / r->channels;
    for (int64_t i = channel * size; i < (channel + 1) * size; i++) {
        if (isfinite(x[i])) {
            add_values(r, x, i, i + 1, r->pivot[channel]);
            r->count[channel]++;
        } else {
            note(isnan(x[i]) ? &r->values->nan : &r->values->infinite, row, i);
        }
    }
}

static void add_row(Reading *r, const Real *x, int64_t row)
{
    int64_t size = r->features / r->channels;
    bool finite = vec_finite(x, r->features);
    for (int c = 0; c < r->channels; c++) {
        if (row == 0)
            r->pivot[c] = isfinite(x[c * size]) ? (double)x[c * size] : 0;
        if (finite) {
            add_values(r, x, c * size, (c + 1) * size, r->pivot[c]);
            r->count[c] += size;
        } else {
            add_flawed(r, x, row, c);
        }
    }
}

static void end_block(Reading *r)
{
    int64_t size = r->features / r->channels;
    for (int c = 0; c < r->channels; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = c * size; i < (c + 1) * size; i++) {
            sum += r->sum[i];
            squares += r->squares[i];
        }
        r->total[2 * c] += sum;
        r->total[2 * c + 1] += squares;
    }
    memset(r->sum, 0, (size_t)r->features * sizeof *r->sum);
    memset(r->squares, 0, (size_t)r->features * sizeof *r->squares);
}

/* The file says how many rows there are, and may lie: room is made as they come. */
static void keep_digest(Reading *r, const Real *x, int64_t row)
{
    if (row == r->digest_room) {
        int64_t room = row ? 2 * row : NORMAL_BLOCK;
        uint64_t *larger = mem_alloc(room < r->rows ? room : r->rows, sizeof *larger);
        if (row)
            memcpy(larger, r->digest, (size_t)row * sizeof *larger);
        mem_free(r->digest);
        r->digest = larger;
        r->digest_room = room < r->rows ? room : r->rows;
    }
    r->digest[row] = digest_bytes(x, (size_t)r->features * sizeof *x);
}

static Err read_rows(Reading *r, bool digests)
{
    int64_t piece = rows_at_once(r->features);
    for (int64_t lo = 0, hi; lo < r->rows; lo = hi) {
        int64_t block_end = (lo / NORMAL_BLOCK + 1) * NORMAL_BLOCK;
        hi = lo + piece < block_end ? lo + piece : block_end;
        hi = hi < r->rows ? hi : r->rows;
        TRY(shards_read(r->dataset->file, r->name, H5_REAL, sizeof(Real), lo, hi, r->features,
                        r->piece));
        for (int64_t row = lo; row < hi; row++) {
            const Real *x = r->piece + (row - lo) * r->features;
            add_row(r, x, row);
            if (digests)
                keep_digest(r, x, row);
        }
        if (hi == block_end || hi == r->rows)
            end_block(r);
    }
    return NULL;
}

static void finish_channel(const Reading *r, int c, Spread *spread)
{
    int64_t size = r->features / r->channels;
    double n = (double)r->count[c];
    if (r->count[c] == 0)
        return;
    double mean = r->total[2 * c] / n, variance = r->total[2 * c + 1] / n - mean * mean;
    *spread = (Spread){r->count[c], r->pivot[c] + mean, sqrt(variance > 0 ? variance : 0), INFINITY,
                       -INFINITY};
    for (int64_t i = c * size; i < (c + 1) * size; i++) {
        spread->least = fmin(spread->least, (double)r->least[i]);
        spread->most = fmax(spread->most, (double)r->most[i]);
    }
}

/* All channels as one: the mean of the variances, and the variance of the means. */
static void finish_all(const Reading *r, Spread *all)
{
    double mean = 0, variance = 0;
    for (int c = 0; c < r->channels; c++) {
        const Spread *one = &r->values->channel[c];
        if (one->count == 0)
            continue;
        all->least = all->count ? fmin(all->least, one->least) : one->least;
        all->most = all->count ? fmax(all->most, one->most) : one->most;
        all->count += one->count;
        mean += (double)one->count * one->mean;
    }
    if (all->count == 0)
        return;
    all->mean = mean / (double)all->count;
    for (int c = 0; c < r->channels; c++) {
        const Spread *one = &r->values->channel[c];
        double away = one->mean - all->mean;
        variance += (double)one->count * (one->deviation * one->deviation + away * away);
    }
    all->deviation = sqrt(variance / (double)all->count);
}

static void finish(Reading *r)
{
    Values *values = r->values;
    for (int c = 0; c < r->channels; c++)
        finish_channel(r, c, &values->channel[c]);
    finish_all(r, &values->all);
    for (int64_t i = 0; i < r->features && r->rows > 1; i++)
        if (r->least[i] == r->most[i]) {
            if (values->constant < CONSTANT_NAMED)
                values->constant_first[values->constant] = i;
            values->constant++;
        }
}

/* Reads all of a data set whose dataset, name, shape and values are set. */
static Err survey_values(Reading *r, Survey *survey, bool digests)
{
    if (r->features > MOST_FEATURES)
        FAIL(STATUS_USER, "%s: %s: a sample of %" PRId64 " values is too large to be surveyed",
             r->dataset->path, r->name, r->features);
    reading_open(r, survey);
    Err err = read_rows(r, digests);
    if (!err)
        finish(r);
    reading_close(r);
    return err;
}

/* ---- labels ---- */

static void add_label(const Dataset *dataset, Labels *labels, int64_t label, int64_t row)
{
    int64_t names = dataset->class_name_count;
    if (label < 0) {
        labels->negative_label = labels->negative.count ? labels->negative_label : label;
        note(&labels->negative, row, 0);
    } else if (label > DATASET_MOST_LABEL || (names > 0 && label >= names)) {
        labels->beyond_label = labels->beyond.count ? labels->beyond_label : label;
        note(&labels->beyond, row, 0);
    } else {
        labels->count[label]++;
        labels->least = labels->most < 0 || label < labels->least ? (int)label : labels->least;
        labels->most = label > labels->most ? (int)label : labels->most;
    }
}

static Err survey_labels(Survey *survey, Dataset *dataset, Part part)
{
    Labels *labels = &survey->part[part].labels;
    int64_t rows = dataset_count(dataset, part), wide[NORMAL_BLOCK];
    labels->count = arena_take(&survey->arena, DATASET_MOST_LABEL + 1, sizeof *labels->count);
    labels->most = -1;
    for (int64_t lo = 0; lo < rows; lo += NORMAL_BLOCK) {
        int64_t hi = rows - lo < NORMAL_BLOCK ? rows : lo + NORMAL_BLOCK;
        TRY(dataset_read_labels(dataset, part, lo, hi, wide));
        for (int64_t row = lo; row < hi; row++)
            add_label(dataset, labels, wide[row - lo], row);
    }
    return NULL;
}

/* ---- duplicates ---- */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int64_t count_repeats(const uint64_t *digest, int64_t rows)
{
    int64_t count = 0;
    for (int64_t i = 1; i < rows; i++)
        count += digest[i] == digest[i - 1];
    return count;
}

static int64_t count_common(const uint64_t *digest, int64_t rows, const uint64_t *train,
                            int64_t train_rows)
{
    int64_t count = 0;
    for (int64_t i = 0, k = 0; i < rows; i++) {
        while (k < train_rows && train[k] < digest[i])
            k++;
        count += k < train_rows && train[k] == digest[i];
    }
    return count;
}

/* ---- parts ---- */

static Err survey_part(Survey *survey, Dataset *dataset, Part part, uint64_t **digest)
{
    SurveyPart *p = &survey->part[part];
    int64_t rows = dataset_count(dataset, part);
    TRY(shards_info(dataset->file, dataset->x_name[part], false, &p->x_info));
    if (dataset->targets > 0)
        TRY(shards_info(dataset->file, dataset->y_name[part], false, &p->y_info));
    Reading x = {.dataset = dataset,
                 .name = dataset->x_name[part],
                 .rows = rows,
                 .features = dataset->features,
                 .channels = dataset->channels,
                 .values = &p->x};
    Err err = survey_values(&x, survey, true);
    *digest = x.digest;
    TRY(err);
    if (dataset->targets == 0)
        return NULL;
    if (dataset->classifies)
        return survey_labels(survey, dataset, part);
    Reading y = {.dataset = dataset,
                 .name = dataset->y_name[part],
                 .rows = rows,
                 .features = dataset->targets,
                 .channels = dataset->targets,
                 .values = &p->y};
    return survey_values(&y, survey, false);
}

Err survey_make(Survey *survey, Dataset *dataset)
{
    uint64_t *digest[PART_COUNT] = {NULL};
    Err err = NULL;
    *survey = (Survey){0};
    for (Part part = 0; part < PART_COUNT && !err; part++) {
        SurveyPart *p = &survey->part[part];
        int64_t rows = dataset_count(dataset, part), train = dataset_count(dataset, PART_TRAIN);
        if (rows == 0)
            continue;
        err = survey_part(survey, dataset, part, &digest[part]);
        if (err)
            break;
        qsort(digest[part], (size_t)rows, sizeof **digest, compare);
        p->duplicates = count_repeats(digest[part], rows);
        if (part != PART_TRAIN)
            p->in_train = count_common(digest[part], rows, digest[PART_TRAIN], train);
    }
    for (Part part = 0; part < PART_COUNT; part++)
        mem_free(digest[part]);
    return err;
}

void survey_free(Survey *survey)
{
    arena_free(&survey->arena);
    *survey = (Survey){0};
}
