/* Losses: what the net is measured by, and the gradient with respect to its output. Sums over
 * samples, never means: the division by the global weight happens once, after the reduction. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include "nn/layer.h"

/* Sums over the samples of a micro-batch, in double; added up by the reduction tree. */
enum {
    SCALAR_LOSS,    /* sum of weight x loss */
    SCALAR_WEIGHT,  /* sum of weights: what the loss and the gradient are divided by */
    SCALAR_SAMPLES, /* number of samples: what counts are divided by */
    SCALAR_CORRECT, /* samples whose largest output is their class (classification) */
    SCALAR_COUNT
};

typedef struct Targets {
    const int32_t *label; /* [lanes] classes, or NULL */
    const Real *value;    /* [outputs][lanes] regression targets, or NULL */
    const Real *weight;   /* [lanes] 0 in padding lanes */
} Targets;

typedef struct Loss Loss;

typedef struct LossType {
    const char *name;
    const char *help;
    const char *main_key;
    const Field *fields;
    size_t self_size;
    bool classifies; /* targets are labels; else values */
    /* Whether the net's output can feed it: `outputs` features for `classes` classes or `values`
     * target values a sample. */
    Err (*check)(const Loss *loss, int outputs, int targets);
    /* From the net's output y [outputs][lanes]: fills `scalars`, and dy unless it is NULL. */
    void (*run)(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy);
} LossType;

struct Loss {
    const LossType *type;
    Node node;
    int outputs;
    void *self;
    Real *scratch; /* [outputs][lanes] */
    Real *weight;  /* [lanes] of the micro-batch under way; 0 in padding lanes */
};

extern const LossType *const loss_types[];

/* Reads `loss:` (a name or {name: settings}). Memory from `arena`. */
Err loss_build(Loss *loss, Node node, Arena *arena, int outputs, int targets, int lanes);
/* Weighs the samples of a micro-batch; returns their sum. */
double loss_weigh(const Loss *loss, const Pass *pass, const Targets *targets);
/* Fills scalars[SCALAR_COUNT]; dy may be NULL. Lanes with mask 0 get dy = 0. */
void loss_run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
              double *scalars, Real *dy);

#endif
