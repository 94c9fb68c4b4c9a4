/* What several verbs begin with: a configuration that rank 0 reads, and the ranks in groups; or a
 * checkpoint in an engine, with a part to run it on. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/verb.h"
#include "lab/crew.h"
#include "train/checkpoint.h"
#include "train/engine.h"

/* The text of a file that rank 0 reads, so that no other host needs it. Collective. */
Err load_text(const Comm *world, const char *path, Arena *arena, const char **text);
/* The file with its --set options, for which `overrides` has room for ARGS_MOST. Collective. */
Err load_source(const Comm *world, const char *path, const Args *args, Arena *arena,
                const char **overrides, ConfigSource *source);
/* What every experiment of many trials accepts. */
extern const Option experiment_options[];
/* What an experiment is asked for: args->positional[0], --run and --resume; runs it. Collective. */
Err load_experiment(const Comm *world, const Args *args, Err (*run)(const Experiment *asked));
/* Reads a configuration file with its --set options. Collective. */
Err load_config(const Comm *world, const char *path, const Args *args, Config *config);
/* The ranks in groups, as `exchange:` wants them. Collective. */
Err load_comm(const Comm *world, const Config *config, Comm *comm);

/* A checkpoint, restored into the engine that its own configuration describes. */
typedef struct Loaded {
    Checkpoint saved;
    Config config;
    Comm comm;
    Engine engine;
    Part part;
} Loaded;

/* The checkpoint args->positional[0], with --data and --split; `labelled`: with targets to measure
 * it by. load_close in any case. Collective. */
Err load_checkpoint(const Comm *world, const Args *args, bool labelled, Loaded *loaded);
/* Collective. */
void load_close(Loaded *loaded);

#define OPTION_RUN                                                                                 \
    {                                                                                              \
        "--run", "DIR", "the run directory; default runs/NAME"                                     \
    }
#define OPTION_DATA                                                                                \
    {                                                                                              \
        "--data", "DATA.h5", "another data file; nothing is held out of its /train"                \
    }
#define OPTION_SPLIT                                                                               \
    {                                                                                              \
        "--split", "PART", "train, validation or test; default test"                               \
    }

#endif
