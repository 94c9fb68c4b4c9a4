/* Cross-entropy of the sigmoid, for questions with two answers: one output and the classes 0 and 1,
 * or K outputs and K target values from 0 to 1 (any number of them true at once). The mean over the
 * outputs, as PyTorch's BCEWithLogitsLoss has it of an (N, K) batch; in the form that cannot
 * overflow:
 *
 *     loss = 1/K sum_k max(y_k, 0) - y_k t_k + log(1 + exp(-|y_k|))
 *     dloss/dy_k = 1/K (sigmoid(y_k) - t_k)
 *
 * An answer is right when y_k > 0 says what t_k > 1/2 says. */
#include "math/elementary.h"
#include "nn/loss.h"

static Err setup(Loss *loss, Arena *arena)
{
    if (task_is_unlabelled(loss->task) && loss->task.outputs == 1)
        loss->task.classes = 2;
    else if (task_is_unlabelled(loss->task))
        loss->task.values = loss->task.outputs;
    Task task = loss->task;
    (void)arena;
    if (task.classes > 2)
        return loss_fail_data(loss,
                              "two classes, but the labels of the data are 0 to %d; "
                              "cross_entropy takes those",
                              task.classes - 1);
    if (task.classes && task.outputs != 1)
        return loss_fail_outputs(loss, "one, for the labels 0 and 1");
    if (!task.classes)
        TRY(loss_check_values(loss));
    loss->answers = task.outputs;
    return NULL;
}

static Lanes targets_of(const Targets *targets, int k, int i, int stride)
{
    if (targets->value)
        return ((const Lanes *)targets->value)[k * stride + i];
    Lanes t;
    for (int lane = 0; lane < LANES; lane++)
        t[lane] = (Real)targets->label[i * LANES + lane];
    return t;
}

/* log(1 + e): what 1 + e loses of a small e is put back (Goldberg 1991, theorem 4). */
static Lanes log_of_one_more(Lanes e)
{
    Lanes u = 1 + e;
    return lanes_select(u == 1, e, lanes_log(u) * e / (u - 1));
}

static Lanes loss_of(Lanes y, Lanes t)
{
    Lanes size = lanes_max(y, -y);
    return lanes_select(y < 0, lanes_of(0), y) - y * t + log_of_one_more(lanes_exp(-size));
}

static void run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy)
{
    int stride = pass->lanes / LANES, outputs = loss->task.outputs;
    for (int i = 0; i < stride; i++) {
        LanesInt used = ((const Lanes *)pass->mask)[i] != 0;
        Lanes weight = ((const Lanes *)loss->weight)[i] / (Real)outputs;
        for (int k = 0; k < outputs; k++) {
            Lanes out = lanes_select(used, ((const Lanes *)y)[k * stride + i], lanes_of(0));
            Lanes t = lanes_select(used, targets_of(targets, k, i, stride), lanes_of(0));
            LanesInt right = (out > 0) == (t > (Real)0.5);
            scalars[SCALAR_LOSS] += lanes_sum(weight * loss_of(out, t));
            scalars[SCALAR_CORRECT] +=
                lanes_sum(lanes_select(used & right, lanes_of(1), lanes_of(0)));
            if (dy)
                ((Lanes *)dy)[k * stride + i] = weight * (lanes_sigmoid(out) - t);
        }
    }
}

static void predict(const Loss *loss, const Pass *pass, const Real *y, Real *answer)
{
    for (int i = 0; i < loss->task.outputs * pass->lanes / LANES; i++)
        ((Lanes *)answer)[i] = lanes_sigmoid(((const Lanes *)y)[i]);
}

const LossType loss_sigmoid_cross_entropy = {
    .name = "sigmoid_cross_entropy",
    .help = "of the sigmoid of each output, for yes or no",
    .activates = "sigmoid",
    .setup = setup,
    .run = run,
    .predict = predict,
};
