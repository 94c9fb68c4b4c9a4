/* Cross-entropy of the softmax, for classes. With z = y - max y, which cannot overflow, and the
 * weights q that the truth gives to the classes:
 *
 *     loss = sum_k q_k (log(sum_j exp z_j) - z_k)      dloss/dy_k = (sum_j q_j) exp z_k / sum - q_k
 *
 * Without settings q is 1 at the label. Class weights w and label smoothing s, over C outputs, as
 * in PyTorch (Szegedy et al. 2016, section 7), the sum of losses being divided by that of w_label:
 *
 *     q_k = (1 - s) w_label [k is the label] + s / C w_k
 *
 * The net's last layer gives logits; the softmax is here and nowhere else. */
#include "math/elementary.h"
#include "nn/loss.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct CrossEntropy {
    double smoothing;
    Node weights;
    int64_t top_k;
    Real *share;      /* [outputs] s / C w_k */
    Real share_total; /* of all outputs */
} CrossEntropy;

static const Field fields[] = {
    {"label_smoothing", FIELD_REAL, offsetof(CrossEntropy, smoothing), "0", .min = 0, .max = 1,
     .help = "the share of the truth that is spread over all classes"},
    {"class_weights", FIELD_NODE, offsetof(CrossEntropy, weights), FIELD_NONE,
     .help = "a list of numbers: what a sample of each class counts"},
    {"top_k", FIELD_INT, offsetof(CrossEntropy, top_k), "0", .min = 0, .max = 1 << 24,
     .help = "also measure how often the class is among the k largest outputs; 0: no"},
    {0},
};

/* The largest output of sixteen samples and which one it is: the first, of equals. */
typedef struct Peak {
    Lanes value;
    LanesInt index;
} Peak;

static Err read_weights(Loss *loss, Node list, Arena *arena)
{
    int outputs = loss->task.outputs;
    if (!conf_is_list(list) || conf_count(list) != outputs)
        return conf_fail(list, "class_weights wants a list of %d numbers, one for each output",
                         outputs);
    Real *weights = arena_take(arena, outputs, sizeof *weights);
    for (int k = 0; k < outputs; k++) {
        const char *text = conf_scalar(conf_item(list, k));
        char *end = NULL;
        double weight = text ? strtod(text, &end) : NAN;
        if (!text || end == text || *end || !(weight >= 0 && weight <= 1e6))
            return conf_fail(conf_item(list, k), "expected a number from 0 to 1e6");
        weights[k] = (Real)weight;
    }
    loss->class_weight = weights;
    return NULL;
}

static Err setup(Loss *loss, Arena *arena)
{
    CrossEntropy *self = loss->self;
    int outputs = loss->task.outputs;
    if (task_is_unlabelled(loss->task))
        loss->task.classes = outputs;
    if (!loss->task.classes)
        return loss_fail_data(loss,
                              "integer classes, but y of the data is real values, %d a sample; "
                              "sigmoid_cross_entropy, mse, l1 and huber take those",
                              loss->task.values);
    if (outputs < loss->task.classes)
        return loss_fail_outputs(loss, "one for each of %d classes: the labels are 0 to %d%s",
                                 loss->task.classes, loss->task.classes - 1,
                                 outputs == 1 ? "; sigmoid_cross_entropy takes one output" : "");
    if (self->top_k && self->top_k >= outputs)
        return conf_fail_key(loss->settings, "top_k",
                             "the class is always among the %lld largest of %d outputs",
                             (long long)self->top_k, outputs);
    if (conf_exists(self->weights))
        TRY(read_weights(loss, self->weights, arena));
    self->share = arena_take(arena, outputs, sizeof *self->share);
    for (int k = 0; k < outputs; k++) {
        double weight = loss->class_weight ? (double)loss->class_weight[k] : 1;
        self->share[k] = (Real)(self->smoothing / outputs * weight);
        self->share_total += self->share[k];
    }
    loss->answers = 1;
    loss->top = (int)self->top_k;
    return NULL;
}

