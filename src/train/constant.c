/* Targets alone are gathered, twice: to find the constant, and to measure it. */
#include "train/constant.h"

#include "base/cut.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { SAMPLES_MOST = 8192 };

typedef struct Constant {
    const Engine *e;
    int64_t count; /* samples */
    int lanes, outputs;
    int64_t *row;   /* [lanes] */
    int32_t *label; /* [lanes] */
    Real *value;    /* [targets][lanes] */
    Real *mask;     /* [lanes] */
    Real *y;        /* [outputs][lanes] */
    double *share;  /* [outputs] weights of the classes' samples, or sums of targets */
    double weight;  /* of all samples */
} Constant;

/* Lanes from sample `lo` on. */
static void gather(Constant *c, int64_t lo)
{
    const Feed *feed = &c->e->feed;
    for (int lane = 0; lane < c->lanes; lane++) {
        int64_t i = lo + lane;
        bool used = i < c->count;
        int64_t place = used ? cut(feed->count[PART_TRAIN], i, c->count) : 0;
        c->row[lane] = used ? sampler_part_row(&feed->sampler, PART_TRAIN, place) : -1;
        c->mask[lane] = used;
    }
    dataset_gather_targets(feed->data, PART_TRAIN, c->row, c->lanes, c->label, c->value);
}

/* Of labels for one output, the share of class 1. */
static void add(Constant *c)
{
    const Loss *loss = &c->e->loss;
    for (int lane = 0; lane < c->lanes; lane++) {
        if (c->row[lane] < 0)
            continue;
        int label = c->label[lane];
        bool classes = loss->task.classes > 0;
        double weight = classes && loss->class_weight ? (double)loss->class_weight[label] : 1;
        c->weight += weight;
        for (int k = 0; k < c->outputs; k++) {
            double target = !classes          ? (double)c->value[k * c->lanes + lane]
                            : c->outputs == 1 ? label
                                              : label == k;
            c->share[k] += weight * target;
        }
    }
}

/* As the loss wants it: scores. */
static void answer(Constant *c)
{
    const char *activates = c->e->loss.type->activates;
    bool softmax = activates && strcmp(activates, "softmax") == 0;
    for (int k = 0; k < c->outputs; k++) {
        double share = c->share[k] / c->weight, p = fmin(fmax(share, 1e-6), 1 - 1e-6);
        double y = softmax ? log(p) : activates ? log(p / (1 - p)) : share;
        for (int lane = 0; lane < c->lanes; lane++)
            c->y[k * c->lanes + lane] = (Real)y;
    }
}

static double measure(Constant *c)
{
    double loss = 0, weight = 0;
    bool classes = c->e->loss.task.classes > 0;
    Pass pass = {.lanes = c->lanes, .mask = c->mask};
    Targets targets = {classes ? c->label : NULL, classes ? NULL : c->value, c->mask};
    for (int64_t lo = 0; lo < c->count; lo += c->lanes) {
        double scalars[SCALAR_COUNT];
        gather(c, lo);
        loss_run(&c->e->loss, &pass, c->y, &targets, scalars, NULL);
        loss += scalars[SCALAR_LOSS];
        weight += scalars[SCALAR_WEIGHT];
    }
    return loss / weight;
}

double constant_loss(const Engine *e)
{
    int64_t most = e->feed.count[PART_TRAIN];
    Constant c = {.e = e,
                  .count = most < SAMPLES_MOST ? most : SAMPLES_MOST,
                  .lanes = e->feed.room,
                  .outputs = e->loss.task.outputs};
    int targets = dataset_targets(e->feed.data);
    c.row = mem_alloc(c.lanes, sizeof *c.row);
    c.label = mem_alloc(c.lanes, sizeof *c.label);
    c.value = mem_alloc((int64_t)targets * c.lanes, sizeof *c.value);
    c.mask = mem_alloc(c.lanes, sizeof *c.mask);
    c.y = mem_alloc((int64_t)c.outputs * c.lanes, sizeof *c.y);
    c.share = mem_alloc(c.outputs, sizeof *c.share);
    for (int64_t lo = 0; lo < c.count; lo += c.lanes) {
        gather(&c, lo);
        add(&c);
    }
    answer(&c);
    double loss = measure(&c);
    void *arrays[] = {c.row, c.label, c.value, c.mask, c.y, c.share};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        mem_free(arrays[i]);
    return loss;
}
