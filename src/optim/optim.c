/* The table of optimizers, and what they share. */
#include "optim/optim.h"

#include <string.h>

extern const OptimType optim_sgd, optim_sgdw, optim_adam, optim_adamw, optim_rmsprop, optim_adagrad,
    optim_lars, optim_lamb;

const OptimType *const optim_types[] = {&optim_sgd,   &optim_sgdw,    &optim_adam,
                                        &optim_adamw, &optim_rmsprop, &optim_adagrad,
                                        &optim_lars,  &optim_lamb,    NULL};

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
    if (optim->type->trust)
        TRY(exemption_read(&optim->trust,
                           *(Node *)((char *)optim->self + optim->type->trust_exempt),
                           "trust_exempt"));
    TRY(clip_build(&optim->clip, optim->self->clip));
    return exemption_read(&optim->decay, optim->self->decay_exempt, "decay_exempt");
}

Err optim_rules(const Optim *optim, const Subject *subjects, int n, Rule *rules)
{
    bool decays = false;
    TRY(rules_read(rules, optim->self->layers, subjects, n));
    TRY(exemption_check(&optim->decay, subjects, n));
    TRY(exemption_check(&optim->trust, subjects, n));
    for (int i = 0; i < n; i++) {
        bool exempt = exemption_covers(&optim->decay, &subjects[i]);
        rules[i].penalized = !exempt;
        rules[i].decay = exempt ? 0 : rules[i].decay;
        rules[i].adapts = optim->type->trust && !exemption_covers(&optim->trust, &subjects[i]);
        decays |= rules[i].decay > 0 && !rules[i].frozen;
    }
    if (optim->self->weight_decay > 0 && !decays && optim->decay.kind == EXEMPT_PATTERNS)
        return conf_fail(optim->self->decay_exempt,
                         "weight_decay is %g, but these patterns exempt everything from it",
                         optim->self->weight_decay);
    return NULL;
}
