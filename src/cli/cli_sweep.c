/* lockstep sweep CONFIG: all trials of a grid. */
#include "cli/load.h"
#include "lab/sweep.h"

static Err run_sweep(const Comm *world, const Args *args)
{
    return load_experiment(world, args, sweep_run);
}

const Verb cli_sweep = {
    .name = "sweep",
    .arguments = "CONFIG [--set path=value]... [--run DIR] [--resume]",
    .help = "a grid of trials: every list under `sweep:` is an axis",
    .details =
        "    sweep:\n"
        "      batch.global: [256, 1024]   an axis: any key that --set takes, and its values\n"
        "      rule:                       an axis of cases, under a name of your own\n"
        "        - {label: sqrt, schedule.scaling: sqrt}\n"
        "        - {label: linear, schedule.scaling: linear, schedule.warmup: 1 epoch}\n"
        "      points:                     quasi-random points; ranges as of search\n"
        "        count: 16\n"
        "        optimizer.lr: {log: [1e-3, 1]}\n"
        "      folds: 5                    each fifth of /train is held out once\n"
        "      seeds: 5                    seed, seed + 1, ..; or a list of seeds\n"
        "      ranks_per_trial: 1          trials stand side by side\n"
        "      keep_checkpoints: false\n"
        "trials.csv, a row for each, is the same on any number of ranks.",
    .accepted = experiment_options,
    .least = 1,
    .most = 1,
    .run = run_sweep,
};
