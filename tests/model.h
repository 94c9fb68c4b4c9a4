/* A net under test: built from a line of YAML, with values, a leaf, and a batch whose last lanes
 * are padding. Tests hold samples as rows of doubles, [sample][feature]; batch_pack and
 * batch_unpack go to the engine's [feature][lane] and back. */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "base/cut.h"
#include "base/rng.h"
#include "math/gemm.h"
#include "math/lanes.h"
#include "nn/net.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef REAL_IS_DOUBLE
#define REAL_EPSILON DBL_EPSILON
#else
#define REAL_EPSILON FLT_EPSILON
#endif

typedef struct Model {
    Conf *conf;
    Net *net;
    Real *values, *leaf;
} Model;

/* `layers` is a YAML list, such as "[{dense: 4}, relu]". */
static inline Err model_open(Model *model, const char *layers, Shape input, int lanes)
{
    char text[4096];
    snprintf(text, sizeof text, "model: %s\n", layers);
    *model = (Model){0};
    gemm_init();
    TRY(conf_parse(&model->conf, "test.yaml", text, NULL, 0));
    TRY(net_build(&model->net, conf_get(conf_root(model->conf), "model"), input, lanes));
    model->values = mem_alloc(model->net->extent, sizeof(Real));
    model->leaf = mem_alloc(model->net->extent, sizeof(Real));
    return NULL;
}

static inline void model_close(Model *model)
{
    mem_free(model->values);
    mem_free(model->leaf);
    net_free(model->net);
    conf_free(model->conf);
}

typedef struct Batch {
    int samples;
    Pass pass;
    Real *mask; /* also the weights: 1 for each sample */
    int64_t *position;
} Batch;

static inline Batch batch_open(int samples, bool training)
{
    int lanes = (int)round_up(samples, LANES);
    Batch batch = {.samples = samples,
                   .mask = mem_alloc(lanes, sizeof(Real)),
                   .position = mem_alloc(lanes, sizeof(int64_t))};
    for (int i = 0; i < samples; i++) {
        batch.mask[i] = 1;
        batch.position[i] = 1000 + i;
    }
    batch.pass = (Pass){.lanes = lanes,
                        .training = training,
                        .seed = 7,
                        .position = batch.position,
                        .mask = batch.mask,
                        .weight = samples};
    return batch;
}

static inline void batch_close(Batch *batch)
{
    mem_free(batch->mask);
    mem_free(batch->position);
}

/* [sample][feature] to [feature][lane], zeros in the padding. A new array. */
static inline Real *batch_pack(const Batch *batch, const double *rows, int64_t features)
{
    Real *packed = mem_alloc(features * batch->pass.lanes, sizeof(Real));
    for (int64_t f = 0; f < features; f++)
        for (int s = 0; s < batch->samples; s++)
            packed[f * batch->pass.lanes + s] = (Real)rows[s * features + f];
    return packed;
}

static inline double *batch_unpack(const Batch *batch, const Real *packed, int64_t features)
{
    double *rows = mem_alloc(features * batch->samples, sizeof *rows);
    for (int64_t f = 0; f < features; f++)
        for (int s = 0; s < batch->samples; s++)
            rows[s * features + f] = (double)packed[f * batch->pass.lanes + s];
    return rows;
}

/* `count` reproducible numbers of [-1, 1) that a Real holds exactly. */
static inline double *noise(int64_t count, uint64_t stream)
{
    double *values = mem_alloc(count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (double)(Real)(2 * rng_unit(rng_draw(stream, 99, (uint64_t)i, 0).word[0]) - 1);
    return values;
}

static inline double *doubles(const Real *values, int64_t count)
{
    double *copy = mem_alloc(count, sizeof *copy);
    for (int64_t i = 0; i < count; i++)
        copy[i] = (double)values[i];
    return copy;
}

/* The largest difference, relative to the largest wanted size. Not-a-number counts as infinite. */
static inline double difference(const double *got, const double *want, int64_t count)
{
    double worst = 0, scale = 0;
    for (int64_t i = 0; i < count; i++) {
        double error = fabs(got[i] - want[i]);
        worst = error <= worst ? worst : error;
        scale = fmax(scale, fabs(want[i]));
    }
    if (worst == 0)
        return 0;
    return worst == worst && scale > 0 ? worst / scale : INFINITY;
}

#endif
