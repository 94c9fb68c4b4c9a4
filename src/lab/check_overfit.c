/* One micro-batch learnt by heart: whoever cannot do that cannot learn anything. With Adam, which
 * needs no rate of the user's, dropout's mask being the same in every step. */
#include "lab/check_inside.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SAMPLES = 16, LEAST = 60, MOST = 4000 };
static const double operations = 2e11;
static const double near_zero = 0.05; /* of the loss that a constant answer has */

typedef struct Overfit {
    Engine *e;
    Real *values, *leaf;
    double *mean, *square; /* of the gradient */
    double rate;
} Overfit;

/* Kingma and Ba 2015, algorithm 1. */
static void update(Overfit *o, int64_t step)
{
    const double beta1 = 0.9, beta2 = 0.999;
    double first = 1 - pow(beta1, (double)step), second = 1 - pow(beta2, (double)step);
    for (int64_t i = 0; i < o->e->net->parameter_extent; i++) {
        double g = (double)o->leaf[i];
        o->mean[i] = beta1 * o->mean[i] + (1 - beta1) * g;
        o->square[i] = beta2 * o->square[i] + (1 - beta2) * g * g;
        o->values[i] -= (Real)(o->rate * o->mean[i] / first / (sqrt(o->square[i] / second) + 1e-8));
    }
}

/* The mean loss before the update, and whether all classes are right. */
static double step(Overfit *o, int64_t number, bool *right)
{
    Engine *e = o->e;
    double scalars[REDUCE_SCALARS];
    Pass pass = engine_pass(e, true);
    Targets targets = engine_targets(e);
    const Real *y = net_forward(e->net, &pass, o->values, e->feed.x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    net_backward(e->net, &pass, o->values, e->feed.x, e->dy, o->leaf);
    for (int64_t i = 0; i < e->net->parameter_extent; i++)
        o->leaf[i] /= (Real)scalars[SCALAR_WEIGHT];
    update(o, number);
    *right = loss_accuracy(&e->loss, scalars) == 1;
    return scalars[SCALAR_LOSS] / scalars[SCALAR_WEIGHT];
}

static void judge(Check *c, double best, double constant, bool right, int64_t steps, int samples)
{
    bool learnt = best <= near_zero * constant || right;
    Judgement verdict = learnt ? VERDICT_OK : best > 0.6 * constant ? VERDICT_WRONG : VERDICT_LOOK;
    verdicts_add(
        c->verdicts, "one batch", verdict,
        verdict ? "a larger net, less dropout; or see to gradients, dead units and labels" : NULL,
        "%d samples: loss %.3g after %" PRId64 " steps%s; %.3g is that of one answer for all",
        samples, best, steps, right ? ", all right" : "", constant);
}

static void overfit(Check *c, const Real *values, int samples)
{
    Engine *e = c->engine;
    const Net *net = e->net;
    Overfit o = {.e = e};
    o.values = mem_alloc(net->extent, sizeof *o.values);
    o.leaf = mem_alloc(net->extent, sizeof *o.leaf);
    o.mean = mem_alloc(net->parameter_extent, sizeof *o.mean);
    o.square = mem_alloc(net->parameter_extent, sizeof *o.square);
    memcpy(o.values, values, (size_t)net->extent * sizeof *o.values);
    Pass pass = engine_pass(e, true);
    double *answer = arena_take(&c->arena, e->loss.task.outputs, sizeof *answer);
    look_best_constant(c, answer); /* or zeros */
    double constant = look_constant(c, &pass, answer) / pass.weight, best = INFINITY;
    double size = 0; /* of targets: outputs have as far to go */
    Targets targets = engine_targets(e);
    for (int64_t i = 0; targets.value && i < (int64_t)e->loss.task.outputs * pass.lanes; i++)
        size = fmax(size, fabs((double)targets.value[i]));
    o.rate = 0.003 * fmax(1, size / 4);
    int64_t most = check_steps(c, operations, samples, LEAST, MOST), steps = 0;
    bool right = false;
    while (steps < most && best > near_zero * constant) {
        bool now;
        double loss = step(&o, ++steps, &now);
        best = fmin(best, loss);
        right |= now;
        if (!isfinite(loss))
            break;
    }
    judge(c, best, constant, right, steps, samples);
    mem_free(o.values);
    mem_free(o.leaf);
    mem_free(o.mean);
    mem_free(o.square);
}

Err check_overfit(Check *c, const Real *values)
{
    const Engine *e = c->engine;
    int64_t samples = e->global < SAMPLES ? e->global : SAMPLES;
    if (samples > e->micro)
        samples = e->micro;
    TRY(look_gather(c, 0, samples));
    if (c->comm->rank == 0)
        overfit(c, values, (int)samples);
    return NULL;
}
