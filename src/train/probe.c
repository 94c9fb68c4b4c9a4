/* Looking for the first value that is not finite, in the order of computation: parameters, samples,
 * each layer's output, the loss, its gradient, and backward each layer's gradients. */
#include "train/probe.h"

#include "base/cut.h"
#include "base/mem.h"
#include "train/fault.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { WORDS = 600 };

/* What an array has in it. */
typedef struct Sight {
    bool nan, infinite;
    double largest; /* magnitude of what is finite */
    int lane;       /* of the first value that is not */
} Sight;

typedef struct Probe {
    Engine *e;
    int64_t m; /* micro-batch */
    const Pass *pass;
    Real *leaf;
    double *y, *dy; /* [layers] largest output, and largest gradient passed to it */
    double x;       /* largest of the samples */
    char text[WORDS];
} Probe;

Real probe_limit(const Engine *e)
{
    return REAL_MOST / (Real)e->leaves;
}

/* ---- looking ---- */

static void look_at(Sight *sight, Real value, int lane)
{
    if (!isfinite(value) && !sight->nan && !sight->infinite)
        sight->lane = lane;
    sight->nan |= isnan(value);
    sight->infinite |= isinf(value);
    if (isfinite(value))
        sight->largest = fmax(sight->largest, fabs((double)value));
}

/* Lanes that hold a sample. */
static Sight look_lanes(const Probe *p, const Real *x, int64_t rows)
{
    Sight sight = {0};
    for (int64_t r = 0; r < rows; r++)
        for (int lane = 0; lane < p->pass->lanes; lane++)
            if (p->pass->mask[lane] != 0)
                look_at(&sight, x[r * p->pass->lanes + lane], lane);
    return sight;
}

static Sight look(const Real *x, int64_t n)
{
    Sight sight = {0};
    for (int64_t i = 0; i < n; i++)
        look_at(&sight, x[i], 0);
    return sight;
}

static bool is_bad(Sight sight)
{
    return sight.nan || sight.infinite;
}

static const char *word(Sight sight)
{
    return sight.nan ? "not a number" : "infinite";
}

/* The largest parameter of a layer, or a negative number where it has none. */
static double largest_weight(const Probe *p, const Layer *layer)
{
    double largest = -1;
    for (int t = 0; t < layer->tensor_count; t++) {
        const Tensor *tensor = &layer->tensors[t];
        if (tensor->kind == TENSOR_PARAMETER)
            largest =
                fmax(largest, look(p->e->state.values + tensor->offset, tensor->size).largest);
    }
    return largest;
}

static double largest_input(const Probe *p, const Layer *layer)
{
    double largest = 0;
    for (int k = 0; k < layer->type->input_count; k++)
        largest = fmax(largest, layer->inputs[k] < 0 ? p->x : p->y[layer->inputs[k]]);
    return largest;
}

/* ---- telling ---- */

__attribute__((format(printf, 2, 3))) static void note(Probe *p, const char *format, ...)
{
    va_list arguments;
    int at = snprintf(p->text, sizeof p->text, "step %lld: ", (long long)p->e->state.step + 1);
    va_start(arguments, format);
    vsnprintf(p->text + at, sizeof p->text - (size_t)at, format, arguments);
    va_end(arguments);
}

/* ", largest weight 3" of a layer that has some. */
static const char *weight_text(const Probe *p, const Layer *layer, char *text, size_t size)
{
    double largest = largest_weight(p, layer);
    text[0] = '\0';
    if (largest >= 0)
        snprintf(text, size, ", largest weight %.3g", largest);
    return text;
}

static void look_at_output(Probe *p, int i)
{
    const Net *net = p->e->net;
    const Layer *layer = &net->layers[i];
    Sight sight = look_lanes(p, net->y[i], shape_size(layer->out));
    char weight[64];
    p->y[i] = sight.largest;
    if (is_bad(sight))
        note(p,
             "the output of %s is %s in micro-batch %lld\n"
             "  (largest input %.3g%s)",
             layer->name, word(sight), (long long)p->m, largest_input(p, layer),
             weight_text(p, layer, weight, sizeof weight));
}

/* What the backward pass says of layer i's tensors: gradients, and statistics of its input. */
static void look_at_tensor(Probe *p, int i, const Tensor *tensor)
{
    Sight sight = look(p->leaf + tensor->offset, tensor->size);
    bool learnt = tensor->kind == TENSOR_PARAMETER;
    const char *what = learnt ? "the gradient of " : "";
    if (is_bad(sight))
        note(p, "%s%s is %s in micro-batch %lld\n  (largest %s %.3g)", what,
             net_tensor_name(p->e->net, tensor), word(sight), (long long)p->m,
             learnt ? "gradient of the layer's output" : "input",
             learnt ? p->dy[i] : largest_input(p, &p->e->net->layers[i]));
    else if (sight.largest > (double)probe_limit(p->e))
        note(p, "%s%s is too large for a sum of %lld: %.3g in micro-batch %lld", what,
             net_tensor_name(p->e->net, tensor), (long long)p->e->leaves, sight.largest,
             (long long)p->m);
}

