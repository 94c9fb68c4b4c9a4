/* The page from its first line to its last, section by section. */
#include "lab/report_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "lab/gnuplot.h"
#include "lab/report_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_MOST = 6 }; /* more names than these are told by their number */

/* ---- what sections share ---- */

Err report_chart(Report *report, const Chart *chart, const char *note)
{
    const char *svg;
    if (!report->draws)
        return NULL;
    TRY(gnuplot_draw(chart, &svg));
    report->charts += *svg != '\0';
    html_figure(report->out, chart, svg, note);
    return NULL;
}

/* ---- the page ---- */

static const char *title(Report *report)
{
    const char *text = "";
    if (report->runs + report->sweeps > TITLE_MOST)
        return arena_text(&report->arena, "%d runs and sweeps", report->runs + report->sweeps);
    for (int i = 0; i < report->runs; i++)
        text = arena_text(&report->arena, "%s%s%s", text, *text ? ", " : "", report->run[i].label);
    for (int i = 0; i < report->sweeps; i++)
        text =
            arena_text(&report->arena, "%s%s%s", text, *text ? ", " : "", report->sweep[i].label);
    return text;
}

static void tell_missing(Report *report)
{
    if (report->draws)
        return;
    html_element(report->out, "p class=\"warn\"",
                 "This report has no curves: gnuplot was not found where it was made. "
                 "scripts/deps.sh installs it (Debian: gnuplot-nox); then make it again.");
    log_warning("gnuplot was not found: the report has tables and no curves\n"
                "  (scripts/deps.sh installs it; Debian: gnuplot-nox)");
}

static Err write_page(Report *report)
{
    const char *name = title(report);
    html_begin(report->out, name, report->draws ? gnuplot_marks : "");
    tell_missing(report);
    report_verdicts(report);
    report_differences(report);
    TRY(report_curves(report));
    TRY(report_layers(report));
    if (report->runs)
        report_summaries(report);
    report_seeds(report);
    report_time(report);
    report_details(report);
    for (int i = 0; i < report->sweeps; i++)
        TRY(report_sweep(report, &report->sweep[i]));
    html_end(report->out);
    return NULL;
}

static void tell(Report *report, const char *output, size_t size)
{
    const char *differing = report_differing(report);
    if (*differing)
        log_wrapped(2, "the runs differ in %s", differing);
    log_info("%s: %d run%s, %d sweep%s, %d chart%s, %zu KB", output, report->runs,
             report->runs == 1 ? "" : "s", report->sweeps, report->sweeps == 1 ? "" : "s",
             report->charts, report->charts == 1 ? "" : "s", size / 1024 + 1);
}

static Err write_file(Report *report, const char *output)
{
    char *text = NULL;
    size_t size = 0;
    report->out = open_memstream(&text, &size);
    CHECK(report->out, "out of memory for the report");
    Err err = write_page(report);
    CHECK(fclose(report->out) == 0, "out of memory for the report");
    if (!err)
        err = file_replace(output, text, size);
    free(text);
    if (!err)
        tell(report, output, size);
    return err;
}

Err report_write(const char *const *directories, int count, const char *output)
{
    Report report = {0};
    TRY(file_check_output(output));
    report.run = arena_take(&report.arena, count, sizeof *report.run);
    report.sweep = arena_take(&report.arena, count, sizeof *report.sweep);
    Err err = NULL;
    for (int i = 0; i < count && !err; i++)
        err = report_load(&report, directories[i]);
    if (!err) {
        report_label(&report);
        report.draws = gnuplot_there();
        err = write_file(&report, output);
    }
    report_unload(&report);
    return err;
}
