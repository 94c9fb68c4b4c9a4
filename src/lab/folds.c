/* A row for each fold, made of trials.csv, then mean and deviation. */
#include "lab/folds.h"

#include "base/log.h"
#include "lab/sheet.h"
#include "lab/spread.h"
#include "lab/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *heading, *column; /* here, in trials.csv */
} figures[] = {
    {"loss", "train_loss"},
    {"val loss", "validation_loss"},
    {"val acc", "validation_accuracy"},
    {"best loss", "best_validation_loss"},
    {"test loss", "test_loss"},
    {"test acc", "test_accuracy"},
};
enum { FIGURES = sizeof figures / sizeof *figures, LINE = 81 };

const char *folds_section(int64_t folds, int ranks, Arena *arena)
{
    return arena_text(arena,
                      "sweep={folds: %" PRId64 ", ranks_per_trial: %d, keep_checkpoints: true}",
                      folds, ranks > folds ? (int)(ranks / folds) : 1);
}

void folds_announce(Conf *conf, int64_t folds)
{
    Node data = conf_get(conf_root(conf), "data");
    const char *validation = conf_scalar(conf_get(data, "validation"));
    if (validation && strcmp(validation, "0") != 0)
        log_wrapped(2,
                    "data.validation: %s does not count here: each of the %" PRId64
                    " folds is the validation part once",
                    validation, folds);
    if (conf_exists(conf_get(data, "fold")))
        log_wrapped(2, "data.fold does not count here: all %" PRId64 " folds are run", folds);
}

void folds_announce_sections(const ConfigSource *config)
{
    static const char *const sections[] = {"sweep", "search", "bias_variance"};
    Conf *conf = NULL;
    Err err =
        conf_parse(&conf, config->name, config->text, config->overrides, config->override_count);
    for (size_t i = 0; i < sizeof sections / sizeof *sections && !err; i++)
        if (conf_entries(conf_get(conf_root(conf), sections[i])) > 0)
            log_wrapped(2,
                        "the section `%s:` does not count here: --folds trains with CONFIG alone",
                        sections[i]);
    err_free(err); /* whoever reads it next will say so */
    conf_free(conf);
}

/* ---- the table ---- */

typedef struct Table {
    const Sheet *trials;
    bool shown[FIGURES];
    Spread spread[FIGURES];
} Table;

static double figure(const Table *t, int64_t row, int f)
{
    return sheet_number(t->trials, row, sheet_column(t->trials, figures[f].column));
}

static void print(const Table *t, const char *name, const double *values, const char *end)
{
    char line[LINE];
    int at = snprintf(line, sizeof line, "%-5s", name);
    for (int f = 0; f < FIGURES; f++)
        if (t->shown[f] && isnan(values[f]))
            at += snprintf(line + at, sizeof line - (size_t)at, " %9s", "-");
        else if (t->shown[f])
            at += snprintf(line + at, sizeof line - (size_t)at, " %9.4g", values[f]);
    log_info("%s%s%s", line, *end ? "  " : "", end);
}

static void print_heading(const Table *t)
{
    char line[LINE];
    int at = snprintf(line, sizeof line, "%-5s", "fold");
    for (int f = 0; f < FIGURES; f++)
        if (t->shown[f])
            at += snprintf(line + at, sizeof line - (size_t)at, " %9s", figures[f].heading);
    log_info("%s  verdict", line);
}

/* Of a fold that diverged there are no figures. */
static void print_fold(Table *t, int64_t row)
{
    double values[FIGURES];
    const char *status = sheet_text(t->trials, row, sheet_column(t->trials, "status"));
    bool done = strcmp(status, "done") == 0;
    for (int f = 0; f < FIGURES; f++) {
        values[f] = figure(t, row, f);
        spread_add(&t->spread[f], values[f]);
    }
    print(t, sheet_text(t->trials, row, sheet_column(t->trials, GRID_FOLD)), values,
          done ? sheet_text(t->trials, row, sheet_column(t->trials, "verdict")) : status);
}

static void print_all(const Sheet *trials)
{
    Table t = {.trials = trials};
    double mean[FIGURES], deviation[FIGURES];
    for (int64_t row = 0; row < trials->rows; row++)
        for (int f = 0; f < FIGURES; f++)
            t.shown[f] |= !isnan(figure(&t, row, f));
    print_heading(&t);
    for (int64_t row = 0; row < trials->rows; row++)
        print_fold(&t, row);
    for (int f = 0; f < FIGURES; f++) {
        mean[f] = spread_mean(&t.spread[f]);
        deviation[f] = spread_deviation(&t.spread[f]);
    }
    print(&t, "mean", mean, "");
    print(&t, "dev", deviation, "");
}

/* Where the sweep is: as crew_open finds it. */
static Err tell(const Experiment *asked)
{
    Arena arena = {0};
    Conf *conf = NULL;
    Sheet trials;
    const ConfigSource *config = &asked->config;
    Err err =
        conf_parse(&conf, config->name, config->text, config->overrides, config->override_count);
    const char *name = err ? NULL : conf_scalar(conf_get(conf_root(conf), "name"));
    const char *run =
        asked->directory ? asked->directory : arena_text(&arena, "runs/%s", name ? name : "run");
    if (!err)
        err = sheet_read(&trials, arena_text(&arena, "%s/trials.csv", run), &arena);
    if (!err)
        print_all(&trials);
    if (!err)
        log_wrapped(2,
                    "mean and standard deviation (of n - 1) over the folds; the rows are in "
                    "%s/trials.csv, each run in %s/trials",
                    run, run);
    conf_free(conf);
    arena_free(&arena);
    return err;
}

Err folds_run(const Experiment *asked)
{
    TRY(sweep_run(asked));
    return comm_agree(asked->world, asked->world->rank == 0 ? tell(asked) : NULL);
}
