/* What came out: a file, a table, and bars that show how the error is made up. */
#include "lab/bias_variance_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "lab/sheet.h"
#include "lab/spread.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the file ---- */

static const char *const column_names[COMPONENTS] = {
    [DECOMPOSED_ERROR] = "error",       [DECOMPOSED_BIAS] = "bias",
    [DECOMPOSED_VARIANCE] = "variance", [DECOMPOSED_NOISE] = "noise",
    [DECOMPOSED_UNBIASED] = "unbiased", [DECOMPOSED_BIASED] = "biased",
    [DECOMPOSED_RATE] = "wrong_labels"};

static void print_cell(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, ",%.9g", value);
    else
        fputc(',', out);
}

static void print_row(FILE *out, const BiasSetting *s)
{
    bool measured = s->models >= DECOMPOSE_LEAST;
    fprintf(out, ",%s,%d,%" PRId64, s->classes ? "zero_one" : "squared", s->models, s->rows);
    for (int c = 0; c < COMPONENTS; c++) {
        print_cell(out, measured ? s->figures.value[c] : NAN);
        print_cell(out, measured ? s->figures.error[c] : NAN);
    }
    fputc('\n', out);
}

Err bias_table_write(const BiasSetting *settings, int count, const Crew *crew)
{
    Arena arena = {0};
    char *text = NULL;
    size_t size;
    const char *path = arena_text(&arena, "%s/bias_variance.csv", crew->trials.run);
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for %s", path);
    fprintf(out, "%s,loss,models,rows", sheet_quote(crew->grid.axis[0].name, &arena));
    for (int c = 0; c < COMPONENTS; c++)
        fprintf(out, ",%s,%s_se", column_names[c], column_names[c]);
    fputc('\n', out);
    for (int i = 0; i < count; i++) {
        fputs(sheet_quote(settings[i].label, &arena), out);
        print_row(out, &settings[i]);
    }
    CHECK(fclose(out) == 0, "out of memory for %s", path);
    Err err = file_replace(path, text, size);
    free(text);
    arena_free(&arena);
    return err;
}

/* ---- the table ---- */

enum { LABEL = 15, CELL = 16 };

/* A figure and its standard error, 0 of noise that was given. "±" has two bytes and takes one
 * place. */
static const char *cell(double value, double error, Arena *arena)
{
    bool uncertain = error > 0;
    const char *text = spread_figure(value, uncertain ? error : NAN, arena);
    if ((int)strlen(text) > CELL - 1 + uncertain)
        text = arena_text(arena, "%.2g \xC2\xB1 %.1g", value, error);
    return arena_text(arena, "%*s", CELL + uncertain, text);
}

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static void show_row(const BiasSetting *s, Arena *arena)
{
    const char *line = arena_text(arena, "%*.*s", LABEL, LABEL, s->label);
    if (s->models < DECOMPOSE_LEAST) {
        log_info("%s  %d models are done: too few", line, s->models);
        return;
    }
    for (int c = DECOMPOSED_ERROR; c <= DECOMPOSED_NOISE; c++)
        line =
            arena_text(arena, "%s%s", line, cell(s->figures.value[c], s->figures.error[c], arena));
    log_info("%s", line);
}

static void show_table(const BiasSetting *settings, int count, const Crew *crew, Arena *arena)
{
    bool classes = settings[0].classes > 0;
    log_info("\n%*.*s%*s%*s%*s%*s", LABEL, LABEL, last_name(crew->grid.axis[0].name), CELL, "error",
             CELL, classes ? "bias" : "bias^2", CELL, classes ? "net variance" : "variance", CELL,
             "noise");
    for (int i = 0; i < count; i++)
        show_row(&settings[i], arena);
}

/* ---- bars ---- */

typedef struct Bar {
    const char *name;
    Component component;
} Bar;

/* What the error is the sum of; the biased variance is taken off. */
static const Bar bars_of_values[] = {{"error", DECOMPOSED_ERROR},
                                     {"bias^2", DECOMPOSED_BIAS},
                                     {"variance", DECOMPOSED_VARIANCE},
                                     {"noise", DECOMPOSED_NOISE},
                                     {0}};
static const Bar bars_of_classes[] = {
    {"error", DECOMPOSED_ERROR},         {"bias", DECOMPOSED_BIAS},
    {"+ unbiased", DECOMPOSED_UNBIASED}, {"- biased", DECOMPOSED_BIASED},
    {"noise", DECOMPOSED_NOISE},         {0}};

