/* Writing HTML: escaping, tables, figures, and the page's style. */
#include "lab/report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Colours after Okabe and Ito, which the colour-blind tell apart; each a little darker on white, a
 * little lighter on black, where it would else be faint. */
static const char style[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#59626b;--line:#d8dde2;"
    "--grid:#e4e8ec;--box:#f6f8f9;--s1:#0072b2;--s2:#d55e00;--s3:#008a65;--s4:#b8588f;"
    "--s5:#c98500;--s6:#3c9bd1;--s7:#6b6f75;--s8:#8f8400}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#15181b;--ink:#dfe3e6;--soft:#9aa4ad;"
    "--line:#343a40;--grid:#2a2f34;--box:#1d2125;--s1:#3d9bdc;--s2:#f0803c;--s3:#2fbf94;"
    "--s4:#dc8fbb;--s5:#e9ab2e;--s6:#8ccff5;--s7:#a4a9b0;--s8:#e6da4e}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:68rem;padding:1.5rem 1rem 4rem;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}\n"
    "h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-bottom:.25rem;"
    "border-bottom:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1.5rem 0 .5rem}\n"
    "p{margin:.5rem 0;max-width:46rem}\n"
    ".note,figcaption{color:var(--soft);font-size:.875rem}\n"
    ".verdict{max-width:none;font-family:ui-monospace,monospace;font-size:.875rem}\n"
    ".warn{border-left:3px solid var(--s2);padding-left:.75rem}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));"
    "gap:1.5rem 2rem}\n"
    "figure{margin:0;min-width:0}\n"
    "figure h3{margin:.5rem 0 .25rem}\n"
    "figure>svg{display:block;width:100%;max-width:36rem;height:auto}\n"
    ".gridline{stroke-dasharray:none}\n"
    "ul.key{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.25rem 0;padding:0;"
    "font-size:.875rem}\n"
    "ul.key svg{width:1.75rem;height:.75rem;margin-right:.4rem;vertical-align:middle}\n"
    ".box{overflow-x:auto;margin:.75rem 0}\n"
    "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;"
    "overflow-wrap:normal}\n"
    "th,td{padding:.25rem .75rem;text-align:left;vertical-align:top;white-space:nowrap;"
    "border-bottom:1px solid var(--line)}\n"
    "th{font-weight:600}\nth:first-child{padding-left:0}\n"
    "tbody th{font-weight:400}\n"
    "td.n,thead th.n{text-align:right}\n"
    "td.h{font-family:ui-monospace,monospace}\n"
    ".bar{display:flex;height:1.25rem;max-width:46rem;border-radius:3px;overflow:hidden}\n"
    "details{margin:.75rem 0}\nsummary{cursor:pointer}\n"
    "pre{background:var(--box);padding:.75rem;overflow-x:auto;font-size:.8125rem;line-height:1.4;"
    "overflow-wrap:normal}\n";

/* ---- text ---- */

/* Bytes of the UTF-8 character at `text`, 0: it is none, or one that XML does not have. */
static int character(const unsigned char *text)
{
    unsigned c = *text;
    int more = c < 0x80 ? 0 : (c & 0xE0) == 0xC0 ? 1 : (c & 0xF0) == 0xE0 ? 2 : 3;
    if (c < 0x80)
        return c >= ' ' ? c != 0x7F : c == '\t' || c == '\n' || c == '\r';
    if (c < 0xC2 || c > 0xF4)
        return 0;
    unsigned point = c & (0x3Fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3F);
    }
    bool is_long = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    bool surrogate = point >= 0xD800 && point < 0xE000;
    bool none = point < 0xA0 || point == 0xFFFE || point == 0xFFFF || point > 0x10FFFF;
    return is_long || surrogate || none ? 0 : more + 1;
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *out, const char *text)
{
    while (*text) {
        const char *written = entity(*text);
        int bytes = character((const unsigned char *)text);
        if (written)
            fputs(written, out);
        else if (bytes)
            fwrite(text, 1, (size_t)bytes, out);
        else
            fputs("\xEF\xBF\xBD", out);
        text += bytes ? bytes : 1;
    }
}

void html_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    html_text(out, text);
    fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

/* ---- the page ---- */

void html_begin(FILE *out, const char *title, const char *marks)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
          out);
    html_element(out, "title", title);
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n%s", style, marks);
    html_element(out, "h1", title);
}

void html_end(FILE *out)
{
    fputs("</body>\n</html>\n", out);
}

/* ---- tables ---- */

/* "0.8123", "12 %", "0.8123 ± 0.0012". */
static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    if (end == text)
        return false;
    return !*end || strcmp(end, " %") == 0 || strncmp(end, " \xC2\xB1", 3) == 0;
}

