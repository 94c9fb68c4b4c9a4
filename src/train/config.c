/* The tables of the configuration's sections. */
#include "train/config.h"

#include "optim/penalty.h"
#include "train/stop.h"
#include "train/store.h"

#include <string.h>

const char *const exchange_words[] = {"auto", "shared", "messages", NULL};
static const char *const failure_words[] = {"stop", "warn", NULL};
static const char *const reduce_words[] = {"tree", "mpi", NULL};

#define AT(member) offsetof(Config, member)

static const Field root_fields[] = {
    {"name", FIELD_TEXT, AT(name), "run", .help = "the run directory is runs/NAME"},
    {"seed", FIELD_INT, AT(seed), "1", 0, 9e15,
     .help = "of weights, order, dropout and augmentation"},
    {"data", FIELD_NODE, AT(data), NULL, .help = "see below"},
    {"model", FIELD_NODE, AT(model), NULL, .help = "list of layers"},
    {"loss", FIELD_NODE, AT(loss), "cross_entropy", .help = "what the net is measured by"},
    {"penalty", FIELD_NODE, AT(penalty), FIELD_NONE, .help = "see below"},
    {"batch", FIELD_NODE, AT(batch), FIELD_NONE, .help = "see below"},
    {"optimizer", FIELD_NODE, AT(optimizer), FIELD_NONE, .help = "see below"},
    {"schedule", FIELD_NODE, AT(schedule), FIELD_NONE, .help = "see below"},
    {"train", FIELD_NODE, AT(train), FIELD_NONE, .help = "see below"},
    {"checkpoint", FIELD_NODE, AT(checkpoint), FIELD_NONE, .help = "see below"},
    {"log", FIELD_NODE, AT(log), FIELD_NONE, .help = "see below"},
    {"exchange", FIELD_WORD, AT(exchange), "auto", .words = exchange_words,
     .help = "how ranks of one host exchange: auto, shared (memory) or messages"},
    {"reduce", FIELD_WORD, AT(reduce), "tree", .words = reduce_words,
     .help = "tree (same bits on any ranks) or mpi (MPI_Allreduce, to compare)"},
    {0}};

static const Field data_fields[] = {
    {"file", FIELD_NODE, AT(data_node), NULL,
     .help = "the data file (HDF5), or a list of files whose rows follow each other"},
    {"x", FIELD_TEXT, AT(data_x), "x",
     .help = "x in the file: /train/x; /images is the training part's whole path"},
    {"y", FIELD_TEXT, AT(data_y), "y", .help = "likewise"},
    {"validation", FIELD_INT, AT(validation), "0", 0, 1e15,
     .help = "samples held out of train, by split_seed"},
    {"split_seed", FIELD_INT, AT(split_seed), "1", 0, 9e15, .help = "of the validation split"},
    {"fold", FIELD_NODE, AT(fold_node), FIELD_NONE,
     .help = "instead of validation: one of so many parts, see below"},
    {"resample", FIELD_NODE, AT(resample_node), FIELD_NONE,
     .help = "train on one of many training sets drawn from what is not held out, see below"},
    {"normalize", FIELD_NODE, AT(normalize_node), "none",
     .help = "none, unit, channel or feature, measured on the training part; or the numbers, see "
             "below"},
    {"store", FIELD_WORD, AT(store), "auto", .words = store_words,
     .help = "memory, stream (read ahead), or auto: stream what exceeds `memory`"},
    {"memory", FIELD_NODE, AT(memory), "auto",
     .help = "of a group, such as 4 GB; auto: half of what is free"},
    {"window", FIELD_NODE, AT(window), "256 MB",
     .help = "shuffled at a time: a size, N samples, 1 epoch; decides bits"},
    {"augment", FIELD_NODE, AT(augment), "[]", .help = "list, in training: see below"},
    {0}};

static const Field fold_fields[] = {
    {"of", FIELD_INT, offsetof(Fold, of), NULL, 2, 1e6, .help = "parts of train, by split_seed"},
    {"held_out", FIELD_INT, offsetof(Fold, held_out), NULL, 0, 1e6,
     .help = "the part that is the validation part, from 0"},
    {0}};

static const Field batch_fields[] = {
    {"global", FIELD_NODE, AT(batch), "256",
     .help = "samples a step, on all ranks; or all; or a list of sizes"},
    {"micro", FIELD_INT, AT(micro), "64", 1, 1 << 20,
     .help = "samples a micro-batch: the unit of work; decides bits"},
    {0}};

