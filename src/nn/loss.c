/* THE TABLE of losses, and what all of them share: the counts of a micro-batch, and silence in the
 * padding lanes. */
#include "nn/loss.h"

#include "math/lanes.h"

#include <string.h>

extern const LossType loss_cross_entropy;
extern const LossType loss_squared_error;

const LossType *const loss_types[] = {&loss_cross_entropy, &loss_squared_error, NULL};

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
    const char *closest = conf_closest(name, names);
    return conf_fail(node, "unknown loss \"%s\"%s%s%s", name, closest ? "; did you mean \"" : "",
                     closest ? closest : "", closest ? "\"?" : "");
}

Err loss_build(Loss *loss, Node node, Arena *arena, int outputs, int targets, int lanes)
{
    const char *name;
    TRY(conf_choice(node, &name));
    *loss = (Loss){.node = node, .outputs = outputs};
    TRY(find_type(node, name, &loss->type));
    loss->self = arena_take(arena, 1, loss->type->self_size);
    loss->scratch = arena_take(arena, (int64_t)outputs * lanes, sizeof(Real));
    loss->weight = arena_take(arena, lanes, sizeof(Real));
    static const Field no_fields[] = {{0}};
    const Field *fields = loss->type->fields ? loss->type->fields : no_fields;
    Node settings;
    TRY(conf_settings(node, loss->type->main_key, &settings));
    TRY(conf_fields(settings, fields, loss->self));
    return loss->type->check(loss, outputs, targets);
}

double loss_weigh(const Loss *loss, const Pass *pass, const Targets *targets)
{
    double sum = 0;
    for (int lane = 0; lane < pass->lanes; lane++) {
        loss->weight[lane] = pass->mask[lane] != 0 ? targets->weight[lane] : 0;
        sum += (double)loss->weight[lane];
    }
    return sum;
}

void loss_run(const Loss *loss, const Pass *pass, const Real *y, const Targets *targets,
              double *scalars, Real *dy)
{
    memset(scalars, 0, SCALAR_COUNT * sizeof *scalars);
    scalars[SCALAR_WEIGHT] = loss_weigh(loss, pass, targets);
    for (int lane = 0; lane < pass->lanes; lane++)
        scalars[SCALAR_SAMPLES] += pass->mask[lane] != 0;
    loss->type->run(loss, pass, y, targets, scalars, dy);
}
