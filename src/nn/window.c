/* Windows: kernel, stride and padding from the configuration, and the shape that they lead to. */
#include "nn/window.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 12 };

static Err read_number(Node node, const char *key, int least, int *value)
{
    const char *text = conf_scalar(node);
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : 0;
    if (!text || end == text || *end || number < least || number > LARGEST)
        return conf_fail(node, "\"%s\" is a whole number from %d to %d, or [height, width] of such",
                         key, least, LARGEST);
    *value = (int)number;
    return NULL;
}

/* A number for both axes, or a pair. */
static Err read_pair(Node node, const char *key, int least, int *y, int *x)
{
    int count = conf_count(node);
    if (conf_is_list(node) && count != 2)
        return conf_fail(node, "\"%s\" is a number or [height, width]; found a list of %d", key,
                         count);
    TRY(read_number(conf_item(node, 0), key, least, y));
    return read_number(conf_item(node, count - 1), key, least, x);
}

static void pad_same(WindowAxis *axis)
{
    axis->before = (axis->kernel - 1) / 2;
    axis->after = axis->kernel - 1 - axis->before;
}

static Err read_padding(Node node, Window *w)
{
    const char *word = conf_scalar(node);
    if (!conf_exists(node) || (word && strcmp(word, "valid") == 0))
        return NULL;
    if (word && strcmp(word, "same") == 0) {
        pad_same(&w->y);
        pad_same(&w->x);
        return NULL;
    }
    if (word && (*word < '0' || *word > '9'))
        return conf_fail(
            node, "\"padding\" is same, valid, a number or [height, width]; found \"%s\"", word);
    TRY(read_pair(node, "padding", 0, &w->y.before, &w->x.before));
    w->y.after = w->y.before;
    w->x.after = w->x.before;
    return NULL;
}

/* How often the window fits. */
static int places(const WindowAxis *axis)
{
    int room = axis->before + axis->in + axis->after - axis->kernel;
    return room < 0 ? 0 : room / axis->stride + 1;
}

Err window_read(Layer *layer, const char *kernel, const WindowSettings *settings, Window *window)
{
    Shape in = layer->in[0];
    WindowAxis *y = &window->y, *x = &window->x;
    *window = (Window){.y.in = in.height, .x.in = in.width};
    TRY(read_pair(settings->kernel, kernel, 1, &y->kernel, &x->kernel));
    y->stride = y->kernel;
    x->stride = x->kernel;
    if (conf_exists(settings->stride))
        TRY(read_pair(settings->stride, "stride", 1, &y->stride, &x->stride));
    TRY(read_padding(settings->padding, window));
    y->out = places(y);
    x->out = places(x);
    if (y->out == 0 || x->out == 0)
        return layer_fail(layer,
                          "a window of %dx%d does not fit into its input: %dx%dx%d (height x width "
                          "x channels), padded to %dx%d",
                          y->kernel, x->kernel, in.height, in.width, in.channels,
                          y->before + y->in + y->after, x->before + x->in + x->after);
    layer->out.height = y->out;
    layer->out.width = x->out;
    return NULL;
}
