/* A layer at a time is built as a net and run by itself: forward, the gradient of its weights, and
 * both gradients, in turns with the limit that it is held against. Other programs disturb all of
 * them alike; the best time of each is its own.
 *
 *     round 1   limit  forward  dW  dW+dx          limit: sgemm at 512 x 512 x 512, or memcpy
 *     round 2   limit  forward  dW  dW+dx
 *     ..                                           dx = best(dW+dx) - best(dW) */
#include "lab/bench.h"

#include "base/cut.h"
#include "base/term.h"
#include "math/lanes.h"
#include "math/limit.h"
#include "nn/net.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 15, DENSE_LANES = 128, OTHER_LANES = 64 };

static const double shortest = 1e-3; /* seconds of one measurement */

/* What passes through memory beside x and y forward, dy and dx backward. */
enum { X = 1, Y = 2, WORK = 4 };

typedef struct Subject {
    const char *what, *model;
    Shape input;
    int index;       /* of the layer in the model */
    int forth, back; /* of what memory limits: X | Y | WORK */
} Subject;

#define DENSE(title, in, out)                                                                      \
    {                                                                                              \
        title, "[{dense: " #out "}]", {1, 1, in}, 0, 0, 0                                          \
    }
#define CONV(title, in, out, side, settings)                                                       \
    {                                                                                              \
        title, "[{conv2d: {filters: " #out ", padding: same, " settings "}}]", {side, side, in},   \
            0, 0, 0                                                                                \
    }
/* A net must learn something. */
#define STREAM(type, entry, forth, back)                                                           \
    {                                                                                              \
        type, "[" entry ", flatten, {dense: 1}]", {28, 28, 32}, 0, forth, back                     \
    }

static const Subject subjects[] = {
    DENSE("dense 512 -> 512", 512, 512),
    DENSE("dense 784 -> 256", 784, 256),
    CONV("conv 3x3   1 -> 16  28x28", 1, 16, 28, "kernel: 3"),
    CONV("conv 3x3   1 -> 32  28x28", 1, 32, 28, "kernel: 3"),
    CONV("conv 5x5   1 -> 32  28x28", 1, 32, 28, "kernel: 5"),
    CONV("conv 3x3  16 -> 16  28x28", 16, 16, 28, "kernel: 3"),
    CONV("conv 5x5  16 -> 32  14x14", 16, 32, 14, "kernel: 5"),
    CONV("conv 3x3  32 -> 32  14x14", 32, 32, 14, "kernel: 3"),
    CONV("conv 3x3  32 -> 64  28x28", 32, 64, 28, "kernel: 3"),
    CONV("conv 5x5  32 -> 64  14x14", 32, 64, 14, "kernel: 5"),
    CONV("conv 3x3  64 -> 64  14x14", 64, 64, 14, "kernel: 3"),
    CONV("conv 3x3  64 -> 64  7x7", 64, 64, 7, "kernel: 3"),
    CONV("conv 3x3  16 -> 32  28x28 / 2", 16, 32, 28, "kernel: 3, stride: 2"),
    CONV("conv 3x3  32 -> 64  14x14 / 2", 32, 64, 14, "kernel: 3, stride: 2"),
    CONV("conv 1x1  16 -> 32  28x28 / 2", 16, 32, 28, "kernel: 1, stride: 2"),
    STREAM("relu", "relu", 0, Y),
    STREAM("leaky_relu", "leaky_relu", 0, Y),
    STREAM("tanh", "tanh", 0, Y),
    STREAM("gelu", "gelu", 0, X),
    STREAM("dropout", "{dropout: 0.5}", WORK, WORK),
    {"add", "[linear, {add: [input, 00_linear]}, flatten, {dense: 1}]", {28, 28, 32}, 1, 0, 0},
    STREAM("flatten", "flatten", 0, 0),
    STREAM("max_pool", "{max_pool: 2}", 0, X | Y),
    STREAM("avg_pool", "{avg_pool: 2}", 0, 0),
    STREAM("global_average_pool", "global_average_pool", 0, 0),
    STREAM("batch_norm", "batch_norm", X, X),
    STREAM("layer_norm", "layer_norm", X, X),
    STREAM("group_norm", "{group_norm: 8}", X, X),
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* A layer with everything that it reads and writes, and what it is held against. */
typedef struct Stand {
    Conf *conf;
    Net *net;
    Arena arena;
    const Layer *layer;
    Pass pass;
    Io io;
    Real *dx[LAYER_INPUTS];
    bool product;       /* else memory is the limit */
    int64_t limit_size; /* elements that the copy copies */
    Limit limit;        /* of a product */
    Real *from, *to;    /* of the copy */
} Stand;

static Real *take_noise(Stand *s, int64_t count)
{
    Real *values = arena_take(&s->arena, count, sizeof *values);
    uint32_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        values[i] = (Real)(state >> 8) / (1 << 24) - (Real)0.5;
    }
    return values;
}

static int64_t inputs_size(const Layer *layer)
{
    int64_t size = 0;
    for (int k = 0; k < layer->type->input_count; k++)
        size += shape_size(layer->in[k]);
    return size;
}

