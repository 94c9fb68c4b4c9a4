/* lockstep sweep CONFIG: all trials of a grid. */
#include "base/term.h"
#include "cli/load.h"
#include "lab/sweep.h"

static const Option options[] = {
    OPTION_SET,
    {"--run", "DIR", "the run directory; default runs/NAME"},
    {"--resume", NULL, "go on: trials that are over stay as they are"},
    {0},
};

static Err run_sweep(const Comm *world, const Args *args)
{
    Arena arena = {0};
    const char *overrides[ARGS_MOST];
    Sweep sweep = {.world = world,
                   .name = args->positional[0],
                   .overrides = overrides,
                   .override_count = args_values(args, "--set", overrides),
                   .directory = args_value(args, "--run"),
                   .resume = args_value(args, "--resume") != NULL,
                   .began = args->began};
    Err err = load_text(world, sweep.name, &arena, &sweep.text);
    if (!err)
        err = sweep_run(&sweep);
    arena_free(&arena);
    return err;
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
