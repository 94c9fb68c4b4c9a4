/* The door to libfyaml: a text becomes a tree of ConfValues.
 *
 * We read its stream of events instead of building its document: a document of theirs forgets
 * places when it is edited, and expands aliases without limit. Whatever a text contains, the tree
 * is small (depth and number of values are bounded), its keys are plain texts that occur once, and
 * aliases are copies. libfyaml's own complaints are collected and become one Err with a place.
 */
#include "base/conf_inside.h"

#include <libfyaml.h>

#include <string.h>

/* Far above any configuration, far below what hurts. */
enum { DEPTH_MOST = 64, VALUES_MOST = 20000, KEY_MOST = 200 };

typedef struct Anchor {
    const char *name;
    const ConfValue *value;
    struct Anchor *older;
} Anchor;

typedef struct Reader {
    Conf *conf;
    const Source *source;
    const char *start; /* of the YAML text within the source */
    struct fy_diag *diag;
    struct fy_parser *parser;
    struct fy_event *event; /* the one that is being read; ours to free */
    Anchor *anchors;        /* of finished values, so that no value can contain itself */
    int depth, values;
} Reader;

static Err read_value(Reader *reader, ConfValue *value);

static Place place_of(const Reader *reader, const struct fy_mark *mark)
{
    return (Place){reader->source, reader->start + (mark ? mark->input_pos : 0)};
}

/* What libfyaml says of an unclosed bracket is said at the end of the text: we point at the last
 * character there, and explain the one message that everybody gets and nobody understands. */
static Err syntax_error(Reader *reader)
{
    void *iterator = NULL;
    const struct fy_diag_error *error;
    do
        error = fy_diag_errors_iterate(reader->diag, &iterator);
    while (error && error->type != FYET_ERROR);
    if (!error)
        return conf_fail_place(place_of(reader, NULL), "this is no YAML 1.2");
    Place place = place_of(reader, error->fyt ? fy_token_start_mark(error->fyt) : NULL);
    if (!*place.at)
        while (place.at > reader->start && (!*place.at || strchr(" \r\n", *place.at)))
            place.at--;
    bool plain_key = strstr(error->msg, "invalid multiline plain key") != NULL;
    return conf_fail_place(place, "%s%s", error->msg,
                           plain_key ? " (a missing ':', or the next line indented too far?)" : "");
}

static Err next_event(Reader *reader)
{
    fy_parser_event_free(reader->parser, reader->event);
    reader->event = fy_parser_parse(reader->parser);
    return reader->event ? NULL : syntax_error(reader);
}

/* A token's text in the arena. */
static Err copy_text(Reader *reader, struct fy_token *token, Place place, const char **text)
{
    size_t size = 0;
    const char *bytes = fy_token_get_text(token, &size);
    if (bytes && memchr(bytes, '\0', size))
        return conf_fail_place(place, "a text cannot contain the character NUL");
    *text = arena_text(&reader->conf->arena, "%.*s", (int)size, bytes ? bytes : "");
    return NULL;
}

static bool is_null(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (strcmp(text, nulls[i]) == 0)
            return true;
    return false;
}

static Err read_scalar(Reader *reader, ConfValue *value)
{
    struct fy_token *token = fy_event_get_token(reader->event);
    if (!token)
        return NULL;
    TRY(copy_text(reader, token, value->place, &value->text));
    enum fy_scalar_style style = fy_token_scalar_style(token);
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
        value->place.at--; /* the mark stands behind the quote */
    value->kind = style == FYSS_PLAIN && is_null(value->text) ? VALUE_NULL : VALUE_TEXT;
    return NULL;
}

static Err add_child(Reader *reader, ConfValue *parent, const char *key, Place place,
                     ConfValue **child)
{
    if (reader->values++ >= VALUES_MOST)
        return conf_fail_place(place, "too large for a configuration: over %d values", VALUES_MOST);
    *child = conf_child_add(reader->conf, parent, key, place);
    return NULL;
}

static Err go_deeper(Reader *reader, Place place)
{
    if (++reader->depth > DEPTH_MOST)
        return conf_fail_place(place, "nested too deeply: over %d levels", DEPTH_MOST);
    return NULL;
}

