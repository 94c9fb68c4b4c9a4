/* The tables of runs: how they ended, in which settings they differ, what their summaries say,
 * means over seeds, where the time went, and for each its evaluations with digests and its
 * configuration. */
#include "lab/report_inside.h"

#include "lab/report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS_MOST = 256 };

/* ---- how they ended ---- */

/* The name in its configuration, where the directory has another one. */
static void tell_name(Report *report, const ReportRun *run)
{
    const char *name = run->conf ? conf_scalar(conf_get(conf_root(run->conf), "name")) : NULL;
    if (name && strcmp(name, run->label) != 0)
        html_text(report->out, arena_text(&report->arena, " (%s)", name));
}

void report_verdicts(Report *report)
{
    for (int i = 0; i < report->runs; i++) {
        const ReportRun *run = &report->run[i];
        fprintf(report->out, "<p class=\"verdict%s\"><strong>", run->summary ? "" : " warn");
        html_text(report->out, run->label);
        fputs("</strong>", report->out);
        tell_name(report, run);
        fputs("<br/>", report->out);
        html_text(report->out, run->verdict);
        fputs("</p>\n", report->out);
        report_fitting(report, run);
    }
}

/* ---- settings ---- */

/* What decides no result, and what a run is called. */
static const char *const never_matter[] = {"name",           "exchange",          "log",
                                           "train.watchdog", "train.diagnostics", "data.store",
                                           "data.memory",    "checkpoint"};
enum { NEVER = sizeof never_matter / sizeof *never_matter };

typedef struct Differences {
    const char *path[PATHS_MOST + NEVER + 2]; /* ended by NULL, as conf_difference ignores them */
    int count;                                /* of the paths behind those that never matter */
} Differences;

static Differences nothing_differs(void)
{
    Differences d = {.count = 0};
    memcpy(d.path, never_matter, sizeof never_matter);
    return d;
}

/* Adds all paths in which two runs differ that are not there yet. */
static void add_differences(Differences *d, const ReportRun *a, const ReportRun *b)
{
    const char *of_a, *of_b, *path;
    while (a->conf && b->conf && d->count < PATHS_MOST &&
           (path = conf_difference(a->conf, b->conf, d->path, &of_a, &of_b)))
        d->path[NEVER + d->count++] = path;
}

/* Of the whole report. */
static Differences all_differences(const Report *report)
{
    Differences d = nothing_differs();
    for (int i = 1; i < report->runs; i++)
        add_differences(&d, &report->run[0], &report->run[i]);
    return d;
}

const char *report_differing(Report *report)
{
    Differences d = all_differences(report);
    const char *text = "";
    for (int i = 0; i < d.count; i++)
        text = arena_text(&report->arena, "%s%s%s", text, i ? ", " : "", d.path[NEVER + i]);
    return text;
}

/* The value at a path such as model.1.dense.units, on one line. */
static const char *value_at(Report *report, const ReportRun *run, const char *path)
{
    char *names = arena_text(&report->arena, "%s", path), *rest = names;
    Node at = conf_root(run->conf);
    while (rest && conf_exists(at)) {
        char *name = rest, *dot = strchr(rest, '.');
        rest = dot ? dot + 1 : NULL;
        if (dot)
            *dot = '\0';
        at = conf_is_list(at) ? conf_item(at, atoi(name)) : conf_get(at, name);
    }
    return conf_exists(at) ? conf_line(at, &report->arena) : "";
}

/* A table with a column for each run behind its first one. */
static const char **run_table(Report *report, const char *first, int rows)
{
    int columns = report->runs + 1;
    const char **cell = arena_take(&report->arena, (int64_t)(rows + 1) * columns, sizeof *cell);
    cell[0] = first;
    for (int i = 0; i < report->runs; i++)
        cell[i + 1] = report->run[i].label;
    return cell;
}

