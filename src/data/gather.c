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

/* One channel of a picture for each lane: in the file's memory, or in the gather's own. */
typedef struct Planes {
    const uint8_t *bytes[LANES]; /* of the two, the one that the data set has */
    const Real *reals[LANES];
} Planes;

static inline void square_of_bytes(const Planes *planes, int64_t pixel, int width, Real *values)
{
    _Alignas(LINE_BYTES) uint8_t bytes[SQUARE];
    for (int lane = 0; lane < LANES; lane++) {
        if (width == LANES) /* of a fixed size: one instruction */
            memcpy(bytes + lane * LANES, planes->bytes[lane] + pixel, LANES);
        else
            memcpy(bytes + lane * LANES, planes->bytes[lane] + pixel, (size_t)width);
    }
    transpose_bytes(bytes);
    for (int i = 0; i < SQUARE; i++)
        values[i] = bytes[i];
}

static inline void square_of_reals(const Planes *planes, int64_t pixel, int width, Real *values)
{
    for (int lane = 0; lane < LANES; lane++)
        for (int i = 0; i < width; i++)
            values[i * LANES + lane] = planes->reals[lane][pixel + i];
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

/* The channel `channel` of the rows row [LANES] of x, each as its view says. An empty lane takes
 * row 0; its values are cleared later. */
static void find_planes(const Dataset *dataset, const void *x, const int64_t *row, const View *view,
                        int channel, Planes *planes)
{
    int height = dataset->height, width = dataset->width;
    int64_t first = (int64_t)channel * height * width, stride = plane_stride(dataset);
    for (int lane = 0; lane < LANES; lane++) {
        int64_t own = width + lane * stride, of = row[lane] < 0 ? 0 : row[lane];
        bool moved = view && view[lane].count > 0;
        if (dataset->is_bytes) {
            const uint8_t *from = bytes_row(dataset, x, of) + first;
            uint8_t *to = (uint8_t *)dataset->planes + own, *spare = to + (LANES - lane) * stride;
            if (moved)
                view_bytes(&view[lane], height, width, from, to, spare);
            planes->bytes[lane] = moved ? to : from;
        } else {
            const Real *from = reals_row(dataset, x, of) + first;
            Real *to = (Real *)dataset->planes + own, *spare = to + (LANES - lane) * stride;
            if (moved)
                view_reals(&view[lane], height, width, from, to, spare);
            planes->reals[lane] = moved ? to : from;
        }
    }
}

/* One channel of LANES lanes into x, whose pixels are `step` lines of lanes apart. */
static void gather_planes(const Dataset *dataset, const Planes *planes, const Normal *normal,
                          int channel, Lanes *x, int64_t step)
{
    int64_t pixels = dataset->features / dataset->channels, first = channel * pixels;
    for (int64_t pixel = 0; pixel < pixels; pixel += LANES) {
        Lanes values[LANES];
        int width = pixels - pixel < LANES ? (int)(pixels - pixel) : LANES;
        if (dataset->is_bytes)
            square_of_bytes(planes, pixel, width, (Real *)values);
        else
            square_of_reals(planes, pixel, width, (Real *)values);
        for (int i = 0; i < width; i++) {
            int64_t at = normal_index(normal, channel, first + pixel + i);
            x[(pixel + i) * step] = (values[i] - normal->shift[at]) * normal->scale[at];
        }
    }
}

static void gather_x(const Dataset *dataset, const Normal *normal, const void *rows,
                     const int64_t *row, const View *view, int lanes, Lanes *x)
{
    int channels = dataset->channels, blocks = lanes / LANES;
    for (int block = 0; block < blocks; block++)
        for (int channel = 0; channel < channels; channel++) {
            Planes planes;
            find_planes(dataset, rows, row + block * LANES, view ? view + block * LANES : NULL,
                        channel, &planes);
            gather_planes(dataset, &planes, normal, channel, x + channel * blocks + block,
                          (int64_t)channels * blocks);
        }
}

void dataset_gather_targets(const Dataset *dataset, Part part, const int64_t *row, int lanes,
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
                    const View *view, int lanes, Real *x, int32_t *label, Real *value)
{
    const Samples samples = {part, row, dataset->part[part].x, row};
    dataset_gather_samples(dataset, normal, &samples, view, lanes, x, label, value);
}

void dataset_gather_samples(const Dataset *dataset, const Normal *normal, const Samples *samples,
                            const View *view, int lanes, Real *x, int32_t *label, Real *value)
{
    CHECK(lanes % LANES == 0, "%d lanes", lanes);
    gather_x(dataset, normal, samples->rows, samples->place, view, lanes, (Lanes *)x);
    for (int lane = 0; lane < lanes; lane++)
        if (samples->row[lane] < 0)
            clear_lane(x, dataset->features, lanes, lane);
    dataset_gather_targets(dataset, samples->part, samples->row, lanes, label, value);
}
