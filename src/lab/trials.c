/* Rows of trials: a table of columns, each a text made of an outcome. */
#include "lab/trials.h"

#include "base/file.h"
#include "lab/sheet.h"
#include "train/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Column {
    const char *name;
    const char *(*text)(const Outcome *outcome, Arena *arena);
} Column;

/* ---- columns ---- */

static bool has_figures(const Outcome *outcome)
{
    return outcome->done || outcome->paused;
}

/* Of a trial that diverged there is no figure; of one that is done, not all exist. */
static const char *number(const Outcome *outcome, double value, Arena *arena)
{
    return has_figures(outcome) && isfinite(value) ? arena_text(arena, "%.9g", value) : "";
}

static double measured(const Result *result, double value)
{
    return result->samples ? value : NAN;
}

#define NUMBER(function, value)                                                                    \
    static const char *function(const Outcome *outcome, Arena *arena)                              \
    {                                                                                              \
        const Summary *s = &outcome->summary;                                                      \
        return number(outcome, value, arena);                                                      \
    }
NUMBER(epochs, s->epochs)
NUMBER(train_loss, s->train_loss)
NUMBER(validation_loss, measured(&s->validation, s->validation.loss))
NUMBER(validation_accuracy, measured(&s->validation, s->validation.accuracy))
NUMBER(test_loss, measured(&s->test, s->test.loss))
NUMBER(test_accuracy, measured(&s->test, s->test.accuracy))
NUMBER(best_step, s->best_step >= 0 ? (double)s->best_step : NAN)
NUMBER(best_validation_loss, s->best_step >= 0 ? s->best_loss : NAN)
NUMBER(best_validation_accuracy, s->best_step >= 0 ? s->best_accuracy : NAN)
NUMBER(noise, s->noise_scale)
NUMBER(parameters, (double)s->parameters)

static const char *status(const Outcome *outcome, Arena *arena)
{
    (void)arena;
    return outcome->done ? "done" : outcome->paused ? "paused" : "diverged";
}

static const char *stopped(const Outcome *outcome, Arena *arena)
{
    const char *word = outcome->done ? stopped_words[outcome->summary.stopped] : NULL;
    (void)arena;
    return word ? word : "";
}

static const char *steps(const Outcome *outcome, Arena *arena)
{
    return arena_text(arena, "%" PRId64, outcome->step);
}

static const char *digest(const Outcome *outcome, Arena *arena)
{
    return has_figures(outcome) ? arena_text(arena, "%016" PRIx64, outcome->summary.digest) : "";
}

static const char *verdict(const Outcome *outcome, Arena *arena)
{
    (void)arena;
    return has_figures(outcome) ? fit_words[outcome->summary.fit] : "";
}

