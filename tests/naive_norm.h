/* The slow reference of the normalisations. One function does all three: it is told which numbers
 * belong together and which parameter an element takes. */
#ifndef TESTS_NAIVE_NORM_H
#define TESTS_NAIVE_NORM_H

#include "naive_io.h"

/* What an element of a sample belongs to. */
typedef struct NaivePlace {
    int group, groups; /* numbers normalised together, in all samples or in one */
    int64_t parameter;
} NaivePlace;

static inline bool naive_is(const Layer *layer, const char *type)
{
    return strcmp(layer->type->name, type) == 0;
}

static inline NaivePlace naive_place(const Layer *layer, int sample, int64_t element)
{
    int channels = layer->out.channels, c = (int)(element % channels);
    int64_t pixel = element / channels, pixels = shape_pixels(layer->out);
    if (naive_is(layer, "batch_norm"))
        return (NaivePlace){c, channels, c};
    if (naive_is(layer, "layer_norm"))
        return (NaivePlace){sample, 0, c * pixels + pixel};
    int groups = (int)naive_setting(layer, "groups"), width = channels / groups;
    return (NaivePlace){sample * groups + c / width, groups, c};
}

enum { NAIVE_GROUPS = 4096 };
typedef struct NaiveGroup {
    double n, mean, variance, level, slope;
} NaiveGroup;

/* Mean and variance, number by number, in two passes. */
static inline void naive_measure(const Layer *layer, const NaiveIo *io, NaiveGroup *groups)
{
    int64_t size = shape_size(layer->out);
    memset(groups, 0, NAIVE_GROUPS * sizeof *groups);
    for (int64_t i = 0; i < io->samples * size; i++) {
        NaiveGroup *g = &groups[naive_place(layer, (int)(i / size), i % size).group];
        g->n += 1;
        g->mean += io->x[0][i];
    }
    for (int g = 0; g < NAIVE_GROUPS && groups[g].n > 0; g++)
        groups[g].mean /= groups[g].n;
    for (int64_t i = 0; i < io->samples * size; i++) {
        NaiveGroup *g = &groups[naive_place(layer, (int)(i / size), i % size).group];
        g->variance += (io->x[0][i] - g->mean) * (io->x[0][i] - g->mean) / g->n;
    }
    for (int c = 0; naive_is(layer, "batch_norm") && !io->pass->training && c < layer->out.channels;
         c++) {
        groups[c].mean = io->values[layer->tensors[2].offset + c];
        groups[c].variance = io->values[layer->tensors[3].offset + c];
    }
}

static inline double naive_h(const Layer *layer, const NaiveGroup *g, double x)
{
    return (x - g->mean) / sqrt(g->variance + naive_setting(layer, "epsilon"));
}

static inline void naive_norm_forward(const Layer *layer, const NaiveIo *io)
{
    static NaiveGroup groups[NAIVE_GROUPS];
    int64_t size = shape_size(layer->out);
    naive_measure(layer, io, groups);
    for (int64_t i = 0; i < io->samples * size; i++) {
        NaivePlace at = naive_place(layer, (int)(i / size), i % size);
        double weight = io->values[layer->tensors[0].offset + at.parameter];
        double bias = io->values[layer->tensors[1].offset + at.parameter];
        io->y[i] = weight * naive_h(layer, &groups[at.group], io->x[0][i]) + bias;
    }
}

/* What batch_norm's leaf carries: the batch's statistics, the variance unbiased; at evaluation the
 * running ones as they are. */
static inline void naive_statistics(const Layer *layer, const NaiveIo *io, const NaiveGroup *groups)
{
    for (int c = 0; naive_is(layer, "batch_norm") && c < layer->out.channels; c++) {
        double n = groups[c].n, unbiased = io->pass->training ? n / (n - 1) : 1;
        io->leaf[layer->tensors[2].offset + c] = io->pass->weight * groups[c].mean;
        io->leaf[layer->tensors[3].offset + c] = io->pass->weight * groups[c].variance * unbiased;
    }
}

static inline void naive_norm_backward(const Layer *layer, const NaiveIo *io)
{
    static NaiveGroup groups[NAIVE_GROUPS];
    int64_t size = shape_size(layer->out);
    bool fixed = naive_is(layer, "batch_norm") && !io->pass->training;
    naive_measure(layer, io, groups);
    naive_statistics(layer, io, groups);
    for (int64_t i = 0; i < io->samples * size; i++) {
        NaivePlace at = naive_place(layer, (int)(i / size), i % size);
        NaiveGroup *g = &groups[at.group];
        double h = naive_h(layer, g, io->x[0][i]);
        double weight = io->values[layer->tensors[0].offset + at.parameter];
        io->leaf[layer->tensors[0].offset + at.parameter] += io->dy[i] * h;
        io->leaf[layer->tensors[1].offset + at.parameter] += io->dy[i];
        g->level += fixed ? 0 : io->dy[i] * weight / g->n;
        g->slope += fixed ? 0 : io->dy[i] * weight * h / g->n;
    }
    for (int64_t i = 0; i < io->samples * size; i++) {
        NaivePlace at = naive_place(layer, (int)(i / size), i % size);
        const NaiveGroup *g = &groups[at.group];
        double weight = io->values[layer->tensors[0].offset + at.parameter];
        double h = naive_h(layer, g, io->x[0][i]);
        io->dx[0][i] += (io->dy[i] * weight - g->level - h * g->slope) /
                        sqrt(g->variance + naive_setting(layer, "epsilon"));
    }
}

#endif
