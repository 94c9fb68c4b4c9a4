/* The report's insides: what is read (report_load.c), the tables of runs (report_runs.c), their
 * curves (report_curves.c), what goes through layers (report_layers.c), a sweep's settings
 * (report_settings.c), its section (report_sweep.c), its curves (report_axes.c, report_target.c)
 * and the page (report.c). */
#ifndef LAB_REPORT_INSIDE_H
#define LAB_REPORT_INSIDE_H

#include "base/conf.h"
#include "lab/chart.h"
#include "lab/report.h"
#include "lab/sheet.h"
#include "lab/spread.h"

#include <stdio.h>

/* A run directory. Of what it does not hold, sheets are empty and the rest is NULL. */
typedef struct ReportRun {
    const char *path, *label; /* the label is unique in the report */
    Conf *conf, *summary;     /* config.yaml as resolved, summary.json */
    const char *config_text;
    const char *verdict; /* the last line, or why there is none */
    Sheet metrics, timing, layers;
} ReportRun;

/* A sweep directory. */
typedef struct ReportSweep {
    const char *path, *label;
    Conf *conf;
    const char *config_text;
    int64_t expected; /* trials; 0: not known */
    Sheet trials, timing;
    Sheet decomposed; /* bias_variance.csv */
    int axes;   /* columns 1 to `axes` of the trials are their settings; then come fold and seed */
    bool folds; /* there are folds */
} ReportSweep;

typedef struct Report {
    FILE *out;
    Arena arena;
    bool draws; /* there is a gnuplot */
    int charts; /* drawn */
    ReportRun *run;
    ReportSweep *sweep;
    int runs, sweeps;
} Report;

/* Reads a directory into the next run or sweep. */
Err report_load(Report *report, const char *path);
/* Gives each its label: the last name of its path, or all of it where that is not enough. */
void report_label(Report *report);
void report_unload(Report *report);

/* Draws a chart and sets it into the page; nothing without gnuplot. */
Err report_chart(Report *report, const Chart *chart, const char *note);
/* ---- runs ---- */
void report_verdicts(Report *report);
/* How a run's last evaluation was judged, and what can be done about it. */
void report_fitting(Report *report, const ReportRun *run);
void report_differences(Report *report);
void report_summaries(Report *report);
/* Runs that differ in nothing but the seed. */
void report_seeds(Report *report);
void report_time(Report *report);
void report_details(Report *report);
/* "batch.global, seed": the paths in which the runs differ; "" in none. */
const char *report_differing(Report *report);
Err report_curves(Report *report);
/* Gradient against depth and verdicts, of what train.diagnostics has left; of a sweep, of each
 * setting's first trial. */
Err report_layers(Report *report);

/* ---- sweeps ---- */

/* The trials that differ in nothing but fold and seed. */
typedef struct Setting {
    int64_t row; /* of its first trial */
    int trials, diverged, reached;
    int paused;     /* at a rung of a search, where it was left */
    Spread *figure; /* [columns of the sheet] over the trials that are done */
    Spread steps;   /* over those that reached the target */
} Setting;

typedef struct Settings {
    const ReportSweep *sweep;
    Setting *setting;
    int count;
    bool *is_point;   /* [axes + 1] by column: quasi-random points, no axis */
    bool *is_numeric; /* [axes + 1] has two values at least, and all are numbers */
    bool targeted;    /* there is a train.target */
    int metric;       /* column of what trials are measured by; -1: no trial is done */
} Settings;

/* The ranges that settings were drawn from: of a sweep's points, or of a search. */
Node settings_ranges(const ReportSweep *sweep);
Settings settings_read(Report *report, const ReportSweep *sweep);
/* The metric that a search decides by; NULL: it is none. */
const char *settings_searched(const ReportSweep *sweep);
/* What the trials of a setting differ in: "the seed"; of means over them "seeds". */
const char *settings_over(const Settings *settings, bool several);
/* The name of a metric's or an axis' column; its value for a setting. */
const char *settings_name(const Settings *settings, int column);
const char *settings_text(const Settings *settings, int setting, int column);
double settings_number(const Settings *settings, int setting, int column);
/* "how none, momentum 0.9": the axes but the columns x and other (-1: none) and the points. */
const char *settings_line(const Settings *settings, int setting, int x, int other, Arena *arena);
/* Whether a's figure in the metric is better than b's; nothing is better than what diverged. */
bool settings_better(const Settings *settings, int a, int b);
/* Different values of a column, ascending; how many. */
int settings_values(const Settings *settings, int column, Arena *arena, double **values);
/* A logarithmic axis suits these ascending values: their ratios differ less than their distances.
 */
bool settings_geometric(const double *values, int count);

/* The section of a sweep, its tables by report_sweep.c, its curves by report_axes.c. */
Err report_sweep(Report *report, const ReportSweep *sweep);
Err report_axes(Report *report, const Settings *settings);
/* Where there is a bias_variance.csv: its table and its curves. */
Err report_bias_variance(Report *report, const ReportSweep *sweep);
Err report_setting_layers(Report *report, const Settings *settings);
/* Steps to the target against the batch: where there is a target and an axis batch.global. */
Err report_target(Report *report, const Settings *settings);

#endif
