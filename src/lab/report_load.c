/* Reading directories. A run may be going on, may have been interrupted, or may have failed: what
 * it has is shown. */
#include "lab/report_inside.h"

#include "base/file.h"
#include "lab/grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *inside(Report *report, const char *path, const char *name)
{
    return arena_text(&report->arena, "%s/%s", path, name);
}

/* An optional document. */
static Err load_conf(const char *path, Conf **conf)
{
    char *text;
    size_t size;
    if (!file_exists(path))
        return NULL;
    TRY(file_read(path, &text, &size));
    Err err = conf_parse(conf, path, text, NULL, 0); /* JSON is YAML */
    mem_free(text);
    return err;
}

/* An optional sheet. */
static Err load_sheet(Report *report, const char *path, Sheet *sheet)
{
    return file_exists(path) ? sheet_read(sheet, path, &report->arena) : NULL;
}

/* ---- a run ---- */

/* Its own last line, or what is known of a run without one. */
static const char *verdict(Report *report, const ReportRun *run)
{
    Arena *arena = &report->arena;
    const Sheet *metrics = &run->metrics;
    const char *line = run->summary ? conf_scalar(conf_get(conf_root(run->summary), "line")) : NULL;
    if (line)
        return line;
    const char *rows = "no rows yet";
    if (metrics->rows)
        rows = arena_text(arena, "the last row is of step %s",
                          sheet_text(metrics, metrics->rows - 1, sheet_column(metrics, "step")));
    return arena_text(arena, "not complete (going on, stopped or failed): no summary.json; %s",
                      rows);
}

static Err load_run(Report *report, const char *path, Conf **conf)
{
    ReportRun *run = &report->run[report->runs++];
    run->path = path;
    run->conf = *conf;
    *conf = NULL;
    if (run->conf)
        run->config_text = conf_text(run->conf);
    TRY(load_conf(inside(report, path, "summary.json"), &run->summary));
    TRY(load_sheet(report, inside(report, path, "metrics.csv"), &run->metrics));
    TRY(load_sheet(report, inside(report, path, "timing.csv"), &run->timing));
    TRY(load_sheet(report, inside(report, path, "layers.csv"), &run->layers));
    run->verdict = verdict(report, run);
    return NULL;
}

/* ---- a sweep ---- */

/* A sweep that is not over has no table yet, but rows of the trials that are. */
static Err gather(Report *report, const char *path, Sheet *trials)
{
    const char *folder = inside(report, path, "trials"), **name;
    int count;
    TRY(file_list(folder, "", "", &report->arena, &name, &count));
    trials->path = folder;
    for (int i = 0; i < count; i++) {
        Sheet one = {0};
        TRY(load_sheet(report, arena_text(&report->arena, "%s/%s/trial.csv", folder, name[i]),
                       &one));
        if (one.rows != 1)
            continue;
        if (!trials->cell) {
            trials->columns = one.columns;
            trials->heading = one.heading;
            trials->cell =
                arena_take(&report->arena, (int64_t)count * one.columns, sizeof *trials->cell);
        }
        if (one.columns != trials->columns)
            FAIL(STATUS_USER, "%s: has %d cells, the trials before it have %d", one.path,
                 one.columns, trials->columns);
        memcpy(trials->cell + trials->rows++ * one.columns, one.cell,
               (size_t)one.columns * sizeof *one.cell);
    }
    return NULL;
}

/* How many trials the configuration makes; 0 where this program cannot read it. */
static int64_t expected(const ReportSweep *sweep)
{
    Conf *conf = NULL;
    Grid grid = {0};
    Err err =
        sweep->config_text ? conf_parse(&conf, sweep->path, sweep->config_text, NULL, 0) : NULL;
    if (conf && !err)
        err = grid_read(&grid, conf);
    int64_t trials = err ? 0 : grid.trials;
    err_free(err);
    conf_free(conf);
    return trials;
}

