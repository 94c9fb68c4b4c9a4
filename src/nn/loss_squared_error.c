/* Squared error, for regression: the mean over the outputs, so that the mean over samples is what
 * PyTorch's MSELoss says of an (N, K) batch.
 *
 *     loss = 1/K sum_k (y_k - t_k)^2        dloss/dy_k = 2/K (y_k - t_k) */
#include "math/lanes.h"
#include "nn/loss.h"

static Err check(const Loss *loss, int outputs, int targets)
{
    if (outputs != targets)
        return conf_fail(loss->node, "the net has %d outputs, but the data have %d target values",
                         outputs, targets);
    return NULL;
}

static void run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy)
{
    int stride = pass->lanes / LANES;
    for (int i = 0; i < stride; i++) {
        const Lanes *out = (const Lanes *)y + i, *target = (const Lanes *)targets->value + i;
        Lanes mask = ((const Lanes *)pass->mask)[i];
        Lanes weight = ((const Lanes *)loss->weight)[i] / (Real)loss->outputs;
        Lanes sum = lanes_of(0);
        for (int k = 0; k < loss->outputs; k++) {
            Lanes error =
                lanes_select(mask != 0, out[k * stride] - target[k * stride], lanes_of(0));
            sum += error * error;
            if (dy)
                ((Lanes *)dy)[k * stride + i] = 2 * weight * error;
        }
        scalars[SCALAR_LOSS] += lanes_sum(weight * sum);
    }
}

const LossType loss_squared_error = {
    .name = "mse",
    .help = "mean squared error of the outputs, for regression",
    .check = check,
    .run = run,
};