static void take_arrays(Stand *s, int lanes)
{
    const Layer *layer = s->layer;
    Real *mask = arena_take(&s->arena, lanes, sizeof *mask);
    for (int i = 0; i < lanes; i++)
        mask[i] = 1;
    s->pass = (Pass){.lanes = lanes, .training = true, .mask = mask};
    s->pass.position = arena_take(&s->arena, lanes, sizeof *s->pass.position);
    for (int k = 0; k < layer->type->input_count; k++) {
        s->io.x[k] = take_noise(s, shape_size(layer->in[k]) * lanes);
        s->dx[k] = take_noise(s, shape_size(layer->in[k]) * lanes);
    }
    s->io.y = take_noise(s, shape_size(layer->out) * lanes);
    s->io.dy = take_noise(s, shape_size(layer->out) * lanes);
    s->io.values = take_noise(s, s->net->extent);
    s->io.leaf = take_noise(s, s->net->extent);
    s->io.work = take_noise(s, layer->work_rows * lanes);
    s->io.scratch = take_noise(s, layer->scratch + layer->scratch_rows * lanes);
    s->limit_size = (inputs_size(layer) + shape_size(layer->out)) * lanes / 2;
    if (s->product)
        limit_open(&s->limit);
    s->from = take_noise(s, s->limit_size);
    s->to = take_noise(s, s->limit_size);
}

bool bench_is_product(const Layer *layer)
{
    return layer->type->main_key && layer->tensor_count > 0 && layer->tensors[0].rank > 1;
}

static void stand_open(Stand *s, const Subject *subject, int lanes)
{
    char text[512];
    *s = (Stand){0};
    snprintf(text, sizeof text, "model: %s\n", subject->model);
    Err err = conf_parse(&s->conf, "bench", text, NULL, 0);
    CHECK(!err, "%s", err_text(err));
    err = net_build(&s->net, conf_get(conf_root(s->conf), "model"), subject->input, lanes);
    CHECK(!err, "%s", err_text(err));
    s->layer = &s->net->layers[subject->index];
    s->product = bench_is_product(s->layer);
    take_arrays(s, lanes);
}

static void stand_close(Stand *s)
{
    limit_close(&s->limit);
    arena_free(&s->arena);
    net_free(s->net);
    conf_free(s->conf);
}

/* What is measured. */
typedef enum Work { LIMIT, FORWARD, WEIGHTS, BOTH, WORKS } Work;

static void work_once(Stand *s, Work work)
{
    const LayerType *type = s->layer->type;
    if (work == LIMIT && s->product)
        limit_multiply(&s->limit);
    else if (work == LIMIT)
        memcpy(s->to, s->from, (size_t)s->limit_size * sizeof(Real));
    else if (work == FORWARD)
        type->forward(s->layer, &s->pass, &s->io);
    else {
        for (int k = 0; k < LAYER_INPUTS; k++)
            s->io.dx[k] = work == BOTH ? s->dx[k] : NULL;
        type->backward(s->layer, &s->pass, &s->io);
    }
}

/* Seconds of one, as the mean of `repeats`. */
static double measure(Stand *s, Work work, int64_t repeats)
{
    double begun = term_clock();
    for (int64_t i = 0; i < repeats; i++)
        work_once(s, work);
    return (term_clock() - begun) / (double)repeats;
}

/* The best time of each kind of work. Only products have WEIGHTS. */
static void measure_all(Stand *s, double best[WORKS])
{
    int64_t repeats[WORKS] = {0};
    for (int w = 0; w < WORKS; w++)
        if (w != WEIGHTS || s->product) {
            best[w] = measure(s, (Work)w, 1);
            repeats[w] = 1 + (int64_t)(shortest / best[w]);
        }
    for (int round = 0; round < ROUNDS; round++)
        for (int w = 0; w < WORKS; w++) {
            double time = repeats[w] ? measure(s, (Work)w, repeats[w]) : 0;
            best[w] = time < best[w] ? time : best[w];
        }
}

/* Floating-point operations, or bytes; `more` as in Subject. */
static double amount(const Stand *s, int more)
{
    const Layer *layer = s->layer;
    double in = (double)inputs_size(layer), out = (double)shape_size(layer->out);
    if (s->product)
        return layer->flops * s->pass.lanes;
    return (in + out + (more & X ? in : 0) + (more & Y ? out : 0) +
            (more & WORK ? (double)layer->work_rows : 0)) *
           s->pass.lanes * sizeof(Real);
}

static void rate(const Stand *s, const Subject *subject, const double best[WORKS], BenchRow *row)
{
    double copied = 2.0 * (double)s->limit_size * sizeof(Real);
    double of_limit = s->product ? limit_flops() : copied;
    double input = best[BOTH] - (s->product ? best[WEIGHTS] : 0);
    row->product = s->product;
    row->limit = of_limit / best[LIMIT] / 1e9;
    row->rate[BENCH_FORWARD] = amount(s, subject->forth) / best[FORWARD] / 1e9;
    row->rate[BENCH_INPUT] = amount(s, subject->back) / input / 1e9;
    row->rate[BENCH_WEIGHT] = s->product ? amount(s, 0) / best[WEIGHTS] / 1e9 : 0;
}

/* A layer that memory limits is called by its type's name. This build may not have them all. */
static bool exists(const Subject *subject)
{
    return strchr(subject->what, ' ') || layer_type(subject->what);
}

bool bench_next(int *at, int lanes, BenchRow *row)
{
    while (*at < SUBJECTS && !exists(&subjects[*at]))
        ++*at;
    if (*at >= SUBJECTS)
        return false;
    const Subject *subject = &subjects[(*at)++];
    bool dense = strncmp(subject->what, "dense", 5) == 0;
    int used = lanes ? (int)round_up(lanes, LANES) : dense ? DENSE_LANES : OTHER_LANES;
    Stand stand;
    double best[WORKS];
    stand_open(&stand, subject, used);
    measure_all(&stand, best);
    rate(&stand, subject, best, row);
    snprintf(row->what, sizeof row->what, "%s", subject->what);
    stand_close(&stand);
    return true;
}