static Err read_list(Reader *reader, ConfValue *list)
{
    list->kind = VALUE_LIST;
    TRY(go_deeper(reader, list->place));
    TRY(next_event(reader));
    while (reader->event->type != FYET_SEQUENCE_END) {
        ConfValue *item = NULL;
        TRY(add_child(reader, list, NULL, list->place, &item));
        TRY(read_value(reader, item));
        TRY(next_event(reader));
    }
    reader->depth--;
    return NULL;
}

static Err read_key(Reader *reader, ConfValue *map, ConfValue **child)
{
    struct fy_token *token = fy_event_get_token(reader->event);
    Place place = place_of(reader, fy_event_start_mark(reader->event));
    if (reader->event->type != FYET_SCALAR || !token)
        return conf_fail_place(token ? place : map->place, "expected a name as the key");
    const char *key = NULL;
    TRY(copy_text(reader, token, place, &key));
    if (strlen(key) > KEY_MOST)
        return conf_fail_place(place, "a key of over %d characters", KEY_MOST);
    if (conf_child(map, key))
        return conf_fail_place(place, "the key \"%s\" is given twice", key);
    return add_child(reader, map, key, place, child);
}

static Err read_map(Reader *reader, ConfValue *map)
{
    map->kind = VALUE_MAP;
    TRY(go_deeper(reader, map->place));
    TRY(next_event(reader));
    while (reader->event->type != FYET_MAPPING_END) {
        ConfValue *child = NULL;
        TRY(read_key(reader, map, &child));
        TRY(next_event(reader));
        TRY(read_value(reader, child));
        TRY(next_event(reader));
    }
    reader->depth--;
    return NULL;
}

/* Copies keep the places of the original: that is where a wrong value is mended. */
static Err copy_value(Reader *reader, ConfValue *value, const ConfValue *original)
{
    *value = (ConfValue){.kind = original->kind,
                         .text = original->text,
                         .place = original->place,
                         .key = value->key,
                         .key_place = value->key_place,
                         .next = value->next};
    TRY(go_deeper(reader, original->place));
    for (const ConfValue *from = original->first; from; from = from->next) {
        ConfValue *child = NULL;
        TRY(add_child(reader, value, from->key, from->key_place, &child));
        TRY(copy_value(reader, child, from));
    }
    reader->depth--;
    return NULL;
}

static Err read_alias(Reader *reader, ConfValue *value)
{
    const char *name = NULL;
    TRY(copy_text(reader, fy_event_get_token(reader->event), value->place, &name));
    const Anchor *anchor = reader->anchors;
    while (anchor && strcmp(anchor->name, name) != 0)
        anchor = anchor->older;
    if (!anchor)
        return conf_fail_place(value->place, "*%s: no value before this one is named &%s", name,
                               name);
    return copy_value(reader, value, anchor->value);
}

static Err read_content(Reader *reader, ConfValue *value)
{
    switch (reader->event->type) {
    case FYET_SCALAR:
        return read_scalar(reader, value);
    case FYET_SEQUENCE_START:
        return read_list(reader, value);
    case FYET_MAPPING_START:
        return read_map(reader, value);
    case FYET_ALIAS:
        return read_alias(reader, value);
    default:
        return conf_fail_place(value->place, "expected a value");
    }
}

/* Begins at the value's first event and ends at its last one. */
static Err read_value(Reader *reader, ConfValue *value)
{
    const struct fy_mark *mark = fy_event_start_mark(reader->event);
    if (mark) /* an empty value has none, and stays at its key */
        value->place = place_of(reader, mark);
    struct fy_token *tag = fy_event_get_tag_token(reader->event);
    if (tag)
        return conf_fail_place(place_of(reader, fy_token_start_mark(tag)),
                               "tags (a word after '!') have no meaning here");
    struct fy_token *name = fy_event_get_anchor_token(reader->event);
    if (!name)
        return read_content(reader, value);
    Anchor *anchor = arena_take(&reader->conf->arena, 1, sizeof *anchor);
    *anchor = (Anchor){.value = value};
    TRY(copy_text(reader, name, value->place, &anchor->name));
    TRY(read_content(reader, value));
    anchor->older = reader->anchors;
    reader->anchors = anchor;
    return NULL;
}

