/* Tables of Fields: a mapping of the document is read into a struct. Keys are checked first, so
 * that a misspelt one is named instead of being "missing"; then each field is read by the row of
 * its kind in `kinds`, the default of an absent one having been put into the document. */
#include "base/conf_inside.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* From here on a bound is no bound: tables say "any" with INFINITY, INT64_MAX or 1e18. */
#define BOUND_MOST 1e15

static bool within(const Field *field, double value)
{
    return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

static Err fail_number(Node at, const Field *field, const char *what)
{
    char text[128];
    bool low = field->min > -BOUND_MOST, high = field->max < BOUND_MOST;
    if ((field->min == 0 && field->max == 0) || (!low && !high))
        snprintf(text, sizeof text, "%s", what);
    else if (low && high)
        snprintf(text, sizeof text, "%s from %.15g to %.15g", what, field->min, field->max);
    else if (low)
        snprintf(text, sizeof text, "%s of at least %.15g", what, field->min);
    else
        snprintf(text, sizeof text, "%s of at most %.15g", what, field->max);
    return conf_fail_expected(at, text, NULL);
}

/* strtod also takes leading blanks, hexadecimal, inf and nan; we do not. Gives the end of the
 * number, or NULL. */
static const char *parse_number(const char *text, double *number)
{
    char *end;
    size_t size = strspn(text, "0123456789+-.eE");
    *number = strtod(text, &end);
    return end > text && end <= text + size && isfinite(*number) ? end : NULL;
}

static Err read_int(Node at, const Field *field, void *into)
{
    const char *text = conf_scalar(at);
    char *end = NULL;
    errno = 0;
    int64_t value = text && !isspace((unsigned char)*text) ? strtoll(text, &end, 10) : 0;
    if (!end || end == text || *end || errno || !within(field, (double)value))
        return fail_number(at, field, "an integer");
    *(int64_t *)into = value;
    return NULL;
}

static Err read_real(Node at, const Field *field, void *into)
{
    const char *text = conf_scalar(at);
    double value;
    const char *end = text ? parse_number(text, &value) : NULL;
    if (!end || *end || !within(field, value))
        return fail_number(at, field, "a number");
    *(double *)into = value;
    return NULL;
}

Err conf_number(Node at, double least, double most, double *number)
{
    const Field field = {.min = least, .max = most};
    return read_real(at, &field, number);
}

Err conf_numbers(Node list, double least, double most, double *numbers)
{
    if (!conf_is_list(list))
        return conf_number(list, least, most, numbers);
    for (ConfValue *value = list.value->first; value; value = value->next)
        TRY(conf_number((Node){list.conf, value}, least, most, numbers++));
    return NULL;
}

static Err read_bool(Node at, const Field *field, void *into)
{
    static const char *const words[] = {"true", "false", NULL};
    static const char *const others[][2] = {
        {"yes", "true"}, {"on", "true"}, {"no", "false"}, {"off", "false"}};
    (void)field;
    const char *text = conf_scalar(at);
    for (int i = 0; text && i < 2; i++)
        if (strcmp(text, words[i]) == 0) {
            *(bool *)into = i == 0;
            return NULL;
        }
    for (size_t i = 0; text && i < sizeof others / sizeof *others; i++)
        if (strcasecmp(text, others[i][0]) == 0)
            return conf_fail(at, "expected true or false, found \"%s\"; did you mean \"%s\"?", text,
                             others[i][1]);
    return conf_fail_expected(at, "true or false", words);
}

static Err read_text(Node at, const Field *field, void *into)
{
    (void)field;
    const char *text = conf_scalar(at);
    if (!text)
        return conf_fail_expected(at, "a text", NULL);
    *(const char **)into = text;
    return NULL;
}

static Err read_word(Node at, const Field *field, void *into)
{
    const char *text = conf_scalar(at);
    char list[512] = "";
    for (int i = 0; field->words[i]; i++) {
        if (text && strcmp(text, field->words[i]) == 0) {
            *(int *)into = i;
            return NULL;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "one of ", field->words[i]);
    }
    return conf_fail_expected(at, list, field->words);
}

static Err read_span(Node at, const Field *field, void *into)
{
    static const char *const units[][2] = {[SPAN_STEPS] = {"step", "steps"},
                                           [SPAN_EPOCHS] = {"epoch", "epochs"},
                                           [SPAN_SAMPLES] = {"sample", "samples"}};
    const char *text = conf_scalar(at);
    size_t before = field->words ? strlen(field->words[0]) : 0;
    if (text && before && strncmp(text, field->words[0], before) == 0 && text[before] == ' ')
        text += before + 1;
    double count;
    const char *unit = text ? parse_number(text, &count) : NULL;
    if (unit && *unit == ' ' && count >= 0) {
        unit += strspn(unit, " ");
        for (int i = SPAN_STEPS; i <= SPAN_SAMPLES; i++)
            if (strcmp(unit, units[i][0]) == 0 || strcmp(unit, units[i][1]) == 0) {
                *(Span *)into = (Span){.count = count, .unit = i};
                return NULL;
            }
    }
    return conf_fail_expected(
        at, "a duration such as \"3 epochs\", \"500 steps\" or \"1e6 samples\"", NULL);
}

static Err read_node(Node at, const Field *field, void *into)
{
    (void)field;
    if (!conf_exists(at)) /* the key must be given, and stands there without a value */
        return conf_fail_expected(at, "a value", NULL);
    *(Node *)into = at;
    return NULL;
}

static void none_text(Node map, void *into)
{
    (void)map;
    *(const char **)into = NULL;
}

static void none_span(Node map, void *into)
{
    (void)map;
    *(Span *)into = (Span){.count = -1};
}

static void none_node(Node map, void *into)
{
    *(Node *)into = (Node){map.conf, NULL};
}

/* How each kind is read, and what stands for "none"; where nothing does, the struct keeps what it
 * has. */
static const struct Kind {
    Err (*read)(Node at, const Field *field, void *into);
    void (*none)(Node map, void *into);
} kinds[] = {
    [FIELD_INT] = {read_int, NULL},        [FIELD_REAL] = {read_real, NULL},
    [FIELD_BOOL] = {read_bool, NULL},      [FIELD_TEXT] = {read_text, none_text},
    [FIELD_WORD] = {read_word, NULL},      [FIELD_SPAN] = {read_span, none_span},
    [FIELD_NODE] = {read_node, none_node},
};

Err conf_value(Node at, const Field *field, void *into)
{
    return kinds[field->kind].read(at, field, into);
}

/* " in schedule", or nothing at the top. */
static const char *where(Node map)
{
    return map.value->key ? arena_text(&map.conf->arena, " in %s", map.value->key) : "";
}

static Err fail_unknown(Node map, const ConfValue *child, const char *const *names)
{
    const char *meant = conf_closest(child->key, names);
    if (meant)
        return conf_fail_place(child->key_place, "unknown key \"%s\"%s; did you mean \"%s\"?",
                               child->key, where(map), meant);
    const char *list = "there are no settings here";
    for (int i = 0; names[i]; i++)
        list = arena_text(&map.conf->arena, "%s%s",
                          i ? arena_text(&map.conf->arena, "%s, ", list) : "known: ", names[i]);
    return conf_fail_place(child->key_place, "unknown key \"%s\"%s; %s", child->key, where(map),
                           list);
}

static Err check_keys(Node map, const Field *fields)
{
    int count = 0;
    while (fields[count].name)
        count++;
    const char **names = arena_take(&map.conf->arena, count + 1, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = fields[i].name;
    for (const ConfValue *child = map.value->first; child; child = child->next) {
        int i = 0;
        while (i < count && strcmp(names[i], child->key) != 0)
            i++;
        if (i == count)
            return fail_unknown(map, child, names);
    }
    return NULL;
}

static Err fail_missing(Node map, const Field *field)
{
    const char *help = field->help ? field->help : "";
    return conf_fail(map, "\"%s\" is missing%s%s%s", field->name, map.value ? where(map) : "",
                     *help ? ": " : "", help);
}

/* Nobody has written a default: complaints about it point to the mapping that lacks the key. */
static void put_at(Place place, ConfValue *value)
{
    value->place = value->key_place = place;
    for (ConfValue *child = value->first; child; child = child->next)
        put_at(place, child);
}

/* The default as a value: in the document if there is a mapping to hold it, else beside it. */
static Err read_default(Node map, const Field *field, void *into)
{
    if (!map.conf) {
        ConfValue literal = {.kind = VALUE_TEXT, .text = field->fallback};
        CHECK(field->kind != FIELD_NODE, "the default of \"%s\" needs a document", field->name);
        return kinds[field->kind].read((Node){NULL, &literal}, field, into);
    }
    Conf *conf = map.conf;
    ConfValue *value;
    if (map.value)
        value = conf_child_add(conf, map.value, field->name, map.value->place);
    else
        value = arena_take(&conf->arena, 1, sizeof *value);
    Source *source = arena_take(&conf->arena, 1, sizeof *source);
    *source = (Source){.name = "a default", .text = field->fallback};
    TRY(conf_read(conf, source, source->text, value));
    put_at(map.value ? map.value->place : (Place){&conf->source, NULL}, value);
    return kinds[field->kind].read((Node){conf, value}, field, into);
}

/* A null says "none" where none is possible; it stays in the document only where leaving it out
 * would mean the default. */
static Err read_field(Node map, const Field *field, void *into)
{
    const struct Kind *kind = &kinds[field->kind];
    ConfValue *value = map.value ? conf_child(map.value, field->name) : NULL;
    bool optional = field->fallback && strcmp(field->fallback, FIELD_NONE) == 0;
    if (optional && value && value->kind == VALUE_NULL) {
        conf_child_remove(map.value, value);
        value = NULL;
    }
    bool none = value ? value->kind == VALUE_NULL && kind->none && field->fallback : optional;
    if (none) {
        if (kind->none)
            kind->none(map, into);
        return NULL;
    }
    if (value)
        return kind->read((Node){map.conf, value}, field, into);
    if (!field->fallback)
        return fail_missing(map, field);
    Err err = read_default(map, field, into);
    CHECK(!err, "the default of \"%s\": %s", field->name, err_text(err));
    return NULL;
}

Err conf_fields(Node map, const Field *fields, void *self)
{
    if (map.value && map.value->kind == VALUE_NULL)
        conf_value_clear(map.value);
    if (map.value && !conf_is_map(map))
        return conf_fail_expected(map, "settings, \"key: value\"", NULL);
    if (map.value)
        TRY(check_keys(map, fields));
    for (const Field *field = fields; field->name; field++)
        TRY(read_field(map, field, (char *)self + field->offset));
    return NULL;
}
