/* Steps to the target against the batch, both logarithmic (Shallue et al. 2019): at each batch the
 * setting that needed the fewest, of those whose every seed reached it. A batch at which there is
 * no such setting is "not reached", never a number. Three points or more give the critical batch,
 * beside which the measured noise scale stands, and the exponent of the best rate. */
#include "lab/report_inside.h"

#include "base/log.h"
#include "lab/fit.h"
#include "lab/report_html.h"
#include "lab/space.h"

#include <math.h>
#include <string.h>

enum { TABLE_COLUMNS = 6 };

typedef struct Goal {
    Report *report;
    const Settings *settings;
    int batch;         /* column */
    Space space;       /* of quasi-random points */
    double edge;       /* so much of a range at either end is its edge */
    const char *edges; /* what was found there, a sentence each */
} Goal;

/* What else than the batch the setting has: "how linear, lr 0.3". */
static const char *others(const Goal *g, int setting)
{
    const Settings *s = g->settings;
    const char *text = "";
    for (int c = 1; c <= s->sweep->axes; c++) {
        const char *name = settings_name(s, c), *dot = strrchr(name, '.');
        if (c != g->batch)
            text = arena_text(&g->report->arena, "%s%s%s %s", text, *text ? ", " : "",
                              dot ? dot + 1 : name, settings_text(s, setting, c));
    }
    return text;
}

/* The best setting at a batch on a line; -1: none reached it with every seed. */
static int best_at(const Goal *g, double batch, const char *line, int *tried, int *reached)
{
    int best = -1;
    *tried = *reached = 0;
    for (int i = 0; i < g->settings->count; i++) {
        const Setting *s = &g->settings->setting[i];
        if (settings_number(g->settings, i, g->batch) != batch ||
            strcmp(settings_line(g->settings, i, g->batch, -1, &g->report->arena), line) != 0)
            continue;
        ++*tried;
        if (s->reached < s->trials)
            continue;
        ++*reached;
        if (best < 0 || spread_mean(&s->steps) < spread_mean(&g->settings->setting[best].steps))
            best = i;
    }
    return best;
}

/* The best of a search must lie inside what was searched: at an end, better ones may lie beyond. */
static void look_at_edges(Goal *g, double batch, int best)
{
    Arena *arena = &g->report->arena;
    for (int i = 0; i < g->space.count; i++) {
        const Param *param = &g->space.param[i];
        int column = sheet_column(&g->settings->sweep->trials, param->path);
        double value = settings_number(g->settings, best, column);
        double unit = param->kind == SCALE_CHOICE ? 0.5 : space_unit(param, value);
        if (unit < g->edge || unit > 1 - g->edge)
            g->edges = arena_text(
                arena,
                "%sAt batch %g the best %s, %g, lies at an edge of its range: better ones "
                "may lie beyond. ",
                g->edges, batch, param->path, value);
    }
}

static Err read_space(Goal *g, Conf *conf)
{
    double count = 0;
    Node points = conf_get(conf_get(conf_root(conf), "sweep"), "points");
    for (int i = 0; i < conf_entries(points); i++)
        if (strcmp(conf_key(conf_entry(points, i)), "count") != 0)
            TRY(space_add(&g->space, conf_entry(points, i)));
    if (conf_exists(points))
        TRY(conf_number(conf_get(points, "count"), 1, 1e6, &count));
    g->edge = count > 2 ? 1 / count : 0;
    return NULL;
}

/* A line's batches that reached the target: their points, and the best settings' effective rate
 * (Shallue et al.: what a gradient moves the weights by in all) and noise scale. */
typedef struct Reached {
    Series *points;
    double *rate; /* lr / (1 - momentum) */
    Spread noise;
} Reached;

static void add_point(const Goal *g, double batch, int best, Reached *r)
{
    const Setting *setting = &g->settings->setting[best];
    const Sheet *trials = &g->settings->sweep->trials;
    int rate = sheet_column(trials, "optimizer.lr"), noise = sheet_column(trials, "noise_scale");
    int momentum = sheet_column(trials, "optimizer.momentum");
    double kept = momentum > 0 ? settings_number(g->settings, best, momentum) : 0;
    r->rate[r->points->count] =
        rate > 0 ? settings_number(g->settings, best, rate) / (1 - kept) : NAN;
    if (noise > 0)
        spread_add(&r->noise, spread_mean(&setting->figure[noise]));
    series_add(r->points, batch, spread_mean(&setting->steps), spread_deviation(&setting->steps));
}

/* A row of the table, and its point. */
static void add_batch(Goal *g, double batch, const char *line, Reached *on_line, const char **cell)
{
    Arena *arena = &g->report->arena;
    int tried, reached, best = best_at(g, batch, line, &tried, &reached);
    cell[0] = arena_text(arena, "%g", batch);
    cell[1] = best < 0 ? line : others(g, best);
    cell[2] = "not reached";
    cell[5] = arena_text(arena, "%d of %d", reached, tried);
    if (best < 0)
        return;
    const Spread *steps = &g->settings->setting[best].steps;
    cell[2] = spread_text(steps, &g->report->arena);
    cell[3] = arena_text(arena, "%d", steps->n);
    cell[4] = arena_text(arena, "%.0f", spread_mean(steps) * batch);
    add_point(g, batch, best, on_line);
    look_at_edges(g, batch, best);
}

static int find_lines(const Goal *g, const char **line)
{
    int lines = 0;
    for (int i = 0; i < g->settings->count; i++) {
        const char *own = settings_line(g->settings, i, g->batch, -1, &g->report->arena);
        bool known = false;
        for (int k = 0; k < lines; k++)
            known |= strcmp(line[k], own) == 0;
        if (!known)
            line[lines++] = own;
    }
    return lines;
}

