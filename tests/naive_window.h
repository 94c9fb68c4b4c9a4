/* The slow, obvious reference of what moves a window over an image: convolution and pooling. */
#ifndef TESTS_NAIVE_WINDOW_H
#define TESTS_NAIVE_WINDOW_H

#include "naive_io.h"

/* A setting that is a number for both axes or [height, width]; axis 0 is the height. */
static inline int naive_axis(const Layer *layer, const char *key, int axis)
{
    Node node = conf_get(layer->settings, key);
    return atoi(conf_scalar(conf_item(node, conf_count(node) == 2 ? axis : 0)));
}

/* One axis of a window, read off the settings; `kernel` is the key of its size. */
typedef struct NaiveAxis {
    int kernel, stride, before;
} NaiveAxis;

static inline NaiveAxis naive_window(const Layer *layer, const char *kernel, int axis)
{
    NaiveAxis window = {.kernel = naive_axis(layer, kernel, axis)};
    bool strided = conf_exists(conf_get(layer->settings, "stride"));
    window.stride = strided ? naive_axis(layer, "stride", axis) : window.kernel;
    const char *word = conf_scalar(conf_get(layer->settings, "padding"));
    if (word && strcmp(word, "same") == 0)
        window.before = (window.kernel - 1) / 2;
    else if (conf_exists(conf_get(layer->settings, "padding")) && !(word && *word == 'v'))
        window.before = naive_axis(layer, "padding", axis);
    return window;
}

/* A step of a convolution or pooling: one input cell in the window of one output pixel. */
typedef struct NaiveStep {
    int y, x;        /* in the window */
    int64_t in, out; /* pixels */
} NaiveStep;

/* Calls `visit` for every cell of every window that lies inside the image, row by row. */
static inline void naive_windows(const Layer *layer, const char *kernel,
                                 void (*visit)(const Layer *, const NaiveIo *, const NaiveStep *),
                                 const NaiveIo *io)
{
    NaiveAxis h = naive_window(layer, kernel, 0), w = naive_window(layer, kernel, 1);
    Shape in = layer->in[0], out = layer->out;
    for (int oy = 0; oy < out.height; oy++)
        for (int ox = 0; ox < out.width; ox++)
            for (int y = 0; y < h.kernel; y++)
                for (int x = 0; x < w.kernel; x++) {
                    int iy = oy * h.stride - h.before + y, ix = ox * w.stride - w.before + x;
                    if (iy < 0 || ix < 0 || iy >= in.height || ix >= in.width)
                        continue;
                    visit(layer, io,
                          &(NaiveStep){.y = y,
                                       .x = x,
                                       .in = (int64_t)iy * in.width + ix,
                                       .out = (int64_t)oy * out.width + ox});
                }
}

/* The place of weight (o, c, step.y, step.x). */
static inline int64_t naive_conv_weight(const Layer *layer, const NaiveStep *step, int o, int c)
{
    const int64_t *dims = layer->tensors[0].dims;
    return layer->tensors[0].offset + ((o * dims[1] + c) * dims[2] + step->y) * dims[3] + step->x;
}

static inline void naive_conv_step(const Layer *layer, const NaiveIo *io, const NaiveStep *step)
{
    int in = layer->in[0].channels, out = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int o = 0; o < out; o++)
            for (int c = 0; c < in; c++)
                io->y[s * shape_size(layer->out) + step->out * out + o] +=
                    io->values[naive_conv_weight(layer, step, o, c)] *
                    io->x[0][s * shape_size(layer->in[0]) + step->in * in + c];
}

static inline void naive_conv_forward(const Layer *layer, const NaiveIo *io)
{
    int out = layer->out.channels;
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        io->y[i] = layer->tensor_count > 1 ? io->values[layer->tensors[1].offset + i % out] : 0;
    naive_windows(layer, "kernel", naive_conv_step, io);
}

static inline void naive_conv_step_back(const Layer *layer, const NaiveIo *io,
                                        const NaiveStep *step)
{
    int in = layer->in[0].channels, out = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int o = 0; o < out; o++)
            for (int c = 0; c < in; c++) {
                double dy = io->dy[s * shape_size(layer->out) + step->out * out + o];
                int64_t x = s * shape_size(layer->in[0]) + step->in * in + c;
                int64_t weight = naive_conv_weight(layer, step, o, c);
                io->leaf[weight] += dy * io->x[0][x];
                io->dx[0][x] += dy * io->values[weight];
            }
}

