/* What a report is made of: our own CSV files, mean and deviation, escaping, and which axes are
 * logarithmic. The page itself: tests/mpi/report.sh. */
#include "lab/chart.h"
#include "lab/report_html.h"
#include "lab/report_inside.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>

/* ---- sheets ---- */

static Err read_text(Scratch *scratch, const char *text, Sheet *sheet)
{
    const char *path = scratch_path(scratch, "a.csv");
    TRY(file_replace(path, text, strlen(text)));
    return sheet_read(sheet, path, &scratch->arena);
}

static void cells(void)
{
    Scratch scratch = scratch_make();
    Sheet s;
    Err err = read_text(&scratch, "a,b,c\n1,\"x, \"\"y\"\"\",\n,2.5,\"\"\n", &s);
    CU_ASSERT_PTR_NULL_FATAL(err);
    CU_ASSERT_EQUAL(s.columns, 3);
    CU_ASSERT_EQUAL_FATAL(s.rows, 2);
    CU_ASSERT_STRING_EQUAL(sheet_text(&s, 0, sheet_column(&s, "b")), "x, \"y\"");
    CU_ASSERT_EQUAL(sheet_number(&s, 0, 0), 1);
    CU_ASSERT_EQUAL(sheet_number(&s, 1, 1), 2.5);
    CU_ASSERT(isnan(sheet_number(&s, 0, 1)) && isnan(sheet_number(&s, 0, 2)));
    CU_ASSERT_EQUAL(sheet_column(&s, "d"), -1);
    CU_ASSERT_STRING_EQUAL(sheet_text(&s, 0, -1), "");
    scratch_remove(&scratch);
}

static void cut_off(void)
{
    Scratch scratch = scratch_make();
    Sheet s;
    CU_ASSERT_PTR_NULL(read_text(&scratch, "a,b\n1,2\n3,45", &s));
    CU_ASSERT_EQUAL(s.rows, 1);
    CU_ASSERT_PTR_NULL(read_text(&scratch, "a,b", &s));
    CU_ASSERT(s.rows == 0 && s.columns == 0);
    CU_ASSERT_PTR_NULL(read_text(&scratch, "", &s));
    CU_ASSERT(s.rows == 0 && s.columns == 0);
    scratch_remove(&scratch);
}

static void uneven(void)
{
    Scratch scratch = scratch_make();
    Sheet s;
    CU_ASSERT(refused(read_text(&scratch, "a,b\n1,2\n3\n", &s), STATUS_USER,
                      "a.csv:3: has 1 cells, the first line has 2"));
    scratch_remove(&scratch);
}

/* ---- figures ---- */

static void mean_and_deviation(void)
{
    Arena arena = {0};
    Spread s = {0};
    CU_ASSERT(isnan(spread_mean(&s)) && isnan(spread_deviation(&s)));
    CU_ASSERT_STRING_EQUAL(spread_text(&s, &arena), "");
    spread_add(&s, 0.88);
    CU_ASSERT_STRING_EQUAL(spread_text(&s, &arena), "0.88");
    spread_add(&s, NAN);
    spread_add(&s, 0.90);
    spread_add(&s, 0.92);
    CU_ASSERT_EQUAL(s.n, 3);
    CU_ASSERT_DOUBLE_EQUAL(spread_deviation(&s), 0.02, 1e-12);
    CU_ASSERT_STRING_EQUAL(spread_text(&s, &arena), "0.900 \xC2\xB1 0.020");
    Spread large = {0};
    for (int i = 0; i < 3; i++)
        spread_add(&large, 1e15 + i);
    CU_ASSERT_EQUAL(spread_deviation(&large), 1);
    arena_free(&arena);
}

static void geometric(void)
{
    const double batches[] = {64, 128, 256, 512}, rates[] = {0.1, 0.2, 0.3, 0.4};
    const double thrice[] = {1, 3, 10, 30}, from_zero[] = {0, 1, 10};
    CU_ASSERT(settings_geometric(batches, 4) && settings_geometric(thrice, 4));
    CU_ASSERT_FALSE(settings_geometric(rates, 4));
    CU_ASSERT_FALSE(settings_geometric(from_zero, 3));
    CU_ASSERT_FALSE(settings_geometric(batches, 1));
}

/* ---- escaping ---- */

static bool escapes_to(const char *text, const char *expected)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    html_text(file, text);
    fclose(file);
    bool same = strcmp(out, expected) == 0;
    free(out);
    return same;
}

static void escaping(void)
{
    CU_ASSERT(escapes_to("<a href='x'>&\"", "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"));
    CU_ASSERT(escapes_to("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
                         "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
}

#define NONE "\xEF\xBF\xBD"

static void no_text(void)
{
    CU_ASSERT(escapes_to("a\x01z", "a" NONE "z"));
    CU_ASSERT(escapes_to("\xFF", NONE));
    CU_ASSERT(escapes_to("\xC3", NONE));          /* ends too early */
    CU_ASSERT(escapes_to("\xC0\xBC", NONE NONE)); /* '<', too long */
    CU_ASSERT(escapes_to("\xE0\x80\xBC", NONE NONE NONE));
    CU_ASSERT(escapes_to("\xED\xA0\x80", NONE NONE NONE)); /* half of a pair */
    CU_ASSERT(escapes_to("\xEF\xBF\xBF", NONE NONE NONE)); /* no character of XML */
}

/* A chart of one series with these values, each with a deviation of 1. */
static Chart chart_of(const double *y, int count, Arena *arena)
{
    Chart chart = chart_begin("title", "x", 1, arena);
    Series *series = chart_series(&chart, "", 1, MARK_DOTS, count);
    for (int i = 0; i < count; i++)
        series_add(series, i, y[i], 1);
    chart_frame_y(&chart);
    return chart;
}

static void frames(void)
{
    Arena arena = {0};
    double y[] = {90, 91, 92, 93, 94, 95, 96, 97, 98, 78};
    Chart chart = chart_of(y, 10, &arena); /* quartiles 91 and 96: far out is below 76 */
    CU_ASSERT(!chart.framed);
    y[9] = 10;
    chart = chart_of(y, 10, &arena);
    CU_ASSERT(chart.framed && chart.frame[0] == 89 && chart.frame[1] == 99);
    double least, most;
    CU_ASSERT(chart_range(&chart, true, 0, &least, &most) && least == 89 && most == 99);
    y[9] = 1e4;
    chart = chart_of(y, 10, &arena);
    CU_ASSERT(chart.framed && chart.frame[0] == 89 && chart.frame[1] == 99);
    const double alike[] = {5, 5, 5, 5, 5, 5, 5, 5, 1};
    CU_ASSERT(!chart_of(alike, 9, &arena).framed);
    CU_ASSERT(!chart_of(y + 3, 7, &arena).framed);
    arena_free(&arena);
}

static const Promise promises[] = {
    {"cells are read with and without quotes", cells},
    {"a last line without its end does not count", cut_off},
    {"a row of another length is refused by its line", uneven},
    {"mean and deviation leave out what is not finite", mean_and_deviation},
    {"axes whose values grow by factors are logarithmic", geometric},
    {"values that are far out do not squeeze the others", frames},
    {"markup in a name is text", escaping},
    {"what is no UTF-8, or no character of XML, is replaced", no_text},
    {0}};

int main(void)
{
    return unit_run("report", promises);
}
