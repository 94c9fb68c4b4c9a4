/* What `train.diagnostics` has left in layers.csv, of runs or of a sweep's settings, side by side:
 * the gradient against depth at the first and at the last step that was looked at, and a table with
 * the verdict of each, in the words of `lockstep check` (judge.h). Of a setting's trials the first
 * one speaks. */
#include "lab/report_inside.h"

#include "base/file.h"
#include "lab/judge.h"
#include "lab/report_html.h"
#include "nn/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MOST = 40 }; /* as many as colours and dashes tell apart */

/* The rows of one step, layers only: the first of them to the last, and those of tensors before. */
typedef struct Moment {
    int64_t tensors, first, end; /* rows [tensors, first) and [first, end); first == end: none */
} Moment;

typedef struct Case {
    const char *label;
    const Sheet *sheet;
    Moment start, end;
    int step, name, type, activation, gradient, dead, saturated; /* columns */
} Case;

/* ---- finding ---- */

static bool is_layer(const Case *c, int64_t row)
{
    return *sheet_text(c->sheet, row, c->type) != '\0';
}

/* The step that row belongs to. */
static Moment moment_of(const Case *c, int64_t row)
{
    Moment m = {row, row, row};
    double step = sheet_number(c->sheet, row, c->step);
    while (m.tensors > 0 && sheet_number(c->sheet, m.tensors - 1, c->step) == step)
        m.tensors--;
    for (m.first = m.tensors; m.first < c->sheet->rows && !is_layer(c, m.first);)
        m.first++;
    for (m.end = m.first; m.end < c->sheet->rows && is_layer(c, m.end) &&
                          sheet_number(c->sheet, m.end, c->step) == step;)
        m.end++;
    return m;
}

/* False where nothing was looked at. */
static bool case_open(Case *c, const char *label, const Sheet *sheet)
{
    int64_t first = 0, last = sheet->rows - 1;
    *c = (Case){.label = label,
                .sheet = sheet,
                .step = sheet_column(sheet, "step"),
                .name = sheet_column(sheet, "tensor"),
                .type = sheet_column(sheet, "type"),
                .activation = sheet_column(sheet, "activation"),
                .gradient = sheet_column(sheet, "output_gradient"),
                .dead = sheet_column(sheet, "dead"),
                .saturated = sheet_column(sheet, "saturated")};
    while (first <= last && !is_layer(c, first))
        first++;
    while (last >= first && !is_layer(c, last))
        last--;
    if (first > last)
        return false;
    c->start = moment_of(c, first);
    c->end = moment_of(c, last);
    return true;
}

/* Whether the layer of a row has parameters: 01_dense has 01_dense/weight. */
static bool learns(const Case *c, Moment at, int64_t row)
{
    const char *name = sheet_text(c->sheet, row, c->name);
    size_t length = strlen(name);
    for (int64_t r = at.tensors; r < at.first; r++) {
        const char *tensor = sheet_text(c->sheet, r, c->name);
        if (strncmp(tensor, name, length) == 0 && tensor[length] == '/' &&
            !strchr(tensor + length + 1, '/'))
            return true;
    }
    return false;
}

/* A layer that nets are counted by: with weights, and no norm, which one net has and another not.
 */
static bool counts(const Case *c, Moment at, int64_t row)
{
    const LayerType *type = layer_type(sheet_text(c->sheet, row, c->type));
    return type && !type->is_norm && learns(c, at, row);
}

/* ---- against depth ---- */

enum { DEPTHS = 8 }; /* of so few layers each has its number */
static const double depths[DEPTHS] = {1, 2, 3, 4, 5, 6, 7, 8};

static Err draw_depth(Report *report, const Case *cases, int count, bool last, const char *what,
                      const char *note)
{
    const char *title = arena_text(&report->arena, "%s against depth, at the %s step looked at",
                                   what, last ? "last" : "first");
    Chart chart = chart_begin(title, "layer with weights", count, &report->arena);
    for (int i = 0; i < count; i++) {
        const Case *c = &cases[i];
        Moment at = last ? c->end : c->start;
        Mark mark = count > CHART_COLOURS ? MARK_LINE : MARK_DOTS; /* dashes, not hidden by dots */
        Series *s = chart_series(&chart, c->label, i + 1, mark, at.end - at.first);
        int depth = 0;
        for (int64_t r = at.first; r < at.end; r++) {
            if (!counts(c, at, r))
                continue;
            double y = sheet_number(c->sheet, r, c->gradient);
            series_add(s, ++depth, y > 0 ? y : NAN, 0); /* there is no logarithm of 0 */
        }
    }
    double first, deepest;
    if (chart_range(&chart, false, 0, &first, &deepest) && deepest <= DEPTHS) {
        chart.ticks = depths;
        chart.tick_count = (int)deepest;
    }
    chart_log_y(&chart, 10);
    return report_chart(report, &chart, note);
}

/* ---- verdicts ---- */

/* The row with the largest value, -1: none has one. */
static int64_t largest(const Case *c, Moment at, int column)
{
    int64_t most = -1;
    for (int64_t r = at.first; r < at.end; r++) {
        double value = sheet_number(c->sheet, r, column);
        if (isfinite(value) && (most < 0 || value > sheet_number(c->sheet, most, column)))
            most = r;
    }
    return most;
}

static void add_words(Report *report, const char **text, const char *words)
{
    if (words && *words && !strstr(*text, words))
        *text = arena_text(&report->arena, "%s%s%s", *text, **text ? "; " : "", words);
}

typedef struct Line {
    const char *verdict, *cure;
    Judgement worst;
} Line;

static void add_judged(Report *report, Line *line, Judged judged)
{
    line->worst = judged.verdict > line->worst ? judged.verdict : line->worst;
    add_words(report, &line->verdict, judged.word);
    add_words(report, &line->cure, judged.cure);
}

