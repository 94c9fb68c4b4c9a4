/* Inside conf: the document as a tree of our own. libfyaml reads the text (conf.c, its only door);
 * afterwards a document is edited by overrides, defaults and rewritten choices, and still every
 * value has to know where it came from: which text, and where in it. So each value carries its
 * place, and a place is a pointer into a text. Only conf*.c include this header.
 *
 *     conf.c             text -> tree                 conf_report.c      messages, closest match
 *     conf_tree.c        nodes, sections, choices     conf_text.c        tree -> text
 *     conf_override.c    path=value                   conf_difference.c  two trees compared
 *     conf_fields.c      tables of Fields
 */
#ifndef BASE_CONF_INSIDE_H
#define BASE_CONF_INSIDE_H

#include "base/conf.h"

#include <stdarg.h>
#include <stdio.h>

/* A text that values came from: the file, or one override. */
typedef struct Source {
    const char *name; /* as messages call it */
    const char *text;
    bool numbered; /* whether messages name line and column: a file has them, an override not */
} Source;

/* A zeroed Place is "nowhere"; `at` NULL means the source as a whole. */
typedef struct Place {
    const Source *source;
    const char *at; /* in source->text */
} Place;

typedef enum ValueKind { VALUE_NULL, VALUE_TEXT, VALUE_LIST, VALUE_MAP } ValueKind;

/* Quotes matter only for null ("null" is a text), so a scalar is null or a text. */
typedef struct ConfValue {
    ValueKind kind;
    const char *text; /* of a scalar */
    Place place;
    const char *key; /* in the mapping that holds this value, else NULL */
    Place key_place;
    struct ConfValue *first, *last, *next; /* children in order; the next sibling */
    int count;                             /* of children */
} ConfValue;

struct Conf {
    Arena arena;
    Source source; /* the file */
    ConfValue *root;
};

/* conf.c: reads the YAML text that begins at `start` (within source->text) into `value`, whose
 * place is set already; an empty text leaves it null. */
Err conf_read(Conf *conf, const Source *source, const char *start, ConfValue *value);

/* conf_tree.c. A new child is null, at its key's place. */
ConfValue *conf_child(const ConfValue *map, const char *key);
ConfValue *conf_child_at(const ConfValue *list, int index);
ConfValue *conf_child_add(Conf *conf, ConfValue *parent, const char *key, Place place);
void conf_child_remove(ConfValue *parent, const ConfValue *child);
/* Takes over kind, text, place and children of `other`; stays where it is, under its own key. */
void conf_value_become(ConfValue *value, const ConfValue *other);
/* An empty mapping at the place where the value was. */
void conf_value_clear(ConfValue *value);
/* Turns the scalar `relu` into the mapping `relu: null`. */
void conf_value_name(Conf *conf, ConfValue *value);

/* conf_override.c: applies one "path.to.key=YAML". */
Err conf_override(Conf *conf, const char *text);

/* conf_report.c */
Err conf_fail_place(Place place, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "expected E, found F", and the closest of `words` unless that is NULL. */
Err conf_fail_expected(Node at, const char *expected, const char *const *words);

/* conf_text.c: the value on one line, in the arena. */
const char *conf_value_text(Arena *arena, const ConfValue *value);

#endif
