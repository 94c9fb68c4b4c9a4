/* Gathering a micro-batch: rows of the file's order become lanes.
 *
 *     row 0    a b c d ...                    a A ..   pixel 0
 *     row 1    A B C D ...        ->          b B ..   pixel 1
 *     ...                                     c C ..   pixel 2       a column is a lane, a sample
 *
 * This happens at each step for each sample, so it goes by squares of 16 samples x 16 pixels that
 * stay in registers and the first cache: a square is transposed, then normalised on its way out. */
#include "data/dataset_inside.h"

#include "math/lanes.h"

#include <string.h>

/* A square: 16 values each of 16 samples. */
enum { SQUARE = LANES * LANES };

/* Interleaves the two halves of a pack of SQUARE cards. */
static inline void riffle(const uint8_t *restrict from, uint8_t *restrict to)
{
    for (int i = 0; i < SQUARE / 2; i++) {
        to[2 * i] = from[i];
        to[2 * i + 1] = from[i + SQUARE / 2];
    }
}

/* An index into a square is (row, column), four bits each. A riffle rotates the eight bits by one,
 * so four of them exchange row and column: loops that compilers turn into vector shuffles. */
static inline void transpose_bytes(uint8_t *square)
{
    _Alignas(LINE_BYTES) uint8_t other[SQUARE];
    riffle(square, other);
    riffle(other, square);
    riffle(square, other);
    riffle(other, square);
}

/* What a square is taken from and how. */
typedef struct Square {
    const Dataset *dataset;
    Part part;
    const int64_t *row; /* [LANES] */
    int64_t first;      /* feature, in file order */
    int width;          /* features, at most LANES */
} Square;

/* An empty lane takes row 0; its values are cleared later. */
static inline int64_t row_of_lane(const Square *square, int lane)
{
    return square->row[lane] < 0 ? 0 : square->row[lane];
}

static inline void square_of_bytes(const Square *square, Real *values)
{
    _Alignas(LINE_BYTES) uint8_t bytes[SQUARE];
    for (int lane = 0; lane < LANES; lane++) {
        const uint8_t *x =
            dataset_bytes_row(square->dataset, square->part, row_of_lane(square, lane)) +
            square->first;
        if (square->width == LANES)
            memcpy(bytes + lane * LANES, x, LANES); /* of a fixed size: one instruction */
        else
            memcpy(bytes + lane * LANES, x, (size_t)square->width);
    }
    transpose_bytes(bytes);
    for (int i = 0; i < SQUARE; i++)
        values[i] = bytes[i];
}

static inline void square_of_reals(const Square *square, Real *values)
{
    for (int lane = 0; lane < LANES; lane++) {
        const Real *x =
            dataset_reals_row(square->dataset, square->part, row_of_lane(square, lane)) +
            square->first;
        for (int i = 0; i < square->width; i++)
            values[i * LANES + lane] = x[i];
    }
}

/* Shift and scale of a feature are those of its channel, its own, or one for all. */
static inline int64_t normal_index(const Normal *normal, int64_t channel, int64_t feature)
{
    switch (normal->mode) {
    case NORMAL_CHANNEL:
        return channel;
    case NORMAL_FEATURE:
        return feature;
    default:
        return 0;
    }
}

/* One square of one channel into x, whose pixels are `step` lines of lanes apart. */
static void gather_square(const Square *square, const Normal *normal, int channel, Lanes *x,
                          int64_t step)
{
    Lanes values[LANES];
    if (square->dataset->is_bytes)
        square_of_bytes(square, (Real *)values);
    else
        square_of_reals(square, (Real *)values);
    for (int i = 0; i < square->width; i++) {
        int64_t at = normal_index(normal, channel, square->first + i);
        x[i * step] = (values[i] - normal->shift[at]) * normal->scale[at];
    }
}

static void gather_x(const Dataset *dataset, const Normal *normal, Part part, const int64_t *row,
                     int lanes, Lanes *x)
{
    int channels = dataset->channels, blocks = lanes / LANES;
    int64_t pixels = dataset->features / channels, step = (int64_t)channels * blocks;
    for (int channel = 0; channel < channels; channel++)
        for (int64_t pixel = 0; pixel < pixels; pixel += LANES)
            for (int block = 0; block < blocks; block++) {
                int64_t left = pixels - pixel;
                Square square = {.dataset = dataset,
                                 .part = part,
                                 .row = row + block * LANES,
                                 .first = channel * pixels + pixel,
                                 .width = left < LANES ? (int)left : LANES};
                gather_square(&square, normal, channel, x + pixel * step + channel * blocks + block,
                              step);
            }
}

static void gather_targets(const Dataset *dataset, Part part, const int64_t *row, int lanes,
                           int32_t *label, Real *value)
{
    const PartData *data = &dataset->part[part];
    int targets = dataset->targets;
    for (int lane = 0; lane < lanes; lane++) {
        bool empty = row[lane] < 0;
        if (dataset->classifies) {
            label[lane] = empty ? 0 : data->label[row[lane]];
            continue;
        }
        for (int t = 0; t < targets; t++)
            value[t * lanes + lane] = empty ? 0 : data->value[row[lane] * targets + t];
    }
}

static void clear_lane(Real *x, int64_t features, int lanes, int lane)
{
    for (int64_t i = 0; i < features; i++)
        x[i * lanes + lane] = 0;
}

void dataset_gather(const Dataset *dataset, const Normal *normal, Part part, const int64_t *row,
                    int lanes, Real *x, int32_t *label, Real *value)
{
    CHECK(lanes % LANES == 0, "%d lanes", lanes);
    gather_x(dataset, normal, part, row, lanes, (Lanes *)x);
    for (int lane = 0; lane < lanes; lane++)
        if (row[lane] < 0)
            clear_lane(x, dataset->features, lanes, lane);
    gather_targets(dataset, part, row, lanes, label, value);
}
