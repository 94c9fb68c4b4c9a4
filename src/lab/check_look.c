/* Looking at the first micro-batches of a run: right after each layer, because activations share
 * memory, and afterwards it is too late. */
#include "lab/check_inside.h"

#include "base/cut.h"
#include "math/vec.h"
#include "train/sight.h"

#include <math.h>
#include <string.h>

/* One micro-batch under way. */
typedef struct Passing {
    Engine *e;
    const Pass *pass;
    Look *look;
    double *gradient; /* [layers] squared norm of the gradient of its output, as last seen */
    bool **alive;     /* [layers][units] of a relu */
} Passing;

Err look_rewind(Check *c)
{
    Engine *e = c->engine;
    TRY(feed_rewind(&e->feed, c->comm, c->config));
    return comm_agree(c->comm, feed_step(&e->feed, 0, clock_before(&e->clock, e->length)));
}

Err look_gather(Check *c, int64_t lo, int64_t hi)
{
    return comm_agree(c->comm, feed_train(&c->engine->feed, lo, hi));
}

int64_t check_steps(const Check *c, double operations, int64_t samples, int64_t least, int64_t most)
{
    double steps = operations / (net_training_flops(c->engine->net) * (double)samples);
    return steps < (double)least ? least : steps > (double)most ? most : (int64_t)steps;
}

/* ---- constants ---- */

double look_constant(const Check *c, const Pass *pass, const double *answer)
{
    Engine *e = c->engine;
    int outputs = e->loss.task.outputs;
    double scalars[REDUCE_SCALARS];
    Real *y = mem_alloc((int64_t)outputs * pass->lanes, sizeof *y);
    for (int k = 0; k < outputs; k++)
        for (int lane = 0; lane < pass->lanes; lane++)
            y[(int64_t)k * pass->lanes + lane] = answer ? (Real)answer[k] : 0;
    Targets targets = engine_targets(e);
    loss_run(&e->loss, pass, y, &targets, scalars, NULL);
    mem_free(y);
    return scalars[SCALAR_LOSS];
}

bool look_best_constant(const Check *c, double *answer)
{
    const Loss *loss = &c->engine->loss;
    int outputs = loss->task.outputs;
    const char *activates = loss->type->activates;
    bool softmax = activates && strcmp(activates, "softmax") == 0;
    bool one = loss->task.classes && outputs == 1; /* of two classes, the score of class 1 */
    if (!c->shares)
        return false;
    for (int k = 0; k < outputs; k++) {
        int from = one ? 1 : k;
        double share = from < c->share_count ? c->shares[from] : 0;
        double p = fmin(fmax(share, 1e-6), 1 - 1e-6);
        answer[k] = softmax ? log(p) : activates ? log(p / (1 - p)) : share;
    }
    return true;
}

/* ---- one micro-batch ---- */

static void look_at_output(Passing *p, int i)
{
    const Layer *layer = &p->e->net->layers[i];
    const Real *y = p->e->net->y[i];
    LayerLook *l = &p->look->layer[i];
    Sight sight = sight_output(layer, p->pass, y);
    l->largest = isnan(sight.largest) ? NAN : fmax(l->largest, sight.largest);
    l->rms += sight.squares / sight.count;
    l->spread += sight.within / sight.count;
    l->saturated += sight.flat / sight.count;
    if (p->alive[i])
        sight_alive(layer, p->pass, y, p->alive[i]);
}

static void layer_done(void *context, int i, bool backward)
{
    Passing *p = context;
    if (backward)
        sight_gradients(p->e->net, i, p->pass->lanes, p->gradient);
    else
        look_at_output(p, i);
}

static void look_at_targets(Look *look, const Targets *targets, const Pass *pass, int outputs)
{
    for (int lane = 0; lane < pass->lanes && targets->value; lane++)
        for (int k = 0; k < outputs && pass->mask[lane] != 0; k++) {
            double t = (double)targets->value[(int64_t)k * pass->lanes + lane];
            look->t_least = fmin(look->t_least, t);
            look->t_most = fmax(look->t_most, t);
            look->t_mean += t / outputs;
            look->t_rms += t * t / outputs;
        }
}

/* Sums over the samples of each channel: [channels][2]. */
static void look_at_inputs(Look *look, const Engine *e, const Pass *pass, double *sums)
{
    int channels, height, width;
    dataset_shape(e->feed.data, &channels, &height, &width);
    int64_t rows = (int64_t)channels * height * width;
    for (int64_t r = 0; r < rows; r++)
        for (int lane = 0; lane < pass->lanes; lane++) {
            double v = pass->mask[lane] != 0 ? (double)e->feed.x[r * pass->lanes + lane] : 0;
            sums[2 * (r % channels)] += v;
            sums[2 * (r % channels) + 1] += v * v;
            look->x_largest = fmax(look->x_largest, fabs(v));
        }
}

