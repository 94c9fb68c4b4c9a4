/* Curves of runs: those of metrics.csv with all runs in one chart, those of layers.csv with all
 * layers of one run in a chart. A long curve is thinned: of so many rows that follow each other the
 * lowest and the highest stay, so that no peak is lost. */
#include "lab/report_inside.h"

#include "lab/report_html.h"

#include <math.h>
#include <string.h>

enum { PIECES = 300, LAYERS_MOST = 400, EVALUATION_POINTS = 60 };

/* ---- one curve ---- */

typedef struct Source {
    const Sheet *sheet;
    int kind, x, y;   /* columns */
    const char *word; /* of the kind */
} Source;

static bool belongs(const Source *s, int64_t row)
{
    return strcmp(sheet_text(s->sheet, row, s->kind), s->word) == 0 &&
           isfinite(sheet_number(s->sheet, row, s->y));
}

static void add(Series *series, const Source *s, int64_t row)
{
    series_add(series, sheet_number(s->sheet, row, s->x), sheet_number(s->sheet, row, s->y), 0);
}

/* The lowest and the highest of a piece, in their order. */
static void add_piece(Series *series, const Source *s, const int64_t *row, int64_t count)
{
    int64_t low = row[0], high = row[0];
    for (int64_t i = 1; i < count; i++) {
        double y = sheet_number(s->sheet, row[i], s->y);
        low = y < sheet_number(s->sheet, low, s->y) ? row[i] : low;
        high = y > sheet_number(s->sheet, high, s->y) ? row[i] : high;
    }
    add(series, s, low < high ? low : high);
    if (low != high)
        add(series, s, low < high ? high : low);
}

static void draw(Chart *chart, const char *name, int style, Mark mark, const Source *s)
{
    Arena arena = {0};
    int64_t *row = arena_take(&arena, s->sheet->rows, sizeof *row), n = 0;
    for (int64_t r = 0; r < s->sheet->rows; r++)
        if (belongs(s, r))
            row[n++] = r;
    Series *series = chart_series(chart, name, style, mark, n < 2 * PIECES ? n : 2 * PIECES);
    if (mark == MARK_DOTS && n > EVALUATION_POINTS)
        series->mark = MARK_LINE;
    if (n <= 2 * PIECES)
        for (int64_t i = 0; i < n; i++)
            add(series, s, row[i]);
    for (int64_t piece = 0; n > 2 * PIECES && piece < PIECES; piece++) {
        int64_t lo = n * piece / PIECES, hi = n * (piece + 1) / PIECES;
        add_piece(series, s, row + lo, hi - lo);
    }
    arena_free(&arena);
}

/* ---- of metrics.csv ---- */

typedef struct Kind {
    const char *word, *name;
    Mark mark;
} Kind;

static const Kind kinds[] = {{"train", "training, the step's own batch", MARK_THIN},
                             {"validation", "validation", MARK_DOTS},
                             {"test", "test", MARK_SQUARES}};

typedef struct Curve {
    const char *title, *column;
    int kinds;       /* how many of these there are of it */
    double log_from; /* a logarithmic axis where the largest is so many times the least */
    const char *note;
} Curve;

static const Curve curves[] = {
    {"Loss", "loss", 3, 8, NULL},
    {"Accuracy", "accuracy", 3, INFINITY, NULL},
    {"Learning rate", "lr", 1, 1e9, NULL},
    {"Gradient norm", "gradient_norm", 1, 10, "of the mean gradient, before clipping"},
    {"Gradient noise scale", "noise_scale", 1, 10,
     "in samples: up to about this batch, a larger one still saves steps"},
    {"Batch", "batch", 1, 10, NULL},
    {"Penalty", "penalty", 2, 30, NULL},
    {"Sparsity", "sparsity", 2, INFINITY,
     "share of zeros among the parameters that take a penalty"},
};

/* A run has its colour, a kind its mark; alone, a kind has the colour. */
static void add_run(Report *report, Chart *chart, int index, const Curve *curve)
{
    const ReportRun *run = &report->run[index];
    for (int k = 0; k < curve->kinds; k++) {
        Source s = {.sheet = &run->metrics,
                    .kind = sheet_column(&run->metrics, "kind"),
                    .x = sheet_column(&run->metrics, "epoch"),
                    .y = sheet_column(&run->metrics, curve->column),
                    .word = kinds[k].word};
        bool alone = report->runs == 1;
        const char *name = alone && curve->kinds > 1 ? kinds[k].name : "";
        if (!alone && k == 0)
            name = run->label;
        draw(chart, name, alone ? k + 1 : index + 1, kinds[k].mark, &s);
        if (curve->kinds == 1)
            chart->series[chart->count - 1].mark = MARK_LINE;
    }
}

/* A batch that stays as it is in all runs needs no picture. */
static bool is_dull(const Chart *chart, const Curve *curve)
{
    double least, most;
    if (strcmp(curve->column, "batch") != 0)
        return !chart_range(chart, true, -INFINITY, &least, &most);
    for (int i = 0; i < chart->count; i++)
        for (int64_t k = 1; k < chart->series[i].count; k++)
            if (chart->series[i].y[k] != chart->series[i].y[0])
                return false;
    return true;
}

