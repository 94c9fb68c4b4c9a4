/* Clipping by norm and by value. */
#include "optim/clip.h"

#include <string.h>

static const char *const kinds[] = {"norm", "layer", "value", NULL};

Err clip_build(Clip *clip, Node node)
{
    const char *name = "norm";
    Node value = node;
    *clip = (Clip){.kind = CLIP_NONE};
    if (!conf_exists(node))
        return NULL;
    if (conf_is_map(node)) {
        TRY(conf_choice(node, &name));
        value = conf_get(node, name);
    }
    for (int k = 0; kinds[k]; k++)
        if (strcmp(kinds[k], name) == 0)
            clip->kind = CLIP_NORM + k;
    if (!clip->kind)
        return conf_fail_unknown(node, "clipping", name, kinds);
    return conf_number(value, 1e-30, 1e30, &clip->limit);
}

double clip_factor(const Clip *clip, double norm)
{
    double factor = clip->limit / (norm + 1e-6);
    return factor < 1 ? factor : 1;
}

void clip_values(const Clip *clip, Real *g, int64_t n)
{
    const Real limit = (Real)clip->limit;
    for (int64_t i = 0; i < n; i++)
        g[i] = g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
}
