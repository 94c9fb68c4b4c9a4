/* Direct convolution with a lane a sample: the gradients of weights and bias, sums over pixels and
 * lanes of dy times x.
 *
 *     for every strip of pixels, every row of y
 *         panels = dy, transposed: [vector of channels][pixel][lane][channel]
 *         for every kernel row, and every tile of its columns
 *             for every two panels
 *                 tile = 0
 *                 for every pixel and lane
 *                     tile += columns of x, scalars x channels of dy, vectors
 *                 totals += tile
 *     dweight = totals, in the order of weights
 *
 * A column is (kw, in): x of a kernel row is one contiguous stream, and one input channel is no
 * other case than many.
 *
 * A total takes one sum a row and strip, so that long sums do not lose their tails. The sums of the
 * panels are the gradient of the bias. */
#include "nn/conv_inside.h"

#include "base/cut.h"
#include "math/transpose.h"

#include <string.h>

typedef struct Gradient {
    const Conv *conv;
    int lanes;
    int columns;    /* of a kernel row: (kw, in) */
    int panels;     /* VECTOR channels of dy each */
    int64_t panel;  /* room for one, in elements */
    Real *packed;   /* [panel][pixel][lane][VECTOR] */
    Vector *totals; /* [panel][kh][columns] */
    Vector *bias;   /* [panel] */
} Gradient;

/* Pixels of a row of dy as one panel of the channels from `first` on. Returns its sum. */
static Vector pack_panel(const Gradient *g, const Real *dy, Range pixels, int first, Real *panel)
{
    int out = g->conv->out, lanes = g->lanes;
    Vector *to = (Vector *)panel, sum = {0};
    for (int pixel = pixels.first; pixel < pixels.last; pixel++)
        for (int lane = 0; lane < lanes; lane += VECTOR, to += VECTOR) {
            const Real *from = dy + ((int64_t)pixel * out + first) * lanes + lane;
            if (first + VECTOR <= out)
                pack_square(to, from, lanes, VECTOR);
            else
                pack_square(to, from, lanes, out - first);
            for (int i = 0; i < VECTOR; i++)
                sum += to[i];
        }
    return sum;
}

enum { MOST_STREAMS = 4, MOST_TAPS = 3 };

/* What a tile is made for: pixels that see the same columns of `taps` kernel rows. */
typedef struct Run {
    int pixels, taps;
    int panels;     /* 1 or TILE_COLUMNS */
    const Real *x;  /* the first column that the first pixel sees */
    const Real *dy; /* the first pixel in the first panel */
    Vector *totals; /* of the first column in the first panel */
} Run;

/* As many chains of sums as fit: too few would wait for one another's additions. */
TILE_INLINE int stream_count(const int rows, const int columns)
{
    int streams = MOST_STREAMS;
    while (rows * streams > TILE_ROWS || rows * columns * streams > TILE_ROWS * TILE_COLUMNS)
        streams /= 2;
    return streams;
}

/* One pixel, its lanes dealt to the streams: acc[stream][tap, column][panel]. */
TILE_INLINE void add_pixel(const int rows, const int taps, const int columns, const int streams,
                           const Gradient *g, Tile *acc, const Real *x, const Real *dy)
{
    int64_t x_row = (int64_t)g->conv->window.x.in * g->conv->in * g->lanes;
    int part = g->lanes / streams;
    TileScalars scalars[MOST_STREAMS][MOST_TAPS];
    for (int s = 0; s < streams; s++)
        for (int t = 0; t < taps; t++)
            tile_scalars(scalars[s][t], rows, x + t * x_row + s * part, g->lanes);
    for (int lane = 0; lane < part; lane++, dy += VECTOR)
#pragma GCC unroll 4
        for (int s = 0; s < streams; s++)
#pragma GCC unroll 3
            for (int t = 0; t < taps; t++) {
                tile_step(rows, columns, acc[s] + t * rows, scalars[s][t], g->lanes,
                          dy + (int64_t)s * part * VECTOR, g->panel);
                tile_scalars_advance(scalars[s][t], rows, 1);
            }
}