static void look_at_input_gradient(Probe *p, int i, int k)
{
    const Net *net = p->e->net;
    const Layer *layer = &net->layers[i];
    int from = layer->inputs[k];
    if (from < 0 || !net->dx[i][k])
        return;
    Sight sight = look_lanes(p, net->dy[from], shape_size(layer->in[k]));
    char weight[64];
    p->dy[from] = sight.largest;
    if (is_bad(sight) && !p->text[0])
        note(p,
             "the gradient that %s passes on is %s in micro-batch %lld\n"
             "  (largest gradient of its output %.3g%s)",
             layer->name, word(sight), (long long)p->m, p->dy[i],
             weight_text(p, layer, weight, sizeof weight));
}

static void layer_done(void *context, int i, bool backward)
{
    Probe *p = context;
    const Layer *layer = &p->e->net->layers[i];
    if (p->text[0])
        return;
    if (!backward) {
        look_at_output(p, i);
        return;
    }
    if (net_final(p->e->net, i) > 0)
        fault_spoil(p->e->state.step + 1, p->m, p->leaf);
    for (int t = 0; t < layer->tensor_count && !p->text[0]; t++)
        look_at_tensor(p, i, &layer->tensors[t]);
    for (int k = 0; k < layer->type->input_count; k++)
        look_at_input_gradient(p, i, k);
}

/* ---- in order ---- */

static void look_at_samples(Probe *p)
{
    const Feed *feed = &p->e->feed;
    int channels, height, width;
    dataset_shape(feed->data, &channels, &height, &width);
    Sight sight = look_lanes(p, feed->x, (int64_t)channels * height * width);
    p->x = sight.largest;
    if (is_bad(sight))
        note(p,
             "row %lld of the training part is %s when it is normalized and augmented,\n"
             "  in micro-batch %lld",
             (long long)feed->row[sight.lane], word(sight), (long long)p->m);
}

static void look_at_loss(Probe *p, double loss)
{
    const Net *net = p->e->net;
    int last = net->layer_count - 1;
    Sight of_loss = {.nan = isnan(loss), .infinite = isinf(loss)};
    Sight sight = look_lanes(p, p->e->dy, shape_size(net->output));
    p->dy[last] = sight.largest;
    if (is_bad(of_loss) || is_bad(sight))
        note(p, "the %s is %s in micro-batch %lld\n  (largest output of the net %.3g)",
             is_bad(of_loss) ? "loss" : "loss's gradient", word(is_bad(of_loss) ? of_loss : sight),
             (long long)p->m, p->y[last]);
}

/* As run_leaf of step.c. */
static void pass_through(Probe *p)
{
    Engine *e = p->e;
    double scalars[REDUCE_SCALARS] = {0};
    NetMarks marks = {layer_done, p};
    Pass pass = engine_pass(e, true);
    pass.marks = &marks;
    p->pass = &pass;
    look_at_samples(p);
    Targets targets = engine_targets(e);
    const Real *y = net_forward(e->net, &pass, e->state.values, e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    if (!p->text[0])
        look_at_loss(p, scalars[SCALAR_LOSS]);
    if (!p->text[0])
        net_backward(e->net, &pass, e->state.values, e->feed.x, e->dy, p->leaf);
    if (!p->text[0])
        note(p,
             "micro-batch %lld was not finite, and is when it is computed again:\n  this "
             "machine makes mistakes",
             (long long)p->m);
}

Err probe_run(Engine *e, int64_t m)
{
    const Tensor *bad = state_bad_tensor(&e->state);
    if (bad)
        FAIL(STATUS_DIVERGED, "step %lld: the update of the step before has made %s %s",
             (long long)e->state.step + 1, net_tensor_name(e->net, bad),
             word(look(e->state.values + bad->offset, bad->size)));
    if (m < 0)
        FAIL(STATUS_DIVERGED, "step %lld: the loss is not a number: the samples' weights are zero",
             (long long)e->state.step + 1);
    int64_t first = e->state.samples;
    watch_phase(e->watch, e->state.step + 1, PHASE_COMPUTE);
    TRY(feed_train(&e->feed, first + cut(e->global, m, e->leaves),
                   first + cut(e->global, m + 1, e->leaves)));
    Probe p = {.e = e, .m = m};
    p.leaf = mem_alloc(e->net->extent, sizeof *p.leaf);
    p.y = mem_alloc(e->net->layer_count, sizeof *p.y);
    p.dy = mem_alloc(e->net->layer_count, sizeof *p.dy);
    pass_through(&p);
    mem_free(p.leaf);
    mem_free(p.y);
    mem_free(p.dy);
    FAIL(STATUS_DIVERGED, "%s", p.text);
}
