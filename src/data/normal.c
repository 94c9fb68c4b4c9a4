/* Normalisation: statistics of the training rows, summed so that nobody's share of the rows shows.
 *
 * A block of at most 1024 rows is one unit of work: its sums are a pure function of its rows, and
 * the caller folds the blocks in order. Within a block, each feature is summed over the rows in
 * their order (exactly, in integers, where x is uint8), then features are added to their channel in
 * their order. The inner loop runs over neighbouring features, so it is SIMD without any change of
 * the order of additions.
 *
 * Sums are of x - pivot, the pivot being a value of the data: a variance is a small difference of
 * large numbers otherwise, and a constant feature gives exactly 0. */
#include "data/dataset_inside.h"

#include <math.h>
#include <string.h>

const char *const normal_words[] = {"none", "unit", "channel", "feature", NULL};

/* Neighbouring features that are summed together: of bytes, one cache line of a row. */
enum { TILE = 64 };

/* Some neighbouring features of a block of rows, and for each of them the sum and the sum of
 * squares of x - pivot, or minimum and maximum. */
typedef struct Tile {
    const Dataset *dataset;
    const void *x;
    const int64_t *row; /* of x */
    int n;              /* rows */
    int64_t first;      /* feature */
    int width;          /* features, at most TILE */
    double a[TILE], b[TILE];
} Tile;

int normal_count(const Dataset *dataset, NormalMode mode)
{
    switch (mode) {
    case NORMAL_CHANNEL:
        return dataset->channels;
    case NORMAL_FEATURE:
        return (int)dataset->features;
    default:
        return 1;
    }
}

/* Features that share one shift and scale; they are neighbours. */
static int64_t group_size(const Dataset *dataset, NormalMode mode)
{
    return dataset->features / normal_count(dataset, mode);
}

/* The first value of a group in the first training row. */
static double pivot_of(const Dataset *dataset, NormalMode mode, int64_t group)
{
    int64_t feature = group * group_size(dataset, mode);
    return dataset->is_bytes ? bytes_row(dataset, dataset->pivot, 0)[feature]
                             : (double)reals_row(dataset, dataset->pivot, 0)[feature];
}

/* The tile's features of its r-th row. */
static inline void tile_row(const Tile *tile, int r, double *x)
{
    if (tile->dataset->is_bytes) {
        const uint8_t *from = bytes_row(tile->dataset, tile->x, tile->row[r]);
        for (int i = 0; i < tile->width; i++)
            x[i] = from[tile->first + i];
    } else {
        const Real *from = reals_row(tile->dataset, tile->x, tile->row[r]);
        for (int i = 0; i < tile->width; i++)
            x[i] = (double)from[tile->first + i];
    }
}

static void tile_sum(Tile *tile, const double *pivot)
{
    memset(tile->a, 0, sizeof tile->a);
    memset(tile->b, 0, sizeof tile->b);
    for (int r = 0; r < tile->n; r++) {
        double x[TILE];
        tile_row(tile, r, x);
        for (int i = 0; i < tile->width; i++) {
            double d = x[i] - pivot[i];
            tile->a[i] += d;
            tile->b[i] += d * d;
        }
    }
}

static void tile_range(Tile *tile)
{
    tile_row(tile, 0, tile->a);
    tile_row(tile, 0, tile->b);
    for (int r = 1; r < tile->n; r++) {
        double x[TILE];
        tile_row(tile, r, x);
        for (int i = 0; i < tile->width; i++) {
            tile->a[i] = x[i] < tile->a[i] ? x[i] : tile->a[i];
            tile->b[i] = x[i] > tile->b[i] ? x[i] : tile->b[i];
        }
    }
}

/* A block's sums before its first tile. */
static void sums_begin(NormalMode mode, int count, double *sums)
{
    memset(sums, 0, (size_t)count * NORMAL_SUMS * sizeof *sums);
    if (mode == NORMAL_UNIT) {
        sums[0] = INFINITY;
        sums[1] = -INFINITY;
    }
}

/* Folds one pair into another: of the sums, or of minimum and maximum. */
static inline void pair_fold(NormalMode mode, double *pair, const double *other)
{
    if (mode == NORMAL_UNIT) {
        pair[0] = other[0] < pair[0] ? other[0] : pair[0];
        pair[1] = other[1] > pair[1] ? other[1] : pair[1];
    } else {
        pair[0] += other[0];
        pair[1] += other[1];
    }
}

static void tile_measure(Tile *tile, NormalMode mode, double *sums)
{
    int64_t group = group_size(tile->dataset, mode);
    if (mode == NORMAL_UNIT) {
        tile_range(tile);
    } else {
        double pivot[TILE];
        for (int i = 0; i < tile->width; i++)
            pivot[i] = pivot_of(tile->dataset, mode, (tile->first + i) / group);
        tile_sum(tile, pivot);
    }
    for (int i = 0; i < tile->width; i++)
        pair_fold(mode, sums + (tile->first + i) / group * NORMAL_SUMS,
                  (double[NORMAL_SUMS]){tile->a[i], tile->b[i]});
}

void normal_block(const Dataset *dataset, NormalMode mode, const int64_t *row, int n, double *sums)
{
    normal_block_of(dataset, mode, dataset->part[PART_TRAIN].x, row, n, sums);
}

void normal_block_of(const Dataset *dataset, NormalMode mode, const void *x, const int64_t *place,
                     int n, double *sums)
{
    CHECK(n <= NORMAL_BLOCK, "a block of %d rows", n);
    sums_begin(mode, normal_count(dataset, mode), sums);
    if (mode == NORMAL_NONE || n == 0)
        return;
    Tile tile = {.dataset = dataset, .x = x, .row = place, .n = n};
    for (tile.first = 0; tile.first < dataset->features; tile.first += TILE) {
        int64_t left = dataset->features - tile.first;
        tile.width = left < TILE ? (int)left : TILE;
        tile_measure(&tile, mode, sums);
    }
}

void normal_fold(NormalMode mode, int count, double *sums, const double *block)
{
    for (int i = 0; i < count; i++)
        pair_fold(mode, sums + i * NORMAL_SUMS, block + i * NORMAL_SUMS);
}

/* 1 / spread, or 1 where there is no spread to speak of. */
static Real scale_of(double spread)
{
    Real scale = (Real)(1 / spread);
    return spread > 0 && isfinite(scale) ? scale : 1;
}

void normal_finish(const Dataset *dataset, Normal *normal, const double *sums, int64_t rows)
{
    double n = (double)rows * (double)group_size(dataset, normal->mode);
    for (int i = 0; i < normal->count; i++, sums += NORMAL_SUMS) {
        if (normal->mode == NORMAL_NONE) {
            normal->shift[i] = 0;
            normal->scale[i] = 1;
        } else if (normal->mode == NORMAL_UNIT) {
            normal->shift[i] = (Real)sums[0];
            normal->scale[i] = scale_of(sums[1] - sums[0]);
        } else {
            double mean = sums[0] / n, variance = sums[1] / n - mean * mean;
            normal->shift[i] = (Real)(pivot_of(dataset, normal->mode, i) + mean);
            normal->scale[i] = scale_of(sqrt(variance > 0 ? variance : 0));
        }
    }
}