TILE_INLINE void add_run(const int rows, const int taps, const int columns, const Gradient *g,
                         const Run *run)
{
    const int streams = stream_count(rows * taps, columns);
    int64_t x_pixel = (int64_t)g->conv->window.x.stride * g->conv->in * g->lanes;
    int64_t of_panel = (int64_t)g->conv->window.y.kernel * g->columns;
    Tile acc[MOST_STREAMS] = {0};
    for (int i = 0; i < run->pixels; i++)
        add_pixel(rows, taps, columns, streams, g, acc, run->x + i * x_pixel,
                  run->dy + (int64_t)i * g->lanes * VECTOR);
    for (int t = 0; t < taps; t++)
        for (int r = 0; r < rows; r++)
            for (int k = 0; k < columns; k++)
                for (int s = 0; s < streams; s++)
                    run->totals[t * g->columns + r + k * of_panel] += acc[s][t * rows + r][k];
}

TILE_INLINE void add_taps(const int rows, const int taps, const Gradient *g, const Run *run)
{
    if (run->panels == TILE_COLUMNS)
        add_run(rows, taps, TILE_COLUMNS, g, run);
    else
        add_run(rows, taps, 1, g, run);
}

TILE_INLINE void add_tile(const int rows, const Gradient *g, const Run *run)
{
    if (run->taps == 3 && 3 * rows <= TILE_ROWS)
        add_taps(rows, 3, g, run);
    else if (run->taps == 2 && 2 * rows <= TILE_ROWS)
        add_taps(rows, 2, g, run);
    else
        add_taps(rows, 1, g, run);
}

/* How many of `left` kernel rows one tile takes at once: several, where they are short. */
static int tap_count(const Gradient *g, int left)
{
    int fit = TILE_ROWS / g->columns, most = fit < 1 ? 1 : fit > MOST_TAPS ? MOST_TAPS : fit;
    return most < left ? most : left;
}

/* The part of a tile of columns that pixel i sees inside the image. */
static Range columns_seen(const Gradient *g, Range tile, int i)
{
    const WindowAxis *w = &g->conv->window.x;
    Range taps = range_inside(i * w->stride - w->before, w->kernel, w->in);
    int first = taps.first * g->conv->in, last = taps.last * g->conv->in;
    first = first > tile.first ? first : tile.first;
    last = last < tile.last ? last : tile.last;
    return (Range){first, last > first ? last : first};
}

/* The end of the run of pixels, from i on, that see the same columns. */
static int run_end(const Gradient *g, Range tile, int i, int last)
{
    Range seen = columns_seen(g, tile, i);
    for (i++; i < last; i++) {
        Range next = columns_seen(g, tile, i);
        if (next.first != seen.first || next.last != seen.last)
            break;
    }
    return i;
}

/* The pixels of a row in runs. `all` is as if each saw all columns of the kernel rows. */
static void add_pixels(const Gradient *g, Range pixels, Range tile, Run all)
{
    const WindowAxis *w = &g->conv->window.x;
    for (int i = pixels.first, end; i < pixels.last; i = end) {
        Range seen = columns_seen(g, tile, i);
        end = run_end(g, tile, i, pixels.last);
        int64_t at = (int64_t)(i * w->stride - w->before) * g->conv->in + seen.first;
        Run run = all;
        run.pixels = end - i;
        run.x += at * g->lanes;
        run.dy += (int64_t)(i - pixels.first) * g->lanes * VECTOR;
        run.totals += seen.first;
        TILE_SWITCH(seen.last - seen.first, add_tile, g, &run)
    }
}

