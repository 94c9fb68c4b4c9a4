/* What the files of a check share. Each judges one idea and adds its lines to one list:
 *
 *     check_data.c      the file: values, labels, constant features, what train and test share
 *     check_start.c     before the first step: inputs, targets, output layer, loss, weights
 *     check_layers.c    activations, gradients, dead and saturated units, layer by layer
 *     check_gradient.c  the net's gradients against differences of its loss, in double
 *     check_overfit.c   whether it can learn one micro-batch by heart
 *     check_learn.c     a short training, and the rate against a short range test
 *
 * on what check_look.c has measured. Thresholds are rules of thumb; each stands in a table or
 * beside its line. How many steps are made depends on the net's operations alone, not on the clock:
 * the same lines on any number of ranks. */
#ifndef LAB_CHECK_INSIDE_H
#define LAB_CHECK_INSIDE_H

#include "base/verdict.h"
#include "train/engine.h"

#include <stdbool.h>

typedef struct Check {
    const Comm *comm;
    const Config *config;
    Verdicts *verdicts; /* rank 0's count */
    Engine *engine;
    Arena arena;
    double *shares; /* [share_count] of the classes, or the targets' means; rank 0; NULL:
                       unknown */
    int share_count;
} Check;

/* What one layer does in a few micro-batches. */
typedef struct LayerLook {
    double rms, largest; /* of its output */
    double spread;       /* deviation of an output over the samples, rms over the outputs */
    double gradient;     /* norm of the gradient of its output; NAN: nobody wanted it */
    int64_t units, dead; /* of a relu: channels or features; those that were 0 for all samples */
    double saturated;    /* share of a sigmoid's or tanh's outputs that are at its flat ends */
} LayerLook;

/* What the first micro-batches of a run look like with given values. Rank 0's. */
typedef struct Look {
    Arena arena;
    int64_t samples;
    int batches;
    double weight;
    double x_mean, x_rms, x_largest;
    double x_least_deviation, x_most_deviation; /* over channels that are not constant */
    double t_least, t_most, t_mean, t_rms;      /* targets of a regression */
    double loss;                                /* mean, as training sees it */
    double zero;                                /* the same of outputs that are all 0 */
    double constant;  /* of the best constant output that c->shares tell of; NAN: unknown */
    LayerLook *layer; /* [layers] */
    Real *leaf;       /* [extent] the sum of all leaves */
} Look;

/* Runs up to LOOK_BATCHES micro-batches of the first step forward and backward. `values` [extent]
 * matter on rank 0 alone. Collective; look_free in any case. */
enum { LOOK_BATCHES = 16 };
Err look_make(Check *check, const Real *values, Look *look);
void look_free(Look *look);
/* The next step is the run's first one, for the feed. Collective. */
Err look_rewind(Check *check);
/* Samples [lo, hi) of the run, which are in its first step: gathered on every rank. */
Err look_gather(Check *check, int64_t lo, int64_t hi);
/* The mean loss of those same micro-batches as an evaluation sees them. Collective. */
Err look_evaluate(Check *check, const Real *values, double *loss);
/* Loss of the gathered samples with a constant `answer` [outputs]: summed. */
double look_constant(const Check *check, const Pass *pass, const double *answer);
/* The best constant output that c->shares tell of, in `answer` [outputs]; false: unknown. */
bool look_best_constant(const Check *check, double *answer);

/* Steps of so many samples that `operations` are enough for, from `least` to `most`. */
int64_t check_steps(const Check *check, double operations, int64_t samples, int64_t least,
                    int64_t most);

/* The parts. Each adds its lines; what is said in Err is what training would meet, too. */
/* Surveys the data file. *built: nothing was found that no run can be built on. Collective. */
Err check_data(Check *check, bool *built);
void check_start(Check *check, const Look *look, const Real *values);
/* With `trained`, as it is after a short training: only what has died since is said. */
void check_layers(Check *check, const Look *look, bool trained);
/* Collective. `values` and others as for look_make. */
Err check_gradient(Check *check, const Real *values);
Err check_overfit(Check *check, const Real *values);
/* Trains the engine from its initial values, and then again. `start`: how it began. Collective. */
Err check_learn(Check *check, const Look *start);

#endif
