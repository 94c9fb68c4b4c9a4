/* Configuration: YAML read through libfyaml, whose only door this is.
 *
 * A document is read against tables of Fields. A field that is absent gets its default, written
 * back into the document, so that conf_text() is the resolved configuration. Every complaint names
 * file:line:column, shows the line with a caret, and offers the closest match for a misspelt word:
 *
 *     fashion.yaml:12:3: unknown key "warmpu" in schedule; did you mean "warmup"?
 *       12 |   warmpu: 1 epoch
 *          |   ^
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Conf Conf;

/* A place in a document. A zeroed Node is "absent"; asking it for anything is allowed. */
typedef struct Node {
    Conf *conf;
    struct ConfValue *value;
} Node;

/* A duration: so many steps, epochs or samples. count < 0: not given. */
typedef struct Span {
    double count;
    enum { SPAN_STEPS, SPAN_EPOCHS, SPAN_SAMPLES } unit;
} Span;

typedef enum FieldKind {
    FIELD_INT,  /* int64_t, within [min, max] */
    FIELD_REAL, /* double, within [min, max]; 5e-4, 1/3 is not a number */
    FIELD_BOOL, /* bool */
    FIELD_TEXT, /* const char *, in the document's arena; NULL for null */
    FIELD_WORD, /* int: index into `words` */
    FIELD_SPAN, /* Span: "N steps", "N epochs", "N samples" (singular too); count >= 0 */
    FIELD_NODE  /* Node: read by somebody else; absent when the key is */
} FieldKind;

typedef struct Field {
    const char *name;
    FieldKind kind;
    size_t offset;            /* of the value in the struct that is read into */
    const char *fallback;     /* YAML text of the default; NULL: the key must be given;
                                 "~": may be absent (text NULL, span count -1, node absent; the
                                 other kinds leave what the struct has) */
    double min, max;          /* both 0: unbounded */
    const char *const *words; /* FIELD_WORD: NULL-terminated; FIELD_SPAN: one that may stand before,
                                 such as every, or NULL */
    const char *help;
} Field;

#define FIELD_NONE "~"

/* Parses `text`, called `name` in messages, then applies the overrides, each "path.to.key=YAML".
 * A list index in a path is a number: model.3.dense.units=64. */
Err conf_parse(Conf **conf, const char *name, const char *text, const char *const *overrides,
               int override_count);
void conf_free(Conf *conf);
Node conf_root(Conf *conf);
/* The name that messages call it by: the file's path. */
const char *conf_name(const Conf *conf);
/* Memory that lives as long as the document. */
Arena *conf_arena(Conf *conf);

/* Reads the mapping `map` (absent: all defaults; created in the document, under `parent` and
 * `key` if these are given by conf_section) into `self` by the table `fields` (name NULL ends it).
 * An unknown key, a wrong type, a value out of range or a missing key is STATUS_USER. */
Err conf_fields(Node map, const Field *fields, void *self);
/* Reads one value, such as an item of a list, as a field of this kind and range. */
Err conf_value(Node at, const Field *field, void *into);
/* The mapping under `key` of `map`; where absent or null, an empty one is put into the document. */
Err conf_section(Node map, const char *key, Node *section);
/* The node under `key`, absent if there is none or if it is null. */
Node conf_get(Node map, const char *key);
bool conf_exists(Node node);
/* Whether somebody wrote the value: it is no default. */
bool conf_given(Node node);
/* Lists. A node that is no list counts as one item: itself. Absent: 0 items. */
bool conf_is_list(Node node);
bool conf_is_map(Node node);
int conf_count(Node list);
Node conf_item(Node list, int index);
/* Mappings: how many entries (of anything else 0), the one at an index, and its key. */
int conf_entries(Node map);
Node conf_entry(Node map, int index);
const char *conf_key(Node entry);
/* Takes the entry under `key` out of the mapping: it is no longer part of the document. Absent if
 * there is none. */
Node conf_take(Node map, const char *key);
/* The value as YAML on one line. */
const char *conf_line(Node node, Arena *arena);
/* The scalar's text, NULL for a list, a mapping, null or an absent node. */
const char *conf_scalar(Node node);
/* The scalar as a number within [least, most]. STATUS_USER at its place. */
Err conf_number(Node at, double least, double most, double *number);
/* The scalars of a list of `count` as numbers, each within [least, most]. STATUS_USER at the place
 * of the first that is none. */
Err conf_numbers(Node list, double least, double most, double *numbers);

/* One alternative with settings: `relu`, `dense: 10` (the main setting alone) or
 * `dense: {units: 10}`. conf_choice gives the name; conf_settings then rewrites the node to the
 * full form `name: {settings}` (main_key NULL: no main setting) and gives the settings' mapping. */
Err conf_choice(Node node, const char **name);
Err conf_settings(Node node, const char *main_key, Node *settings);
/* The same for the value of a key, `warmup: 1 epoch` or `warmup: {length: 1 epoch}`: afterwards it
 * is the mapping. */
Err conf_expand(Node value, const char *main_key);

/* STATUS_USER at this place of the document: "file:line:column: text", line and caret. */
Err conf_fail(Node at, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same at key `key` of mapping `map` (at the mapping if the key is not there). */
Err conf_fail_key(Node map, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a word that a table does not have: unknown layer "rleu"; did you mean "relu"? */
Err conf_fail_unknown(Node at, const char *what, const char *word, const char *const *words);
/* The word of the list `words` (NULL-terminated) nearest to `word` by edit distance, or NULL when
 * none is near enough to be meant. */
const char *conf_closest(const char *word, const char *const *words);

/* The document as YAML text, defaults filled in: keys in the order given, then the defaults.
 * Equal documents give equal texts. In the document's arena. */
const char *conf_text(Conf *conf);
/* Compares two resolved documents key by key, leaving out the paths in `ignored` (NULL-terminated,
 * a path covers all below it). The first path that differs, such as "optimizer.lr", or NULL; with
 * its two values as text. In a's arena. */
const char *conf_difference(Conf *a, Conf *b, const char *const *ignored, const char **value_a,
                            const char **value_b);

#endif