static bool is_digest(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static bool is_empty(const char *cell)
{
    return !cell || !*cell;
}

/* Digests, numbers, or anything else. */
static const char *class_of(const char *const *cell, int64_t rows, int columns, int column)
{
    int64_t numbers = 0, digests = 0, all = 0;
    for (int64_t row = 1; row < rows; row++) {
        const char *text = cell[row * columns + column];
        if (is_empty(text))
            continue;
        all++;
        digests += is_digest(text);
        numbers += is_number(text);
    }
    if (all && digests == all)
        return " class=\"h\"";
    return numbers && 2 * numbers >= all ? " class=\"n\"" : "";
}

static bool is_blank(const char *const *cell, int64_t rows, int columns, int column)
{
    for (int64_t row = 1; row < rows; row++)
        if (!is_empty(cell[row * columns + column]))
            return false;
    return true;
}

static void table_row(FILE *out, const char *const *cell, const char *const *class, int columns,
                      bool heading)
{
    fputs("<tr>", out);
    for (int i = 0; i < columns; i++) {
        const char *tag = heading || i == 0 ? "th" : "td";
        if (!class[i])
            continue;
        fprintf(out, "<%s%s%s>", tag,
                heading  ? " scope=\"col\""
                : i == 0 ? " scope=\"row\""
                         : "",
                i ? class[i] : "");
        html_text(out, is_empty(cell[i]) && !heading ? "\xE2\x80\x93" : cell[i]);
        fprintf(out, "</%s>", tag);
    }
    fputs("</tr>\n", out);
}

void html_table(FILE *out, const char *const *cell, int64_t rows, int columns)
{
    Arena arena = {0};
    const char **class = arena_take(&arena, columns, sizeof *class);
    for (int i = 0; i < columns; i++)
        if (i == 0 || !is_blank(cell, rows, columns, i))
            class[i] = class_of(cell, rows, columns, i);
    fputs("<div class=\"box\" tabindex=\"0\"><table>\n<thead>\n", out);
    table_row(out, cell, class, columns, true);
    fputs("</thead>\n<tbody>\n", out);
    for (int64_t row = 1; row < rows; row++)
        table_row(out, cell + row * columns, class, columns, false);
    fputs("</tbody>\n</table></div>\n", out);
    arena_free(&arena);
}

/* ---- figures ---- */

static void swatch(FILE *out, const Series *s)
{
    Arena arena = {0};
    const char *colour = series_colour(s, &arena);
    fputs("<svg viewBox=\"0 0 28 12\" aria-hidden=\"true\">", out);
    if (s->mark <= MARK_DOTS)
        fprintf(out,
                "<path d=\"M0 6H28\" stroke=\"%s\" stroke-width=\"%s\" stroke-dasharray=\"%s\"/>",
                colour, "2.2", series_dashes(s));
    if (s->mark == MARK_DOTS || s->mark == MARK_POINTS)
        fprintf(out, "<circle cx=\"14\" cy=\"6\" r=\"3\" fill=\"%s\"/>", colour);
    if (s->mark == MARK_SQUARES)
        fprintf(out, "<rect x=\"10\" y=\"2\" width=\"8\" height=\"8\" fill=\"%s\"/>", colour);
    if (s->mark == MARK_CROSSES)
        fprintf(out, "<path d=\"M10 2l8 8m0-8l-8 8\" stroke=\"%s\" stroke-width=\"2\"/>", colour);
    fputs("</svg>", out);
    arena_free(&arena);
}

/* Series without a name or a point are not in it. */
static void legend(FILE *out, const Chart *chart)
{
    fputs("<ul class=\"key\">", out);
    for (int i = 0; i < chart->count; i++) {
        const Series *s = &chart->series[i];
        if (!*s->name || s->count == 0)
            continue;
        fputs("<li>", out);
        swatch(out, s);
        html_text(out, s->name);
        fputs("</li>", out);
    }
    fputs("</ul>\n", out);
}

void html_figures(FILE *out)
{
    fputs("<div class=\"figures\">\n", out);
}

void html_figure(FILE *out, const Chart *chart, const char *svg, const char *note)
{
    int named = 0;
    for (int i = 0; i < chart->count; i++)
        named += *chart->series[i].name && chart->series[i].count;
    fputs("<figure>\n", out);
    html_element(out, "h3", chart->title);
    fputs(*svg ? svg : "<p class=\"note\">no values</p>\n", out);
    if (named)
        legend(out, chart);
    if (note)
        html_element(out, "figcaption", note);
    fputs("</figure>\n", out);
}

void html_figures_end(FILE *out)
{
    fputs("</div>\n", out);
}

void html_bar(FILE *out, const char *const *name, const double *part, int count)
{
    Arena arena = {0};
    double whole = 0;
    for (int i = 0; i < count; i++)
        whole += part[i] > 0 ? part[i] : 0;
    fputs("<div class=\"bar\">", out);
    for (int i = 0; i < count && whole > 0; i++) {
        Series s = {.style = i + 1};
        double share = 100 * (part[i] > 0 ? part[i] : 0) / whole;
        fprintf(out, "<span style=\"width:%.2f%%;background:%s\" title=\"", share,
                series_colour(&s, &arena));
        html_text(out, arena_text(&arena, "%s %.1f %%", name[i], share));
        fputs("\"></span>", out);
    }
    fputs("</div>\n<ul class=\"key\">", out);
    for (int i = 0; i < count && whole > 0; i++) {
        Series s = {.style = i + 1, .mark = MARK_SQUARES, .count = 1};
        fputs("<li>", out);
        swatch(out, &s);
        html_text(out, arena_text(&arena, "%s %.1f %%", name[i], 100 * part[i] / whole));
        fputs("</li>", out);
    }
    fputs("</ul>\n", out);
    arena_free(&arena);
}

/* ---- details ---- */

void html_details(FILE *out, const char *summary)
{
    fputs("<details>", out);
    html_element(out, "summary", summary);
}

void html_details_end(FILE *out)
{
    fputs("</details>\n", out);
}

void html_text_details(FILE *out, const char *summary, const char *text)
{
    html_details(out, summary);
    html_element(out, "pre", text);
    html_details_end(out);
}
