/* Direct convolution with a lane a sample: the forward pass and the input gradient.
 *
 *     for every strip of pixels, every row of y
 *         for every tile of output channels            its weights stay in the cache for the row
 *             for every pixel of the row
 *                 for every group of lanes
 *                     tile = bias
 *                     for every kernel row             x of a kernel row is one contiguous stream:
 *                         tile += weights x lanes      [pixel][channel][lane], and so are the
 *                     y = tile                         weights: [tile][kh][kw][in][channel of tile]
 *
 * At the border the streams are shorter: loop bounds, and no other case.
 *
 * The input gradient is the same on flipped weights with in and out exchanged. With a stride, the
 * taps that reach an input pixel depend on its place modulo the stride; every such residue class is
 * a convolution with a part of the taps and without stride. So all of them are one function of the
 * numbers in a Correlation. */
#include "nn/conv_inside.h"

#include "base/cut.h"

/* Destination cells first, first + step, ..; the i-th sees `taps` source cells from
 * i * stride + offset on. */
typedef struct Axis {
    int count, first, step;
    int stride, offset, taps;
    int size; /* of the source */
} Axis;

typedef struct Correlation {
    Axis y, x;
    int sources, destinations; /* channels */
    int width;                 /* of the destination image */
    int lanes;
    /* Where the weight of (destination, source, tap) lies among the layer's weights. */
    int64_t weight_first, weight_destination, weight_source, weight_y, weight_x;
} Correlation;

/* Pixels of one row, in one tile of channels. */
typedef struct Row {
    const Correlation *c;
    Range pixels;
    Range taps;          /* rows of the kernel that are inside */
    const Real *weights; /* packed, of this tile */
    const Real *source;  /* the row that tap 0 sees; maybe outside */
    Real *destination;   /* of pixel 0 and the tile's first channel */
    Real start[TILE_ROWS];
} Row;

/* One pixel in the lanes from `lane` on. */
TILE_INLINE void correlate_pixel(const int rows, const int columns, const Row *row, int i, int lane)
{
    const Correlation *c = row->c;
    int at = i * c->x.stride + c->x.offset;
    Range taps = range_inside(at, c->x.taps, c->x.size);
    int64_t steps = (int64_t)(taps.last - taps.first) * c->sources;
    Tile acc;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < columns; k++)
            acc[r][k] = row->start[r] - (Vector){0};
    for (int tap = row->taps.first; tap < row->taps.last; tap++) {
        const Real *a = row->weights + (int64_t)(tap * c->x.taps + taps.first) * c->sources * rows;
        const Real *b = row->source +
                        ((int64_t)tap * c->x.size + at + taps.first) * c->sources * c->lanes + lane;
        for (int64_t s = 0; s < steps; s++, a += rows, b += c->lanes) {
            TileScalars scalars;
            tile_scalars(scalars, rows, a, 1);
            tile_step(rows, columns, acc, scalars, 1, b, VECTOR);
        }
    }
    Real *to = row->destination + (int64_t)i * c->x.step * c->destinations * c->lanes + lane;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < columns; k++)
            *(Vector *)(to + (int64_t)r * c->lanes + k * VECTOR) = acc[r][k];
}

TILE_INLINE void correlate_pixels(const int rows, const Row *row)
{
    const int wide = TILE_COLUMNS * VECTOR;
    for (int i = row->pixels.first; i < row->pixels.last; i++) {
        int lane = 0;
        for (; lane + wide <= row->c->lanes; lane += wide)
            correlate_pixel(rows, TILE_COLUMNS, row, i, lane);
        for (; lane < row->c->lanes; lane += VECTOR)
            correlate_pixel(rows, 1, row, i, lane);
    }
}

/* Row i in all tiles. */
static void correlate_row(const Correlation *c, int i, Range pixels, const Real *packed,
                          const Real *bias, const Real *source, Real *destination)
{
    int64_t one = (int64_t)c->y.taps * c->x.taps * c->sources;
    int64_t pixel = (int64_t)(c->y.first + i * c->y.step) * c->width + c->x.first;
    int at = i * c->y.stride + c->y.offset, tiles = tile_count(c->destinations);
    Row row = {.c = c,
               .pixels = pixels,
               .taps = range_inside(at, c->y.taps, c->y.size),
               .source = source + (int64_t)at * c->x.size * c->sources * c->lanes};
    for (int t = 0; t < tiles; t++) {
        int first = (int)cut(c->destinations, t, tiles);
        int rows = (int)cut(c->destinations, t + 1, tiles) - first;
        row.weights = packed + first * one;
        row.destination = destination + (pixel * c->destinations + first) * c->lanes;
        for (int r = 0; r < rows; r++)
            row.start[r] = bias ? bias[first + r] : 0;
        TILE_SWITCH(rows, correlate_pixels, &row)
    }
}

