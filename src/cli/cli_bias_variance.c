/* lockstep bias-variance CONFIG: models over resampled training sets, their error taken apart. */
#include "cli/load.h"
#include "lab/bias_variance.h"

static Err run_bias_variance(const Comm *world, const Args *args)
{
    return load_experiment(world, args, bias_variance_run);
}

const Verb cli_bias_variance = {
    .name = "bias-variance",
    .arguments = "CONFIG [--set path=value]... [--run DIR] [--resume]",
    .help = "error as bias, variance and noise, against an axis",
    .details = "    bias_variance:\n"
               "      axis: {model.1.dense: [2, 8, 32]}    one axis, as of a sweep\n"
               "      models: 20          of each value, a training set each\n"
               "      resample: split     disjoint parts of the training rows, as if collected\n"
               "                          anew; or bootstrap (default): drawn with replacement\n"
               "      rows: 0             of a training set; 0: as many as there are, or an even\n"
               "                          part of them\n"
               "      noise: none         or the variance of the targets' noise, of classes the\n"
               "                          share of wrong labels; or repeated: measured on rows\n"
               "                          that have the same inputs, and on these alone\n"
               "      part: test          that is measured; or validation\n"
               "      seed: same          for all models; each: the mean is over weights, too\n"
               "      ranks_per_trial: 1  trials stand side by side\n"
               "      keep_checkpoints: false\n"
               "Squared error: bias^2 + variance + noise. 0-1 loss: Domingos' decomposition.\n"
               "bias_variance.csv is the same on any number of ranks.",
    .accepted = experiment_options,
    .least = 1,
    .most = 1,
    .run = run_bias_variance,
};