static const char *const every_word[] = {"every", NULL};

static const Field train_fields[] = {
    {"length", FIELD_SPAN, AT(length), "10 epochs", .help = "of the whole run"},
    {"evaluate_every", FIELD_SPAN, AT(evaluate_every), FIELD_NONE, .help = "on validation"},
    {"early_stop", FIELD_NODE, AT(early_stop), FIELD_NONE,
     .help = "end when validation gets no better: patience, or as below"},
    {"target", FIELD_NODE, AT(target), FIELD_NONE,
     .help = "end when a figure is reached, such as {validation_accuracy: 0.9}"},
    {"time_limit", FIELD_REAL, AT(time_limit), "0", 0, 1e9,
     .help = "seconds; then save and stop with status 75; 0: none"},
    {"ema", FIELD_REAL, AT(ema), "0", 0, 0.9999999,
     .help = "evaluate with a moving average of the weights that keeps so much; 0: none"},
    {"watchdog", FIELD_REAL, AT(watchdog), "60", 0, 1e6,
     .help = "seconds a step may take at least; 20 median steps if more; 0: off"},
    {"check_every", FIELD_SPAN, AT(check_every), "5 steps",
     .help = "how often the state in memory is hashed, to notice bits that flip; 0 steps: never"},
    {"diagnostics", FIELD_SPAN, AT(diagnostics), FIELD_NONE, .words = every_word,
     .help = "every 50 steps: what each layer does then, into layers.csv; decides no bit"},
    {"grace", FIELD_REAL, AT(grace), "30", 0, 1e6,
     .help = "seconds from a signal to stop to the end of all: a step and a save must fit"},
    {"on_divergence", FIELD_NODE, AT(on_divergence), "stop",
     .help =
         "a step that is not finite: stop (status 3), skip, or back to a checkpoint; see below"},
    {0}};

static const Field checkpoint_fields[] = {
    {"every", FIELD_NODE, AT(every), FIELD_NONE,
     .help = "how often to save; auto: by Young's formula, from the measured cost of a save"},
    {"mtbf", FIELD_REAL, AT(mtbf), "86400", 1, 1e12,
     .help = "with auto: the mean time between failures, in seconds"},
    {"keep", FIELD_INT, AT(keep), "3", 1, 1e6, .help = "how many to keep"},
    {"on_failure", FIELD_WORD, AT(on_failure), "stop", .words = failure_words,
     .help = "of a save: stop (status 1) or warn and go on; at the end of a run always stop"},
    {0}};

static const Field log_fields[] = {
    {"every", FIELD_SPAN, AT(log_every), "10 steps", .help = "rows of metrics.csv"}, {0}};

const ConfigSection config_sections[] = {
    {"", root_fields},
    {"data", data_fields},
    {"data.fold", fold_fields},
    {"data.resample", resample_fields},
    {"data.normalize", normalize_fields},
    {"penalty", penalty_fields},
    {"batch", batch_fields},
    {"batch.global as a list: [{at: 0 epochs, size: 256}, {at: 9 epochs, size: 1024}]",
     batch_point_fields},
    {"train", train_fields},
    {"train.early_stop", early_stop_fields},
    {"train.target", target_fields},
    {"train.on_divergence as {skip: ...}", diverge_skip_fields},
    {"train.on_divergence as {back: ...}", diverge_back_fields},
    {"log", log_fields},
    {"checkpoint", checkpoint_fields},
    {NULL, NULL},
};

/* `file: a.h5` or `file: [a.h5, b.h5]`. */
static Err read_files(Config *config)
{
    Node node = config->data_node;
    int count = conf_count(node);
    const char **paths = arena_take(conf_arena(config->conf), count + 1, sizeof *paths);
    for (int i = 0; i < count; i++) {
        paths[i] = conf_scalar(conf_item(node, i));
        if (!paths[i])
            return conf_fail(conf_item(node, i), "expected the path of a data file");
    }
    if (count == 0)
        return conf_fail(node, "expected the path of a data file, or a list of paths");
    config->data_files = paths;
    config->data_file_count = count;
    return NULL;
}

