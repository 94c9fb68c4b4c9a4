/* Bias and variance: the table of bias_variance.csv and its figures against the axis. */
#include "lab/report_inside.h"

#include "lab/report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Curve {
    const char *column, *se; /* its standard error */
    const char *name[2];     /* of squared error, of 0-1 loss; NULL: not drawn */
} Curve;

static const Curve curves[] = {
    {"error", "error_se", {"error", "error"}},
    {"bias", "bias_se", {"bias squared", "bias"}},
    {"variance", "variance_se", {"variance", "net variance"}},
    {"noise", "noise_se", {"noise", "noise"}},
    {"unbiased", "unbiased_se", {NULL, "unbiased variance"}},
    {"biased", "biased_se", {NULL, "biased variance"}},
    {"wrong_labels", "wrong_labels_se", {NULL, "wrong labels"}},
};
enum { CURVES = sizeof curves / sizeof *curves, CURVES_DRAWN = 6, CELLS = 3 + CURVES };

static bool of_classes(const Sheet *sheet)
{
    return strcmp(sheet_text(sheet, 0, sheet_column(sheet, "loss")), "zero_one") == 0;
}

/* Places on the x axis: the axis' values, which are numbers or spans such as "3 epochs" in one
 * unit; or 1, 2, .. where they are neither. */
static bool read_x(const Sheet *sheet, double *x)
{
    bool numbers = true;
    char *unit = NULL, *first = NULL;
    for (int64_t i = 0; i < sheet->rows; i++) {
        const char *text = sheet_text(sheet, i, 0);
        x[i] = strtod(text, &unit);
        first = first ? first : unit;
        numbers &= unit > text && strcmp(unit, first) == 0;
        numbers &= isfinite(x[i]) && (i == 0 || x[i] > x[i - 1]);
    }
    for (int64_t i = 0; i < sheet->rows && !numbers; i++)
        x[i] = (double)(i + 1);
    return numbers;
}

static Err draw(Report *report, const Sheet *sheet)
{
    Arena *arena = &report->arena;
    double *x = arena_take(arena, sheet->rows, sizeof *x);
    bool classes = of_classes(sheet), numbers = read_x(sheet, x);
    const char *axis = numbers ? sheet->heading[0]
                               : arena_text(arena, "place of %s in the table", sheet->heading[0]);
    Chart chart = chart_begin(
        arena_text(arena, "%s against %s", classes ? "0-1 loss" : "Squared error", axis), axis,
        CURVES_DRAWN, arena);
    for (int c = 0; c < CURVES_DRAWN; c++) {
        if (!curves[c].name[classes])
            continue;
        Series *s = chart_series(&chart, curves[c].name[classes], c + 1, MARK_DOTS, sheet->rows);
        for (int64_t i = 0; i < sheet->rows; i++)
            series_add(s, x[i], sheet_number(sheet, i, sheet_column(sheet, curves[c].column)),
                       sheet_number(sheet, i, sheet_column(sheet, curves[c].se)));
    }
    chart.log_x = numbers && settings_geometric(x, (int)sheet->rows);
    chart.ticks = x;
    chart.tick_count = (int)sheet->rows;
    html_figures(report->out);
    TRY(report_chart(report, &chart, "with standard errors"));
    html_figures_end(report->out);
    return NULL;
}

static void table(Report *report, const Sheet *sheet)
{
    Arena *arena = &report->arena;
    bool classes = of_classes(sheet);
    const char **cell = arena_take(arena, (sheet->rows + 1) * CELLS, sizeof *cell), **to = cell;
    *to++ = sheet->heading[0];
    *to++ = "models";
    *to++ = "rows";
    for (int c = 0; c < CURVES; c++)
        *to++ = curves[c].name[classes] ? curves[c].name[classes] : "";
    for (int64_t i = 0; i < sheet->rows; i++) {
        *to++ = sheet_text(sheet, i, 0);
        *to++ = sheet_text(sheet, i, sheet_column(sheet, "models"));
        *to++ = sheet_text(sheet, i, sheet_column(sheet, "rows"));
        for (int c = 0; c < CURVES; c++) {
            double se = sheet_number(sheet, i, sheet_column(sheet, curves[c].se));
            *to++ = spread_figure(sheet_number(sheet, i, sheet_column(sheet, curves[c].column)),
                                  se > 0 ? se : NAN, arena);
        }
    }
    html_table(report->out, cell, sheet->rows + 1, CELLS);
}

Err report_bias_variance(Report *report, const ReportSweep *sweep)
{
    const Sheet *sheet = &sweep->decomposed;
    if (sheet->rows == 0)
        return NULL;
    html_element(report->out, "h3", "Bias and variance");
    html_element(report->out, "p class=\"note\"",
                 of_classes(sheet)
                     ? "Domingos' decomposition of 0-1 loss: error = bias + net variance + noise, "
                       "net variance = unbiased - biased. With standard errors over rows and "
                       "models. Noise that nobody has named is in the bias."
                     : "Squared error = bias squared + variance + noise, each without bias, with "
                       "standard errors over rows and models. Noise that nobody has named is in "
                       "bias squared.");
    table(report, sheet);
    return report->draws ? draw(report, sheet) : NULL;
}