/* All columns of some kernel rows in all panels. x: the row that the first of them sees. */
static void add_columns(const Gradient *g, Range pixels, int tap, int taps, const Real *x)
{
    for (int t = 0, tiles = tile_count(g->columns); t < tiles; t++) {
        Range tile = {(int)cut(g->columns, t, tiles), (int)cut(g->columns, t + 1, tiles)};
        Run run = {.taps = taps, .x = x};
        for (int p = 0; p < g->panels; p += run.panels) {
            run.panels = p + TILE_COLUMNS <= g->panels ? TILE_COLUMNS : 1;
            run.dy = g->packed + p * g->panel;
            run.totals = g->totals + ((int64_t)p * g->conv->window.y.kernel + tap) * g->columns;
            add_pixels(g, pixels, tile, run);
        }
    }
}

/* Row i of y. */
static void add_row(const Gradient *g, Range pixels, int i, const Real *x, const Real *dy)
{
    const WindowAxis *w = &g->conv->window.y;
    int64_t x_row = (int64_t)g->conv->window.x.in * g->conv->in * g->lanes;
    int at = i * w->stride - w->before;
    Range taps = range_inside(at, w->kernel, w->in);
    for (int p = 0; p < g->panels; p++)
        g->bias[p] += pack_panel(g, dy, pixels, p * VECTOR, g->packed + p * g->panel);
    for (int tap = taps.first, count; tap < taps.last; tap += count) {
        count = tap_count(g, taps.last - tap);
        add_columns(g, pixels, tap, count, x + (at + tap) * x_row);
    }
}

/* Totals in the order (out, in, kh, kw). */
static void write_weights(const Gradient *g, Real *dweight)
{
    const Conv *conv = g->conv;
    int kh = conv->window.y.kernel, kw = conv->window.x.kernel;
    for (int o = 0; o < conv->out; o++)
        for (int c = 0; c < conv->in; c++)
            for (int y = 0; y < kh; y++)
                for (int x = 0; x < kw; x++) {
                    int64_t row = (int64_t)(o / VECTOR) * kh + y;
                    *dweight++ = g->totals[row * g->columns + x * conv->in + c][o % VECTOR];
                }
}

void conv_weight_gradient(const Conv *conv, const Real *x, const Real *dy, Real *dweight,
                          Real *dbias, int lanes, Real *scratch)
{
    const Window *w = &conv->window;
    int64_t cell = (int64_t)(w->y.kernel * conv->in + conv->out) * lanes * (int64_t)sizeof(Real);
    int strips = strip_count(w->x.out, w->x.kernel, w->x.stride, cell);
    Gradient g = {.conv = conv,
                  .lanes = lanes,
                  .columns = w->x.kernel * conv->in,
                  .panels = (conv->out + VECTOR - 1) / VECTOR,
                  .panel = (int64_t)w->x.out * lanes * VECTOR,
                  .packed = scratch};
    int64_t totals = (int64_t)g.panels * w->y.kernel * g.columns;
    g.totals = (Vector *)(scratch + g.panels * g.panel);
    g.bias = g.totals + totals;
    memset(g.totals, 0, (size_t)(totals + g.panels) * sizeof(Vector));
    for (int s = 0; s < strips; s++) {
        Range pixels = {(int)cut(w->x.out, s, strips), (int)cut(w->x.out, s + 1, strips)};
        for (int i = 0; i < w->y.out; i++)
            add_row(&g, pixels, i, x, dy + (int64_t)i * w->x.out * conv->out * lanes);
    }
    write_weights(&g, dweight);
    if (dbias)
        memcpy(dbias, g.bias, (size_t)conv->out * sizeof(Real));
}

int64_t conv_panel_rows(const Conv *conv)
{
    return round_up(conv->out, VECTOR) * conv->window.x.out;
}

int64_t conv_totals_size(const Conv *conv)
{
    const Window *w = &conv->window;
    return round_up(conv->out, VECTOR) * ((int64_t)w->y.kernel * w->x.kernel * conv->in + 1);
}
