/* See the header: this file is compiled with Real double. One derivative a tensor: with d of length
 * one, half along the gradient g and half random,
 *
 *     (L(w + h d) - L(w - h d)) / 2 h   against   g d
 *
 * Rounding leaves about 1e-16 L / h of error, a relu or a maximum whose kink lies within h a little
 * more; so three h are tried, and the best of them counts. What is as small beside the largest
 * gradient as rounding is not judged more sharply. */
#include "lab/gradient.h"

#include "base/rng.h"
#include "math/lanes.h"
#include "nn/loss.h"
#include "nn/net.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(Real) == sizeof(double), "gradient.c is compiled with REAL_IS_DOUBLE");

static const double steps[] = {1e-6, 1e-5, 1e-7};
static const double least = 1e-4; /* of the largest gradient: what errors are relative to, too */

typedef struct Twin {
    const GradientTask *task;
    Net *net;
    Loss loss;
    Arena arena;
    Pass pass;
    Targets targets;
    Real *values, *leaf, *own, *direction, *dy;
} Twin;

static double run(Twin *t, bool backward)
{
    double scalars[SCALAR_COUNT];
    const Real *y = net_forward(t->net, &t->pass, t->values, t->task->x);
    loss_run(&t->loss, &t->pass, y, &t->targets, scalars, backward ? t->dy : NULL);
    if (backward)
        net_backward(t->net, &t->pass, t->values, t->task->x, t->dy, t->leaf);
    return scalars[SCALAR_LOSS];
}

static void unpack(const Net *net, const double *packed, Real *vector)
{
    int64_t at = 0;
    for (int i = 0; i < net->tensor_count; i++) {
        memcpy(vector + net->tensors[i]->offset, packed + at,
               (size_t)net->tensors[i]->size * sizeof *vector);
        at += net->tensors[i]->size;
    }
}

static Err build(Twin *t)
{
    const GradientTask *task = t->task;
    TRY(net_build(&t->net, task->model, (Shape){task->height, task->width, task->channels},
                  task->lanes));
    Task wanted = {.outputs = (int)shape_size(t->net->output),
                   .classes = task->classes,
                   .values = task->targets,
                   .last = &t->net->layers[t->net->layer_count - 1],
                   .data = task->data};
    TRY(loss_build(&t->loss, task->loss, &t->arena, wanted, task->lanes));
    Real **vectors[] = {&t->values, &t->leaf, &t->own, &t->direction};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = arena_take(&t->arena, t->net->extent, sizeof(Real));
    t->dy = arena_take(&t->arena, (int64_t)wanted.outputs * task->lanes, sizeof(Real));
    unpack(t->net, task->values, t->values);
    unpack(t->net, task->leaf, t->own);
    t->targets = (Targets){task->label, task->value, task->mask};
    t->pass = (Pass){.lanes = task->lanes,
                     .training = true,
                     .seed = task->seed,
                     .position = task->position,
                     .mask = task->mask};
    t->pass.weight = loss_weigh(&t->loss, &t->pass, &t->targets);
    return NULL;
}

static double norm(const Real *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* Fills t->direction for the tensor; returns g d. */
static double choose_direction(Twin *t, const Tensor *tensor)
{
    Real *d = t->direction, *g = t->leaf + tensor->offset;
    int64_t n = tensor->size;
    for (int64_t i = 0; i < n; i++) {
        Draw draw = rng_draw(t->task->seed, (uint64_t)tensor->offset, (uint64_t)i, 0);
        d[i] = rng_unit(draw.word[0]) - 0.5;
    }
    double random = norm(d, n), along = norm(g, n), product = 0;
    for (int64_t i = 0; i < n; i++)
        d[i] = d[i] / random + (along > 0 ? g[i] / along : 0);
    double length = norm(d, n);
    for (int64_t i = 0; i < n; i++) {
        d[i] /= length;
        product += d[i] * g[i];
    }
    return product;
}

static double loss_at(Twin *t, const Tensor *tensor, const Real *origin, double h)
{
    Real *w = t->values + tensor->offset;
    for (int64_t i = 0; i < tensor->size; i++)
        w[i] = origin[i] + h * t->direction[i];
    return run(t, false);
}

static double error_of(Twin *t, const Tensor *tensor, double largest, Real *origin)
{
    Real *w = t->values + tensor->offset;
    double best = INFINITY, product = choose_direction(t, tensor);
    memcpy(origin, w, (size_t)tensor->size * sizeof *w);
    for (size_t k = 0; k < sizeof steps / sizeof *steps && best > 1e-7; k++) {
        double h = steps[k];
        double up = loss_at(t, tensor, origin, h), down = loss_at(t, tensor, origin, -h);
        double difference = (up - down) / (2 * h);
        double size = fmax(fmax(fabs(product), fabs(difference)), least * largest);
        double error = size > 0 ? fabs(product - difference) / size : 0;
        best = isnan(error) ? NAN : error < best ? error : best;
    }
    memcpy(w, origin, (size_t)tensor->size * sizeof *w);
    return best;
}

static void note(Twin *t, const Tensor *tensor, double error, double *worst, char name[256])
{
    if (error <= *worst || isnan(*worst)) /* not a number is the worst */
        return;
    *worst = error;
    snprintf(name, 256, "%s", net_tensor_name(t->net, tensor));
}

static void compare(Twin *t, GradientReport *report)
{
    const Net *net = t->net;
    double largest = 0;
    run(t, true);
    for (int i = 0; i < net->parameter_tensors; i++)
        largest = fmax(largest, norm(t->leaf + net->tensors[i]->offset, net->tensors[i]->size));
    Real *other = arena_take(&t->arena, net->extent, sizeof *other);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *tensor = net->tensors[i];
        const Real *g = t->leaf + tensor->offset, *own = t->own + tensor->offset;
        for (int64_t k = 0; k < tensor->size; k++)
            other[k] = own[k] - g[k];
        double size = fmax(norm(g, tensor->size), least * largest);
        double kernels = size > 0 ? norm(other, tensor->size) / size : 0;
        note(t, tensor, kernels, &report->kernels, report->kernels_in);
        note(t, tensor, error_of(t, tensor, largest, other), &report->error, report->error_in);
        report->tensors++;
    }
}

Err gradient_check(const GradientTask *task, GradientReport *report)
{
    Twin twin = {.task = task};
    *report = (GradientReport){.error = -1, .kernels = -1};
    Err err = build(&twin);
    if (!err)
        compare(&twin, report);
    net_free(twin.net);
    arena_free(&twin.arena);
    return err;
}
