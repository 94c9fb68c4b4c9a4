/* Early stopping and targets: what is better, how long is waited, what is refused. */
#include "train/stop.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>

typedef struct Read {
    Conf *conf;
    Stop stop;
} Read;

/* `train` is YAML. */
static Err read_long(Read *read, const char *train)
{
    char text[512];
    *read = (Read){0};
    snprintf(text, sizeof text, "train: %s\n", train);
    TRY(conf_parse(&read->conf, "test.yaml", text, NULL, 0));
    Node section = conf_get(conf_root(read->conf), "train");
    return stop_build(&read->stop, conf_get(section, "early_stop"), conf_get(section, "target"));
}

static Read read_train(const char *train)
{
    Read read;
    CU_ASSERT_FATAL(fine(read_long(&read, train)));
    return read;
}

/* The evaluation after which it stops, 0: none. The figure stands for loss and accuracy alike. */
static int stops_after(const char *train, const double *figures, int count, Stopped why)
{
    Read read = read_train(train);
    Trend trend = {0};
    int at = 0;
    for (int i = 0; i < count && !at; i++) {
        const double both[METRIC_COUNT] = {figures[i], figures[i]};
        Stopped stopped = stop_note(&read.stop, &trend, both, 0);
        if (stopped) {
            CU_ASSERT_EQUAL(stopped, why);
            at = i + 1;
        }
    }
    conf_free(read.conf);
    return at;
}

static void nothing(void)
{
    static const double worse[] = {1, 2, 3, 4, 5, 6, 7, 8};
    CU_ASSERT_EQUAL(stops_after("{length: 3 epochs}", worse, 8, STOPPED_NOT), 0);
    Read read = read_train("{early_stop: null, target: null}");
    CU_ASSERT(read.stop.patience == 0 && read.stop.goal < 0);
    CU_ASSERT_EQUAL(stop_note_step(&read.stop, 0), STOPPED_NOT);
    conf_free(read.conf);
}

static void patience(void)
{
    static const double loss[] = {5, 4, 4, 4.5, 3, 3, 3, 3};
    CU_ASSERT_EQUAL(stops_after("{early_stop: 1}", loss, 8, STOPPED_EARLY), 3);
    CU_ASSERT_EQUAL(stops_after("{early_stop: 2}", loss, 8, STOPPED_EARLY), 4);
    CU_ASSERT_EQUAL(stops_after("{early_stop: {patience: 3}}", loss, 8, STOPPED_EARLY), 8);
    CU_ASSERT_EQUAL(stops_after("{early_stop: 4}", loss, 8, STOPPED_EARLY), 0);
    static const char accuracy[] = "{early_stop: {patience: 2, metric: validation_accuracy}}";
    static const double rising[] = {0.1, 0.2, 0.2, 0.3, 0.3, 0.29};
    CU_ASSERT_EQUAL(stops_after(accuracy, rising, 6, STOPPED_EARLY), 6);
}

/* Neither a first NaN nor a later infinity is the best that others are held against. */
static void not_finite(void)
{
    const double loss[] = {NAN, 5, -INFINITY, 4, NAN, INFINITY};
    CU_ASSERT_EQUAL(stops_after("{early_stop: 2}", loss, 6, STOPPED_EARLY), 6);
    CU_ASSERT_EQUAL(stops_after("{early_stop: 1}", loss, 6, STOPPED_EARLY), 1);
    CU_ASSERT_EQUAL(stops_after("{target: {validation_loss: 3}}", loss, 6, STOPPED_TARGET), 0);
    const double accuracy[] = {NAN, 0.1, 0.1, 0.1};
    CU_ASSERT_EQUAL(stops_after("{early_stop: {patience: 2, metric: validation_accuracy}}",
                                accuracy, 4, STOPPED_EARLY),
                    4);
}

/* Evaluations in a row judged overfitting, whatever the figures do. */
static void overfitting(void)
{
    static const struct {
        const char *train;
        int row;
    } rows[] = {{"{early_stop: {on: overfitting}}", 1},
                {"{early_stop: {on: overfitting, patience: 1}}", 1},
                {"{early_stop: {on: overfitting, patience: 3}}", 3}};
    Arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Read read = read_train(rows[i].train);
        Trend trend = {0};
        for (int worse = 1; worse < 9; worse++) {
            const double both[METRIC_COUNT] = {worse, 1.0 / worse};
            CU_ASSERT_EQUAL(stop_note(&read.stop, &trend, both, 0), STOPPED_NOT);
        }
        const double best[METRIC_COUNT] = {0, 1};
        CU_ASSERT_EQUAL(stop_note(&read.stop, &trend, best, rows[i].row - 1), STOPPED_NOT);
        CU_ASSERT_EQUAL(stop_note(&read.stop, &trend, best, rows[i].row), STOPPED_EARLY);
        CU_ASSERT_EQUAL(read.stop.metric, METRIC_LOSS);
        CU_ASSERT_PTR_NOT_NULL(strstr(stop_text(&read.stop, &trend, STOPPED_EARLY, &arena),
                                      "in a row overfitting (train.early_stop)"));
        conf_free(read.conf);
    }
    arena_free(&arena);
    static const double loss[] = {5, 6, 7};
    CU_ASSERT_EQUAL(stops_after("{early_stop: {on: metric, patience: 1}}", loss, 3, STOPPED_EARLY),
                    2);
}

