/* Curves of a sweep: what trials are measured by against each axis of numbers, a line for each
 * value of the other axes, and against each range of the quasi-random points. Of several points the
 * best stands for its line. Where lines are too many for one chart, each value of the last of the
 * other axes has a chart. */
#include "lab/report_inside.h"

#include "lab/report_html.h"

#include <math.h>
#include <string.h>

/* One chart: these settings, against column x. */
typedef struct View {
    Report *report;
    const Settings *settings;
    int x;
    int facet;         /* a column, or -1 */
    const char *only;  /* its value */
    const char **line; /* [lines] of the chart */
    int lines;
} View;

static bool in_view(const View *v, int setting)
{
    return v->facet < 0 || strcmp(settings_text(v->settings, setting, v->facet), v->only) == 0;
}

static const char *line_of(const View *v, int setting)
{
    return settings_line(v->settings, setting, v->x, v->facet, &v->report->arena);
}

/* A line's place among the chart's, a new one at the end. */
static int find_line(View *v, const char *line)
{
    for (int i = 0; i < v->lines; i++)
        if (strcmp(v->line[i], line) == 0)
            return i;
    v->line[v->lines] = line;
    return v->lines++;
}

static void find_lines(View *v)
{
    v->lines = 0;
    v->line = arena_take(&v->report->arena, v->settings->count, sizeof *v->line);
    for (int i = 0; i < v->settings->count; i++)
        if (in_view(v, i))
            find_line(v, line_of(v, i));
}

/* Of the settings at x on a line, the best by the metric; -1: there is none. */
static int best_at(const View *v, const char *line, double x)
{
    int best = -1;
    for (int i = 0; i < v->settings->count; i++) {
        if (!in_view(v, i) || settings_number(v->settings, i, v->x) != x ||
            strcmp(line_of(v, i), line) != 0)
            continue;
        if (best < 0 || settings_better(v->settings, i, best))
            best = i;
    }
    return best;
}

static void add_setting(const View *v, Series *series, int setting, double x)
{
    const Spread *spread = &v->settings->setting[setting].figure[v->settings->metric];
    series_add(series, x, spread_mean(spread), spread_deviation(spread));
}

/* A cross at the lower edge for each place where trials of a line diverged. A line that has nothing
 * else is named by them. */
static void add_crosses(const View *v, Chart *chart)
{
    double least = 0, most = 0;
    chart_range(chart, true, -INFINITY, &least, &most);
    for (int l = 0; l < v->lines; l++) {
        const char *name = chart->series[l].count ? "" : v->line[l];
        Series *crosses = chart_series(chart, name, l + 1, MARK_CROSSES, v->settings->count);
        for (int i = 0; i < v->settings->count; i++)
            if (v->settings->setting[i].diverged && in_view(v, i) &&
                strcmp(line_of(v, i), v->line[l]) == 0)
                series_add(crosses, settings_number(v->settings, i, v->x), least, 0);
    }
}

/* The axis of y, and the crosses; *note gets what is to be known of both. */
static void finish(const View *v, Chart *chart, const char **note)
{
    Arena *arena = &v->report->arena;
    int diverged = 0;
    chart_log_y(chart, 100);
    chart_frame_y(chart);
    add_crosses(v, chart);
    for (int i = 0; i < v->settings->count; i++)
        diverged += in_view(v, i) ? v->settings->setting[i].diverged : 0;
    if (chart->framed)
        *note = arena_text(arena, "%s; the picture ends at %.3g and %.3g, not all points lie in it",
                           *note, chart->frame[0], chart->frame[1]);
    if (diverged)
        *note = arena_text(arena, "%s; a cross: trials diverged there", *note);
}

