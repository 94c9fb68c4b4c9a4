/* The table of augmentations, reading a list of them, drawing views, and painting. */
#include "data/augment.h"

#include "math/gaussian.h"

#include <string.h>

extern const AugmentType augment_flip, augment_crop, augment_translate, augment_rotate;
extern const AugmentType augment_erase, augment_noise;

const AugmentType *const augment_types[] = {
    &augment_flip,  &augment_crop, &augment_translate, &augment_rotate, &augment_erase,
    &augment_noise, NULL,
};

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

/* Moves see raw pictures, painters normalised samples, so all moves come first. */
static Err refuse_order(const Augment *augment, Node node, const AugmentType *type)
{
    const AugmentType *last = augment->count ? augment->list[augment->count - 1].type : NULL;
    if (type->move && last && last->paint)
        return conf_fail(node, "\"%s\" moves the picture, \"%s\" paints on it: put it before that",
                         type->name, last->name);
    return NULL;
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
    int height = augment->height, width = augment->width;
    TRY(conf_choice(node, &name));
    TRY(find_type(node, name, &type));
    TRY(refuse_twice(augment, node, type));
    TRY(refuse_order(augment, node, type));
    if (height == 1 && width == 1 && !type->any_sample)
        return conf_fail(node, "\"%s\" needs pictures, but a sample of %s is %d values", type->name,
                         dataset_path(dataset), augment->channels);
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
    dataset_shape(dataset, &augment->channels, &augment->height, &augment->width);
    for (int i = 0; i < conf_count(node); i++)
        TRY(read_one(augment, conf_item(node, i), dataset));
    return NULL;
}

static AugmentKey key_of(const Augment *augment, int k, int64_t position)
{
    return (AugmentKey){augment->seed, rng_purpose(RNG_AUGMENT, (uint32_t)k), (uint64_t)position};
}

void augment_views(const Augment *augment, const int64_t *position, int n, View *view)
{
    for (int i = 0; i < n; i++) {
        view[i] = (View){0};
        for (int k = 0; k < augment->count; k++) {
            const Augmentation *one = &augment->list[k];
            AugmentKey key = key_of(augment, k, position[i]);
            if (one->type->move)
                one->type->move(one->self, &key, augment->height, augment->width, &view[i]);
        }
    }
}

void augment_paint(const Augment *augment, const int64_t *position, int n, int lanes, Real *x)
{
    for (int k = 0; k < augment->count; k++) {
        const Augmentation *one = &augment->list[k];
        for (int i = 0; i < n && one->type->paint; i++) {
            AugmentKey key = key_of(augment, k, position[i]);
            Canvas canvas = {x + i, lanes, augment->channels, augment->height, augment->width};
            one->type->paint(one->self, &key, &canvas);
        }
    }
}

void augment_gaussians(const AugmentKey *key, uint64_t block, double sigma, double *values)
{
    Draw draw = augment_draw(key, block);
    for (int i = 0; i < AUGMENT_GAUSSIANS; i += 2)
        gaussian_pair(sigma, &draw.word[i], &values[i]);
}