/* ---- what is fitted ---- */

/* "412 ± 31", or the value alone. */
static const char *estimate_text(Arena *arena, Estimate e)
{
    const int decimals = fabs(e.value) < 10 ? 2 : fabs(e.value) < 100 ? 1 : 0;
    const char *value = arena_text(arena, "%.*f", decimals, e.value);
    return isfinite(e.error) ? arena_text(arena, "%s \xC2\xB1 %.*f", value, decimals, e.error)
                             : value;
}

static const char *tradeoff_text(Arena *arena, const Reached *r)
{
    Tradeoff t = fit_tradeoff(r->points->x, r->points->y, (int)r->points->count);
    if (!isfinite(t.batch.value))
        return "";
    const char *noise = r->noise.n ? spread_text(&r->noise, arena) : "not measured";
    return arena_text(arena,
                      "(S/Smin - 1)(E/Emin - 1) = 1 gives a critical batch of %s samples (Smin %s "
                      "steps, Emin %s samples); the noise scale at the end of these trials is %s. ",
                      estimate_text(arena, t.batch), estimate_text(arena, t.steps),
                      estimate_text(arena, t.samples), noise);
}

/* Of the rate's setting: what schedule.scaling makes of it comes on top. */
static const char *rate_text(const Goal *g, const Reached *r)
{
    Arena *arena = &g->report->arena;
    bool kept = sheet_column(&g->settings->sweep->trials, "optimizer.momentum") > 0;
    int n = (int)r->points->count;
    for (int i = 0; i < n; i++)
        if (!(r->rate[i] > 0))
            return "";
    Power power = fit_power(r->points->x, r->rate, n);
    if (n < 3 || !isfinite(power.exponent.value))
        return "";
    return arena_text(arena,
                      "The best %s goes as the batch to the power of %s, before schedule.scaling.",
                      kept ? "optimizer.lr / (1 - momentum)" : "optimizer.lr",
                      estimate_text(arena, power.exponent));
}

static void tell_fits(const Goal *g, const Reached *r)
{
    Arena *arena = &g->report->arena;
    const char *name = r->points->name, *tradeoff = tradeoff_text(arena, r);
    const char *rate = rate_text(g, r);
    if (*tradeoff || *rate)
        html_element(g->report->out, "p",
                     arena_text(arena, "%s%s%s%s", name, *name ? ": " : "", tradeoff, rate));
}

/* ---- the section ---- */

/* Twice the batch, half the steps: from the first point of the first line that has any. */
static void add_ideal(Chart *chart, const double *batch, int batches, int lines)
{
    const Series *from = NULL;
    for (int l = lines - 1; l >= 0; l--)
        from = chart->series[l].count ? &chart->series[l] : from;
    if (!from)
        return;
    double samples = from->x[0] * from->y[0];
    Series *ideal = chart_series(chart, "half the steps at twice the batch", 0, MARK_LINE, batches);
    ideal->dashed = true;
    for (int i = 0; i < batches; i++)
        series_add(ideal, batch[i], samples / batch[i], 0);
}

static Err draw(const Goal *g, Chart *chart, const double *batch, int batches, int lines)
{
    chart->log_x = chart->log_y = true;
    chart->ticks = batch;
    chart->tick_count = batches;
    add_ideal(chart, batch, batches, lines);
    html_figures(g->report->out);
    TRY(report_chart(g->report, chart,
                     "of the best setting at each batch, mean and deviation over seeds; a batch "
                     "without a point did not reach it"));
    html_figures_end(g->report->out);
    return NULL;
}

Err report_target(Report *report, const Settings *settings)
{
    static const char *const heading[TABLE_COLUMNS] = {
        "batch", "best setting", "steps", "n", "samples", "settings that reached it"};
    Arena *arena = &report->arena;
    Goal g = {.report = report, .settings = settings, .edges = ""};
    g.batch = sheet_column(&settings->sweep->trials, "batch.global");
    if (g.batch < 1) /* cases may set more than the batch */
        g.batch = sheet_column(&settings->sweep->trials, "batch");
    if (!settings->targeted || g.batch < 1 || g.batch > settings->sweep->axes ||
        !settings->is_numeric[g.batch])
        return NULL;
    TRY(read_space(&g, settings->sweep->conf));
    double *batch;
    int batches = settings_values(settings, g.batch, arena, &batch);
    const char **line = arena_take(arena, settings->count, sizeof *line);
    int lines = find_lines(&g, line), rows = 1;
    Reached *reached = arena_take(arena, lines, sizeof *reached);
    const char **cell =
        arena_take(arena, ((int64_t)lines * batches + 1) * TABLE_COLUMNS, sizeof *cell);
    memcpy(cell, heading, sizeof heading);
    Chart chart = chart_begin("Steps to the target against the batch", "batch", lines + 1, arena);
    for (int l = 0; l < lines; l++) {
        reached[l].points = chart_series(&chart, line[l], l + 1, MARK_DOTS, batches);
        reached[l].rate = arena_take(arena, batches, sizeof *reached[l].rate);
        for (int i = 0; i < batches; i++)
            add_batch(&g, batch[i], line[l], &reached[l], cell + rows++ * TABLE_COLUMNS);
    }
    html_element(report->out, "h3", "Steps to the target");
    if (report->draws)
        TRY(draw(&g, &chart, batch, batches, lines));
    html_table(report->out, cell, rows, TABLE_COLUMNS);
    if (*g.edges) {
        log_wrapped_warning(2, "%s: %s", settings->sweep->path, g.edges);
        html_element(report->out, "p", g.edges);
    }
    for (int l = 0; l < lines; l++)
        tell_fits(&g, &reached[l]);
    return NULL;
}
