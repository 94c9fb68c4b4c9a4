/* A sweep's section: how many trials are over and how, a table with a row for each setting, the
 * curves, then all trials and the configuration. */
#include "lab/report_inside.h"

#include "lab/report_html.h"
#include "lab/search.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void tell_counts(Report *report, const Settings *settings)
{
    const ReportSweep *sweep = settings->sweep;
    Arena *arena = &report->arena;
    int diverged = 0, paused = 0, reached = 0;
    for (int i = 0; i < settings->count; i++) {
        diverged += settings->setting[i].diverged;
        paused += settings->setting[i].paused;
        reached += settings->setting[i].reached;
    }
    const char *text = arena_text(arena, "%" PRId64 " trial%s of %d setting%s", sweep->trials.rows,
                                  sweep->trials.rows == 1 ? "" : "s", settings->count,
                                  settings->count == 1 ? "" : "s");
    if (sweep->expected > sweep->trials.rows)
        text = arena_text(arena, "%s; %" PRId64 " more are to come", text,
                          sweep->expected - sweep->trials.rows);
    text = arena_text(arena, "%s; %d diverged", text, diverged);
    if (paused)
        text = arena_text(arena, "%s; %d were left at a rung", text, paused);
    if (settings->targeted)
        text = arena_text(arena, "%s; %d reached the target", text, reached);
    html_element(report->out, "p class=\"verdict\"", text);
}

/* Columns of figures that a setting's row has. */
static const char *const figures[] = {
    "steps",     "train_loss",    "validation_loss", "validation_accuracy",
    "test_loss", "test_accuracy", "noise_scale"};
enum { FIGURES = sizeof figures / sizeof *figures };

static void setting_row(Report *report, const Settings *settings, int index, const char **cell)
{
    const Setting *s = &settings->setting[index];
    const Sheet *trials = &settings->sweep->trials;
    for (int c = 1; c <= settings->sweep->axes; c++)
        *cell++ = settings_text(settings, index, c);
    *cell++ = arena_text(&report->arena, "%d", s->trials - s->diverged - s->paused);
    *cell++ = arena_text(&report->arena, "%d", s->diverged);
    if (settings->targeted)
        *cell++ = arena_text(&report->arena, "%d", s->reached);
    for (int f = 0; f < FIGURES; f++) {
        int column = sheet_column(trials, figures[f]);
        *cell++ = column < 0 ? "" : spread_text(&s->figure[column], &report->arena);
    }
}

static void setting_table(Report *report, const Settings *settings)
{
    int axes = settings->sweep->axes, columns = axes + 2 + settings->targeted + FIGURES;
    const char **cell =
        arena_take(&report->arena, (int64_t)(settings->count + 1) * columns, sizeof *cell);
    const char **heading = cell;
    for (int c = 1; c <= axes; c++)
        *heading++ = settings_name(settings, c);
    *heading++ = "n";
    *heading++ = "diverged";
    if (settings->targeted)
        *heading++ = "reached";
    for (int f = 0; f < FIGURES; f++) {
        char *name = arena_text(&report->arena, "%s", figures[f]);
        for (char *c = name; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        *heading++ = name;
    }
    for (int i = 0; i < settings->count; i++)
        setting_row(report, settings, i, cell + (i + 1) * columns);
    html_element(report->out, "h3", "Settings");
    html_element(
        report->out, "p class=\"note\"",
        arena_text(&report->arena,
                   "Mean \xC2\xB1 standard deviation (of n - 1) over the n trials that did "
                   "not diverge, which differ in %s alone.%s",
                   settings_over(settings, false),
                   settings->sweep->folds
                       ? " Folds share most of their training samples, so the mean is less certain "
                         "than deviation / sqrt n."
                       : ""));
    html_table(report->out, cell, settings->count + 1, columns);
}

static void trial_table(Report *report, const Sheet *trials)
{
    const char **cell =
        arena_take(&report->arena, (trials->rows + 1) * trials->columns, sizeof *cell);
    memcpy(cell, trials->heading, (size_t)trials->columns * sizeof *cell);
    memcpy(cell + trials->columns, trials->cell,
           (size_t)(trials->rows * trials->columns) * sizeof *cell);
    html_details(report->out, "All trials, with their digests");
    html_element(report->out, "p class=\"note\"",
                 "Each is a run directory of its own, trials/NNNN, which `lockstep report` takes.");
    html_table(report->out, cell, trials->rows + 1, trials->columns);
    html_details_end(report->out);
}

/* What a search was for. */
static void tell_best(Report *report, const ReportSweep *sweep, const char *metric)
{
    Arena *arena = &report->arena;
    const Sheet *t = &sweep->trials;
    const char *text = "";
    int64_t best = search_best(t, metric);
    if (best < 0)
        return;
    for (int c = 1; c <= sweep->axes; c++)
        text = arena_text(arena, "%s%s%s %s", text, *text ? ", " : "", t->heading[c],
                          sheet_text(t, best, c));
    html_element(report->out, "p",
                 arena_text(arena, "The best trial by %s, %s: trial %s, with %s.", metric,
                            sheet_text(t, best, sheet_column(t, metric)), sheet_text(t, best, 0),
                            text));
}

Err report_sweep(Report *report, const ReportSweep *sweep)
{
    const char *searched = settings_searched(sweep);
    html_element(report->out, "h2",
                 arena_text(&report->arena, "%s %s",
                            sweep->decomposed.rows ? "Models of"
                            : searched             ? "Search"
                                                   : "Sweep",
                            sweep->label));
    Settings settings = settings_read(report, sweep);
    tell_counts(report, &settings);
    if (searched)
        tell_best(report, sweep, searched);
    TRY(report_bias_variance(report, sweep));
    if (settings.count) {
        TRY(report_target(report, &settings));
        TRY(report_axes(report, &settings));
        TRY(report_setting_layers(report, &settings));
        setting_table(report, &settings);
        trial_table(report, &sweep->trials);
    }
    if (sweep->config_text)
        html_text_details(report->out, "Configuration", sweep->config_text);
    return NULL;
}