static void show_bars_of(const BiasSetting *s, double most, bool noise, Arena *arena)
{
    enum { WIDTH = 50, NAME = 11 };
    static const char full[WIDTH + 1] = "##################################################";
    const char *label = s->label;
    for (const Bar *bar = s->classes ? bars_of_classes : bars_of_values; bar->name; bar++) {
        double value = s->figures.value[bar->component];
        if (bar->component == DECOMPOSED_NOISE && !noise)
            continue;
        int length = value > 0 ? (int)(value / most * WIDTH + 0.5) : 0;
        log_info("%s", arena_text(arena, "%*.*s %-*s|%.*s", LABEL, LABEL, label, NAME, bar->name,
                                  length > WIDTH ? WIDTH : length, full));
        label = "";
    }
}

static void show_bars(const BiasSetting *settings, int count, bool noise, Arena *arena)
{
    double most = 0;
    for (int i = 0; i < count; i++)
        for (int c = 0; settings[i].models >= DECOMPOSE_LEAST && c < DECOMPOSED_RATE; c++)
            most = fmax(most, settings[i].figures.value[c]); /* no NAN */
    if (!(most > 0))
        return;
    log_info("%s", "");
    for (int i = 0; i < count; i++)
        if (settings[i].models >= DECOMPOSE_LEAST)
            show_bars_of(&settings[i], most, noise, arena);
}

/* ---- the whole ---- */

/* Bias is below 0 by more than chance where less noise is in the targets than was named. */
static void doubt_noise(const BiasSetting *settings, int count, const BiasPlan *plan)
{
    for (int i = 0; i < count && plan->noise == BIAS_NOISE_KNOWN; i++) {
        const Decomposition *d = &settings[i].figures;
        if (settings[i].models < DECOMPOSE_LEAST ||
            d->value[DECOMPOSED_BIAS] >= -3 * d->error[DECOMPOSED_BIAS])
            continue;
        log_wrapped_warning(2,
                            "at %s the bias is below 0 by more than three standard errors: is the "
                            "noise really %g?",
                            settings[i].label, plan->known);
        return;
    }
}

static void show_title(const BiasSetting *s, const BiasPlan *plan, Arena *arena)
{
    const char *sets =
        plan->resample == 0 ? "a bootstrap of the training rows" : "a part of the training rows";
    const char *rows =
        plan->noise == BIAS_NOISE_REPEATED
            ? arena_text(arena, "the %" PRId64 " rows of %s whose inputs occur more than once",
                         s->rows, bias_plan_part_name(plan))
            : arena_text(arena, "%" PRId64 " rows of %s", s->rows, bias_plan_part_name(plan));
    log_info("%s", "");
    log_wrapped(2, "%s on %s: %" PRId64 " models, each of %s",
                s->classes ? "0-1 loss" : "squared error", rows, plan->models, sets);
    if (plan->noise == BIAS_NOISE_NONE)
        log_wrapped(2, "noise: none was named, so %s has what there is of it",
                    s->classes ? "bias" : "bias^2");
}

/* The first that has figures, the one with the least error; -1: none has any. */
static int first_of(const BiasSetting *settings, int count)
{
    int i = 0;
    while (i < count && settings[i].models < DECOMPOSE_LEAST)
        i++;
    return i < count ? i : -1;
}

static int best_of(const BiasSetting *settings, int count, int first)
{
    int best = first;
    for (int i = first; i < count; i++)
        if (settings[i].models >= DECOMPOSE_LEAST &&
            settings[i].figures.value[DECOMPOSED_ERROR] <
                settings[best].figures.value[DECOMPOSED_ERROR])
            best = i;
    return best;
}

void bias_table_show(const BiasSetting *settings, int count, const BiasPlan *plan, Crew *crew)
{
    Arena *arena = &crew->arena;
    int first = first_of(settings, count);
    if (first < 0) {
        log_wrapped_warning(2, "for no value of the axis are %d models done: there are no figures",
                            DECOMPOSE_LEAST);
        return;
    }
    show_title(&settings[first], plan, arena);
    show_table(settings, count, crew, arena);
    show_bars(settings, count, plan->noise != BIAS_NOISE_NONE, arena);
    doubt_noise(settings, count, plan);
    log_info("%s", "");
    log_wrapped(2, "least error: %s %s; %s/bias_variance.csv", crew->grid.axis[0].name,
                settings[best_of(settings, count, first)].label, crew->trials.run);
}
