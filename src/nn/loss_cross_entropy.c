/* Cross-entropy of the softmax, for classes. With z = y - max y, which cannot overflow:
 *
 *     loss = log(sum_k exp z_k) - z_label        dloss/dy_k = exp z_k / sum - [k is the label]
 *
 * The net's last layer gives logits; the softmax is here and nowhere else. */
#include "math/elementary.h"
#include "nn/loss.h"

/* The largest output of sixteen samples and which one it is: the first, of equals. */
typedef struct Peak {
    Lanes value;
    LanesInt index;
} Peak;

static Err check(const Loss *loss, int outputs, int targets)
{
    if (outputs < targets)
        return conf_fail(loss->node, "the net has %d outputs, but the data have %d classes",
                         outputs, targets);
    return NULL;
}

/* Rows of Lanes are `stride` apart: y[k * stride] is output k of the same sixteen samples. */
static Peak find_peak(const Lanes *y, int outputs, int stride)
{
    Peak peak = {y[0], {0}};
    for (int k = 1; k < outputs; k++) {
        LanesInt larger = y[k * stride] > peak.value;
        peak.value = lanes_select(larger, y[k * stride], peak.value);
        peak.index = (larger & k) | (~larger & peak.index);
    }
    return peak;
}

/* e = exp(y - peak); returns its sum over the outputs. */
static Lanes exponentials(Lanes *e, const Lanes *y, Lanes peak, int outputs, int stride)
{
    Lanes sum = lanes_of(0);
    for (int k = 0; k < outputs; k++) {
        e[k * stride] = lanes_exp(y[k * stride] - peak);
        sum += e[k * stride];
    }
    return sum;
}

/* dy = weight (e / sum - [k is the label]); 0 where there is no sample, whatever e is there. */
static void gradient(Lanes *dy, const Lanes *e, Lanes sum, const int32_t *label, Lanes weight,
                     int outputs, int stride)
{
    LanesInt is_sample = weight != 0;
    Lanes scale = weight / sum;
    for (int k = 0; k < outputs; k++)
        dy[k * stride] = lanes_select(is_sample, e[k * stride] * scale, lanes_of(0));
    for (int lane = 0; lane < LANES; lane++)
        if (weight[lane] != 0)
            dy[label[lane] * stride][lane] -= weight[lane];
}

static void run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy)
{
    int stride = pass->lanes / LANES;
    for (int i = 0; i < stride; i++) {
        const Lanes *logits = (const Lanes *)y + i;
        Lanes *e = (Lanes *)loss->scratch + i;
        const int32_t *label = targets->label + i * LANES;
        Lanes mask = ((const Lanes *)pass->mask)[i];
        Lanes weight = ((const Lanes *)loss->weight)[i];
        Peak peak = find_peak(logits, loss->outputs, stride);
        Lanes sum = exponentials(e, logits, peak.value, loss->outputs, stride);
        Lanes base = lanes_log(sum);
        for (int lane = 0; lane < LANES; lane++)
            if (mask[lane] != 0) {
                Real z = logits[label[lane] * stride][lane] - peak.value[lane];
                scalars[SCALAR_LOSS] += (double)weight[lane] * ((double)base[lane] - (double)z);
                scalars[SCALAR_CORRECT] += peak.index[lane] == label[lane];
            }
        if (dy)
            gradient((Lanes *)dy + i, e, sum, label, weight, loss->outputs, stride);
    }
}

const LossType loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "of the softmax of the outputs, for classes",
    .classifies = true,
    .check = check,
    .run = run,
};
