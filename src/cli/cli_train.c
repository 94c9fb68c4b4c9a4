/* lockstep train CONFIG: a run, in a run directory. */
#include "base/file.h"
#include "base/log.h"
#include "cli/load.h"
#include "lab/folds.h"
#include "train/run.h"

static const Option options[] = {
    OPTION_SET,
    OPTION_RUN,
    {"--resume", NULL, "go on from the newest intact checkpoint, on any number of ranks"},
    {"--from", "CKPT",
     "start with the weights of another checkpoint, at step 0; with --resume, if the run has no "
     "checkpoint of its own yet"},
    {"--folds", "K",
     "cross-validation: K runs, side by side, each of which holds out another part of /train; "
     "prints their mean and deviation"},
    {"--until", "STEP", "save and stop at this step, with status 75"},
    {"--trace", "FILE",
     "write what each rank did when, down to the layers, as a Chrome trace: for "
     "ui.perfetto.dev or chrome://tracing"},
    {0},
};

/* What is of one run alone. */
static Err check_folds(const Args *args, int64_t folds)
{
    static const char *const others[] = {"--from", "--until", "--trace"};
    if (folds < 2)
        FAIL(STATUS_USER, "--folds %lld: there are 2 at least, one to train on and one held out",
             (long long)folds);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (args_value(args, others[i]))
            FAIL(STATUS_USER, "%s is of one run; --folds makes several", others[i]);
    return NULL;
}

/* Without a watchdog between its runs. */
static Err train_folds(const Comm *world, const Args *args, int64_t folds)
{
    enum { OWN = 2 };
    Arena arena = {0};
    const char *overrides[ARGS_MOST + OWN];
    Experiment asked = {.world = world,
                        .directory = args_value(args, "--run"),
                        .resume = args_value(args, "--resume") != NULL,
                        .began = args->began};
    TRY(check_folds(args, folds));
    comm_limit(0);
    Err err = load_source(world, args->positional[0], args, &arena, overrides, &asked.config);
    if (!err && world->rank == 0)
        folds_announce_sections(&asked.config);
    overrides[asked.config.override_count++] = "search=null";
    overrides[asked.config.override_count++] = folds_section(folds, world->size, &arena);
    if (!err)
        err = folds_run(&asked);
    arena_free(&arena);
    return err;
}

static Err train(const Comm *world, const Args *args)
{
    int64_t folds;
    TRY(args_int(args, "--folds", 0, &folds));
    if (args_value(args, "--folds"))
        return train_folds(world, args, folds);
    RunOptions run = {.directory = args_value(args, "--run"),
                      .resume = args_value(args, "--resume") != NULL,
                      .from = args_value(args, "--from"),
                      .trace = args_value(args, "--trace"),
                      .began = args->began};
    TRY(args_int(args, "--until", -1, &run.until));
    if (run.trace)
        TRY(comm_agree(world, world->rank == 0 ? file_check_output(run.trace) : NULL));
    Config config;
    Comm comm = {0};
    Err err = load_config(world, args->positional[0], args, &config);
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = run_train(&comm, &config, &run);
    comm_free(&comm);
    config_free(&config);
    return err;
}

/* The settings of something: name, default, meaning. */
static void explain_settings(const Field *fields, int indent)
{
    for (const Field *f = fields; f && f->name; f++)
        help_row(indent, f->name,
                 !f->fallback            ? "(required)"
                 : f->fallback[0] == '~' ? "(optional)"
                                         : f->fallback,
                 f->help);
}

static void explain_fields(const ConfigSection *section)
{
    log_info("\n%s%s", section->name[0] ? section->name : "CONFIG", section->name[0] ? ":" : "");
    explain_settings(section->fields, 2);
}

static void explain(void)
{
    log_info("\nCONFIG is YAML; keys, defaults and meaning:");
    for (const ConfigSection *s = config_sections; s->name; s++)
        explain_fields(s);
    log_info("\nmodel: a list of layers; each a name, `name: main setting` or `name: {settings}`");
    for (const LayerType *const *t = layer_types; *t; t++) {
        help_row(2, (*t)->name, (*t)->main_key, (*t)->help);
        explain_settings((*t)->fields, 6);
    }
    help_row(2, "repeat", NULL, "no layer, but a list of them that comes many times");
    explain_settings(repeat_fields, 6);
    log_info("\ndata.augment: a list, such as [flip, {crop: 2}]");
    for (const AugmentType *const *t = augment_types; *t; t++) {
        help_row(2, (*t)->name, (*t)->main_key, (*t)->help);
        explain_settings((*t)->fields, 6);
    }
    log_info("\nloss:");
    for (const LossType *const *t = loss_types; *t; t++) {
        help_row(2, (*t)->name, (*t)->main_key, (*t)->help);
        explain_settings((*t)->fields, 6);
    }
    for (const OptimType *const *t = optim_types; *t; t++) {
        log_info("\noptimizer: {type: %s} - %s", (*t)->name, (*t)->help);
        explain_settings((*t)->fields, 2);
    }
    explain_fields(&(ConfigSection){"schedule", schedule_fields});
    explain_fields(&(ConfigSection){"schedule.warmup", warmup_fields});
    log_info("\nschedule.decay: a name, `name: main setting` or `name: {settings}`");
    for (const DecayType *const *t = decay_types; *t; t++) {
        help_row(2, (*t)->name, (*t)->main_key, (*t)->help);
        explain_settings((*t)->fields, 6);
    }
}

const Verb cli_train = {
    .name = "train",
    .arguments = "CONFIG [--set path=value]... [--run DIR] [--resume] [--from CKPT] [--until STEP] "
                 "[--folds K] [--trace FILE]",
    .help = "train a network",
    .details = "The same bits on any number of ranks. SIGUSR1 saves and stops with status 75;\n"
               "`--resume` goes on.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .watched = true,
    .explain = explain,
    .run = train,
};
