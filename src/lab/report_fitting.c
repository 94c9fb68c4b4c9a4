/* Over- and underfitting, of the verdicts in metrics.csv (train/fitting.h), so also of a run that
 * is going on. */
#include "lab/report_inside.h"

#include "lab/report_html.h"
#include "train/fitting.h"

#include <math.h>
#include <string.h>

/* The rows that were judged: the last one, and the one with the least loss, since which a net that
 * overfits does so. -1: there is none. */
typedef struct Evaluations {
    int64_t last, best;
} Evaluations;

static Evaluations find_judged(const Sheet *m)
{
    Evaluations judged = {-1, -1};
    int verdict = sheet_column(m, "verdict"), loss = sheet_column(m, "loss");
    for (int64_t row = 0; row < m->rows; row++) {
        if (*sheet_text(m, row, verdict) == '\0')
            continue;
        judged.last = row;
        if (judged.best < 0 || sheet_number(m, row, loss) < sheet_number(m, judged.best, loss))
            judged.best = row;
    }
    return judged;
}

void report_fitting(Report *report, const ReportRun *run)
{
    const Sheet *m = &run->metrics;
    Arena *arena = &report->arena;
    Evaluations judged = find_judged(m);
    if (judged.last < 0)
        return;
    const char *word = sheet_text(m, judged.last, sheet_column(m, "verdict")), *since = "";
    int loss = sheet_column(m, "loss"), epoch = sheet_column(m, "epoch");
    Fit fit = FIT_OK;
    while (fit < FIT_COUNT && strcmp(fit_words[fit], word) != 0)
        fit++;
    if (fit == FIT_OVER)
        since = arena_text(arena,
                           " since epoch %.4g, with a validation loss of %.4g then, %.4g at "
                           "the end",
                           sheet_number(m, judged.best, epoch), sheet_number(m, judged.best, loss),
                           sheet_number(m, judged.last, loss));
    if (fit == FIT_COUNT)
        return;
    html_element(report->out, fit == FIT_OK ? "p class=\"note\"" : "p class=\"verdict warn\"",
                 arena_text(arena, "%s, judged by its losses: %s%s. %s", run->label, word, since,
                            fit_advice(fit)));
}
