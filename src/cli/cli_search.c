/* lockstep search CONFIG: settings proposed by a rule, and trials of which the best go on. */
#include "cli/load.h"
#include "lab/search.h"

static Err run_search(const Comm *world, const Args *args)
{
    return load_experiment(world, args, search_run);
}

const Verb cli_search = {
    .name = "search",
    .arguments = "CONFIG [--set path=value]... [--run DIR] [--resume]",
    .help = "the best settings, by random, halton, bayes or hyperband",
    .details = "    search:\n"
               "      method: bayes       random, halton (both need no earlier trial), bayes (a\n"
               "                          Gaussian process, expected improvement), hyperband\n"
               "      trials: 40          hyperband knows by itself: each bracket once\n"
               "      ranges:             any key; log, linear, integer, log_integer,\n"
               "                          log_distance_to_1 or choice\n"
               "        optimizer.lr: {log: [1e-3, 1]}\n"
               "        model.1.dense: {log_integer: [32, 512]}\n"
               "        schedule.decay: {choice: [cosine, constant]}\n"
               "      metric: validation_loss    or validation_accuracy\n"
               "      width: 4            of bayes: proposals made at a time\n"
               "      least: 1 epoch      of hyperband: where trials are first compared; then\n"
               "      eta: 3              at eta times that, ..: one in eta goes on, from its\n"
               "                          checkpoint, as if it had never paused\n"
               "      brackets: 0         of hyperband; 0: all; 1: successive halving alone\n"
               "      seed: 1             of the proposals; default: the configuration's\n"
               "      ranks_per_trial: 1  trials stand side by side\n"
               "      keep_checkpoints: false\n"
               "What is tried, and trials.csv, is the same on any number of ranks.",
    .accepted = experiment_options,
    .least = 1,
    .most = 1,
    .run = run_search,
};
