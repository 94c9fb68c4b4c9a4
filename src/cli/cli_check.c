/* lockstep check CONFIG: before the machine time is spent. */
#include "cli/load.h"
#include "lab/check.h"

static const Option options[] = {
    OPTION_SET,
    {"--run", "DIR", "the run directory that is meant; default runs/NAME"},
    {"--json", NULL, "a list of {check, verdict, figure, cure}, for programs"},
    {0},
};

static Err check(const Comm *world, const Args *args)
{
    Config config;
    Comm comm = {0};
    Err err = load_config(world, args->positional[0], args, &config);
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = check_run(&(CheckPlan){.comm = &comm,
                                     .config = &config,
                                     .run = args_value(args, "--run"),
                                     .difference = args->difference,
                                     .json = args_value(args, "--json") != NULL});
    comm_free(&comm);
    config_free(&config);
    return err;
}

const Verb cli_check = {
    .name = "check",
    .arguments = "CONFIG [--run DIR] [--json]",
    .help = "what is wrong with a run, before it begins",
    .details = "Data: values, labels, rows that repeat, parts that differ. Net: inputs, output\n"
               "layer, loss at start, weights, activations, gradients (also against differences\n"
               "in double), one micro-batch learnt by heart, a short training, the rate.\n"
               "Place: equal programs, configuration and data on all ranks, ranks on cores,\n"
               "limits of containers, memory, clocks, and the run directory: locks, room for\n"
               "checkpoints, a save timed against train.grace. Start it as the run:\n"
               "`mpirun -n 8 lockstep check CONFIG`.\n"
               "A line is `ok`, `look` (it works, but see what the cure says) or `wrong`,\n"
               "which makes the status 1. Nothing is left behind.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .judges = true,
    .run = check,
};
