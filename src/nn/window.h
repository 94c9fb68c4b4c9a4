/* The window that a convolution or a pooling moves over an image: kernel, stride and padding of
 * both axes, as settings and as arithmetic.
 *
 *     padding:   0 0 | x x x x x x x | 0 0      before = 2, in = 7
 *     windows:   [- - - - -]                    kernel = 5, stride = 2:
 *                    [- - - - -]                out = floor((7 + 2 + 2 - 5) / 2) + 1 = 4
 *                        [- - - - -]
 *                            [- - - - -] */
#ifndef NN_WINDOW_H
#define NN_WINDOW_H

#include "nn/layer.h"

typedef struct WindowAxis {
    int kernel, stride, before, after, in, out;
} WindowAxis;

typedef struct Window {
    WindowAxis y, x;
} Window;

/* As they stand in the configuration: a number for both axes, or [height, width]. */
typedef struct WindowSettings {
    Node kernel, stride, padding;
} WindowSettings;

/* Reads the settings of a layer into a window over layer->in[0]; sets layer->out but for its
 * channels. `kernel` is what the layer calls the size of its window. An absent stride is that size,
 * an absent padding none; padding may also be a word:
 *   valid   none
 *   same    kernel - 1 in all, so that stride 1 keeps the size; half of it on both sides, and of an
 *           even kernel's odd rest one more at the end
 * STATUS_USER naming the layer and the shapes where no window fits. */
Err window_read(Layer *layer, const char *kernel, const WindowSettings *settings, Window *window);

/* The part [first, last) of something. */
typedef struct Range {
    int first, last;
} Range;

/* Which of `taps` cells, of which the first lies at `at`, are inside [0, size). May be empty, with
 * last == first. */
static inline Range range_inside(int at, int taps, int size)
{
    int first = at < 0 ? -at : 0, last = size - at < taps ? size - at : taps;
    return (Range){first, last > first ? last : first};
}

#endif
