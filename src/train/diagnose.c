/* Sums of micro-batches, kept one by one until all have theirs. */
#include "train/diagnose.h"

#include "math/vec.h"
#include "train/sight.h"

#include <math.h>
#include <string.h>

enum { OUTPUT, GRADIENT, SUMS };

static double *sums_of(const Diagnosis *d, int64_t m, int layer)
{
    return d->sums + (m * d->net->layer_count + layer) * SUMS;
}

/* So many doubles are brought together for a step of `leaves` micro-batches. */
static int64_t shared_count(const Diagnosis *d, int64_t leaves)
{
    int layers = d->net->layer_count;
    return d->unit[layers] + layers + leaves * layers * SUMS;
}

void diagnose_open(Diagnosis *d, const Net *net, int64_t leaves)
{
    int layers = net->layer_count, most = 1;
    *d = (Diagnosis){.net = net, .room = leaves};
    d->layer = arena_take(&d->arena, layers, sizeof *d->layer);
    d->unit = arena_take(&d->arena, layers + 1, sizeof *d->unit);
    d->gradient = arena_take(&d->arena, layers, sizeof *d->gradient);
    for (int i = 0; i < layers; i++) {
        const Layer *layer = &net->layers[i];
        bool dies = sight_dies(layer);
        d->unit[i + 1] = d->unit[i] + (dies ? layer->out.channels : 0);
        most = dies && layer->out.channels > most ? layer->out.channels : most;
    }
    d->alive = arena_take(&d->arena, most, sizeof *d->alive);
    d->all = arena_take(&d->arena, shared_count(d, leaves), sizeof *d->all);
    d->lives = d->all;
    d->flat = d->lives + d->unit[layers];
    d->sums = d->flat + layers;
}

void diagnose_close(Diagnosis *d)
{
    arena_free(&d->arena);
    *d = (Diagnosis){0};
}

int64_t diagnose_bytes(const Diagnosis *d)
{
    return d->net ? shared_count(d, d->room) * (int64_t)sizeof *d->all : 0;
}

void diagnose_begin(Diagnosis *d, bool due)
{
    d->due = due;
    if (due)
        memset(d->all, 0, (size_t)diagnose_bytes(d));
}

static void note_alive(Diagnosis *d, const Pass *pass, int i)
{
    const Layer *layer = &d->net->layers[i];
    int channels = layer->out.channels;
    memset(d->alive, 0, (size_t)channels * sizeof *d->alive);
    sight_alive(layer, pass, d->net->y[i], d->alive);
    for (int u = 0; u < channels; u++)
        d->lives[d->unit[i] + u] += d->alive[u];
}

void diagnose_forward(Diagnosis *d, int64_t m, const Pass *pass, int i)
{
    if (!d->due)
        return;
    Sight sight = sight_output(&d->net->layers[i], pass, d->net->y[i]);
    sums_of(d, m, i)[OUTPUT] = sight.squares;
    d->flat[i] += sight.flat;
    if (sight_dies(&d->net->layers[i]))
        note_alive(d, pass, i);
}

void diagnose_loss(Diagnosis *d, const Real *dy, int lanes)
{
    if (d->due)
        d->gradient[d->net->layer_count - 1] =
            vec_square_sum(dy, shape_size(d->net->output) * lanes);
}

/* A layer's gradient is complete when it is that layer's own turn. */
void diagnose_backward(Diagnosis *d, int64_t m, int lanes, int i)
{
    if (!d->due)
        return;
    sums_of(d, m, i)[GRADIENT] = d->gradient[i];
    sight_gradients(d->net, i, lanes, d->gradient);
}

static double dead_share(const Diagnosis *d, int i)
{
    int64_t units = d->unit[i + 1] - d->unit[i], dead = 0;
    for (int64_t u = d->unit[i]; u < d->unit[i + 1]; u++)
        dead += d->lives[u] == 0;
    return units ? (double)dead / (double)units : NAN;
}

void diagnose_end(Diagnosis *d, const Comm *comm, int64_t leaves, int64_t samples)
{
    if (!d->due)
        return;
    comm_merge(comm, d->all, shared_count(d, leaves));
    for (int i = 0; i < d->net->layer_count; i++) {
        const Layer *layer = &d->net->layers[i];
        double outputs = (double)samples * (double)shape_size(layer->out), sum[SUMS] = {0};
        for (int64_t m = 0; m < leaves; m++)
            for (int s = 0; s < SUMS; s++)
                sum[s] += sums_of(d, m, i)[s];
        bool wanted = sight_wanted(d->net, i);
        d->layer[i] =
            (LayerFigures){.activation = sqrt(sum[OUTPUT] / outputs),
                           .gradient = wanted ? sqrt(sum[GRADIENT] / (double)samples) : NAN,
                           .dead = dead_share(d, i),
                           .saturated = sight_saturates(layer) ? d->flat[i] / outputs : NAN};
    }
}
