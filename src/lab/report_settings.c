/* What trials of one setting have in common, and how axes are told from points. */
#include "lab/report_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *settings_name(const Settings *settings, int column)
{
    return settings->sweep->trials.heading[column];
}

const char *settings_text(const Settings *settings, int setting, int column)
{
    return sheet_text(&settings->sweep->trials, settings->setting[setting].row, column);
}

double settings_number(const Settings *settings, int setting, int column)
{
    return sheet_number(&settings->sweep->trials, settings->setting[setting].row, column);
}

static bool same_setting(const ReportSweep *sweep, int64_t a, int64_t b)
{
    for (int c = 1; c <= sweep->axes; c++)
        if (strcmp(sheet_text(&sweep->trials, a, c), sheet_text(&sweep->trials, b, c)) != 0)
            return false;
    return true;
}

static void add_trial(Setting *setting, const Sheet *trials, int64_t row)
{
    const char *status = sheet_text(trials, row, sheet_column(trials, "status"));
    bool done = strcmp(status, "done") == 0, paused = strcmp(status, "paused") == 0;
    bool reached = strcmp(sheet_text(trials, row, sheet_column(trials, "stopped")), "target") == 0;
    setting->trials++;
    setting->diverged += !done && !paused;
    setting->paused += paused;
    setting->reached += done && reached;
    if (done && reached)
        spread_add(&setting->steps, sheet_number(trials, row, sheet_column(trials, "steps")));
    for (int c = 0; c < trials->columns && done; c++)
        spread_add(&setting->figure[c], sheet_number(trials, row, c));
}

/* Folds and seeds are the last axes, so the trials of a setting follow each other. */
static void group(Settings *settings, Arena *arena)
{
    const Sheet *trials = &settings->sweep->trials;
    settings->setting = arena_take(arena, trials->rows, sizeof *settings->setting);
    for (int64_t r = 0; r < trials->rows; r++) {
        if (r == 0 || !same_setting(settings->sweep, r, r - 1)) {
            Setting *new = &settings->setting[settings->count++];
            new->row = r;
            new->figure = arena_take(arena, trials->columns, sizeof *new->figure);
        }
        add_trial(&settings->setting[settings->count - 1], trials, r);
    }
}

static bool is_numeric(const Settings *settings, int column)
{
    bool differ = false;
    for (int i = 0; i < settings->count; i++) {
        if (!isfinite(settings_number(settings, i, column)))
            return false;
        differ |= strcmp(settings_text(settings, i, column), settings_text(settings, 0, column));
    }
    return differ;
}

const char *settings_searched(const ReportSweep *sweep)
{
    Node search = sweep->conf ? conf_get(conf_root(sweep->conf), "search") : (Node){0};
    const char *given = conf_scalar(conf_get(search, "metric"));
    return !conf_exists(search) ? NULL : given ? given : "validation_loss";
}

static int find_metric(const Settings *settings)
{
    static const char *const any[] = {"test_accuracy",   "validation_accuracy", "test_loss",
                                      "validation_loss", "train_loss",          NULL};
    static const char *const folded[] = {"validation_accuracy", "validation_loss", NULL};
    const char *const searched[] = {settings_searched(settings->sweep), NULL};
    const char *const *names = searched[0] ? searched : settings->sweep->folds ? folded : any;
    for (size_t n = 0; names[n]; n++) {
        int column = sheet_column(&settings->sweep->trials, names[n]);
        for (int i = 0; i < settings->count && column >= 0; i++)
            if (settings->setting[i].figure[column].n)
                return column;
    }
    return -1;
}

Node settings_ranges(const ReportSweep *sweep)
{
    Node root = sweep->conf ? conf_root(sweep->conf) : (Node){0};
    Node points = conf_get(conf_get(root, "sweep"), "points");
    return conf_exists(points) ? points : conf_get(conf_get(root, "search"), "ranges");
}

Settings settings_read(Report *report, const ReportSweep *sweep)
{
    Settings s = {.sweep = sweep, .metric = -1};
    Node root = sweep->conf ? conf_root(sweep->conf) : (Node){0};
    Node points = settings_ranges(sweep);
    if (!sweep->trials.rows)
        return s;
    group(&s, &report->arena);
    s.targeted = conf_exists(conf_get(conf_get(root, "train"), "target"));
    for (int i = 0; i < s.count; i++)
        s.targeted |= s.setting[i].reached > 0;
    s.is_point = arena_take(&report->arena, sweep->axes + 1, sizeof *s.is_point);
    s.is_numeric = arena_take(&report->arena, sweep->axes + 1, sizeof *s.is_numeric);
    for (int c = 1; c <= sweep->axes; c++) {
        s.is_point[c] = conf_exists(conf_get(points, settings_name(&s, c)));
        s.is_numeric[c] = is_numeric(&s, c);
    }
    s.metric = find_metric(&s);
    return s;
}

const char *settings_line(const Settings *settings, int setting, int x, int other, Arena *arena)
{
    const char *text = "";
    for (int c = 1; c <= settings->sweep->axes; c++) {
        if (c == x || c == other || settings->is_point[c])
            continue;
        const char *name = settings_name(settings, c), *dot = strrchr(name, '.');
        text = arena_text(arena, "%s%s%s %s", text, *text ? ", " : "", dot ? dot + 1 : name,
                          settings_text(settings, setting, c));
    }
    return text;
}

bool settings_better(const Settings *settings, int a, int b)
{
    const Setting *x = &settings->setting[a], *y = &settings->setting[b];
    double of_a = spread_mean(&x->figure[settings->metric]);
    double of_b = spread_mean(&y->figure[settings->metric]);
    bool accuracy = strstr(settings_name(settings, settings->metric), "accuracy") != NULL;
    if (isnan(of_a) || isnan(of_b))
        return isnan(of_b) && !isnan(of_a);
    if ((x->diverged > 0) != (y->diverged > 0))
        return y->diverged > 0;
    return accuracy ? of_a > of_b : of_a < of_b;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int settings_values(const Settings *settings, int column, Arena *arena, double **values)
{
    int kept = 0;
    *values = arena_take(arena, settings->count, sizeof **values);
    for (int i = 0; i < settings->count; i++)
        (*values)[i] = settings_number(settings, i, column);
    qsort(*values, (size_t)settings->count, sizeof **values, ascending);
    for (int i = 0; i < settings->count; i++)
        if (i == 0 || (*values)[i] != (*values)[kept - 1])
            (*values)[kept++] = (*values)[i];
    return kept;
}

const char *settings_over(const Settings *settings, bool several)
{
    const ReportSweep *sweep = settings->sweep;
    if (sweep->decomposed.rows)
        return several ? "training sets" : "the training set";
    if (sweep->folds)
        return several ? "folds and seeds" : "fold and seed";
    return several ? "seeds" : "the seed";
}

bool settings_geometric(const double *values, int count)
{
    if (count < 2 || values[0] <= 0)
        return false;
    if (count == 2)
        return values[1] >= 4 * values[0];
    double ratio[2] = {INFINITY, 0}, distance[2] = {INFINITY, 0};
    for (int i = 1; i < count; i++) {
        ratio[0] = fmin(ratio[0], values[i] / values[i - 1]);
        ratio[1] = fmax(ratio[1], values[i] / values[i - 1]);
        distance[0] = fmin(distance[0], values[i] - values[i - 1]);
        distance[1] = fmax(distance[1], values[i] - values[i - 1]);
    }
    return ratio[1] / ratio[0] < distance[1] / distance[0];
}