static const char *metric_words(const View *v)
{
    char *text =
        arena_text(&v->report->arena, "%s", settings_name(v->settings, v->settings->metric));
    for (char *c = text; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    *text = (char)(*text - 'a' + 'A');
    return text;
}

static bool has_points(const Settings *settings)
{
    bool any = false;
    for (int c = 1; c <= settings->sweep->axes; c++)
        any |= settings->is_point[c];
    return any;
}

static Err draw_view(View *v)
{
    Arena *arena = &v->report->arena;
    double *x;
    int count = settings_values(v->settings, v->x, arena, &x);
    const char *title =
        arena_text(arena, "%s against %s", metric_words(v), settings_name(v->settings, v->x));
    if (v->facet >= 0)
        title =
            arena_text(arena, "%s, %s %s", title, settings_name(v->settings, v->facet), v->only);
    find_lines(v);
    Chart chart = chart_begin(title, settings_name(v->settings, v->x), 2 * v->lines, arena);
    for (int l = 0; l < v->lines; l++) {
        Series *s = chart_series(&chart, v->line[l], l + 1, MARK_DOTS, count);
        for (int i = 0; i < count; i++) {
            int best = best_at(v, v->line[l], x[i]);
            if (best >= 0)
                add_setting(v, s, best, x[i]);
        }
    }
    chart.log_x = settings_geometric(x, count);
    chart.ticks = x;
    chart.tick_count = count;
    const char *note =
        arena_text(arena, "mean and deviation over %s%s", settings_over(v->settings, true),
                   has_points(v->settings) ? ", of the best of the points" : "");
    finish(v, &chart, &note);
    return report_chart(v->report, &chart, note);
}

/* The last axis that is neither x nor points, -1: none. */
static int last_other(const Settings *settings, int x)
{
    for (int c = settings->sweep->axes; c > 0; c--)
        if (c != x && !settings->is_point[c])
            return c;
    return -1;
}

static Err draw_axis(View *v)
{
    int facet = last_other(v->settings, v->x);
    find_lines(v);
    if (v->lines <= CHART_COLOURS || facet < 0)
        return draw_view(v);
    for (int i = 0; i < v->settings->count; i++) {
        bool seen = false;
        for (int k = 0; k < i && !seen; k++)
            seen = strcmp(settings_text(v->settings, i, facet),
                          settings_text(v->settings, k, facet)) == 0;
        if (seen)
            continue;
        v->facet = facet;
        v->only = settings_text(v->settings, i, facet);
        TRY(draw_view(v));
    }
    return NULL;
}

/* Whether the points are drawn from `log: [...]` or `log_integer: [...]`. */
static bool is_log_range(const View *v)
{
    Node ranges = settings_ranges(v->settings->sweep);
    Node range = conf_get(ranges, settings_name(v->settings, v->x));
    const char *kind = conf_entries(range) == 1 ? conf_key(conf_entry(range, 0)) : "";
    return strcmp(kind, "log") == 0 || strcmp(kind, "log_integer") == 0;
}

/* Points: a dot for each setting, coloured by the axes. */
static Err draw_points(View *v)
{
    Arena *arena = &v->report->arena;
    double *x;
    int count = settings_values(v->settings, v->x, arena, &x);
    const char *title = arena_text(arena, "%s of each point against %s", metric_words(v),
                                   settings_name(v->settings, v->x));
    find_lines(v);
    Chart chart = chart_begin(title, settings_name(v->settings, v->x), 2 * v->lines, arena);
    for (int l = 0; l < v->lines; l++)
        chart_series(&chart, v->line[l], l + 1, MARK_POINTS, v->settings->count);
    for (int i = 0; i < v->settings->count; i++) {
        Series *s = &chart.series[find_line(v, line_of(v, i))];
        series_add(s, settings_number(v->settings, i, v->x),
                   spread_mean(&v->settings->setting[i].figure[v->settings->metric]), 0);
    }
    chart.log_x = count > 1 && x[0] > 0 && is_log_range(v);
    const char *note = arena_text(arena, "the mean over %s", settings_over(v->settings, true));
    finish(v, &chart, &note);
    return report_chart(v->report, &chart, note);
}

Err report_axes(Report *report, const Settings *settings)
{
    if (settings->metric < 0) {
        html_element(report->out, "p",
                     "No trial is done that did not diverge: there are no curves.");
        return NULL;
    }
    if (!report->draws)
        return NULL;
    html_figures(report->out);
    for (int c = 1; c <= settings->sweep->axes; c++) {
        View v = {.report = report, .settings = settings, .x = c, .facet = -1};
        if (settings->is_numeric[c])
            TRY((settings->is_point[c] ? draw_points : draw_axis)(&v));
    }
    html_figures_end(report->out);
    return NULL;
}
