/* One run's configuration: the YAML file read against tables of fields, once, before anything is
 * built. What belongs to a layer, loss, augmentation, optimizer or schedule stays a Node that its
 * module reads. */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include "data/normalize.h"
#include "data/resample.h"
#include "train/batches.h"
#include "train/diverge.h"

/* What a checkpoint that cannot be saved means: the run's end, or a warning and the next try. */
typedef enum SaveFailure { SAVE_FAILURE_STOP, SAVE_FAILURE_WARN } SaveFailure;

/* One of `of` parts of the training rows is held out for validation. */
typedef struct Fold {
    int64_t of; /* 0: none */
    int64_t held_out;
} Fold;

typedef struct Config {
    Conf *conf;
    const char *experiment; /* the section of another verb that the file has, too, or NULL */
    const char *name;
    int64_t seed;
    Node data, model, loss, penalty, batch, optimizer, schedule, train, checkpoint, log;
    int exchange; /* Exchange */
    int reduce;   /* ReduceKind */

    const char *const *data_files;
    int data_file_count;
    const char *data_x, *data_y;
    int64_t validation, split_seed;
    int store; /* StoreKind */
    Node memory, window;
    Node data_node, normalize_node, fold_node, resample_node, augment;
    Normalize normalize;
    Fold fold;
    Resample resample;

    BatchPoints batches; /* of batch.global */
    int64_t micro;

    Span length, evaluate_every;
    Node early_stop, target;
    double time_limit; /* seconds; 0: none */
    double ema;        /* what a moving average of the weights keeps; 0: none */
    Node on_divergence;
    OnDivergence divergence;
    double watchdog;  /* seconds without progress that are at least allowed */
    Span check_every; /* how often the state in memory is hashed; count 0: never */
    Span diagnostics; /* how often each layer is looked at; count <= 0: never */
    double grace;     /* seconds between the signal to stop and the end */

    Node every;            /* of `checkpoint` */
    Span checkpoint_every; /* count -1: none, or auto */
    bool checkpoint_auto;  /* by `mtbf`, in seconds */
    double mtbf;
    int on_failure; /* SaveFailure */
    int64_t keep;
    Span log_every;
} Config;

/* Whether the document's top may have this key. */
bool config_has_key(const char *key);
/* Keys that decide no bit of a run, whatever it is, for conf_difference. */
#define CONFIG_DECIDES_NO_BIT                                                                      \
    "exchange", "log", "train.time_limit", "train.watchdog", "train.check_every", "train.grace",   \
        "train.diagnostics", "data.store", "data.memory"
/* Parses text (called `name` in messages) with its overrides. */
Err config_read(Config *config, const char *name, const char *text, const char *const *overrides,
                int override_count);
/* A configuration that is read more than once, each time with settings of its own. */
typedef struct ConfigSource {
    const char *name, *text;
    const char *const *overrides; /* the user's, --set */
    int override_count;
} ConfigSource;
/* Reads it with `more` overrides behind the user's. */
Err config_read_with(Config *config, const ConfigSource *source, const char *const *more,
                     int more_count);
void config_free(Config *config);

/* The tables, for `lockstep train -h`: section name and its fields, ended by NULL. */
typedef struct ConfigSection {
    const char *name;
    const Field *fields;
} ConfigSection;
extern const ConfigSection config_sections[];
/* The words of `exchange:`, in the order of Exchange, ended by NULL. */
extern const char *const exchange_words[];

#endif
