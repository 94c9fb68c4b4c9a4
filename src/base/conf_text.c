/* The document as text, by rules that look at values alone, never at how they were spelt: equal
 * documents have equal texts, and the text reads back as the same document.
 *
 *     data:                                     what does not fit on a line: a line for each key
 *       ...
 *     model:                                    a list that holds more than scalars: a line for
 *       - conv2d: {filters: 32, kernel: 3}      each item, so that a network reads as its layers
 *       - relu: {}
 *     batch: {global: 256, micro: 64}           all else: one line
 */
#include "base/conf_inside.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 2 };

/* Whether the text means itself without quotes, anywhere: as a key, in braces, after a dash. Errs
 * on the side of quotes. */
static bool is_plain(const char *text)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char *const nulls[] = {"null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (strcmp(text, nulls[i]) == 0)
            return false;
    size_t size = strlen(text);
    if (size == 0 || text[size - 1] == ' ' || !text[strcspn(text, letters)])
        return false;
    bool is_word = strchr(letters, text[0]) || text[0] == '_';
    if (!is_word && (!strchr("./+-", text[0]) || strchr(text, ' ')))
        return false;
    for (const char *c = text; *c; c++)
        if (!strchr(letters, *c) && !strchr(" _./+-=%*()^", *c))
            return false;
    return true;
}

static void write_scalar(FILE *out, const char *text)
{
    if (is_plain(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            fprintf(out, "\\x%02x", (unsigned)*c);
        else
            fputc(*c, out);
    fputc('"', out);
}

static void write_line(FILE *out, const ConfValue *value)
{
    if (value->kind == VALUE_NULL)
        fputs("null", out);
    if (value->kind == VALUE_TEXT)
        write_scalar(out, value->text);
    if (value->kind == VALUE_NULL || value->kind == VALUE_TEXT)
        return;
    bool is_map = value->kind == VALUE_MAP;
    fputc(is_map ? '{' : '[', out);
    for (const ConfValue *child = value->first; child; child = child->next) {
        if (is_map) {
            write_scalar(out, child->key);
            fputs(": ", out);
        }
        write_line(out, child);
        fputs(child->next ? ", " : "", out);
    }
    fputc(is_map ? '}' : ']', out);
}

/* What `write` makes of the value; to be freed. */
static char *written(void (*write)(FILE *out, const ConfValue *value), const ConfValue *value)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for a configuration's text");
    write(out, value);
    CHECK(fclose(out) == 0, "out of memory for a configuration's text");
    return text;
}

static bool holds_collections(const ConfValue *value)
{
    for (const ConfValue *child = value->first; child; child = child->next)
        if (child->count > 0 && (value->kind == VALUE_LIST || holds_collections(child)))
            return true;
    return false;
}

static void write_block(FILE *out, const ConfValue *value, int indent, bool begun);

/* The value after "key:" or "-", on that line (`column` characters are taken) or below it. */
static void write_after(FILE *out, const ConfValue *value, int indent, int column, bool in_list)
{
    bool one_line = value->count == 0 || !holds_collections(value);
    if (in_list && value->kind == VALUE_MAP && value->count == 1)
        one_line = false; /* "- conv2d: {...}", not "- {conv2d: {...}}" */
    char *line = one_line ? written(write_line, value) : NULL;
    if (line && (value->count == 0 || column + 1 + (int)strlen(line) <= WIDTH)) {
        fprintf(out, " %s\n", line);
    } else {
        fputs(in_list ? " " : "\n", out);
        write_block(out, value, indent + INDENT, in_list);
    }
    free(line);
}

/* The children one below the other; `begun`: the first one's line is indented already. */
static void write_block(FILE *out, const ConfValue *value, int indent, bool begun)
{
    for (const ConfValue *child = value->first; child; child = child->next) {
        fprintf(out, "%*s", begun && child == value->first ? 0 : indent, "");
        if (value->kind == VALUE_LIST) {
            fputc('-', out);
            write_after(out, child, indent, indent + 1, true);
        } else {
            write_scalar(out, child->key);
            fputc(':', out);
            write_after(out, child, indent, indent + (int)strlen(child->key) + 1, false);
        }
    }
}

static void write_document(FILE *out, const ConfValue *root)
{
    if (root->count == 0)
        fputs("{}\n", out);
    write_block(out, root, 0, false);
}

const char *conf_value_text(Arena *arena, const ConfValue *value)
{
    char *line = written(write_line, value);
    const char *text = arena_text(arena, "%s", line);
    free(line);
    return text;
}

const char *conf_text(Conf *conf)
{
    char *document = written(write_document, conf->root);
    const char *text = arena_text(&conf->arena, "%s", document);
    free(document);
    return text;
}
