/* The gradient check, on the user's own net and first samples: the formulas of the
 * backward pass against differences of the loss (in the double twin, see gradient.h), and the
 * kernels that will do the work against those formulas. */
#include "lab/check_inside.h"

#include "base/rng.h"
#include "lab/gradient.h"
#include "train/fault.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 16 };
static const double formulas_wrong = 1e-5;                     /* relative errors */
static const double kernels_look = 5e-3, kernels_wrong = 5e-2; /* of float; kinks may fall apart */

static double *pack(Check *c, const Real *vector)
{
    const Net *net = c->engine->net;
    int64_t n = 0, at = 0;
    for (int i = 0; i < net->tensor_count; i++)
        n += net->tensors[i]->size;
    double *packed = arena_take(&c->arena, n, sizeof *packed);
    for (int i = 0; i < net->tensor_count; i++)
        for (int64_t e = 0; e < net->tensors[i]->size; e++)
            packed[at++] = (double)vector[net->tensors[i]->offset + e];
    return packed;
}

static double *widen(Check *c, const Real *x, int64_t n)
{
    double *wide = arena_take(&c->arena, n, sizeof *wide);
    for (int64_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    return wide;
}

/* The initial values, moved by a tenth: where a gamma or a bias is 0, whole images of zeros would
 * lie on the kink of a relu, where there is no derivative. */
static Real *move(Check *c, const Real *values)
{
    const Net *net = c->engine->net;
    Real *moved = arena_take(&c->arena, net->extent, sizeof *moved);
    memcpy(moved, values, (size_t)net->extent * sizeof *moved);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *t = net->tensors[i];
        double squares = 0;
        for (int64_t k = 0; k < t->size; k++)
            squares += (double)values[t->offset + k] * (double)values[t->offset + k];
        double size = fmax(sqrt(squares / (double)t->size), 0.1);
        for (int64_t k = 0; k < t->size; k++) {
            Draw draw = rng_draw((uint64_t)c->config->seed, (uint64_t)i, (uint64_t)k, 1);
            moved[t->offset + k] += (Real)(0.2 * size * (rng_unit(draw.word[0]) - 0.5));
        }
    }
    return moved;
}

static Err compare(Check *c, const Real *initial, GradientReport *report)
{
    Engine *e = c->engine;
    Feed *feed = &e->feed;
    double scalars[REDUCE_SCALARS];
    GradientTask task = {.model = c->config->model,
                         .loss = c->config->loss,
                         .data = c->config->data,
                         .classes = e->loss.task.classes,
                         .targets = e->loss.task.values,
                         .lanes = feed->lanes,
                         .seed = (uint64_t)c->config->seed,
                         .position = feed->position};
    dataset_shape(feed->data, &task.channels, &task.height, &task.width);
    Real *values = move(c, initial);
    Real *leaf = arena_take(&c->arena, e->net->extent, sizeof *leaf);
    Pass pass = engine_pass(e, true);
    Targets targets = engine_targets(e);
    const Real *y = net_forward(e->net, &pass, values, feed->x);
    loss_run(&e->loss, &pass, y, &targets, scalars, e->dy);
    net_backward(e->net, &pass, values, feed->x, e->dy, leaf);
    fault_spoil(0, 0, leaf);
    task.x = widen(c, feed->x, (int64_t)task.channels * task.height * task.width * feed->lanes);
    task.label = targets.label;
    task.value =
        targets.value ? widen(c, targets.value, (int64_t)task.targets * feed->lanes) : NULL;
    task.mask = widen(c, feed->mask, feed->lanes);
    task.values = pack(c, values);
    task.leaf = pack(c, leaf);
    return gradient_check(&task, report);
}

static void judge(Check *c, const GradientReport *r)
{
    bool formulas = !(r->error < formulas_wrong), kernels = !(r->kernels < kernels_wrong);
    Judgement verdict = formulas || kernels         ? VERDICT_WRONG
                        : r->kernels > kernels_look ? VERDICT_LOOK
                                                    : VERDICT_OK;
    verdicts_add(c->verdicts, "gradient check", verdict,
                 formulas  ? "the backward pass of that layer: see tests/test_layers.c"
                 : verdict ? "build for this CPU, run the unit tests (scripts/test.sh), and "
                             "`lockstep selftest ranks`"
                           : NULL,
                 "relative error %.1e against central differences in double (%s); kernels within "
                 "%.1e of that (%s); %d tensors",
                 r->error, r->error_in, r->kernels, r->kernels_in, r->tensors);
}

Err check_gradient(Check *c, const Real *values)
{
    GradientReport report;
    int64_t samples = c->engine->global < SAMPLES ? c->engine->global : SAMPLES;
    if (samples > c->engine->micro)
        samples = c->engine->micro;
    TRY(look_gather(c, 0, samples));
    TRY(comm_agree(c->comm, c->comm->rank == 0 ? compare(c, values, &report) : NULL));
    if (c->comm->rank == 0)
        judge(c, &report);
    return NULL;
}
