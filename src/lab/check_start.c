/* Before the first step: what the net is given, what it is asked for, what it answers. */
#include "lab/check_inside.h"

#include <math.h>
#include <string.h>

typedef struct Start {
    Check *c;
    const Look *look;
    const Real *values;
} Start;

static const char *const normalize_cure =
    "data.normalize: feature (tables), channel (images) or unit";

static void inputs(const Start *s)
{
    const Look *look = s->look;
    double ratio = look->x_most_deviation / look->x_least_deviation;
    bool one = !(ratio >= 1); /* nothing varies */
    Judgement scale = look->x_rms > 10 || look->x_rms < 0.01 || ratio > 1000 ? VERDICT_WRONG
                      : look->x_rms > 4 || look->x_rms < 0.1 || ratio > 100  ? VERDICT_LOOK
                                                                             : VERDICT_OK;
    verdicts_add(s->c->verdicts, "inputs", scale, scale ? normalize_cure : NULL,
                 "rms %.3g, mean %.2g, largest %.3g; deviations of channels by a factor of %.3g "
                 "apart, as the net sees them",
                 look->x_rms, look->x_mean, look->x_largest, one ? 1 : ratio);
}

static void targets(const Start *s)
{
    const Look *look = s->look;
    double variance = look->t_rms * look->t_rms - look->t_mean * look->t_mean;
    double deviation = sqrt(fmax(variance, 0));
    if (s->c->engine->loss.task.classes || look->t_most < look->t_least)
        return;
    Judgement verdict = deviation > 1000 || deviation < 1e-3 || fabs(look->t_mean) > 10 * deviation
                            ? VERDICT_LOOK
                            : VERDICT_OK;
    verdicts_add(s->c->verdicts, "targets", verdict,
                 verdict ? "shift and scale the targets to mean 0 and deviation 1 before the import"
                         : NULL,
                 "mean %.3g, deviation %.3g, %.3g to %.3g", look->t_mean, deviation, look->t_least,
                 look->t_most);
}

/* ---- the last layer ---- */

/* What a last layer can answer. */
static const struct {
    const char *type;
    double low, high;
} ranges[] = {
    {"softmax", 0, 1},
    {"sigmoid", 0, 1},
    {"tanh", -1, 1},
    {"relu", 0, INFINITY},
};

static const Layer *last_layer(const Net *net)
{
    static const char *const through[] = {"flatten", "linear", "dropout"};
    int i = net->layer_count - 1;
    for (size_t k = 0; k < sizeof through / sizeof *through && i > 0; k++)
        if (strcmp(net->layers[i].type->name, through[k]) == 0 && net->layers[i].inputs[0] >= 0) {
            i = net->layers[i].inputs[0];
            k = (size_t)-1;
        }
    return &net->layers[i];
}

static void output_layer(const Start *s)
{
    const Loss *loss = &s->c->engine->loss;
    const Layer *last = last_layer(s->c->engine->net);
    const char *activates = loss->type->activates;
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        if (strcmp(last->type->name, ranges[k].type) != 0)
            continue;
        if (activates) {
            bool twice = strcmp(last->type->name, activates) == 0;
            verdicts_add(s->c->verdicts, "output layer", VERDICT_WRONG, "leave that layer out",
                         "the net ends in %s, and %s applies the %s itself%s", last->name,
                         loss->type->name, activates, twice ? ": twice" : "");
            return;
        }
        if (s->look->t_least < ranges[k].low || s->look->t_most > ranges[k].high) {
            verdicts_add(s->c->verdicts, "output layer", VERDICT_WRONG, "end in a dense layer",
                         "the net ends in %s, which answers %g to %g; targets are %.3g to %.3g",
                         last->name, ranges[k].low, ranges[k].high, s->look->t_least,
                         s->look->t_most);
            return;
        }
    }
    bool other = last->type->is_activation && activates && strcmp(last->type->name, "linear") != 0;
    verdicts_add(s->c->verdicts, "output layer", other ? VERDICT_LOOK : VERDICT_OK,
                 other ? "end in a dense layer: scores are best left free" : NULL,
                 "the net ends in %s, for %s", last->name, loss->type->name);
}

/* ---- loss and weights ---- */

/* ln C of C classes; of a regression, what targets are to zeros: variance and squared mean. Scores
 * of a usual initialisation have a deviation of one or so, which costs as much. */
static void first_loss(const Start *s)
{
    double loss = s->look->loss, zero = s->look->zero;
    double scores = s->c->engine->loss.type->activates ? 1 : 0;
    Judgement verdict = !(loss < 3 * zero + scores)                       ? VERDICT_WRONG
                        : loss > 1.5 * zero + scores || loss < 0.5 * zero ? VERDICT_LOOK
                                                                          : VERDICT_OK;
    verdicts_add(s->c->verdicts, "loss at start", verdict,
                 verdict ? "normalised inputs; init: xavier, or {normal: 0.01}, for the last layer"
                         : NULL,
                 "%.4g; a net that knows nothing has %.4g%s", loss, zero,
                 s->c->engine->loss.task.classes > 1 && s->c->engine->loss.task.outputs > 1
                     ? " (ln of the number of classes)"
                     : "");
}

/* Deviation of a weight over what keeps the size of activations, sqrt(2 / fan in). */
static double relative_deviation(const Tensor *t, const Real *values, bool *zeros)
{
    double sum = 0, squares = 0, n = (double)t->size;
    *zeros = true;
    for (int64_t i = 0; i < t->size; i++) {
        double w = (double)values[t->offset + i];
        sum += w;
        squares += w * w;
        *zeros &= w == 0;
    }
    double variance = squares / n - sum / n * (sum / n);
    return sqrt(fmax(variance, 0) / 2 * (n / (double)t->dims[0]));
}

/* Of the last layer zeros are fine: each of its outputs has a target of its own. */
static void weights(const Start *s)
{
    const Net *net = s->c->engine->net;
    const Tensor *worst = NULL;
    double farthest = 1;
    for (int i = 0; i < net->parameter_tensors; i++) {
        const Tensor *t = net->tensors[i];
        bool zeros, last = !net->layers[t->layer].next_activation;
        if (t->rank < 2 || net->layers[t->layer].type->is_norm)
            continue;
        double ratio = relative_deviation(t, s->values, &zeros);
        if (zeros && last)
            continue;
        if (zeros || ratio == 0) {
            verdicts_add(s->c->verdicts, "weights", VERDICT_WRONG,
                         "init: auto (he before the relu family, else xavier)",
                         "%s starts with equal weights: its units are alike, and stay so "
                         "(symmetry)",
                         net_tensor_name(net, t));
            return;
        }
        double away = ratio > 1 ? ratio : 1 / ratio;
        if (away > farthest && !(last && ratio < 1)) {
            farthest = away;
            worst = t;
        }
    }
    Judgement verdict = farthest > 30 ? VERDICT_WRONG : farthest > 6 ? VERDICT_LOOK : VERDICT_OK;
    verdicts_add(s->c->verdicts, "weights", verdict,
                 verdict ? "init: auto (he before the relu family, else xavier)" : NULL,
                 "deviations are within a factor of %.2g of sqrt(2 / inputs)%s%s", farthest,
                 worst ? ", farthest in " : "", worst ? net_tensor_name(net, worst) : "");
}

static void (*const checks[])(const Start *s) = {inputs, targets, output_layer, first_loss,
                                                 weights};

void check_start(Check *c, const Look *look, const Real *values)
{
    Start start = {c, look, values};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](&start);
}