static Err read_stream(Reader *reader, ConfValue *value)
{
    TRY(next_event(reader)); /* the stream begins */
    TRY(next_event(reader));
    if (reader->event->type == FYET_STREAM_END)
        return NULL;
    TRY(next_event(reader)); /* the document began */
    TRY(read_value(reader, value));
    TRY(next_event(reader)); /* and ends */
    TRY(next_event(reader));
    if (reader->event->type == FYET_STREAM_END)
        return NULL;
    return conf_fail_place(place_of(reader, fy_event_start_mark(reader->event)),
                           "a second document begins here; one file is one configuration");
}

/* Bytes of the UTF-8 character at `text`: 0 if it is none, or one that no text has. */
static int character_bytes(const unsigned char *text)
{
    if (*text < 0x80)
        return *text == '\t' || *text == '\n' || *text == '\r' || (*text >= ' ' && *text != 0x7f);
    int bytes = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
    if (*text < 0xc2 || *text > 0xf4)
        return 0;
    for (int i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return bytes;
}

/* libfyaml takes some bad bytes for the end of the text, which would hide what follows, and can
 * hang on a directive (0.7.12, "[\n%["), which nobody needs here but, in
 * the first line, %YAML. */
static Err check_characters(const Source *source, const char *start)
{
    int bytes;
    for (const char *at = start; *at; at += bytes) {
        bool begins = at == start || at[-1] == '\n' || at[-1] == '\r';
        bytes = character_bytes((const unsigned char *)at);
        if (bytes == 0)
            return conf_fail_place((Place){source, at}, "the byte 0x%02x is no text in UTF-8",
                                   (unsigned)(unsigned char)*at);
        if (begins && *at == '%' && (at > start || strncmp(at, "%YAML ", 6) != 0))
            return conf_fail_place((Place){source, at},
                                   "a line that begins with %% is a directive of YAML's, which a "
                                   "configuration does not have; put such a text in quotes");
    }
    return NULL;
}

/* Takes what libfyaml would print where errors are not collected. */
static void say_nothing(struct fy_diag *diag, void *user, const char *text, size_t size)
{
    (void)diag, (void)user, (void)text, (void)size;
}

Err conf_read(Conf *conf, const Source *source, const char *start, ConfValue *value)
{
    TRY(check_characters(source, start));
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = say_nothing;
    struct fy_diag *diag = fy_diag_create(&quiet);
    CHECK(diag, "out of memory for libfyaml");
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg setup = {.flags = FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&setup);
    CHECK(parser && fy_parser_set_string(parser, start, strlen(start)) == 0,
          "out of memory for libfyaml");
    Reader reader = {
        .conf = conf, .source = source, .start = start, .diag = diag, .parser = parser};
    Err err = read_stream(&reader, value);
    fy_parser_event_free(parser, reader.event);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return err;
}

static Err parse(Conf *conf, const char *const *overrides, int override_count)
{
    const Source *source = &conf->source;
    ConfValue *root = arena_take(&conf->arena, 1, sizeof *root);
    conf->root = root;
    root->place = (Place){source, source->text};
    TRY(conf_read(conf, source, source->text, root));
    if (root->kind == VALUE_NULL)
        return conf_fail_place(root->place, "the configuration is empty");
    if (root->kind != VALUE_MAP)
        return conf_fail_place(root->place, "expected settings, one \"key: value\" a line");
    for (int i = 0; i < override_count; i++)
        TRY(conf_override(conf, overrides[i]));
    return NULL;
}

Err conf_parse(Conf **conf, const char *name, const char *text, const char *const *overrides,
               int override_count)
{
    Conf *made = mem_alloc(1, sizeof *made);
    made->source = (Source){.name = arena_text(&made->arena, "%s", name),
                            .text = arena_text(&made->arena, "%s", text),
                            .numbered = true};
    Err err = parse(made, overrides, override_count);
    if (err) {
        conf_free(made);
        made = NULL;
    }
    *conf = made;
    return err;
}

void conf_free(Conf *conf)
{
    if (!conf)
        return;
    Arena arena = conf->arena;
    arena_free(&arena);
    mem_free(conf);
}