static void least_change(void)
{
    static const double loss[] = {5, 4.5, 3.9, 3.5, 3.1, 2.8};
    static const char train[] = "{early_stop: {patience: 2, min_delta: 1}}";
    CU_ASSERT_EQUAL(stops_after(train, loss, 6, STOPPED_EARLY), 5); /* 5, 3.9 are the best */
}

static void target(void)
{
    static const double figures[] = {0.5, 0.7, 0.9, 0.4};
    CU_ASSERT_EQUAL(stops_after("{target: {validation_accuracy: 0.9}}", figures, 4, STOPPED_TARGET),
                    3);
    CU_ASSERT_EQUAL(
        stops_after("{target: {validation_accuracy: 0.95}}", figures, 4, STOPPED_TARGET), 0);
    CU_ASSERT_EQUAL(stops_after("{target: {validation_loss: 0.4}}", figures, 4, STOPPED_TARGET), 4);
    CU_ASSERT_EQUAL(stops_after("{target: {train_loss: 10}}", figures, 4, STOPPED_TARGET), 0);
    Read read = read_train("{target: {train_loss: 0.25}}");
    CU_ASSERT_EQUAL(stop_note_step(&read.stop, 0.26), STOPPED_NOT);
    CU_ASSERT_EQUAL(stop_note_step(&read.stop, 0.25), STOPPED_TARGET);
    conf_free(read.conf);
}

static void said(void)
{
    Arena arena = {0};
    Read read = read_train("{early_stop: 3, target: {validation_accuracy: 0.9}}");
    const Trend trend = {.seen = 9, .bad = 3, .best = 0.28125};
    CU_ASSERT_STRING_EQUAL(
        stop_text(&read.stop, &trend, STOPPED_EARLY, &arena),
        "validation_loss has not been better than 0.28125 for 3 evaluations (train.early_stop)");
    CU_ASSERT_STRING_EQUAL(stop_text(&read.stop, &trend, STOPPED_TARGET, &arena),
                           "validation_accuracy has reached 0.9 (train.target)");
    conf_free(read.conf);
    arena_free(&arena);
}

static void refusals(void)
{
    static const struct {
        const char *train, *words;
    } rows[] = {
        {"{early_stop: {metric: validation_loss}}", "\"patience\" is missing in early_stop"},
        {"{early_stop: {on: overfiting}}", "did you mean \"overfitting\"?"},
        {"{early_stop: {on: overfitting, metric: validation_accuracy}}",
         "overfitting is judged by validation_loss"},
        {"{early_stop: {on: overfitting, min_delta: 1}}", "leave min_delta out"},
        {"{early_stop: {on: metric}}", "\"patience\" is missing in early_stop"},
        {"{early_stop: 0}", "test.yaml:1:21: expected an integer from 1"},
        {"{early_stop: soon}", "expected an integer"},
        {"{early_stop: {patience: 2, metric: validation_acc}}",
         "did you mean \"validation_accuracy\"?"},
        {"{early_stop: {patience: 2, metric: train_loss}}", "one of validation_loss"},
        {"{early_stop: {patience: 2, min_delta: -1}}", "from 0"},
        {"{early_stop: {patiense: 2}}", "did you mean \"patience\"?"},
        {"{target: {}}", "expected one figure, such as {validation_accuracy: 0.9}, found 0"},
        {"{target: 0.9}", "expected settings"},
        {"{target: {validation_acuracy: 0.9}}",
         "test.yaml:1:18: unknown key \"validation_acuracy\" in target; did you mean "
         "\"validation_accuracy\"?"},
        {"{target: {validation_accuracy: 90}}", "from 0 to 1"},
        {"{target: {validation_accuracy: 0.9, train_loss: 1}}", "expected one figure"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Read read;
        CU_ASSERT(refused(read_long(&read, rows[i].train), STATUS_USER, rows[i].words));
        conf_free(read.conf);
    }
}

static const Promise promises[] = {
    {"without settings nothing stops a run", nothing},
    {"a run stops when there was no better figure for `patience` evaluations", patience},
    {"a figure that is not finite is never better than any other", not_finite},
    {"or when `patience` evaluations in a row are judged overfitting", overfitting},
    {"better is by more than min_delta", least_change},
    {"a run stops when its target is reached", target},
    {"one line says why", said},
    {"settings that make no sense are refused with their place", refusals},
    {0}};

int main(void)
{
    return unit_run("stop", promises);
}
