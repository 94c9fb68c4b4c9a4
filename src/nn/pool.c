/* Pooling: every output pixel is the maximum, or the mean, of the window below it, channel by
 * channel.
 *
 *     x  | 1 5 | 2 0 |          max    y  | 5 | 2 |       dx  | 0 a | b 0 |
 *        | 3 4 | 2 1 |     ->                         ->      | 0 0 | 0 0 |     dy = | a | b |
 *
 * The maximum's gradient goes to the first cell that has it, row by row, as in PyTorch. Cells of
 * the padding have no part in it. A cell is [channel][lane]: one contiguous run, worked on vector
 * by vector. */
#include "math/lanes.h"
#include "nn/window.h"

#include <stddef.h>
#include <string.h>

enum { MAXIMUM, AVERAGE, GLOBAL_AVERAGE };

typedef struct Pool {
    WindowSettings settings;
    Window window;
} Pool;

static const Field max_fields[] = {
    {"size", FIELD_NODE, offsetof(Pool, settings.kernel),
     .help = "of the window: a number, or [height, width]"},
    {"stride", FIELD_NODE, offsetof(Pool, settings.stride), FIELD_NONE,
     .help = "pixels from window to window; its size, if not given"},
    {"padding", FIELD_NODE, offsetof(Pool, settings.padding), "0",
     .help = "cells around the image, never the maximum: at most half of the size"},
    {0},
};
static const Field avg_fields[] = {
    {"size", FIELD_NODE, offsetof(Pool, settings.kernel),
     .help = "of the window: a number, or [height, width]"},
    {"stride", FIELD_NODE, offsetof(Pool, settings.stride), FIELD_NONE,
     .help = "pixels from window to window; its size, if not given"},
    {0},
};

static WindowAxis whole(int size)
{
    return (WindowAxis){.kernel = size, .stride = size, .in = size, .out = 1};
}

static Err pool_setup(Layer *layer)
{
    Pool *self = layer->self;
    Shape in = layer->in[0];
    Window *w = &self->window;
    layer->out = (Shape){1, 1, in.channels};
    if (layer->type->variant == GLOBAL_AVERAGE)
        *w = (Window){whole(in.height), whole(in.width)};
    else
        TRY(window_read(layer, "size", &self->settings, w));
    if (w->y.before > w->y.kernel / 2 || w->x.before > w->x.kernel / 2)
        return conf_fail_key(layer->settings, "padding",
                             "a padding of %dx%d is more than half of the window, %dx%d",
                             w->y.before, w->x.before, w->y.kernel, w->x.kernel);
    layer->scratch_rows = layer->type->variant == MAXIMUM ? in.channels : 0;
    layer->flops = (double)shape_size(layer->out) * w->y.kernel * w->x.kernel;
    return NULL;
}

/* The input cells below output pixel i of an axis: never none. */
static Range cells_below(const WindowAxis *w, int i)
{
    int at = i * w->stride - w->before;
    Range taps = range_inside(at, w->kernel, w->in);
    return (Range){at + taps.first, at + taps.last};
}

/* One output pixel, and the input image that it looks at; `size` vectors a cell. */
typedef struct Spot {
    Range y, x;
    int64_t width, size;
    const Vector *image;
    Real share; /* of a cell in the mean */
} Spot;

static const Vector *cell(const Spot *s, int row, int column)
{
    return s->image + (row * s->width + column) * s->size;
}

/* Not-a-number is larger than any number, lest it get lost. */
static inline Vector larger(Vector a, Vector b)
{
    return vector_select((a >= b) | (a != a), a, b);
}

static void maximum(const Spot *s, Vector *y)
{
    memcpy(y, cell(s, s->y.first, s->x.first), (size_t)s->size * sizeof *y);
    for (int row = s->y.first; row < s->y.last; row++)
        for (int column = s->x.first; column < s->x.last; column++) {
            const Vector *x = cell(s, row, column);
            for (int64_t v = 0; v < s->size; v++)
                y[v] = larger(y[v], x[v]);
        }
}

/* `left` is what of dy no cell has taken yet. */
static void maximum_gradient(const Spot *s, const Vector *y, const Vector *dy, Vector *dx,
                             Vector *left)
{
    memcpy(left, dy, (size_t)s->size * sizeof *left);
    for (int row = s->y.first; row < s->y.last; row++)
        for (int column = s->x.first; column < s->x.last; column++) {
            const Vector *x = cell(s, row, column);
            Vector *to = dx + (x - s->image);
            for (int64_t v = 0; v < s->size; v++) {
                VectorInt here = x[v] == y[v];
                to[v] += vector_select(here, left[v], (Vector){0});
                left[v] = vector_select(here, (Vector){0}, left[v]);
            }
        }
}

