/* The tree of a document, as others see it: nodes, sections, lists and choices. A choice is one
 * alternative with settings, and has three spellings that mean the same,
 *
 *     relu        dense: 10        dense: {units: 10}
 *
 * so that it is rewritten to the last one as it is read: equal meanings have equal texts. */
#include "base/conf_inside.h"

#include <string.h>

ConfValue *conf_child(const ConfValue *map, const char *key)
{
    ConfValue *child = map->kind == VALUE_MAP ? map->first : NULL;
    while (child && strcmp(child->key, key) != 0)
        child = child->next;
    return child;
}

ConfValue *conf_child_at(const ConfValue *list, int index)
{
    ConfValue *child = index >= 0 ? list->first : NULL;
    for (int i = 0; child && i < index; i++)
        child = child->next;
    return child;
}

ConfValue *conf_child_add(Conf *conf, ConfValue *parent, const char *key, Place place)
{
    ConfValue *child = arena_take(&conf->arena, 1, sizeof *child);
    *child = (ConfValue){.key = key, .key_place = place, .place = place};
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
    return child;
}

void conf_child_remove(ConfValue *parent, const ConfValue *child)
{
    ConfValue *before = NULL;
    for (ConfValue *at = parent->first; at != child; at = at->next)
        before = at;
    if (before)
        before->next = child->next;
    else
        parent->first = child->next;
    if (parent->last == child)
        parent->last = before;
    parent->count--;
}

void conf_value_become(ConfValue *value, const ConfValue *other)
{
    value->kind = other->kind;
    value->text = other->text;
    value->place = other->place;
    value->first = other->first;
    value->last = other->last;
    value->count = other->count;
}

void conf_value_clear(ConfValue *value)
{
    conf_value_become(value, &(ConfValue){.kind = VALUE_MAP, .place = value->place});
}

void conf_value_name(Conf *conf, ConfValue *value)
{
    const char *name = value->text;
    conf_value_clear(value);
    conf_child_add(conf, value, name, value->place);
}

Node conf_root(Conf *conf)
{
    return (Node){conf, conf->root};
}

const char *conf_name(const Conf *conf)
{
    return conf->source.name;
}

Arena *conf_arena(Conf *conf)
{
    return &conf->arena;
}

bool conf_exists(Node node)
{
    return node.value && node.value->kind != VALUE_NULL;
}

/* A default stands where its key does, at the mapping that lacks both. */
bool conf_given(Node node)
{
    return node.value && node.value->place.at != node.value->key_place.at;
}

bool conf_is_list(Node node)
{
    return node.value && node.value->kind == VALUE_LIST;
}

bool conf_is_map(Node node)
{
    return node.value && node.value->kind == VALUE_MAP;
}

Node conf_get(Node map, const char *key)
{
    Node node = {map.conf, map.value ? conf_child(map.value, key) : NULL};
    return conf_exists(node) ? node : (Node){map.conf, NULL};
}

int conf_count(Node list)
{
    if (conf_is_list(list))
        return list.value->count;
    return conf_exists(list) ? 1 : 0;
}

Node conf_item(Node list, int index)
{
    if (conf_is_list(list))
        return (Node){list.conf, conf_child_at(list.value, index)};
    return index == 0 ? list : (Node){list.conf, NULL};
}

int conf_entries(Node map)
{
    return conf_is_map(map) ? map.value->count : 0;
}

Node conf_entry(Node map, int index)
{
    return (Node){map.conf, conf_is_map(map) ? conf_child_at(map.value, index) : NULL};
}

const char *conf_key(Node entry)
{
    return entry.value ? entry.value->key : NULL;
}

Node conf_take(Node map, const char *key)
{
    Node taken = {map.conf, map.value ? conf_child(map.value, key) : NULL};
    if (taken.value)
        conf_child_remove(map.value, taken.value);
    return taken;
}

const char *conf_line(Node node, Arena *arena)
{
    return node.value ? conf_value_text(arena, node.value) : "null";
}

const char *conf_scalar(Node node)
{
    return node.value && node.value->kind == VALUE_TEXT ? node.value->text : NULL;
}

Err conf_section(Node map, const char *key, Node *section)
{
    *section = (Node){map.conf, NULL};
    if (!map.value)
        return NULL;
    if (map.value->kind == VALUE_NULL)
        conf_value_clear(map.value);
    if (!conf_is_map(map))
        return conf_fail_expected(map, "settings, \"key: value\"", NULL);
    section->value = conf_child(map.value, key);
    if (!section->value)
        section->value = conf_child_add(map.conf, map.value, key, map.value->place);
    if (section->value->kind == VALUE_NULL)
        conf_value_clear(section->value);
    if (!conf_is_map(*section))
        return conf_fail_expected(*section, "settings, \"key: value\"", NULL);
    return NULL;
}

/* The commonest slip in a list of choices: settings that are not indented far enough become the
 * choice's siblings. */
static Err fail_crowded(Node node)
{
    const ConfValue *first = node.value->first, *second = first->next;
    Place place = second->key_place;
    if (first->kind == VALUE_NULL)
        return conf_fail_place(place, "if \"%s\" is a setting of \"%s\", indent it further",
                               second->key, first->key);
    return conf_fail_place(place, "expected one name with its settings, found a second one, \"%s\"",
                           second->key);
}

Err conf_choice(Node node, const char **name)
{
    *name = conf_scalar(node);
    if (*name)
        return NULL;
    if (conf_is_map(node) && node.value->count > 1)
        return fail_crowded(node);
    if (!conf_is_map(node) || node.value->count == 0)
        return conf_fail_expected(node, "a name, or \"name: {settings}\"", NULL);
    *name = node.value->first->key;
    return NULL;
}

Err conf_expand(Node node, const char *main_key)
{
    ConfValue *value = node.value;
    if (value->kind == VALUE_MAP)
        return NULL;
    if (value->kind == VALUE_NULL) {
        conf_value_clear(value);
        return NULL;
    }
    if (!main_key)
        return conf_fail(node, "\"%s\" has no main setting: write \"%s: {setting: value}\"",
                         value->key, value->key);
    const ConfValue alone = *value;
    conf_value_clear(value);
    conf_value_become(conf_child_add(node.conf, value, main_key, value->place), &alone);
    return NULL;
}

Err conf_settings(Node node, const char *main_key, Node *settings)
{
    const char *name;
    TRY(conf_choice(node, &name));
    if (conf_scalar(node))
        conf_value_name(node.conf, node.value);
    *settings = (Node){node.conf, node.value->first};
    return conf_expand(*settings, main_key);
}