/* The weights of destinations [first, first + rows) as [tap y][tap x][source][destination]. */
static void pack_tile(const Correlation *c, const Real *weight, int first, int rows, Real *packed)
{
    int64_t tap = (int64_t)c->sources * rows;
    for (int r = 0; r < rows; r++)
        for (int s = 0; s < c->sources; s++) {
            const Real *from = weight + c->weight_first + (first + r) * c->weight_destination +
                               s * c->weight_source;
            Real *to = packed + (int64_t)s * rows + r;
            for (int y = 0; y < c->y.taps; y++)
                for (int x = 0; x < c->x.taps; x++, to += tap)
                    *to = from[y * c->weight_y + x * c->weight_x];
        }
}

static void pack(const Correlation *c, const Real *weight, Real *packed)
{
    int64_t one = (int64_t)c->y.taps * c->x.taps * c->sources;
    for (int t = 0, tiles = tile_count(c->destinations); t < tiles; t++) {
        int first = (int)cut(c->destinations, t, tiles);
        int rows = (int)cut(c->destinations, t + 1, tiles) - first;
        pack_tile(c, weight, first, rows, packed + first * one);
    }
}

static void correlate(const Correlation *c, const Real *weight, const Real *bias,
                      const Real *source, Real *destination, Real *scratch)
{
    int64_t cell = (int64_t)(c->y.taps + 1) * c->sources * c->lanes * (int64_t)sizeof(Real);
    int strips = strip_count(c->x.count, c->x.taps, c->x.stride, cell);
    pack(c, weight, scratch);
    for (int s = 0; s < strips; s++) {
        Range pixels = {(int)cut(c->x.count, s, strips), (int)cut(c->x.count, s + 1, strips)};
        for (int i = 0; i < c->y.count; i++)
            correlate_row(c, i, pixels, scratch, bias, source, destination);
    }
}

static Axis forward_axis(const WindowAxis *w)
{
    return (Axis){w->out, 0, 1, w->stride, -w->before, w->kernel, w->in};
}

void conv_forward(const Conv *conv, const Real *weight, const Real *bias, const Real *x, Real *y,
                  int lanes, Real *scratch)
{
    const Window *w = &conv->window;
    int64_t taps = (int64_t)w->y.kernel * w->x.kernel;
    Correlation c = {.y = forward_axis(&w->y),
                     .x = forward_axis(&w->x),
                     .sources = conv->in,
                     .destinations = conv->out,
                     .width = w->x.out,
                     .lanes = lanes,
                     .weight_destination = conv->in * taps,
                     .weight_source = taps,
                     .weight_y = w->x.kernel,
                     .weight_x = 1};
    correlate(&c, weight, bias, x, y, scratch);
}

/* The input cells phase + i * stride. Tap t of output cell o sees the input cell
 * o * stride + t - before; turned around, cell n is seen by tap t where n + before - t is a
 * multiple of the stride, from o = (n + before - t) / stride. So the taps are first,
 * first + stride, .., and o falls as they rise: the flip. */
static Axis gradient_axis(const WindowAxis *w, int phase, int *first)
{
    int at = phase + w->before;
    *first = at % w->stride;
    int taps = (w->kernel - *first + w->stride - 1) / w->stride;
    return (Axis){.count = (w->in - phase + w->stride - 1) / w->stride,
                  .first = phase,
                  .step = w->stride,
                  .stride = 1,
                  .offset = at / w->stride - (taps - 1),
                  .taps = taps,
                  .size = w->out};
}

static void gradient_phase(const Conv *conv, int phase_y, int phase_x, const Real *weight,
                           const Real *dy, Real *dx, int lanes, Real *scratch)
{
    const WindowAxis *y = &conv->window.y, *x = &conv->window.x;
    int64_t taps = (int64_t)y->kernel * x->kernel;
    int first_y, first_x;
    Correlation c = {.y = gradient_axis(y, phase_y, &first_y),
                     .x = gradient_axis(x, phase_x, &first_x),
                     .sources = conv->out,
                     .destinations = conv->in,
                     .width = x->in,
                     .lanes = lanes,
                     .weight_destination = taps,
                     .weight_source = conv->in * taps,
                     .weight_y = -(int64_t)y->stride * x->kernel,
                     .weight_x = -x->stride};
    int last_y = first_y + (c.y.taps - 1) * y->stride;
    int last_x = first_x + (c.x.taps - 1) * x->stride;
    c.weight_first = (int64_t)last_y * x->kernel + last_x;
    correlate(&c, weight, NULL, dy, dx, scratch);
}

void conv_input_gradient(const Conv *conv, const Real *weight, const Real *dy, Real *dx, int lanes,
                         Real *scratch)
{
    for (int y = 0; y < conv->window.y.stride; y++)
        for (int x = 0; x < conv->window.x.stride; x++)
            gradient_phase(conv, y, x, weight, dy, dx, lanes, scratch);
}