static Err read_global(Config *config, Node batch)
{
    Node value = config->batch; /* batch_fields leaves the value of `global` here */
    config->batch = batch;
    if (!conf_exists(value))
        return conf_fail_key(batch, "global", "expected a number of samples, all, or a list");
    return batches_read(value, &config->batches);
}

static Err read_section(Node *section, Config *config, const char *name, const Field *fields)
{
    TRY(conf_section(conf_root(config->conf), name, section));
    return conf_fields(*section, fields, config);
}

/* `every: 1 epoch` or `every: auto`. */
static Err read_every(Config *config)
{
    static const Field span = {.name = "every", .kind = FIELD_SPAN};
    const char *word = conf_scalar(config->every);
    config->checkpoint_every.count = -1;
    config->checkpoint_auto = word && strcmp(word, "auto") == 0;
    if (config->checkpoint_auto || !conf_exists(config->every))
        return NULL;
    Err err = conf_value(config->every, &span, &config->checkpoint_every);
    if (!err)
        return NULL;
    err_free(err);
    return conf_fail(config->every,
                     "expected a duration such as \"3 epochs\", \"500 steps\" or \"1e6 samples\", "
                     "or auto%s%s%s",
                     word ? ", found \"" : "", word ? word : "", word ? "\"" : "");
}

static Err read_fold(Config *config)
{
    if (!conf_exists(config->fold_node))
        return NULL;
    TRY(conf_fields(config->fold_node, fold_fields, &config->fold));
    if (config->fold.held_out >= config->fold.of)
        return conf_fail_key(config->fold_node, "held_out",
                             "there is no part %lld of %lld; they count from 0",
                             (long long)config->fold.held_out, (long long)config->fold.of);
    if (config->validation > 0)
        return conf_fail_key(config->data, "validation",
                             "data.fold says what is held out; set data.validation to 0");
    return NULL;
}

bool config_has_key(const char *key)
{
    const Field *field = root_fields;
    while (field->name && strcmp(field->name, key) != 0)
        field++;
    return field->name;
}

/* What experiments say of many runs is no part of one run's configuration. */
static void leave_out_experiments(Config *config)
{
    static const char *const sections[] = {"sweep", "search", "bias_variance", NULL};
    for (const char *const *section = sections; *section; section++)
        if (conf_take(conf_root(config->conf), *section).value)
            config->experiment = *section;
}

static Err read_all(Config *config)
{
    Node batch;
    leave_out_experiments(config);
    TRY(conf_fields(conf_root(config->conf), root_fields, config));
    TRY(read_section(&config->data, config, "data", data_fields));
    TRY(read_files(config));
    TRY(read_fold(config));
    TRY(resample_read(&config->resample, config->resample_node, (uint64_t)config->split_seed));
    TRY(normalize_read(&config->normalize, config->normalize_node));
    TRY(read_section(&batch, config, "batch", batch_fields));
    TRY(read_global(config, batch));
    TRY(conf_section(conf_root(config->conf), "optimizer", &config->optimizer));
    TRY(conf_section(conf_root(config->conf), "schedule", &config->schedule));
    TRY(conf_section(conf_root(config->conf), "penalty", &config->penalty));
    TRY(read_section(&config->train, config, "train", train_fields));
    TRY(read_section(&config->checkpoint, config, "checkpoint", checkpoint_fields));
    TRY(read_every(config));
    TRY(read_section(&config->log, config, "log", log_fields));
    TRY(diverge_read(&config->divergence, config->on_divergence, config->checkpoint));
    if (!conf_is_list(config->model))
        return conf_fail(config->model, "model is a list of layers");
    return NULL;
}

Err config_read(Config *config, const char *name, const char *text, const char *const *overrides,
                int override_count)
{
    *config = (Config){0};
    TRY(conf_parse(&config->conf, name, text, overrides, override_count));
    return read_all(config);
}

Err config_read_with(Config *config, const ConfigSource *source, const char *const *more,
                     int more_count)
{
    int own = source->override_count;
    const char **all = mem_alloc(own + more_count, sizeof *all);
    if (own)
        memcpy(all, source->overrides, (size_t)own * sizeof *all);
    if (more_count)
        memcpy(all + own, more, (size_t)more_count * sizeof *all);
    Err err = config_read(config, source->name, source->text, all, own + more_count);
    mem_free(all);
    return err;
}

void config_free(Config *config)
{
    conf_free(config->conf);
    *config = (Config){0};
}
