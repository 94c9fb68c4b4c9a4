/* THE TABLE of losses, and what all of them share: the counts and weights of a micro-batch, the
 * figures made of their sums, and the answer that an output stands for. */
#include "nn/loss.h"

#include "base/log.h"
#include "math/lanes.h"

#include <math.h> /* sqrt, which IEEE 754 rounds exactly; NAN */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const LossType loss_cross_entropy;
extern const LossType loss_sigmoid_cross_entropy;
extern const LossType loss_mse;
extern const LossType loss_sum_squares;
extern const LossType loss_l1;
extern const LossType loss_huber;

const LossType *const loss_types[] = {
    &loss_cross_entropy,
    &loss_sigmoid_cross_entropy,
    &loss_mse,
    &loss_sum_squares,
    &loss_l1,
    &loss_huber,
    NULL,
};

enum { LOSS_TYPES = sizeof loss_types / sizeof *loss_types };

static Err find_type(Node node, const char *name, const LossType **found)
{
    const char *names[LOSS_TYPES] = {0};
    for (int i = 0; loss_types[i]; i++) {
        names[i] = loss_types[i]->name;
        if (strcmp(name, names[i]) == 0) {
            *found = loss_types[i];
            return NULL;
        }
    }
    return conf_fail_unknown(node, "loss", name, names);
}

Err loss_build(Loss *loss, Node node, Arena *arena, Task task, int lanes)
{
    const char *name;
    TRY(conf_choice(node, &name));
    *loss = (Loss){.node = node, .task = task};
    TRY(find_type(node, name, &loss->type));
    loss->self = arena_take(arena, 1, loss->type->self_size);
    loss->scratch = arena_take(arena, (int64_t)task.outputs * lanes, sizeof(Real));
    loss->weight = arena_take(arena, lanes, sizeof(Real));
    static const Field no_fields[] = {{0}};
    const Field *fields = loss->type->fields ? loss->type->fields : no_fields;
    TRY(conf_settings(node, loss->type->main_key, &loss->settings));
    TRY(conf_fields(loss->settings, fields, loss->self));
    return loss->type->setup(loss, arena);
}

enum { WORDS = 256 };
#define ENDS_WITH "the net ends here with %d output%s%s; %s wants %s"

Err loss_fail_outputs(const Loss *loss, const char *format, ...)
{
    char wanted[WORDS], shape[WORDS] = "";
    Task task = loss->task;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wanted, sizeof wanted, format, arguments);
    va_end(arguments);
    if (task.last && shape_pixels(task.last->out) > 1)
        snprintf(shape, sizeof shape, " (%s)", shape_text(task.last->out));
    const char *many = task.outputs == 1 ? "" : "s", *name = loss->type->name;
    return task.last ? layer_fail(task.last, ENDS_WITH, task.outputs, many, shape, name, wanted)
                     : conf_fail(loss->node, ENDS_WITH, task.outputs, many, shape, name, wanted);
}

Err loss_fail_data(const Loss *loss, const char *format, ...)
{
    char wanted[WORDS];
    const char *name = loss->type->name;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wanted, sizeof wanted, format, arguments);
    va_end(arguments);
    if (conf_given(loss->node))
        return conf_fail(loss->node, "%s wants %s", name, wanted);
    return conf_fail_key(loss->task.data, "file", "%s, the default `loss`, wants %s", name, wanted);
}

Err loss_check_values(const Loss *loss)
{
    int values = loss->task.values;
    if (loss->task.outputs == values)
        return NULL;
    return loss_fail_outputs(loss, "%d: one for each target value of a sample, y being (N, %d)",
                             values, values);
}

/* The loss has its own softmax or sigmoid; and behind a relu a score could never fall. */
void loss_warn(const Loss *loss, const Layer *last)
{
    static const char *const wrong[] = {"softmax", "sigmoid", "tanh", "relu", NULL};
    for (int i = 0; loss->type->activates && wrong[i]; i++)
        if (strcmp(last->type->name, wrong[i]) == 0)
            log_warning("the model ends in layer %d (%s), but %s applies the %s itself and wants "
                        "plain scores: leave that layer out",
                        last->position, last->name, loss->type->name, loss->type->activates);
}