/* "0.31 of 05_relu". */
static const char *share_text(Report *report, const Case *c, int64_t row, int column)
{
    return arena_text(&report->arena, "%.2g of %s", sheet_number(c->sheet, row, column),
                      sheet_text(c->sheet, row, c->name));
}

enum { LABEL, STEP, VERDICT, AT_OUTPUT, AT_FIRST, DEAD, SATURATED, CURE, COLUMNS };

static void judge_gradient(Report *report, const Case *c, Moment at, Line *line, const char **cell)
{
    int64_t first = at.first;
    while (first < at.end && !learns(c, at, first))
        first++;
    if (first == at.end)
        return;
    double of_first = sheet_number(c->sheet, first, c->gradient);
    double of_last = sheet_number(c->sheet, at.end - 1, c->gradient);
    cell[AT_OUTPUT] = arena_text(&report->arena, "%.3g", of_last);
    cell[AT_FIRST] = arena_text(&report->arena, "%.3g", of_first);
    if (of_last > 0)
        add_judged(report, line, judge_gradients(of_first, of_last));
}

static void judge_shares(Report *report, const Case *c, Moment at, Line *line, const char **cell)
{
    const struct {
        int at, column;
        Judged (*judge)(double share);
    } shares[] = {{DEAD, c->dead, judge_dead}, {SATURATED, c->saturated, judge_saturated}};
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        int64_t row = largest(c, at, shares[s].column);
        if (row < 0)
            continue;
        cell[shares[s].at] = share_text(report, c, row, shares[s].column);
        add_judged(report, line, shares[s].judge(sheet_number(c->sheet, row, shares[s].column)));
    }
}

static void verdict_row(Report *report, const Case *c, Moment at, const char **cell)
{
    Line line = {"", "", VERDICT_OK};
    cell[LABEL] = c->label;
    cell[STEP] = sheet_text(c->sheet, at.first, c->step);
    judge_gradient(report, c, at, &line, cell);
    judge_shares(report, c, at, &line, cell);
    cell[VERDICT] = arena_text(&report->arena, "%s%s%s", verdict_words[line.worst],
                               line.worst ? ": " : "", line.verdict);
    cell[CURE] = line.cure;
}

static void verdict_table(Report *report, const char *who, const Case *cases, int count)
{
    static const char *const heading[COLUMNS] = {
        "",     "step",      "verdict", "gradient at the output", "behind the first layer",
        "dead", "saturated", "cure"};
    const char **cell =
        arena_take(&report->arena, (int64_t)(2 * count + 1) * COLUMNS, sizeof *cell);
    int rows = 1;
    memcpy(cell, heading, sizeof heading);
    cell[LABEL] = who;
    for (int i = 0; i < count; i++) {
        verdict_row(report, &cases[i], cases[i].start, cell + rows++ * COLUMNS);
        if (cases[i].end.first != cases[i].start.first)
            verdict_row(report, &cases[i], cases[i].end, cell + rows++ * COLUMNS);
    }
    html_element(report->out, "p class=\"note\"",
                 "At the first and the last step that train.diagnostics has looked at. Gradient: "
                 "norm of the loss's gradient with respect to a sample's outputs, rms over the "
                 "batch; dead: relu units that are 0 for the whole batch, in the layer that has "
                 "most; saturated: outputs of sigmoid or tanh at their flat ends.");
    html_table(report->out, cell, rows, COLUMNS);
}

/* ---- all ---- */

static Err write_cases(Report *report, const char *who, const Case *cases, int count)
{
    if (count == 0)
        return NULL;
    html_element(report->out, "h3", "Layer by layer");
    if (report->draws) {
        const char *note =
            "norm of the gradient of the outputs of layers with weights; 1 is the first";
        html_figures(report->out);
        TRY(draw_depth(report, cases, count, false, "Gradient", note));
        TRY(draw_depth(report, cases, count, true, "Gradient", note));
        html_figures_end(report->out);
    }
    verdict_table(report, who, cases, count);
    return NULL;
}

Err report_layers(Report *report)
{
    Case *cases = arena_take(&report->arena, report->runs, sizeof *cases);
    int count = 0;
    for (int i = 0; i < report->runs && count < CASES_MOST; i++)
        count += case_open(&cases[count], report->run[i].label, &report->run[i].layers);
    return write_cases(report, "run", cases, count);
}

static Err load_trial(Report *report, const Settings *settings, int setting, Sheet **sheet)
{
    const Sheet *trials = &settings->sweep->trials;
    const char *number = sheet_text(trials, settings->setting[setting].row, 0);
    const char *path = arena_text(&report->arena, "%s/trials/%04d/layers.csv",
                                  settings->sweep->path, atoi(number));
    *sheet = arena_take(&report->arena, 1, sizeof **sheet);
    return file_exists(path) ? sheet_read(*sheet, path, &report->arena) : NULL;
}

Err report_setting_layers(Report *report, const Settings *settings)
{
    Case *cases = arena_take(&report->arena, settings->count, sizeof *cases);
    const char *without = "";
    int count = 0;
    for (int i = 0; i < settings->count && count < CASES_MOST; i++) {
        Sheet *sheet;
        TRY(load_trial(report, settings, i, &sheet));
        const char *line = settings_line(settings, i, -1, -1, &report->arena);
        if (case_open(&cases[count], line, sheet))
            count++;
        else
            without = arena_text(&report->arena, "%s%s%s", without, *without ? "; " : "", line);
    }
    TRY(write_cases(report, "setting", cases, count));
    if (count && *without)
        html_element(report->out, "p",
                     arena_text(&report->arena, "Over before a step was looked at: %s.", without));
    return NULL;
}