static inline void naive_conv_backward(const Layer *layer, const NaiveIo *io)
{
    int out = layer->out.channels;
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        if (layer->tensor_count > 1)
            io->leaf[layer->tensors[1].offset + i % out] += io->dy[i];
    naive_windows(layer, "kernel", naive_conv_step_back, io);
}

static inline void naive_max_step(const Layer *layer, const NaiveIo *io, const NaiveStep *step)
{
    int channels = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int c = 0; c < channels; c++) {
            double *y = &io->y[s * shape_size(layer->out) + step->out * channels + c];
            double x = io->x[0][s * shape_size(layer->in[0]) + step->in * channels + c];
            *y = x > *y ? x : *y;
        }
}

static inline void naive_max_forward(const Layer *layer, const NaiveIo *io)
{
    for (int64_t i = 0; i < io->samples * shape_size(layer->out); i++)
        io->y[i] = -INFINITY;
    naive_windows(layer, "size", naive_max_step, io);
}

/* Takes dy where the maximum is met for the first time, and marks y with NaN then. */
static inline void naive_max_step_back(const Layer *layer, const NaiveIo *io, const NaiveStep *step)
{
    int channels = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int c = 0; c < channels; c++) {
            int64_t y = s * shape_size(layer->out) + step->out * channels + c;
            int64_t x = s * shape_size(layer->in[0]) + step->in * channels + c;
            if (io->x[0][x] == io->y[y]) {
                io->dx[0][x] += io->dy[y];
                io->y[y] = NAN;
            }
        }
}

static inline void naive_max_backward(const Layer *layer, const NaiveIo *io)
{
    naive_windows(layer, "size", naive_max_step_back, io);
    naive_max_forward(layer, io);
}

static inline double naive_avg_share(const Layer *layer)
{
    return 1.0 / (naive_axis(layer, "size", 0) * naive_axis(layer, "size", 1));
}

static inline void naive_avg_step(const Layer *layer, const NaiveIo *io, const NaiveStep *step)
{
    int channels = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int c = 0; c < channels; c++)
            io->y[s * shape_size(layer->out) + step->out * channels + c] +=
                naive_avg_share(layer) *
                io->x[0][s * shape_size(layer->in[0]) + step->in * channels + c];
}

static inline void naive_avg_forward(const Layer *layer, const NaiveIo *io)
{
    memset(io->y, 0, (size_t)(io->samples * shape_size(layer->out)) * sizeof *io->y);
    naive_windows(layer, "size", naive_avg_step, io);
}

static inline void naive_avg_step_back(const Layer *layer, const NaiveIo *io, const NaiveStep *step)
{
    int channels = layer->out.channels;
    for (int s = 0; s < io->samples; s++)
        for (int c = 0; c < channels; c++)
            io->dx[0][s * shape_size(layer->in[0]) + step->in * channels + c] +=
                naive_avg_share(layer) *
                io->dy[s * shape_size(layer->out) + step->out * channels + c];
}

static inline void naive_avg_backward(const Layer *layer, const NaiveIo *io)
{
    naive_windows(layer, "size", naive_avg_step_back, io);
}

static inline void naive_global_forward(const Layer *layer, const NaiveIo *io)
{
    int64_t pixels = shape_pixels(layer->in[0]), channels = layer->in[0].channels;
    for (int s = 0; s < io->samples; s++)
        for (int64_t c = 0; c < channels; c++) {
            double sum = 0;
            for (int64_t p = 0; p < pixels; p++)
                sum += io->x[0][(s * pixels + p) * channels + c];
            io->y[s * channels + c] = sum / (double)pixels;
        }
}

static inline void naive_global_backward(const Layer *layer, const NaiveIo *io)
{
    int64_t pixels = shape_pixels(layer->in[0]), channels = layer->in[0].channels;
    for (int64_t i = 0; i < io->samples * pixels * channels; i++)
        io->dx[0][i] += io->dy[i / (pixels * channels) * channels + i % channels] / (double)pixels;
}

#endif