static void average(const Spot *s, Vector *y)
{
    memset(y, 0, (size_t)s->size * sizeof *y);
    for (int row = s->y.first; row < s->y.last; row++)
        for (int column = s->x.first; column < s->x.last; column++) {
            const Vector *x = cell(s, row, column);
            for (int64_t v = 0; v < s->size; v++)
                y[v] += x[v] * s->share;
        }
}

static void average_gradient(const Spot *s, const Vector *dy, Vector *dx)
{
    for (int row = s->y.first; row < s->y.last; row++)
        for (int column = s->x.first; column < s->x.last; column++) {
            Vector *to = dx + (cell(s, row, column) - s->image);
            for (int64_t v = 0; v < s->size; v++)
                to[v] += dy[v] * s->share;
        }
}

static Spot first_spot(const Layer *layer, const Pass *pass, const Io *io)
{
    const Pool *self = layer->self;
    return (Spot){.width = layer->in[0].width,
                  .size = (int64_t)layer->in[0].channels * pass->lanes / VECTOR,
                  .image = (const Vector *)io->x[0],
                  .share = (Real)(1.0 / self->window.y.kernel / self->window.x.kernel)};
}

static void pool_forward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Window *w = &((const Pool *)layer->self)->window;
    Spot spot = first_spot(layer, pass, io);
    Vector *y = (Vector *)io->y;
    for (int i = 0; i < w->y.out; i++)
        for (int j = 0; j < w->x.out; j++, y += spot.size) {
            spot.y = cells_below(&w->y, i);
            spot.x = cells_below(&w->x, j);
            if (layer->type->variant == MAXIMUM)
                maximum(&spot, y);
            else
                average(&spot, y);
        }
}

/* Windows may overlap, or leave cells out: gradients are added to zeros, which are laid row by row
 * just before the first window comes there, so that they are still in the cache. */
static void pool_backward(const Layer *layer, const Pass *pass, const Io *io)
{
    const Window *w = &((const Pool *)layer->self)->window;
    Spot spot = first_spot(layer, pass, io);
    const Vector *y = (const Vector *)io->y, *dy = (const Vector *)io->dy;
    Vector *dx = (Vector *)io->dx[0];
    int64_t row = spot.width * spot.size;
    int zeroed = 0;
    for (int i = 0; i < w->y.out; i++) {
        spot.y = cells_below(&w->y, i);
        int end = i == w->y.out - 1 ? w->y.in : spot.y.last;
        memset(dx + zeroed * row, 0, (size_t)((end - zeroed) * row) * sizeof(Vector));
        zeroed = end;
        for (int j = 0; j < w->x.out; j++, y += spot.size, dy += spot.size) {
            spot.x = cells_below(&w->x, j);
            if (layer->type->variant == MAXIMUM)
                maximum_gradient(&spot, y, dy, dx, (Vector *)io->scratch);
            else
                average_gradient(&spot, dy, dx);
        }
    }
}

const LayerType layer_max_pool = {
    .name = "max_pool",
    .help = "the maximum of each window, channel by channel",
    .main_key = "size",
    .fields = max_fields,
    .self_size = sizeof(Pool),
    .variant = MAXIMUM,
    .input_count = 1,
    .reads_output = true,
    .setup = pool_setup,
    .forward = pool_forward,
    .backward = pool_backward,
};

const LayerType layer_avg_pool = {
    .name = "avg_pool",
    .help = "the mean of each window, channel by channel",
    .main_key = "size",
    .fields = avg_fields,
    .self_size = sizeof(Pool),
    .variant = AVERAGE,
    .input_count = 1,
    .setup = pool_setup,
    .forward = pool_forward,
    .backward = pool_backward,
};

const LayerType layer_global_average_pool = {
    .name = "global_average_pool",
    .help = "the mean of each channel over the whole image: features",
    .self_size = sizeof(Pool),
    .variant = GLOBAL_AVERAGE,
    .input_count = 1,
    .setup = pool_setup,
    .forward = pool_forward,
    .backward = pool_backward,
};