/* Without its configuration a table is believed: an axis that the user has called fold is not it.
 */
static bool is_folded(const ReportSweep *sweep)
{
    Node root = sweep->conf ? conf_root(sweep->conf) : (Node){0};
    return !sweep->conf || conf_exists(conf_get(conf_get(root, "sweep"), "folds"));
}

static Err load_sweep(Report *report, const char *path, Conf **conf)
{
    ReportSweep *sweep = &report->sweep[report->sweeps++];
    const char *table = inside(report, path, "trials.csv");
    sweep->path = path;
    sweep->conf = *conf;
    *conf = NULL;
    if (sweep->conf)
        sweep->config_text = conf_text(sweep->conf);
    sweep->expected = expected(sweep);
    if (file_exists(table))
        TRY(sheet_read(&sweep->trials, table, &report->arena));
    else
        TRY(gather(report, path, &sweep->trials));
    TRY(load_sheet(report, inside(report, path, "trials-timing.csv"), &sweep->timing));
    TRY(load_sheet(report, inside(report, path, "bias_variance.csv"), &sweep->decomposed));
    int status = sheet_column(&sweep->trials, "status");
    if (sweep->trials.rows && (status < 2 || sheet_column(&sweep->trials, "seed") != status - 1))
        FAIL(STATUS_USER,
             "%s: is no table of trials: its columns begin with trial, end their "
             "settings with seed, and go on with status",
             sweep->trials.path);
    sweep->folds =
        status > 2 && is_folded(sweep) && strcmp(sweep->trials.heading[status - 2], GRID_FOLD) == 0;
    sweep->axes = status - 2 - sweep->folds;
    return NULL;
}

/* ---- either ---- */

static Err load(Report *report, const char *path, Conf **conf)
{
    if (!file_exists(path))
        FAIL(STATUS_USER, "%s: there is no such directory", path);
    if (!file_is_directory(path))
        FAIL(STATUS_USER, "%s: is a file; the directory of a run or a sweep is wanted", path);
    TRY(load_conf(inside(report, path, "config.yaml"), conf));
    if (file_exists(inside(report, path, "trials.csv")) ||
        (*conf && conf_exists(conf_get(conf_root(*conf), "sweep"))) ||
        (*conf && conf_exists(conf_get(conf_root(*conf), "search"))) ||
        (*conf && conf_exists(conf_get(conf_root(*conf), "bias_variance"))))
        return load_sweep(report, path, conf);
    if (!*conf && !file_exists(inside(report, path, "metrics.csv")))
        FAIL(STATUS_USER,
             "%s: holds no run and no sweep: neither config.yaml nor metrics.csv nor trials.csv",
             path);
    return load_run(report, path, conf);
}

Err report_load(Report *report, const char *path)
{
    Conf *conf = NULL;
    char *own = arena_text(&report->arena, "%s", path);
    for (size_t n = strlen(own); n > 1 && own[n - 1] == '/'; n--)
        own[n - 1] = '\0';
    Err err = load(report, own, &conf);
    conf_free(conf);
    return err;
}

void report_unload(Report *report)
{
    for (int i = 0; i < report->runs; i++) {
        conf_free(report->run[i].conf);
        conf_free(report->run[i].summary);
    }
    for (int i = 0; i < report->sweeps; i++)
        conf_free(report->sweep[i].conf);
    arena_free(&report->arena);
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void report_label(Report *report)
{
    bool unique = true;
    for (int i = 0; i < report->runs; i++)
        for (int k = 0; k < i; k++)
            unique &= strcmp(last_name(report->run[i].path), last_name(report->run[k].path)) != 0;
    for (int i = 0; i < report->runs; i++)
        report->run[i].label = unique ? last_name(report->run[i].path) : report->run[i].path;
    for (int i = 0; i < report->sweeps; i++)
        report->sweep[i].label = last_name(report->sweep[i].path);
}