static void run_batch(Passing *p, const Real *values, const double *best, double *sums, Real *leaf)
{
    Engine *e = p->e;
    Look *look = p->look;
    double scalars[REDUCE_SCALARS] = {0};
    NetMarks marks = {layer_done, p};
    Pass pass = engine_pass(e, true);
    Targets targets = engine_targets(e);
    Check only_engine = {.engine = e};
    pass.marks = &marks;
    p->pass = &pass;
    look_at_inputs(look, e, &pass, sums);
    look_at_targets(look, &targets, &pass, e->loss.task.outputs);
    look->zero += look_constant(&only_engine, &pass, NULL);
    look->constant += best ? look_constant(&only_engine, &pass, best) : NAN;
    const Real *y = net_forward(e->net, &pass, values, e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    int last = e->net->layer_count - 1;
    p->gradient[last] = vec_square_sum(e->dy, shape_size(e->net->output) * pass.lanes);
    net_backward(e->net, &pass, values, e->feed.x, e->dy, leaf);
    vec_add(look->leaf, look->leaf, leaf, e->net->extent);
    look->loss += scalars[SCALAR_LOSS];
    look->weight += scalars[SCALAR_WEIGHT];
    look->samples += (int64_t)scalars[SCALAR_SAMPLES];
    for (int i = 0; i <= last; i++)
        look->layer[i].gradient += p->gradient[i];
    look->batches++;
}

/* ---- all ---- */

static void finish_inputs(Look *look, const Engine *e, const double *sums)
{
    int channels, height, width;
    dataset_shape(e->feed.data, &channels, &height, &width);
    double n = (double)look->samples * height * width, mean = 0, square = 0;
    for (int c = 0; c < channels; c++) {
        double own = sums[2 * c] / n, variance = sums[2 * c + 1] / n - own * own;
        mean += own / channels;
        square += sums[2 * c + 1] / n / channels;
        if (variance <= 1e-12 * (own * own))
            continue;
        double deviation = sqrt(variance);
        look->x_least_deviation = fmin(look->x_least_deviation, deviation);
        look->x_most_deviation = fmax(look->x_most_deviation, deviation);
    }
    look->x_mean = mean;
    look->x_rms = sqrt(square);
}

static void finish(Look *look, const Passing *p)
{
    const Net *net = p->e->net;
    double batches = look->batches, samples = (double)look->samples;
    look->loss /= look->weight;
    look->zero /= look->weight;
    look->constant /= look->weight;
    look->t_mean /= samples;
    look->t_rms = sqrt(look->t_rms / samples);
    for (int i = 0; i < net->layer_count; i++) {
        LayerLook *l = &look->layer[i];
        l->rms = sqrt(l->rms / batches);
        l->spread = sqrt(l->spread / batches);
        l->gradient = sqrt(l->gradient / samples);
        l->saturated /= batches;
        for (int u = 0; u < net->layers[i].out.channels && p->alive[i]; u++) {
            l->units++;
            l->dead += !p->alive[i][u];
        }
    }
}

static void open_passing(Passing *p, Look *look, Engine *e)
{
    const Net *net = e->net;
    *p = (Passing){.e = e, .look = look};
    p->gradient = arena_take(&look->arena, net->layer_count, sizeof *p->gradient);
    p->alive = arena_take(&look->arena, net->layer_count, sizeof *p->alive);
    for (int i = 0; i < net->layer_count; i++) {
        p->gradient[i] = NAN;
        if (sight_dies(&net->layers[i]))
            p->alive[i] = arena_take(&look->arena, net->layers[i].out.channels, sizeof(bool));
    }
}

static int64_t batches_of(const Engine *e)
{
    return e->leaves < LOOK_BATCHES ? e->leaves : LOOK_BATCHES;
}

Err look_make(Check *c, const Real *values, Look *look)
{
    Engine *e = c->engine;
    Passing p;
    int channels, height, width;
    *look = (Look){.x_least_deviation = INFINITY, .t_least = INFINITY, .t_most = -INFINITY};
    look->layer = arena_take(&look->arena, e->net->layer_count, sizeof *look->layer);
    look->leaf = arena_take(&look->arena, e->net->extent, sizeof(Real));
    dataset_shape(e->feed.data, &channels, &height, &width);
    double *sums = arena_take(&look->arena, 2 * (int64_t)channels, sizeof *sums);
    double *best = arena_take(&look->arena, e->loss.task.outputs, sizeof *best);
    Real *leaf = arena_take(&look->arena, e->net->extent, sizeof *leaf);
    bool known = look_best_constant(c, best);
    open_passing(&p, look, e);
    for (int64_t m = 0; m < batches_of(e); m++) {
        TRY(look_gather(c, cut(e->global, m, e->leaves), cut(e->global, m + 1, e->leaves)));
        if (c->comm->rank == 0)
            run_batch(&p, values, known ? best : NULL, sums, leaf);
    }
    if (c->comm->rank != 0)
        return NULL;
    finish_inputs(look, e, sums);
    finish(look, &p);
    return NULL;
}

void look_free(Look *look)
{
    arena_free(&look->arena);
    *look = (Look){0};
}

Err look_evaluate(Check *c, const Real *values, double *loss)
{
    Engine *e = c->engine;
    double sum = 0, weight = 0, scalars[REDUCE_SCALARS] = {0};
    for (int64_t m = 0; m < batches_of(e); m++) {
        TRY(look_gather(c, cut(e->global, m, e->leaves), cut(e->global, m + 1, e->leaves)));
        if (c->comm->rank != 0)
            continue;
        Pass pass = engine_pass(e, false);
        Targets targets = engine_targets(e);
        const Real *y = net_forward(e->net, &pass, values, e->feed.x);
        loss_run(&e->loss, &pass, y, &targets, scalars, NULL);
        sum += scalars[SCALAR_LOSS];
        weight += scalars[SCALAR_WEIGHT];
    }
    *loss = sum / weight;
    return NULL;
}