void report_differences(Report *report)
{
    if (report->runs < 2)
        return;
    Differences d = all_differences(report);
    html_element(report->out, "h2", "Settings that differ");
    int columns = report->runs + 1;
    const char **cell = run_table(report, "setting", d.count);
    for (int row = 0; row < d.count; row++) {
        const char *path = d.path[NEVER + row];
        cell[(row + 1) * columns] = path;
        for (int i = 0; i < report->runs; i++)
            if (report->run[i].conf)
                cell[(row + 1) * columns + i + 1] = value_at(report, &report->run[i], path);
    }
    if (d.count)
        html_table(report->out, cell, d.count + 1, columns);
    else
        html_element(report->out, "p", "None that decides a result.");
}

/* ---- summaries ---- */

/* A figure of summary.json for people: five digits, whole numbers as they are. */
static const char *figure(Report *report, const ReportRun *run, const char *key)
{
    const char *text = run->summary ? conf_scalar(conf_get(conf_root(run->summary), key)) : NULL;
    char *end;
    double value = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end || strlen(text) == 16 || value == floor(value))
        return text ? text : "";
    return arena_text(&report->arena, "%.5g", value);
}

/* All keys of all summaries but the line, in the order in which they come first. */
static int summary_keys(const Report *report, const char **key, int most)
{
    int count = 0;
    for (int r = 0; r < report->runs; r++) {
        Node root = report->run[r].summary ? conf_root(report->run[r].summary) : (Node){0};
        for (int i = 0; i < conf_entries(root) && count < most; i++) {
            const char *name = conf_key(conf_entry(root, i));
            bool known = strcmp(name, "line") == 0;
            for (int k = 0; k < count; k++)
                known |= strcmp(key[k], name) == 0;
            if (!known)
                key[count++] = name;
        }
    }
    return count;
}