static Err draw_curve(Report *report, const Curve *curve)
{
    Chart chart = chart_begin(curve->title, "epoch", 3 * report->runs, &report->arena);
    const char *note = curve->note;
    for (int i = 0; i < report->runs; i++)
        add_run(report, &chart, i, curve);
    if (is_dull(&chart, curve))
        return NULL;
    chart_log_y(&chart, curve->log_from);
    if (report->runs > 1 && curve->kinds > 1)
        note = "thin: training, each step's own batch; with dots: validation; square: test";
    return report_chart(report, &chart, note);
}

/* ---- of layers.csv ---- */

/* "01_dense" of "01_dense/weight". */
static size_t layer_length(const char *tensor)
{
    const char *slash = strrchr(tensor, '/');
    return slash ? (size_t)(slash - tensor) : strlen(tensor);
}

/* The series of a name, a new one where there is none; NULL where there are too many. */
static Series *series_of(Chart *chart, const char *name, size_t length, int64_t rows)
{
    for (int i = 0; i < chart->count; i++) {
        const char *known = chart->series[i].name;
        if (strncmp(known, name, length) == 0 && known[length] == '\0')
            return &chart->series[i];
    }
    if (chart->count == chart->room)
        return NULL;
    return chart_series(chart, arena_text(chart->arena, "%.*s", (int)length, name),
                        chart->count + 1, MARK_LINE, rows);
}

/* The epoch of a step, between the rows of metrics.csv around it, which are looked for from *row
 * on; the run begins at 0. */
static double epoch_of(const Sheet *metrics, double step, int64_t *row)
{
    int at = sheet_column(metrics, "step"), epoch = sheet_column(metrics, "epoch");
    while (*row < metrics->rows && sheet_number(metrics, *row, at) < step)
        ++*row;
    if (*row >= metrics->rows)
        return NAN;
    double before = *row ? sheet_number(metrics, *row - 1, at) : 0;
    double from = *row ? sheet_number(metrics, *row - 1, epoch) : 0;
    double to = sheet_number(metrics, *row, epoch), end = sheet_number(metrics, *row, at);
    return step == end ? to : from + (to - from) * (step - before) / (end - before);
}

/* Every `every`th step that has the figure; squares of a layer's tensors add up where `joined`. */
static void add_layers(Chart *chart, const ReportRun *run, const char *column, bool joined)
{
    const Sheet *l = &run->layers;
    int step = sheet_column(l, "step"), tensor = sheet_column(l, "tensor");
    int value = sheet_column(l, column);
    int64_t at = 0, steps = 0, seen = -1;
    double last = NAN;
    for (int64_t r = 0; r < l->rows; r++)
        if (isfinite(sheet_number(l, r, value))) {
            steps += sheet_number(l, r, step) != last;
            last = sheet_number(l, r, step);
        }
    int64_t every = steps / (2 * PIECES) + 1;
    last = NAN;
    for (int64_t r = 0; r < l->rows; r++) {
        double now = sheet_number(l, r, step), y = sheet_number(l, r, value);
        if (!isfinite(y))
            continue;
        seen += now != last;
        last = now;
        double x = epoch_of(&run->metrics, now, &at);
        if (seen % every || !isfinite(x))
            continue;
        const char *name = sheet_text(l, r, tensor);
        Series *s = series_of(chart, name, joined ? layer_length(name) : strlen(name), steps);
        if (s && joined && s->count && s->x[s->count - 1] == x)
            s->y[s->count - 1] = hypot(s->y[s->count - 1], y);
        else if (s && s->count < s->room)
            series_add(s, x, y, 0);
    }
}

typedef struct LayerCurve {
    const char *title, *column;
    bool joined; /* the tensors of a layer */
    const char *note;
} LayerCurve;

static const LayerCurve layer_curves[] = {
    {"Gradient norm by layer", "gradient_norm", true, "of weights and biases of a layer together"},
    {"Trust ratios", "trust", false, "what each tensor's rate was multiplied by"},
    {"Activations by layer", "activation", false, "rms of a layer's outputs over the batch"},
    {"Output gradients by layer", "output_gradient", false,
     "norm of the loss's gradient with respect to a sample's outputs, rms over the batch"},
    {"Update ratios", "update_ratio", false,
     "norm of a step's update over that of the tensor; often 1e-3 where it learns well"},
    {"Dead units", "dead", false, "share of a relu's units that are 0 for the whole batch"},
    {"Saturated outputs", "saturated", false, "share that is at the flat ends of sigmoid or tanh"},
};

static Err draw_layers(Report *report, const ReportRun *run, const LayerCurve *curve)
{
    double least, most;
    const char *title = curve->title;
    if (report->runs > 1)
        title = arena_text(&report->arena, "%s: %s", title, run->label);
    Chart chart = chart_begin(title, "epoch", LAYERS_MOST, &report->arena);
    add_layers(&chart, run, curve->column, curve->joined);
    if (!chart_range(&chart, true, -INFINITY, &least, &most))
        return NULL;
    chart_log_y(&chart, 10);
    return report_chart(report, &chart, curve->note);
}

Err report_curves(Report *report)
{
    bool any = false;
    for (int i = 0; i < report->runs; i++)
        any |= report->run[i].metrics.rows > 0;
    if (!any || !report->draws)
        return NULL;
    html_element(report->out, "h2", "Curves");
    html_figures(report->out);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        TRY(draw_curve(report, &curves[i]));
    for (int i = 0; i < report->runs; i++)
        for (size_t c = 0; c < sizeof layer_curves / sizeof *layer_curves; c++)
            TRY(draw_layers(report, &report->run[i], &layer_curves[c]));
    html_figures_end(report->out);
    return NULL;
}
