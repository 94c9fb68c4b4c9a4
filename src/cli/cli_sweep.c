/* lockstep sweep CONFIG: all trials of a grid. */
#include "cli/load.h"
#include "lab/sweep.h"

static const Option options[] = {
    OPTION_SET,
    OPTION_RUN,
    {"--resume", NULL, "go on: trials that are over stay as they are"},
    {0},
};

static Err run_sweep(const Comm *world, const Args *args)
{
    return load_experiment(world, args, sweep_run);
}

const Verb cli_sweep = {
    .name = "sweep",
    .arguments = "CONFIG [--set path=value]... [--run DIR] [--resume]",
    .help = "a grid of trials: every list under `sweep:` is an axis",
    .details = "Trials stand side by side, on sweep.ranks_per_trial ranks each; trials.csv is the\n"
               "same on any number of ranks.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = run_sweep,
};