/* Rows of Lanes are `stride` apart: y[k * stride] is output k of the same sixteen samples. */
static Peak find_peak(const Lanes *y, int outputs, int stride)
{
    Peak peak = {y[0], {0}};
    for (int k = 1; k < outputs; k++) {
        LanesInt larger = lanes_less(peak.value, y[k * stride]);
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

/* Whether fewer than `top` outputs stand before the label's: larger ones, and equals before it. */
static bool is_among(const Lanes *y, int lane, int32_t label, int outputs, int stride, int top)
{
    int before = 0;
    for (int k = 0; k < outputs; k++) {
        Real other = y[k * stride][lane], own = y[label * stride][lane];
        before += other > own || (other == own && k < label);
    }
    return before < top;
}

/* Sixteen samples. */
typedef struct Block {
    const Lanes *y;
    const int32_t *label;
    Lanes mask, hard,
        soft; /* hard: (1 - s) w_label; soft: 1 (the sample's own weight); 0 in padding */
} Block;

/* What smoothing adds: sum_k q_k (base - z_k) of the shares. */
static double smooth_loss(const Loss *loss, const Block *b, int lane, Real top, double base,
                          int stride)
{
    const CrossEntropy *self = loss->self;
    double sum = 0;
    for (int k = 0; k < loss->task.outputs; k++)
        sum += (double)self->share[k] * (base - (double)(b->y[k * stride][lane] - top));
    return (double)b->soft[lane] * sum;
}

static void count(const Loss *loss, const Block *b, Peak peak, Lanes base, int stride,
                  double *scalars)
{
    const CrossEntropy *self = loss->self;
    for (int lane = 0; lane < LANES; lane++) {
        if (b->mask[lane] == 0)
            continue;
        int32_t label = b->label[lane];
        Real z = b->y[label * stride][lane] - peak.value[lane];
        scalars[SCALAR_LOSS] += (double)b->hard[lane] * ((double)base[lane] - (double)z);
        if (self->smoothing > 0)
            scalars[SCALAR_LOSS] +=
                smooth_loss(loss, b, lane, peak.value[lane], (double)base[lane], stride);
        scalars[SCALAR_CORRECT] += peak.index[lane] == label;
        if (loss->top)
            scalars[SCALAR_TOP] +=
                is_among(b->y, lane, label, loss->task.outputs, stride, loss->top);
    }
}

/* 0 where there is no sample, whatever e is there. */
static void gradient(const Loss *loss, const Block *b, Lanes *dy, const Lanes *e, Lanes sum,
                     int stride)
{
    const CrossEntropy *self = loss->self;
    Lanes scale = (b->hard + b->soft * self->share_total) / sum;
    for (int k = 0; k < loss->task.outputs; k++)
        dy[k * stride] = lanes_select(
            b->mask != 0, e[k * stride] * scale - b->soft * self->share[k], lanes_of(0));
    for (int lane = 0; lane < LANES; lane++)
        if (b->mask[lane] != 0)
            dy[b->label[lane] * stride][lane] -= b->hard[lane];
}

static void run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
                double *scalars, Real *dy)
{
    const CrossEntropy *self = loss->self;
    int stride = pass->lanes / LANES, outputs = loss->task.outputs;
    for (int i = 0; i < stride; i++) {
        Lanes mask = ((const Lanes *)pass->mask)[i];
        Block b = {.y = (const Lanes *)y + i,
                   .label = targets->label + i * LANES,
                   .mask = mask,
                   .hard = (Real)(1 - self->smoothing) * ((const Lanes *)loss->weight)[i],
                   .soft = mask * ((const Lanes *)targets->weight)[i]};
        Lanes *e = (Lanes *)loss->scratch + i;
        Peak peak = find_peak(b.y, outputs, stride);
        Lanes sum = exponentials(e, b.y, peak.value, outputs, stride);
        count(loss, &b, peak, lanes_log(sum), stride, scalars);
        if (dy)
            gradient(loss, &b, (Lanes *)dy + i, e, sum, stride);
    }
}

static void predict(const Loss *loss, const Pass *pass, const Real *y, Real *answer)
{
    int stride = pass->lanes / LANES, outputs = loss->task.outputs;
    for (int i = 0; i < stride; i++) {
        const Lanes *logits = (const Lanes *)y + i;
        Lanes *p = (Lanes *)answer + i;
        Lanes top = find_peak(logits, outputs, stride).value;
        Lanes sum = exponentials(p, logits, top, outputs, stride);
        for (int k = 0; k < outputs; k++)
            p[k * stride] /= sum;
    }
}

const LossType loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "of the softmax of the outputs, for classes",
    .fields = fields,
    .self_size = sizeof(CrossEntropy),
    .activates = "softmax",
    .setup = setup,
    .run = run,
    .predict = predict,
};
