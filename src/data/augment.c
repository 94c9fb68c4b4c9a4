/* The table of augmentations, reading a list of them, and drawing views. */
#include "data/augment.h"

#include <string.h>

extern const AugmentType augment_flip, augment_crop;

const AugmentType *const augment_types[] = {&augment_flip, &augment_crop, NULL};

enum { AUGMENT_TYPES = sizeof augment_types / sizeof *augment_types };

static Err find_type(Node node, const char *name, const AugmentType **type)
{
    const char *names[AUGMENT_TYPES] = {0};
    *type = NULL;
    for (int i = 0; augment_types[i]; i++) {
        names[i] = augment_types[i]->name;
        if (strcmp(name, names[i]) == 0)
            *type = augment_types[i];
    }
    return *type ? NULL : conf_fail_unknown(node, "augmentation", name, names);
}

/* A second crop would show what the first one has cut off; a second flip is none or a coin. */
static Err refuse_twice(const Augment *augment, Node node, const AugmentType *type)
{
    for (int i = 0; i < augment->count; i++)
        if (augment->list[i].type == type)
            return conf_fail(node, "\"%s\" stands in the list twice", type->name);
    return NULL;
}

static Err read_one(Augment *augment, Node node, const Dataset *dataset)
{
    const char *name;
    const AugmentType *type;
    Node settings;
    int channels, height, width;
    dataset_shape(dataset, &channels, &height, &width);
    TRY(conf_choice(node, &name));
    TRY(find_type(node, name, &type));
    TRY(refuse_twice(augment, node, type));
    if (height == 1 && width == 1)
        return conf_fail(node, "\"%s\" needs pictures, but a sample of %s is %d values", type->name,
                         dataset_path(dataset), channels);
    CHECK(augment->count < AUGMENT_MOST, "more than %d augmentations", AUGMENT_MOST);
    Augmentation *one = &augment->list[augment->count++];
    *one = (Augmentation){type, arena_take(conf_arena(node.conf), 1, type->self_size)};
    TRY(conf_settings(node, type->main_key, &settings));
    TRY(conf_fields(settings, type->fields, one->self));
    return type->check ? type->check(one->self, settings, height, width) : NULL;
}

Err augment_read(Augment *augment, Node node, uint64_t seed, const Dataset *dataset)
{
    *augment = (Augment){.seed = seed};
    for (int i = 0; i < conf_count(node); i++)
        TRY(read_one(augment, conf_item(node, i), dataset));
    return NULL;
}

void augment_views(const Augment *augment, const int64_t *position, int n, View *view)
{
    for (int i = 0; i < n; i++) {
        view[i] = (View){0};
        for (int k = 0; k < augment->count; k++) {
            const Augmentation *one = &augment->list[k];
            Draw draw = rng_draw(augment->seed, rng_purpose(RNG_AUGMENT, (uint32_t)k),
                                 (uint64_t)position[i], 0);
            one->type->apply(one->self, &draw, &view[i]);
        }
    }
}