double loss_weigh(const Loss *loss, const Pass *pass, const Targets *targets)
{
    double sum = 0;
    for (int lane = 0; lane < pass->lanes; lane++) {
        Real weight = pass->mask[lane] != 0 ? targets->weight[lane] : 0;
        if (loss->class_weight && targets->label && pass->mask[lane] != 0)
            weight *= loss->class_weight[targets->label[lane]];
        loss->weight[lane] = weight;
        sum += (double)weight;
    }
    return sum;
}

/* Whether all outputs of the samples are. */
static bool is_finite(const Loss *loss, const Pass *pass, const Real *y)
{
    for (int k = 0; k < loss->task.outputs; k++)
        for (int lane = 0; lane < pass->lanes; lane++)
            if (pass->mask[lane] != 0 && !isfinite(y[k * pass->lanes + lane]))
                return false;
    return true;
}

void loss_run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
              double *scalars, Real *dy)
{
    memset(scalars, 0, SCALAR_COUNT * sizeof *scalars);
    scalars[SCALAR_WEIGHT] = loss_weigh(loss, pass, targets);
    for (int lane = 0; lane < pass->lanes; lane++)
        scalars[SCALAR_SAMPLES] += pass->mask[lane] != 0;
    if (!targets->label && !targets->value)
        scalars[SCALAR_LOSS] = is_finite(loss, pass, y) ? 0 : NAN;
    else
        loss->type->run(loss, pass, y, targets, scalars, dy);
}

/* ---- figures ---- */

double loss_accuracy(const Loss *loss, const double *scalars)
{
    if (!loss->answers)
        return NAN;
    return scalars[SCALAR_CORRECT] / (scalars[SCALAR_SAMPLES] * loss->answers);
}

static double top_accuracy(const double *s, double numbers)
{
    (void)numbers;
    return s[SCALAR_TOP] / s[SCALAR_SAMPLES];
}

static double root_mean_square(const double *s, double numbers)
{
    return sqrt(s[SCALAR_ERROR_SQUARE] / numbers);
}

static double mean_absolute(const double *s, double numbers)
{
    return s[SCALAR_ERROR] / numbers;
}

/* The share of the targets' variance that the net explains. */
static double determination(const double *s, double numbers)
{
    double mean = s[SCALAR_TARGET] / numbers;
    double spread = s[SCALAR_TARGET_SQUARE] - numbers * mean * mean;
    return spread > 0 ? 1 - s[SCALAR_ERROR_SQUARE] / spread : NAN;
}

const char *const figure_names[FIGURE_COUNT] = {
    [FIGURE_TOP] = "top_k_accuracy",
    [FIGURE_RMSE] = "rmse",
    [FIGURE_MAE] = "mae",
    [FIGURE_R2] = "r_squared",
};

static double (*const figures[FIGURE_COUNT])(const double *scalars, double numbers) = {
    [FIGURE_TOP] = top_accuracy,
    [FIGURE_RMSE] = root_mean_square,
    [FIGURE_MAE] = mean_absolute,
    [FIGURE_R2] = determination,
};

/* R squared takes each output's own mean, so it is told of one output alone. */
double loss_figure(const Loss *loss, Figure figure, const double *scalars)
{
    bool regression = !loss->answers;
    bool has = figure == FIGURE_TOP  ? loss->top > 0
               : figure == FIGURE_R2 ? regression && loss->task.outputs == 1
                                     : regression;
    return has ? figures[figure](scalars, scalars[SCALAR_SAMPLES] * loss->task.outputs) : NAN;
}

/* ---- answers ---- */

/* The largest output, the first of equals; of a single one, whether it is above zero. */
static int32_t class_of(const Real *y, int outputs, int lanes)
{
    int32_t class = 0;
    if (outputs == 1)
        return y[0] > 0;
    for (int32_t k = 1; k < outputs; k++)
        if (y[k * lanes] > y[class * lanes])
            class = k;
    return class;
}

void loss_predict(const Loss *loss, const Pass *pass, const Real *y, Real *answer, int32_t *label)
{
    int outputs = loss->task.outputs;
    for (int lane = 0; label && loss->task.classes && lane < pass->lanes; lane++)
        label[lane] = class_of(y + lane, outputs, pass->lanes);
    if (answer && loss->type->predict)
        loss->type->predict(loss, pass, y, answer);
    else if (answer)
        memcpy(answer, y, (size_t)outputs * (size_t)pass->lanes * sizeof(Real));
}
