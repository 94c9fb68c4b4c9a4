/* The first difference between two documents, for "may this run be resumed with that file?". What
 * is compared is meaning: order of keys, 5e-4 against 0.0005, a missing key, a null and an
 * empty list or mapping make no difference. */
#include "base/conf_inside.h"

#include <stdlib.h>
#include <string.h>

typedef struct Comparison {
    Arena *arena;
    const char *const *ignored;
    const char *path; /* of the first difference */
    const ConfValue *a, *b;
} Comparison;

static const ConfValue nothing = {.kind = VALUE_NULL};

static bool is_ignored(const Comparison *comparison, const char *path)
{
    for (const char *const *ignored = comparison->ignored; ignored && *ignored; ignored++) {
        size_t size = strlen(*ignored);
        if (strncmp(path, *ignored, size) == 0 && (path[size] == '\0' || path[size] == '.'))
            return true;
    }
    return false;
}

static bool equal_texts(const char *a, const char *b)
{
    char *end_a, *end_b;
    if (strcmp(a, b) == 0)
        return true;
    double x = strtod(a, &end_a), y = strtod(b, &end_b);
    return end_a > a && end_b > b && !*end_a && !*end_b && x == y;
}

static bool differs(Comparison *comparison, const char *path, const ConfValue *a,
                    const ConfValue *b);

static bool children_differ(Comparison *comparison, const char *path, const ConfValue *a,
                            const ConfValue *b)
{
    const char *dot = *path ? "." : "";
    for (const ConfValue *child = a->first; child; child = child->next)
        if (differs(comparison, arena_text(comparison->arena, "%s%s%s", path, dot, child->key),
                    child, conf_child(b, child->key)))
            return true;
    for (const ConfValue *child = b->first; child; child = child->next)
        if (!conf_child(a, child->key) &&
            differs(comparison, arena_text(comparison->arena, "%s%s%s", path, dot, child->key),
                    NULL, child))
            return true;
    return false;
}

static bool items_differ(Comparison *comparison, const char *path, const ConfValue *a,
                         const ConfValue *b)
{
    const ConfValue *item_a = a->first, *item_b = b->first;
    for (int i = 0; item_a || item_b; i++) {
        if (differs(comparison, arena_text(comparison->arena, "%s.%d", path, i), item_a, item_b))
            return true;
        item_a = item_a ? item_a->next : NULL;
        item_b = item_b ? item_b->next : NULL;
    }
    return false;
}

static bool is_empty(const ConfValue *value)
{
    return value->kind != VALUE_TEXT && value->count == 0;
}

/* A mapping against nothing is compared key by key too: some keys may be ignored. */
static bool is_map(const ConfValue *value)
{
    return value->kind == VALUE_MAP || value->kind == VALUE_NULL;
}

static bool differs(Comparison *comparison, const char *path, const ConfValue *a,
                    const ConfValue *b)
{
    a = a ? a : &nothing;
    b = b ? b : &nothing;
    if (is_ignored(comparison, path) || (is_empty(a) && is_empty(b)))
        return false;
    if (is_map(a) && is_map(b))
        return children_differ(comparison, path, a, b);
    if (a->kind == VALUE_LIST && b->kind == VALUE_LIST)
        return items_differ(comparison, path, a, b);
    if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT && equal_texts(a->text, b->text))
        return false;
    comparison->path = path;
    comparison->a = a;
    comparison->b = b;
    return true;
}

const char *conf_difference(Conf *a, Conf *b, const char *const *ignored, const char **value_a,
                            const char **value_b)
{
    Comparison comparison = {.arena = &a->arena, .ignored = ignored};
    *value_a = *value_b = NULL;
    if (!differs(&comparison, "", a->root, b->root))
        return NULL;
    *value_a = conf_value_text(&a->arena, comparison.a);
    *value_b = conf_value_text(&a->arena, comparison.b);
    return comparison.path;
}
