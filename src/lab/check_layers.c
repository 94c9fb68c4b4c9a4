/* Layer by layer: what comes through forward and backward, and which units no longer take part. */
#include "lab/check_inside.h"

#include <math.h>
#include <string.h>

typedef struct Layers {
    Check *c;
    const Look *look;
    const Net *net;
    const char *when; /* "at the start" */
} Layers;

static const char *const vanishing_cure =
    "relu with batch_norm, residual blocks, init: auto; fewer layers of sigmoid or tanh";
static const char *const exploding_cure =
    "init: auto, batch_norm or layer_norm, a smaller rate, optimizer.clip";

static void activations(const Layers *l)
{
    int largest = 0, last = l->net->layer_count - 1;
    for (int i = 0; i <= last; i++)
        if (!(l->look->layer[i].rms <= l->look->layer[largest].rms))
            largest = i;
    const LayerLook *most = &l->look->layer[largest], *out = &l->look->layer[last];
    double differ = out->rms > 0 ? out->spread / out->rms : 1;
    double limit = l->look->t_rms > 1 ? l->look->t_rms : 1; /* of outputs that are to be large */
    Judgement verdict = !(most->rms < 1e4 * limit)                 ? VERDICT_WRONG
                        : most->rms > 100 * limit || differ < 1e-3 ? VERDICT_LOOK
                                                                   : VERDICT_OK;
    verdicts_add(l->c->verdicts, "activations", verdict,
                 !verdict                  ? NULL
                 : most->rms > 100 * limit ? exploding_cure
                                           : vanishing_cure,
                 "%s: rms up to %.3g (%s), the net's outputs %.3g, of which %.2g %% tells samples "
                 "apart",
                 l->when, most->rms, l->net->layers[largest].name, out->rms, 100 * differ);
}

/* The first layer that learns. */
static int first_layer(const Net *net)
{
    for (int i = 0; i < net->layer_count; i++)
        if (net->layers[i].tensor_count > 0)
            return i;
    return 0;
}

static void gradients(const Layers *l)
{
    int first = first_layer(l->net), last = l->net->layer_count - 1;
    double at_first = l->look->layer[first].gradient, at_last = l->look->layer[last].gradient;
    double ratio = at_first / at_last;
    if (isnan(at_first) || at_last == 0)
        return;
    Judgement verdict = ratio < 1e-5 || !(ratio < 1e5) ? VERDICT_WRONG
                        : ratio < 1e-3 || ratio > 1e3  ? VERDICT_LOOK
                                                       : VERDICT_OK;
    verdicts_add(l->c->verdicts, "gradients", verdict,
                 !verdict    ? NULL
                 : ratio < 1 ? vanishing_cure
                             : exploding_cure,
                 "%s: norm %.3g at the net's output, %.3g behind %s%s", l->when, at_last, at_first,
                 l->net->layers[first].name,
                 !verdict    ? ""
                 : ratio < 1 ? ": vanishing"
                             : ": exploding");
}

static void dead_units(const Layers *l)
{
    int64_t units = 0, dead = 0;
    int worst = -1;
    double most = 0;
    for (int i = 0; i < l->net->layer_count; i++) {
        const LayerLook *layer = &l->look->layer[i];
        double share = layer->units ? (double)layer->dead / (double)layer->units : 0;
        units += layer->units;
        dead += layer->dead;
        if (share > most) {
            most = share;
            worst = i;
        }
    }
    if (units == 0)
        return;
    Judgement verdict = most > 0.9 ? VERDICT_WRONG : most > 0.4 ? VERDICT_LOOK : VERDICT_OK;
    verdicts_add(l->c->verdicts, "dead units", verdict,
                 verdict ? "a smaller rate, init: he, normalised inputs, or leaky_relu" : NULL,
                 "%s: %lld of %lld relu units are 0 for all %lld samples%s%s", l->when,
                 (long long)dead, (long long)units, (long long)l->look->samples,
                 worst < 0 ? "" : ", most in ", worst < 0 ? "" : l->net->layers[worst].name);
}

static void saturation(const Layers *l)
{
    int worst = -1;
    double most = 0;
    for (int i = 0; i < l->net->layer_count; i++) {
        const char *type = l->net->layers[i].type->name;
        bool flat = strcmp(type, "sigmoid") == 0 || strcmp(type, "tanh") == 0;
        if (flat && (worst < 0 || l->look->layer[i].saturated > most)) {
            most = l->look->layer[i].saturated;
            worst = i;
        }
    }
    if (worst < 0)
        return;
    Judgement verdict = most > 0.8 ? VERDICT_WRONG : most > 0.4 ? VERDICT_LOOK : VERDICT_OK;
    verdicts_add(
        l->c->verdicts, "saturation", verdict,
        verdict ? "normalised inputs, init: xavier, a norm before it, a smaller rate" : NULL,
        "%s: %.3g %% of %s is at its flat ends", l->when, 100 * most, l->net->layers[worst].name);
}

static const struct {
    bool trained; /* also after a short training */
    void (*judge)(const Layers *l);
} checks[] = {
    {false, activations},
    {false, gradients},
    {true, dead_units},
    {true, saturation},
};

void check_layers(Check *c, const Look *look, bool trained)
{
    Layers layers = {c, look, c->engine->net, trained ? "after it" : "at the start"};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!trained || checks[i].trained)
            checks[i].judge(&layers);
}
