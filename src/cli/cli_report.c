/* lockstep report RUN...: curves and tables as one self-contained page. */
#include "cli/verb.h"
#include "lab/report.h"

static const Option options[] = {
    {"-o", "FILE", "the page; default report.html"},
    {0},
};

static Err report(const Comm *world, const Args *args)
{
    const char *output = args_value(args, "-o");
    if (world->rank != 0)
        return NULL;
    return report_write(args->positional, args->count, output ? output : "report.html");
}

const Verb cli_report = {
    .name = "report",
    .arguments = "RUN... [-o FILE]",
    .help = "curves and tables of runs and sweeps, one self-contained page",
    .details =
        "RUN is the directory of a run or of a sweep. Several runs are compared: their curves\n"
        "in one chart, and the settings in which they differ. Curves are drawn by gnuplot.",
    .accepted = options,
    .least = 1,
    .most = ARGS_MOST,
    .run = report,
};
