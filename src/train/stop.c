/* Early stopping and targets. */
#include "train/stop.h"

#include <math.h>

const char *const stopped_words[] = {
    [STOPPED_NOT] = NULL, [STOPPED_EARLY] = "early_stop", [STOPPED_TARGET] = "target"};

static const char *const on_words[] = {
    [STOP_ON_METRIC] = "metric", [STOP_ON_OVERFITTING] = "overfitting", NULL};

const Field early_stop_fields[] = {
    {"on", FIELD_WORD, offsetof(Stop, on), FIELD_NONE, .words = on_words,
     .help = "overfitting: the verdict on evaluations ends the run; "
             "else the metric does"},
    {"metric", FIELD_WORD, offsetof(Stop, metric), "validation_loss", .words = metric_words,
     .help = "validation_loss or validation_accuracy"},
    {"patience", FIELD_INT, offsetof(Stop, patience), FIELD_NONE, 1, 1e9, NULL,
     "evaluations without a better figure that end the run; or "
     "judged overfitting, 1 unless given"},
    {"min_delta", FIELD_REAL, offsetof(Stop, min_delta), "0", 0, 1e6, NULL,
     "better is by more than this"},
    {0}};

typedef struct Targets {
    double value[TARGET_COUNT];
} Targets;

#define AT(index) (offsetof(Targets, value) + (index) * sizeof(double))

/* One for each, in their order. */
const Field target_fields[] = {{"validation_loss", FIELD_REAL, AT(METRIC_LOSS), FIELD_NONE, -1e30,
                                1e30, NULL, "at most this, at an evaluation"},
                               {"validation_accuracy", FIELD_REAL, AT(METRIC_ACCURACY), FIELD_NONE,
                                0, 1, NULL, "at least this, at an evaluation"},
                               {"train_loss", FIELD_REAL, AT(TARGET_TRAIN_LOSS), FIELD_NONE, -1e30,
                                1e30, NULL, "at most this, on the batch of any one step"},
                               {0}};

static Err read_target(Stop *stop, Node node)
{
    Targets targets;
    for (int i = 0; i < TARGET_COUNT; i++)
        targets.value[i] = NAN;
    TRY(conf_fields(node, target_fields, &targets));
    int given = 0;
    for (int i = 0; i < TARGET_COUNT; i++)
        if (!isnan(targets.value[i])) {
            stop->goal = i;
            stop->value = targets.value[i];
            given++;
        }
    if (given != 1)
        return conf_fail(node, "expected one figure, such as {validation_accuracy: 0.9}, found %d",
                         given);
    return NULL;
}

static Err read_early(Stop *stop, Node early)
{
    TRY(conf_expand(early, "patience"));
    TRY(conf_fields(early, early_stop_fields, stop));
    bool verdict = stop->on == STOP_ON_OVERFITTING;
    if (verdict && stop->metric != METRIC_LOSS)
        return conf_fail_key(early, "metric", "overfitting is judged by validation_loss");
    if (verdict && stop->min_delta != 0)
        return conf_fail_key(early, "min_delta",
                             "what matters to overfitting is not a setting; "
                             "leave min_delta out");
    if (verdict && stop->patience == 0)
        stop->patience = 1;
    if (stop->patience == 0)
        return conf_fail(early, "\"patience\" is missing in early_stop: evaluations without a "
                                "better figure that end the run");
    return NULL;
}

Err stop_build(Stop *stop, Node early, Node target)
{
    *stop = (Stop){.early = early, .target = target, .goal = -1};
    if (conf_exists(early))
        TRY(read_early(stop, early));
    return conf_exists(target) ? read_target(stop, target) : NULL;
}

static bool reached(const Stop *stop, double figure)
{
    return isfinite(figure) &&
           (stop->goal == METRIC_ACCURACY ? figure >= stop->value : figure <= stop->value);
}

Stopped stop_note(const Stop *stop, Trend *trend, const double *figures, int64_t overfits)
{
    bool verdict = stop->on == STOP_ON_OVERFITTING;
    if (stop->patience > 0 && !verdict)
        trend_note(trend, (Metric)stop->metric, figures[stop->metric], stop->min_delta, false);
    if (stop->goal >= 0 && stop->goal < METRIC_COUNT && reached(stop, figures[stop->goal]))
        return STOPPED_TARGET;
    int64_t waited = verdict ? overfits : trend->bad;
    return stop->patience > 0 && waited >= stop->patience ? STOPPED_EARLY : STOPPED_NOT;
}

Stopped stop_note_step(const Stop *stop, double train_loss)
{
    bool there = stop->goal == TARGET_TRAIN_LOSS && reached(stop, train_loss);
    return there ? STOPPED_TARGET : STOPPED_NOT;
}

const char *stop_text(const Stop *stop, const Trend *trend, Stopped why, Arena *arena)
{
    if (why == STOPPED_TARGET)
        return arena_text(arena, "%s has reached %g (train.target)", target_fields[stop->goal].name,
                          stop->value);
    if (stop->on == STOP_ON_OVERFITTING)
        return arena_text(arena, "%lld evaluation%s in a row overfitting (train.early_stop)",
                          (long long)stop->patience, stop->patience > 1 ? "s" : "");
    return arena_text(arena,
                      "%s has not been better than %.6g for %lld evaluations (train.early_stop)",
                      metric_words[stop->metric], trend->best, (long long)trend->bad);
}
