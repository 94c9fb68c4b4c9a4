/* What conf says to people: the place, the line with a caret, and the word that was meant. */
#include "base/conf_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 100, CARET_MOST = 80, LEAD = 60, WORD_MOST = 40 };

/* A place as people count: from 1, in characters. */
typedef struct Spot {
    int line, column;
    const char *begin, *end; /* of the line */
} Spot;

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static Spot find_spot(Place place)
{
    const char *begin = place.source->text;
    if (strncmp(begin, "\xef\xbb\xbf", 3) == 0 && place.at >= begin + 3)
        begin += 3; /* a byte order mark is not seen */
    Spot spot = {.line = 1, .column = 1};
    for (const char *c = begin; c < place.at; c++)
        if (*c == '\n' || (*c == '\r' && c[1] != '\n')) {
            spot.line++;
            begin = c + 1;
        }
    for (const char *c = begin; c < place.at; c++)
        spot.column += begins_character(*c);
    spot.begin = begin;
    spot.end = begin + strcspn(begin, "\r\n");
    return spot;
}

/* The line, cut to what fits in a terminal, and the caret under its place. */
static void write_excerpt(FILE *out, Place place)
{
    Spot spot = find_spot(place);
    const char *from = place.at - spot.begin > CARET_MOST ? place.at - LEAD : spot.begin;
    while (from < place.at && !begins_character(*from))
        from++;
    const char *to = spot.end - from > LINE_MOST ? from + LINE_MOST : spot.end;
    while (to > from && !begins_character(*to))
        to--;
    const char *cut = from > spot.begin ? "..." : "";
    int digits = place.source->numbered ? snprintf(NULL, 0, "%d ", spot.line) : 0;
    if (digits)
        fprintf(out, "\n  %d | %s", spot.line, cut);
    else
        fprintf(out, "\n  | %s", cut);
    for (const char *c = from; c < to; c++)
        fputc(*c != '\t' && iscntrl((unsigned char)*c) ? '?' : *c, out);
    fprintf(out, "\n  %*s| %*s", digits, "", (int)strlen(cut), "");
    for (const char *c = from; c < place.at; c++)
        if (begins_character(*c))
            fputc(*c == '\t' ? '\t' : ' ', out);
    fputc('^', out);
}

static void write_location(FILE *out, Place place)
{
    if (!place.source)
        return;
    fputs(place.source->name, out);
    if (place.at && place.source->numbered) {
        Spot spot = find_spot(place);
        fprintf(out, ":%d:%d", spot.line, spot.column);
    }
    fputs(": ", out);
}

static Err fail(Place place, const char *format, va_list arguments)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for a message");
    write_location(out, place);
    vfprintf(out, format, arguments);
    if (place.at)
        write_excerpt(out, place);
    CHECK(fclose(out) == 0, "out of memory for a message");
    Err err = ERR(STATUS_USER, "%s", text);
    free(text);
    return err;
}

static Place place_of(Node node)
{
    if (node.value)
        return node.value->place;
    return (Place){node.conf ? &node.conf->source : NULL, NULL};
}

Err conf_fail_place(Place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    Err err = fail(place, format, arguments);
    va_end(arguments);
    return err;
}

Err conf_fail(Node at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    Err err = fail(place_of(at), format, arguments);
    va_end(arguments);
    return err;
}

Err conf_fail_key(Node map, const char *key, const char *format, ...)
{
    ConfValue *child = map.value ? conf_child(map.value, key) : NULL;
    Node at = {map.conf, child ? child : map.value};
    va_list arguments;
    va_start(arguments, format);
    Err err = fail(place_of(at), format, arguments);
    va_end(arguments);
    return err;
}

static const char *kind_text(Node node)
{
    static const char *const names[] = {
        [VALUE_NULL] = "nothing", [VALUE_LIST] = "a list", [VALUE_MAP] = "a mapping"};
    return names[node.value ? node.value->kind : VALUE_NULL];
}

Err conf_fail_expected(Node at, const char *expected, const char *const *words)
{
    const char *text = conf_scalar(at);
    if (!text)
        return conf_fail(at, "expected %s, found %s", expected, kind_text(at));
    const char *meant = words ? conf_closest(text, words) : NULL;
    if (meant)
        return conf_fail(at, "expected %s, found \"%s\"; did you mean \"%s\"?", expected, text,
                         meant);
    bool is_long = strlen(text) > WORD_MOST;
    return conf_fail(at, "expected %s, found \"%.*s%s\"", expected, is_long ? WORD_MOST : -1, text,
                     is_long ? "..." : "");
}

Err conf_fail_unknown(Node at, const char *what, const char *word, const char *const *words)
{
    const char *meant = conf_closest(word, words);
    if (meant)
        return conf_fail(at, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, meant);
    return conf_fail(at, "unknown %s \"%s\"", what, word);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Letters inserted, left out, replaced or swapped with a neighbour to get from a to b; capitals are
 * no difference. Both have at most WORD_MOST letters.
 *
 *     steps[i][j] = from the first i letters of a to the first j of b                        */
static int edit_distance(const char *a, const char *b)
{
    int steps[WORD_MOST + 1][WORD_MOST + 1];
    int rows = (int)strlen(a), columns = (int)strlen(b);
    for (int i = 0; i <= rows; i++)
        for (int j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                steps[i][j] = i + j;
                continue;
            }
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            steps[i][j] =
                least(steps[i - 1][j - 1] + (x != y), 1 + least(steps[i - 1][j], steps[i][j - 1]));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                steps[i][j] = least(steps[i][j], steps[i - 2][j - 2] + 1);
        }
    return steps[rows][columns];
}

const char *conf_closest(const char *word, const char *const *words)
{
    size_t length = strlen(word);
    if (length > WORD_MOST)
        return NULL;
    const char *best = NULL;
    int limit = length < 3 ? 1 : 1 + (int)length / 4; /* one slip, and one more every 4 letters */
    int nearest = limit + 1;
    for (; *words; words++) {
        if (strlen(*words) > WORD_MOST)
            continue;
        bool begins_so = length >= 3 && strncmp(word, *words, length) == 0;
        int distance = begins_so ? 1 : edit_distance(word, *words);
        if (distance < nearest && distance < (int)strlen(*words)) {
            nearest = distance;
            best = *words;
        }
    }
    return best;
}