/* "validation_accuracy" for people. */
static const char *words(Report *report, const char *key)
{
    char *text = arena_text(&report->arena, "%s", key);
    for (char *c = text; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return text;
}

void report_summaries(Report *report)
{
    const char *key[PATHS_MOST];
    int keys = summary_keys(report, key, PATHS_MOST), columns = report->runs + 1, rows = 0;
    if (!keys)
        return;
    const char **cell = run_table(report, "", keys);
    for (int k = 0; k < keys; k++) {
        bool any = false;
        const char **row = cell + (rows + 1) * columns;
        row[0] = words(report, key[k]);
        for (int i = 0; i < report->runs; i++) {
            row[i + 1] = figure(report, &report->run[i], key[k]);
            any |= *row[i + 1] != '\0';
        }
        rows += any;
    }
    html_element(report->out, "h2", "Figures");
    html_table(report->out, cell, rows + 1, columns);
}

/* ---- over seeds ---- */

static bool same_but_seed(const ReportRun *a, const ReportRun *b)
{
    Differences d = nothing_differs();
    const char *of_a, *of_b;
    d.path[NEVER] = "seed";
    return a->conf && b->conf && !conf_difference(a->conf, b->conf, d.path, &of_a, &of_b);
}

static const char *const spread_keys[] = {
    "train_loss",    "validation_loss", "validation_accuracy",     "test_loss",
    "test_accuracy", "noise_scale",     "best_validation_accuracy"};
enum { SPREADS = sizeof spread_keys / sizeof *spread_keys };

/* A row for the runs that differ from run `first` in nothing but the seed; how many these are. */
static int seed_row(Report *report, int first, bool *seen, const char **row)
{
    Spread spread[SPREADS] = {0};
    int n = 0, incomplete = 0;
    row[0] = "";
    for (int i = first; i < report->runs; i++) {
        const ReportRun *run = &report->run[i];
        if (i > first && !same_but_seed(&report->run[first], run))
            continue;
        row[0] = arena_text(&report->arena, "%s%s%s", row[0], n++ ? ", " : "", run->label);
        seen[i] = true;
        incomplete += !run->summary;
        for (int s = 0; s < SPREADS && run->summary; s++) {
            const char *text = conf_scalar(conf_get(conf_root(run->summary), spread_keys[s]));
            spread_add(&spread[s], text ? atof(text) : NAN);
        }
    }
    row[1] = arena_text(&report->arena, "%d", n - incomplete);
    row[2] = incomplete ? arena_text(&report->arena, "%d", incomplete) : "";
    for (int s = 0; s < SPREADS; s++)
        row[s + 3] = spread_text(&spread[s], &report->arena);
    return n;
}

void report_seeds(Report *report)
{
    const int columns = SPREADS + 3;
    const char **cell =
        arena_take(&report->arena, (int64_t)(report->runs + 1) * columns, sizeof *cell);
    bool *seen = arena_take(&report->arena, report->runs, sizeof *seen);
    int rows = 0, most = 0;
    cell[0] = "runs";
    cell[1] = "n";
    cell[2] = "not complete";
    for (int s = 0; s < SPREADS; s++)
        cell[s + 3] = words(report, spread_keys[s]);
    for (int i = 0; i < report->runs; i++) {
        if (seen[i])
            continue;
        int n = seed_row(report, i, seen, cell + (rows++ + 1) * columns);
        most = n > most ? n : most;
    }
    if (most < 2)
        return;
    html_element(report->out, "h2", "Over seeds");
    html_element(report->out, "p",
                 "Runs that differ in nothing but the seed: mean \xC2\xB1 standard deviation "
                 "(of n - 1).");
    html_table(report->out, cell, rows + 1, columns);
}

/* ---- time ---- */

/* Columns of timing.csv from here on are shares. */
enum { FIRST_SHARE = 3, SHARES_MOST = 16 };

static void run_time(Report *report, const ReportRun *run)
{
    const Sheet *t = &run->timing;
    const char *name[SHARES_MOST];
    double part[SHARES_MOST] = {0};
    int shares = 0;
    for (int c = FIRST_SHARE; c < t->columns && shares < SHARES_MOST; c++, shares++) {
        name[shares] = t->heading[c];
        for (int64_t row = 0; row < t->rows; row++) {
            double seconds = sheet_number(t, row, c);
            part[shares] += seconds > 0 ? seconds : 0;
        }
    }
    html_element(report->out, "h3", run->label);
    html_bar(report->out, name, part, shares);
}

void report_time(Report *report)
{
    bool begun = false;
    for (int i = 0; i < report->runs; i++) {
        if (report->run[i].timing.rows == 0)
            continue;
        if (!begun)
            html_element(report->out, "h2", "Time");
        if (!begun)
            html_element(report->out, "p class=\"note\"",
                         "Where the ranks' time went, from the first step on: the mean of all "
                         "ranks.");
        run_time(report, &report->run[i]);
        begun = true;
    }
}

/* ---- details ---- */

/* The rows of metrics.csv that are no training step, with the digest of the weights. */
static void evaluations(Report *report, const ReportRun *run)
{
    static const char *const column[] = {"step",     "kind",    "epoch", "loss",
                                         "accuracy", "verdict", "digest"};
    enum { COLUMNS = sizeof column / sizeof *column };
    const Sheet *m = &run->metrics;
    const char **cell = arena_take(&report->arena, (m->rows + 1) * COLUMNS, sizeof *cell);
    int64_t rows = 1;
    int kind = sheet_column(m, "kind");
    memcpy(cell, column, sizeof column);
    for (int64_t r = 0; r < m->rows; r++) {
        if (strcmp(sheet_text(m, r, kind), "train") == 0)
            continue;
        for (int c = 0; c < COLUMNS; c++)
            cell[rows * COLUMNS + c] = sheet_text(m, r, sheet_column(m, column[c]));
        rows++;
    }
    if (rows == 1)
        return;
    html_details(report->out,
                 arena_text(&report->arena, "%s: evaluations and digests", run->label));
    html_table(report->out, cell, rows, COLUMNS);
    html_details_end(report->out);
}

void report_details(Report *report)
{
    if (report->runs)
        html_element(report->out, "h2", "Digests and configuration");
    for (int i = 0; i < report->runs; i++) {
        const ReportRun *run = &report->run[i];
        evaluations(report, run);
        if (run->config_text)
            html_text_details(report->out,
                              arena_text(&report->arena, "%s: configuration", run->label),
                              run->config_text);
    }
}
