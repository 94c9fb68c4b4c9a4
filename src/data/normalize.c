/* Reading data.normalize, before any data, and holding it against the data set. */
#include "data/normalize.h"

#include "base/log.h"

#include <stddef.h>
#include <string.h>

/* What a scale can be in float; a smaller deviation is a slip. */
#define STD_LEAST  1e-30
#define VALUE_MOST 1e30

typedef struct Lists {
    Node mean, std;
} Lists;

const Field normalize_fields[] = {
    {"mean", FIELD_NODE, offsetof(Lists, mean),
     .help = "list, one for each channel or each feature, in the file's units"},
    {"std", FIELD_NODE, offsetof(Lists, std), .help = "list, as many: deviations"},
    {0},
};

static Err read_word(Node node, NormalMode *mode)
{
    const char *word = conf_scalar(node), *meant = word ? conf_closest(word, normal_words) : NULL;
    for (int i = 0; word && normal_words[i]; i++)
        if (strcmp(word, normal_words[i]) == 0) {
            *mode = (NormalMode)i;
            return NULL;
        }
    return conf_fail(node,
                     "expected one of none, unit, channel, feature, or {mean: [...], std: [...]}"
                     "%s%s%s%s%s%s",
                     word ? ", found \"" : "", word ? word : "", word ? "\"" : "",
                     meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

static Err read_list(Node list, double least, double **numbers)
{
    *numbers = arena_take(conf_arena(list.conf), conf_count(list), sizeof **numbers);
    return conf_numbers(list, least, VALUE_MOST, *numbers);
}

Err normalize_read(Normalize *normalize, Node node)
{
    *normalize = (Normalize){0};
    if (!conf_is_map(node))
        return read_word(node, &normalize->mode);
    Lists lists;
    TRY(conf_fields(node, normalize_fields, &lists));
    if (conf_count(lists.mean) == 0)
        return conf_fail(lists.mean, "there are no means");
    normalize->given = lists.mean;
    normalize->count = conf_count(lists.mean);
    TRY(read_list(lists.mean, -VALUE_MOST, &normalize->mean));
    TRY(read_list(lists.std, STD_LEAST, &normalize->std));
    if (normalize->count != conf_count(lists.std))
        return conf_fail(lists.std, "there are %d means, but %d deviations", normalize->count,
                         conf_count(lists.std));
    return NULL;
}

/* Those of torchvision's examples are for pictures from 0 to 1. */
static void warn_of_units(const Normalize *normalize, const Dataset *dataset)
{
    bool small = dataset_is_bytes(dataset);
    for (int i = 0; i < normalize->count; i++)
        small = small && normalize->mean[i] <= 1 && normalize->std[i] <= 1;
    if (small)
        log_warning("data.normalize: mean and std are in the units of %s, which go from 0 to 255; "
                    "these look like those of pictures from 0 to 1",
                    dataset_path(dataset));
}

Err normalize_mode(const Normalize *normalize, const Dataset *dataset, NormalMode *mode)
{
    int count = normalize->count, channels = normal_count(dataset, NORMAL_CHANNEL),
        features = normal_count(dataset, NORMAL_FEATURE);
    if (count != channels && count != features)
        return conf_fail(normalize->given,
                         "%d means; a sample of %s has %d channel%s and %d feature%s", count,
                         dataset_path(dataset), channels, channels == 1 ? "" : "s", features,
                         features == 1 ? "" : "s");
    *mode = count == channels ? NORMAL_CHANNEL : NORMAL_FEATURE;
    warn_of_units(normalize, dataset);
    return NULL;
}

void normalize_fill(const Normalize *normalize, Normal *normal)
{
    for (int i = 0; i < normal->count; i++) {
        normal->shift[i] = (Real)normalize->mean[i];
        normal->scale[i] = (Real)(1 / normalize->std[i]);
    }
}
