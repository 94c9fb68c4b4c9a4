/* Losses: what the net is measured by, and the gradient with respect to its output. Sums over
 * samples, never means: the division by the global weight happens once, after the reduction. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include "nn/layer.h"

/* Sums over the samples of a micro-batch, in double; added up by the reduction tree. */
enum {
    SCALAR_LOSS,          /* weight x loss */
    SCALAR_WEIGHT,        /* weights: what the loss and the gradient are divided by */
    SCALAR_SAMPLES,       /* samples: what counts are divided by */
    SCALAR_CORRECT,       /* right answers: classes, or values on the right side of 1/2 */
    SCALAR_TOP,           /* samples whose class is among the top_k largest outputs */
    SCALAR_ERROR,         /* |y - t|, over all outputs */
    SCALAR_ERROR_SQUARE,  /* (y - t)^2 */
    SCALAR_TARGET,        /* t */
    SCALAR_TARGET_SQUARE, /* t^2 */
    SCALAR_COUNT
};

/* What is said of a net beside its loss and its accuracy. */
typedef enum Figure { FIGURE_TOP, FIGURE_RMSE, FIGURE_MAE, FIGURE_R2, FIGURE_COUNT } Figure;
extern const char *const figure_names[FIGURE_COUNT]; /* "top_k_accuracy", "rmse", ... */

typedef struct Targets {
    const int32_t *label; /* [lanes] classes, or NULL */
    const Real *value;    /* [outputs][lanes] regression targets, or NULL; both NULL: unlabelled */
    const Real *weight;   /* [lanes] 0 in padding lanes */
} Targets;

/* What the net gives and what the data want. Neither classes nor values: the data are unlabelled,
 * and loss_build puts here what the loss would take of such a net. */
typedef struct Task {
    int outputs;
    int classes;       /* labels are below this; 0: the targets are values */
    int values;        /* target values a sample; 0: the targets are labels */
    const Layer *last; /* of the net, and the section `data`: for messages; NULL, absent: unknown */
    Node data;
} Task;

static inline bool task_is_unlabelled(Task task)
{
    return task.classes == 0 && task.values == 0;
}

typedef struct Loss Loss;

typedef struct LossType {
    const char *name;
    const char *help;
    const char *main_key;
    const Field *fields;
    size_t self_size;
    int variant;           /* which one, where one file holds a family of types */
    const char *activates; /* the layer whose work it does itself: "softmax"; NULL: none */
    /* Whether the task is one for it, STATUS_USER if not; sets what it has in Loss. */
    Err (*setup)(Loss *loss, Arena *arena);
    /* From the net's output y [outputs][lanes]: fills `scalars`, and dy unless it is NULL. */
    void (*run)(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy);
    /* The outputs as probabilities [outputs][lanes]. NULL: they are the answer as they are. */
    void (*predict)(const Loss *loss, const Pass *pass, const Real *y, Real *answer);
} LossType;

struct Loss {
    const LossType *type;
    Node node, settings;
    Task task;
    void *self;
    Real *scratch;            /* [outputs][lanes] */
    Real *weight;             /* [lanes] of the micro-batch under way; 0 in padding lanes */
    const Real *class_weight; /* [classes], or NULL */
    int answers;              /* right or wrong ones a sample; 0: it has no accuracy */
    int top;                  /* top_k, or 0 */
};

extern const LossType *const loss_types[];

/* Reads `loss:` (a name or {name: settings}). Memory from `arena`. */
Err loss_build(Loss *loss, Node node, Arena *arena, Task task, int lanes);
/* STATUS_USER of a net whose last layer gives another number of outputs than the loss wants, at
 * that layer: "the net ends here with 2 outputs; cross_entropy wants" and the rest. */
Err loss_fail_outputs(const Loss *loss, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* STATUS_USER of data that the loss does not take, at `loss`, or at `data.file` where the loss is
 * the default: "mse wants" and the rest. */
Err loss_fail_data(const Loss *loss, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The net has an output for each target value. STATUS_USER. */
Err loss_check_values(const Loss *loss);
/* Warns of a net whose last layer does what the loss does itself. */
void loss_warn(const Loss *loss, const Layer *last);
/* Weighs the samples of a micro-batch, a class weight for each; returns their sum. */
double loss_weigh(const Loss *loss, const Pass *pass, const Targets *targets);
/* Fills scalars[SCALAR_COUNT]; dy may be NULL. Lanes with mask 0 get dy = 0. Without targets the
 * loss is 0, or NAN where an output is not finite, and dy is left alone. */
void loss_run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
              double *scalars, Real *dy);
/* From sums over all samples; NAN where the loss has no such figure. */
double loss_accuracy(const Loss *loss, const double *scalars);
double loss_figure(const Loss *loss, Figure figure, const double *scalars);

/* What the net says in the user's terms: answer [outputs][lanes], probabilities or values, and for
 * classes also the class in label [lanes]. Either may be NULL. */
void loss_predict(const Loss *loss, const Pass *pass, const Real *y, Real *answer, int32_t *label);

#endif
