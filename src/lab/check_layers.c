/* Layer by layer: what comes through forward and backward, and which units no longer take part. */
#include "lab/check_inside.h"

#include "lab/judge.h"
#include "train/sight.h"

#include <math.h>

typedef struct Layers {
    Check *c;
    const Look *look;
    const Net *net;
    const char *when; /* "at the start" */
} Layers;

static void activations(const Layers *l)
{
    int largest = 0, last = l->net->layer_count - 1;
    for (int i = 0; i <= last; i++)
        if (!(l->look->layer[i].rms <= l->look->layer[largest].rms))
            largest = i;
    const LayerLook *most = &l->look->layer[largest], *out = &l->look->layer[last];
    double differ = out->rms > 0 ? out->spread / out->rms : 1;
    double limit = l->look->t_rms > 1 ? l->look->t_rms : 1; /* of outputs that are to be large */
    Judged judged = judge_activations(most->rms / limit, differ);
    verdicts_add(l->c->verdicts, "activations", judged.verdict, judged.cure,
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
    if (isnan(at_first) || at_last == 0)
        return;
    Judged judged = judge_gradients(at_first, at_last);
    verdicts_add(l->c->verdicts, "gradients", judged.verdict, judged.cure,
                 "%s: norm %.3g at the net's output, %.3g behind %s%s%s", l->when, at_last,
                 at_first, l->net->layers[first].name, *judged.word ? ": " : "", judged.word);
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
    Judged judged = judge_dead(most);
    verdicts_add(l->c->verdicts, "dead units", judged.verdict, judged.cure,
                 "%s: %lld of %lld relu units are 0 for all %lld samples%s%s", l->when,
                 (long long)dead, (long long)units, (long long)l->look->samples,
                 worst < 0 ? "" : ", most in ", worst < 0 ? "" : l->net->layers[worst].name);
}

static void saturation(const Layers *l)
{
    int worst = -1;
    double most = 0;
    for (int i = 0; i < l->net->layer_count; i++) {
        if (sight_saturates(&l->net->layers[i]) &&
            (worst < 0 || l->look->layer[i].saturated > most)) {
            most = l->look->layer[i].saturated;
            worst = i;
        }
    }
    if (worst < 0)
        return;
    Judged judged = judge_saturated(most);
    verdicts_add(l->c->verdicts, "saturation", judged.verdict, judged.cure,
                 "%s: %.3g %% of %s is at its flat ends", l->when, 100 * most,
                 l->net->layers[worst].name);
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