static const Column columns[] = {
    {"status", status},
    {"stopped", stopped},
    {"steps", steps},
    {"epochs", epochs},
    {"parameters", parameters},
    {"train_loss", train_loss},
    {"validation_loss", validation_loss},
    {"validation_accuracy", validation_accuracy},
    {"test_loss", test_loss},
    {"test_accuracy", test_accuracy},
    {"best_step", best_step},
    {"best_validation_loss", best_validation_loss},
    {"best_validation_accuracy", best_validation_accuracy},
    {"noise_scale", noise},
    {"digest", digest},
    {"verdict", verdict},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *heading(const Grid *grid, Arena *arena)
{
    const char *text = "trial";
    for (int c = 0; c < grid_columns(grid); c++)
        text = arena_text(arena, "%s,%s", text, sheet_quote(grid_column(grid, c), arena));
    for (int c = 0; c < COLUMNS; c++)
        text = arena_text(arena, "%s,%s", text, columns[c].name);
    return text;
}

static const char timing_heading[] = "trial,ranks,seconds,samples_per_second";

/* ---- files ---- */

const char *trials_folder(const Trials *trials, int64_t number, Arena *arena)
{
    return arena_text(arena, "%s/trials/%04" PRId64, trials->run, number);
}

static const char *row_path(const Trials *trials, int64_t number, const char *name, Arena *arena)
{
    return arena_text(arena, "%s/%s", trials_folder(trials, number, arena), name);
}

bool trials_over(const Trials *trials, int64_t number)
{
    Arena arena = {0};
    bool over = file_exists(row_path(trials, number, "trial.csv", &arena));
    arena_free(&arena);
    return over;
}

static const char *rung_name(int rung, Arena *arena)
{
    return arena_text(arena, "rung-%d.csv", rung);
}

bool trials_paused(const Trials *trials, int64_t number, int rung)
{
    Arena arena = {0};
    bool paused = file_exists(row_path(trials, number, rung_name(rung, &arena), &arena));
    arena_free(&arena);
    return paused;
}

Err trials_value(const Trials *trials, int64_t number, int rung, const char *name, double *value)
{
    Arena arena = {0};
    Sheet row;
    bool paused = trials_paused(trials, number, rung);
    const char *file = paused ? rung_name(rung, &arena) : "trial.csv";
    Err err = sheet_read(&row, row_path(trials, number, file, &arena), &arena);
    *value = !err && row.rows ? sheet_number(&row, 0, sheet_column(&row, name)) : NAN;
    arena_free(&arena);
    return err;
}

Err trials_end(const Trials *trials, int64_t number, int rung)
{
    Arena arena = {0};
    char *text = NULL;
    size_t size = 0;
    Err err = file_read(row_path(trials, number, rung_name(rung, &arena), &arena), &text, &size);
    if (!err)
        err = file_replace(row_path(trials, number, "trial.csv", &arena), text, size);
    mem_free(text);
    arena_free(&arena);
    if (!err)
        trials_tidy(trials, number);
    return err;
}

void trials_tidy(const Trials *trials, int64_t number)
{
    Arena arena = {0};
    const char **names, *checkpoints = row_path(trials, number, "checkpoints", &arena);
    int count = 0;
    if (trials->grid->keep_checkpoints)
        return;
    Err err = file_list(checkpoints, "", ".h5", &arena, &names, &count);
    for (int i = 0; !err && i < count; i++)
        remove(arena_text(&arena, "%s/%s", checkpoints, names[i]));
    err_free(err);
    remove(checkpoints);
    arena_free(&arena);
}

static Err write_text(const char *path, const char *text)
{
    return file_replace(path, text, strlen(text));
}

/* The timing first: with trial.csv the trial is over. */
Err trials_note(const Trials *trials, int64_t number, int rung, const Outcome *outcome,
                const TrialTiming *timing)
{
    Arena arena = {0};
    GridTrial trial = grid_trial(trials->grid, number, &arena);
    const char *row = arena_text(&arena, "%" PRId64, number);
    for (int c = 0; c < grid_columns(trials->grid); c++)
        row = arena_text(&arena, "%s,%s", row, sheet_quote(trial.cells[c], &arena));
    for (int c = 0; c < COLUMNS; c++)
        row = arena_text(&arena, "%s,%s", row, columns[c].text(outcome, &arena));
    const char *timed =
        arena_text(&arena, "%s\n%" PRId64 ",%d,%.3f,%.1f\n", timing_heading, number, timing->ranks,
                   timing->seconds, has_figures(outcome) ? outcome->summary.rate : 0);
    Err err = write_text(row_path(trials, number, "timing-row.csv", &arena), timed);
    if (!err)
        err = write_text(row_path(trials, number,
                                  outcome->paused ? rung_name(rung, &arena) : "trial.csv", &arena),
                         arena_text(&arena, "%s\n%s\n", heading(trials->grid, &arena), row));
    arena_free(&arena);
    return err;
}

/* The second line of a trial's file, to the end of a table with this heading. */
static Err copy_row(const Trials *trials, int64_t number, const char *name, const char *head,
                    FILE *table)
{
    Arena arena = {0};
    char *text = NULL;
    size_t size;
    Err err = file_read(row_path(trials, number, name, &arena), &text, &size);
    const char *row = text ? strchr(text, '\n') : NULL;
    if (!err && !row)
        err = ERR(STATUS_FAILED, "%s has no row", row_path(trials, number, name, &arena));
    if (row) {
        fprintf(table, "%.*s", (int)strcspn(row + 1, "\n"), row + 1);
        for (int lacking = rows_lacking(text, head); lacking > 0; lacking--)
            fputc(',', table);
        fputc('\n', table);
    }
    mem_free(text);
    arena_free(&arena);
    return err;
}

static Err gather(const Trials *trials, const char *table, const char *name, const char *head)
{
    Arena arena = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for %s", table);
    fprintf(out, "%s\n", head);
    Err err = NULL;
    for (int64_t i = 0; i < trials->grid->trials && !err; i++)
        if (trials_over(trials, i))
            err = copy_row(trials, i, name, head, out);
    CHECK(fclose(out) == 0, "out of memory for %s", table);
    if (!err)
        err = file_replace(arena_text(&arena, "%s/%s", trials->run, table), text, size);
    free(text);
    arena_free(&arena);
    return err;
}

Err trials_gather(const Trials *trials)
{
    Arena arena = {0};
    Err err = gather(trials, "trials.csv", "trial.csv", heading(trials->grid, &arena));
    if (!err)
        err = gather(trials, "trials-timing.csv", "timing-row.csv", timing_heading);
    arena_free(&arena);
    return err;
}
