/* Overrides, `--set path=value`: the path leads through mappings by key and through lists by index;
 * what is missing on the way is made, for the tables of Fields to judge as if it had been in the
 * file. Every value made here remembers that it came from the override. */
#include "base/conf_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One step of the path: `size` bytes at place.at; what stands before it leads to `from`. */
typedef struct Step {
    Place place;
    int size;
    const char *key;
} Step;

/* The path up to the step, for messages. */
static const char *path_to(Conf *conf, const Step *step)
{
    const char *path = step->place.source->text;
    int size = (int)(step->place.at - path);
    return size == 0 ? "the top" : arena_text(&conf->arena, "%.*s", size - 1, path);
}

static Err step_in_list(Conf *conf, const Step *step, const ConfValue *list, ConfValue **to)
{
    char *end;
    errno = 0;
    long index = strtol(step->key, &end, 10);
    bool is_index = strspn(step->key, "0123456789") == (size_t)step->size && !errno;
    if (!is_index || index >= list->count)
        return conf_fail_place(step->place, "%s has %d items, numbered from 0; there is no \"%s\"",
                               path_to(conf, step), list->count, step->key);
    *to = conf_child_at(list, (int)index);
    return NULL;
}

static Err step_in(Conf *conf, const Step *step, ConfValue *from, ConfValue **to)
{
    if (from->kind == VALUE_LIST)
        return step_in_list(conf, step, from, to);
    if (from->kind == VALUE_TEXT && strcmp(from->text, step->key) == 0)
        conf_value_name(conf, from); /* into `decay: cosine` by decay.cosine */
    if (from->kind == VALUE_TEXT)
        return conf_fail_place(step->place, "%s is \"%.40s\", which has no \"%s\" inside",
                               path_to(conf, step), from->text, step->key);
    if (from->kind == VALUE_NULL) {
        from->place = step->place;
        conf_value_clear(from);
    }
    *to = conf_child(from, step->key);
    if (!*to)
        *to = conf_child_add(conf, from, step->key, step->place);
    return NULL;
}

/* The value that the path before `end` leads to, made where it is missing. */
static Err follow(Conf *conf, const Source *source, const char *end, ConfValue **value)
{
    *value = conf->root;
    const char *at = source->text;
    for (;;) {
        size_t size = strcspn(at, ".=");
        Step step = {.place = {source, at},
                     .size = (int)size,
                     .key = arena_text(&conf->arena, "%.*s", (int)size, at)};
        if (size == 0)
            return conf_fail_place(step.place, "a name is missing in the path");
        TRY(step_in(conf, &step, *value, value));
        at += size;
        if (at == end)
            return NULL;
        at++;
    }
}

Err conf_override(Conf *conf, const char *text)
{
    Source *source = arena_take(&conf->arena, 1, sizeof *source);
    int first_line = (int)strcspn(text, "\r\n");
    source->name = arena_text(&conf->arena, "--set %.*s", first_line, text);
    source->text = arena_text(&conf->arena, "%s", text);
    const char *equals = strchr(source->text, '=');
    if (!equals)
        return conf_fail_place((Place){source, source->text}, "expected \"path=value\"");
    ConfValue given = {.place = {source, equals + 1}};
    if (strspn(equals + 1, " \t\r\n") == strlen(equals + 1))
        return conf_fail_place(given.place, "there is no value after \"=\"; none is written ~");
    TRY(conf_read(conf, source, equals + 1, &given));
    ConfValue *value;
    TRY(follow(conf, source, equals, &value));
    conf_value_become(value, &given);
    return NULL;
}
