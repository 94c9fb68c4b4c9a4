/* Cells are cut out of the file's text in place. */
#include "lab/sheet.h"

#include "base/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reader {
    char *at;
    char **cell; /* [room] of the record */
    int room, cells;
    Arena *arena;
} Reader;

static void add_cell(Reader *r, char *cell)
{
    if (r->cells == r->room) {
        char **old = r->cell;
        r->room = r->room ? 2 * r->room : 32;
        r->cell = arena_take(r->arena, r->room, sizeof *r->cell);
        if (r->cells)
            memcpy(r->cell, old, (size_t)r->cells * sizeof *old);
    }
    r->cell[r->cells++] = cell;
}

/* From the quote on: the text without quotes, in place. */
static char *quoted(Reader *r)
{
    char *begin = r->at, *out = r->at, *in = r->at + 1;
    while (*in && (*in != '"' || in[1] == '"')) {
        in += *in == '"';
        *out++ = *in++;
    }
    r->at = in + (*in == '"');
    char *end = r->at + strcspn(r->at, ",\n");
    r->at = end;
    *out = '\0';
    return begin;
}

static char *plain(Reader *r)
{
    char *begin = r->at;
    r->at += strcspn(begin, ",\n");
    return begin;
}

/* One line, of which the text has the end. */
static void read_record(Reader *r)
{
    r->cells = 0;
    for (;;) {
        add_cell(r, *r->at == '"' ? quoted(r) : plain(r));
        char separator = *r->at;
        if (separator)
            *r->at++ = '\0';
        if (separator != ',')
            return;
    }
}

static int64_t lines(const char *text)
{
    int64_t n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* The text up to its last line's end, in the arena. */
static Err whole_lines(const char *path, Arena *arena, char **text)
{
    char *file;
    size_t size;
    TRY(file_read(path, &file, &size));
    char *end = strrchr(file, '\n');
    size_t kept = end ? (size_t)(end + 1 - file) : 0;
    *text = arena_take(arena, (int64_t)kept + 1, 1);
    memcpy(*text, file, kept);
    mem_free(file);
    return NULL;
}

Err sheet_read(Sheet *sheet, const char *path, Arena *arena)
{
    Reader r = {.arena = arena};
    *sheet = (Sheet){.path = arena_text(arena, "%s", path)};
    TRY(whole_lines(path, arena, &r.at));
    if (!*r.at)
        return NULL;
    int64_t most = lines(r.at);
    read_record(&r);
    sheet->columns = r.cells;
    sheet->heading = arena_take(arena, r.cells, sizeof *sheet->heading);
    for (int i = 0; i < r.cells; i++)
        sheet->heading[i] = r.cell[i];
    sheet->cell = arena_take(arena, most * r.cells, sizeof *sheet->cell);
    while (*r.at) {
        read_record(&r);
        if (r.cells != sheet->columns)
            FAIL(STATUS_USER, "%s:%" PRId64 ": has %d cells, the first line has %d", path,
                 sheet->rows + 2, r.cells, sheet->columns);
        for (int i = 0; i < r.cells; i++)
            sheet->cell[sheet->rows * sheet->columns + i] = r.cell[i];
        sheet->rows++;
    }
    return NULL;
}

int sheet_column(const Sheet *sheet, const char *name)
{
    for (int i = 0; i < sheet->columns; i++)
        if (strcmp(sheet->heading[i], name) == 0)
            return i;
    return -1;
}

const char *sheet_text(const Sheet *sheet, int64_t row, int column)
{
    return column < 0 ? "" : sheet->cell[row * sheet->columns + column];
}

double sheet_number(const Sheet *sheet, int64_t row, int column)
{
    const char *text = sheet_text(sheet, row, column);
    char *end;
    double value = strtod(text, &end);
    return end > text && !*end ? value : NAN;
}

const char *sheet_quote(const char *text, Arena *arena)
{
    if (!strpbrk(text, ",\"\n"))
        return text;
    const char *quoted = "\"";
    for (const char *c = text; *c; c++)
        quoted = arena_text(arena, "%s%s%c", quoted, *c == '"' ? "\"" : "", *c);
    return arena_text(arena, "%s\"", quoted);
}
