/* The table of optimizers, and what they share: settings and the decay exemption. */
#include "optim/optim.h"

#include <fnmatch.h>
#include <string.h>

extern const OptimType optim_sgd, optim_sgdw, optim_adam, optim_adamw, optim_rmsprop, optim_adagrad;

const OptimType *const optim_types[] = {&optim_sgd,     &optim_sgdw,    &optim_adam, &optim_adamw,
                                        &optim_rmsprop, &optim_adagrad, NULL};

enum { MOST_TYPES = 16 };

static Err find_type(Node section, const OptimType **type)
{
    const char *name = conf_scalar(conf_get(section, "type"));
    const char *names[MOST_TYPES + 1] = {0};
    for (int i = 0; optim_types[i]; i++) {
        names[i] = optim_types[i]->name;
        if (name ? strcmp(name, names[i]) == 0 : i == 0)
            *type = optim_types[i];
    }
    if (*type)
        return NULL;
    return conf_fail_unknown(conf_get(section, "type"), "optimizer", name, names);
}

static Err read_exemption(Optim *optim)
{
    Node node = optim->self->decay_exempt;
    const char *word = conf_scalar(node);
    optim->exempt = EXEMPT_1D;
    if (conf_is_list(node)) {
        optim->exempt = EXEMPT_PATTERNS;
        optim->patterns = node;
        for (int i = 0; i < conf_count(node); i++)
            if (!conf_scalar(conf_item(node, i)))
                return conf_fail(conf_item(node, i), "expected a layer name pattern");
    } else if (word && strcmp(word, "none") == 0) {
        optim->exempt = EXEMPT_NONE;
    } else if (!word || strcmp(word, "1d") != 0) {
        return conf_fail(node, "decay_exempt is 1d, none, or a list of layer name patterns");
    }
    return NULL;
}

static void choose_slots(Optim *optim)
{
    const OptimType *type = optim->type;
    for (int i = 0; type->slots[i]; i++) {
        if (type->slot_used && !type->slot_used(optim->self, i))
            continue;
        optim->slot_names[optim->slots] = type->slots[i];
        if (type->slot_start)
            optim->slot_start[optim->slots] = (Real)type->slot_start(optim->self, i);
        optim->slots++;
    }
}

Err optim_build(Optim *optim, Node section)
{
    *optim = (Optim){0};
    TRY(find_type(section, &optim->type));
    optim->self = arena_take(conf_arena(section.conf), 1, optim->type->self_size);
    TRY(conf_fields(section, optim->type->fields, optim->self));
    if (optim->type->setup)
        TRY(optim->type->setup(section, optim->self));
    choose_slots(optim);
    return read_exemption(optim);
}

bool optim_decays(const Optim *optim, const char *layer, int rank)
{
    if (optim->exempt == EXEMPT_1D)
        return rank > 1;
    for (int i = 0; optim->exempt == EXEMPT_PATTERNS && i < conf_count(optim->patterns); i++)
        if (fnmatch(conf_scalar(conf_item(optim->patterns, i)), layer, 0) == 0)
            return false;
    return true;
}
