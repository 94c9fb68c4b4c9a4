/* A run's configuration as users write it: the sample of the design, every default, and what is
 * said about mistakes in each section. What layers, optimizers and schedules make of their sections
 * is theirs to test. */
#include "train/config.h"

#include "data/dataset.h"
#include "dist/comm.h"
#include "dist/reduce.h"
#include "scratch.h"
#include "unit.h"

static const char sample[] =
    "name: fashion-mlp\n"
    "seed: 3\n"
    "data:\n"
    "  file: datasets/fashion-mnist.h5\n"
    "  validation: 5000              # taken from train by split_seed; 0 for none\n"
    "  normalize: channel            # none | unit | channel | feature\n"
    "model:\n"
    "  - flatten\n"
    "  - dense: 512\n"
    "  - relu\n"
    "  - dropout: 0.4\n"
    "  - dense: {units: 10, name: head}\n"
    "loss: cross_entropy\n"
    "batch: {global: 256, micro: 32}\n"
    "optimizer: {type: sgd, lr: 0.1, momentum: 0.9, weight_decay: 5e-4}\n"
    "schedule: {reference_batch: 256, scaling: linear, warmup: 1 epoch,\n"
    "           decay: {cosine: {min: 0}}}\n"
    "train: {length: 12 epochs, evaluate_every: 500 steps}\n"
    "checkpoint: {every: 30000 samples, keep: 2}\n"
    "exchange: messages\n"
    "reduce: mpi\n";

static Err read_text(Config *config, const char *text)
{
    return config_read(config, "run.yaml", text, NULL, 0);
}

static bool is_span(Span span, double count, int unit)
{
    return span.count == count && (int)span.unit == unit;
}

static void design_sample(void)
{
    Config c;
    CU_ASSERT_FATAL(fine(read_text(&c, sample)));
    CU_ASSERT_STRING_EQUAL(c.name, "fashion-mlp");
    CU_ASSERT_STRING_EQUAL(c.data_files[0], "datasets/fashion-mnist.h5");
    CU_ASSERT(c.seed == 3 && c.validation == 5000 && c.split_seed == 1);
    CU_ASSERT(c.normalize.mode == NORMAL_CHANNEL);
    CU_ASSERT(c.batches.count == 1 && c.batches.point[0].size == 256 && c.micro == 32);
    CU_ASSERT(is_span(c.length, 12, SPAN_EPOCHS) && is_span(c.evaluate_every, 500, SPAN_STEPS));
    CU_ASSERT(is_span(c.checkpoint_every, 30000, SPAN_SAMPLES) && c.keep == 2);
    CU_ASSERT(c.exchange == EXCHANGE_MESSAGES && c.reduce == REDUCE_MPI);
    CU_ASSERT_EQUAL(conf_count(c.model), 5);
    CU_ASSERT_STRING_EQUAL(conf_scalar(c.loss), "cross_entropy");
    CU_ASSERT_STRING_EQUAL(conf_scalar(conf_get(c.optimizer, "lr")), "0.1");
    CU_ASSERT(conf_is_map(conf_get(c.schedule, "decay")));
    config_free(&c);
    CU_ASSERT_PTR_NULL(c.conf);
}

static const char least[] = "data: {file: a.h5}\nmodel: [{dense: 3}]\n";

static void several_files(void)
{
    Config c;
    CU_ASSERT_FATAL(
        fine(read_text(&c, "data: {file: [a.h5, b.h5], x: images}\nmodel: [{dense: 2}]\n")));
    CU_ASSERT(c.data_file_count == 2);
    CU_ASSERT_STRING_EQUAL(c.data_files[1], "b.h5");
    CU_ASSERT_STRING_EQUAL(c.data_files[0], "a.h5");
    CU_ASSERT(strcmp(c.data_x, "images") == 0 && strcmp(c.data_y, "y") == 0);
    config_free(&c);
    CU_ASSERT(refused(read_text(&c, "data: {file: []}\nmodel: [{dense: 2}]\n"), STATUS_USER,
                      "a list of paths"));
    config_free(&c);
    CU_ASSERT(refused(read_text(&c, "data: {file: [[a]]}\nmodel: [{dense: 2}]\n"), STATUS_USER,
                      "expected the path of a data file"));
    config_free(&c);
}

static void defaults(void)
{
    Config c;
    CU_ASSERT_FATAL(fine(read_text(&c, least)));
    CU_ASSERT_STRING_EQUAL(c.name, "run");
    CU_ASSERT(c.seed == 1 && c.validation == 0 && c.split_seed == 1);
    CU_ASSERT(c.normalize.mode == NORMAL_NONE);
    CU_ASSERT(c.batches.count == 1 && c.batches.point[0].size == 256 &&
              c.micro == 64); /* micro decides bits: a fixed number */
    CU_ASSERT(is_span(c.length, 10, SPAN_EPOCHS));
    CU_ASSERT(c.evaluate_every.count < 0 && c.checkpoint_every.count < 0);
    CU_ASSERT(c.time_limit == 0 && c.watchdog == 60 && c.keep == 3);
    CU_ASSERT(is_span(c.log_every, 10, SPAN_STEPS));
    CU_ASSERT(c.exchange == EXCHANGE_AUTO && c.reduce == REDUCE_TREE);
    CU_ASSERT_STRING_EQUAL(conf_scalar(c.loss), "cross_entropy");
    config_free(&c);
}

static void whole_batch(void)
{
    static const char *const set[] = {"batch.global=all", "batch.micro=16"};
    Config c;
    CU_ASSERT_FATAL(fine(config_read(&c, "run.yaml", sample, set, 2)));
    CU_ASSERT(c.batches.count == 1 && c.batches.point[0].size == 0 && c.micro == 16);
    config_free(&c);
}

static void batch_list(void)
{
    static const char *const set[] = {
        "batch.global=[{at: 0 epochs, size: 64}, {at: 30 epochs, size: all}]"};
    Config c;
    CU_ASSERT_FATAL(fine(config_read(&c, "run.yaml", sample, set, 1)));
    CU_ASSERT_FATAL(c.batches.count == 2);
    const BatchPoint *point = c.batches.point;
    CU_ASSERT(point[0].size == 64 && is_span(point[0].at, 0, SPAN_EPOCHS));
    CU_ASSERT(point[1].size == 0 && is_span(point[1].at, 30, SPAN_EPOCHS));
    config_free(&c);
}

static void overrides(void)
{
    static const char *const set[] = {
        "seed=7",          "data.normalize=unit", "train.length=0 steps",
        "checkpoint=null", "exchange=shared",     "log.every=1 step"};
    Config c;
    CU_ASSERT_FATAL(fine(config_read(&c, "run.yaml", sample, set, 6)));
    CU_ASSERT(c.seed == 7 && c.normalize.mode == NORMAL_UNIT && c.exchange == EXCHANGE_SHARED);
    CU_ASSERT(is_span(c.length, 0, SPAN_STEPS) && is_span(c.log_every, 1, SPAN_STEPS));
    CU_ASSERT(c.keep == 3 && c.checkpoint_every.count < 0);
    config_free(&c);
}

/* The resolved text, which is what checkpoints carry, is the same run. */
static void reads_back(void)
{
    static const char *const sets[] = {
        "seed=3", "batch.global=all",
        "batch.global=[{at: 0 steps, size: 64}, {at: 1 epoch, size: 128}]"};
    for (int i = 0; i < 3; i++) {
        Config c, again;
        CU_ASSERT_FATAL(fine(config_read(&c, "run.yaml", sample, &sets[i], 1)));
        CU_ASSERT_FATAL(fine(read_text(&again, conf_text(c.conf))));
        CU_ASSERT_STRING_EQUAL(conf_text(c.conf), conf_text(again.conf));
        CU_ASSERT(again.batches.point[0].size == c.batches.point[0].size && again.micro == 32 &&
                  again.seed == 3);
        CU_ASSERT(again.batches.count == c.batches.count);
        static const char *const nothing[] = {NULL};
        const char *a, *b;
        CU_ASSERT_PTR_NULL(conf_difference(c.conf, again.conf, nothing, &a, &b));
        config_free(&c);
        config_free(&again);
    }
}

typedef struct Refusal {
    const char *set, *words; /* an override of the sample */
} Refusal;

static void expect_refusals(const Refusal *refusals)
{
    for (const Refusal *r = refusals; r->set; r++) {
        Config c;
        Err err = config_read(&c, "run.yaml", sample, &r->set, 1);
        CU_ASSERT(refused(err, STATUS_USER, r->words));
        config_free(&c);
    }
}

static void misspelt(void)
{
    static const Refusal refusals[] = {
        {"modle=[]", "unknown key \"modle\"; did you mean \"model\"?"},
        {"sede=1", "did you mean \"seed\"?"},
        {"data.normalise=unit", "unknown key \"normalise\" in data; did you mean \"normalize\"?"},
        {"data.validaton=1", "in data; did you mean \"validation\"?"},
        {"batch.mirco=1", "in batch; did you mean \"micro\"?"},
        {"train.lenght=1", "in train; did you mean \"length\"?"},
        {"train.time_limt=1", "in train; did you mean \"time_limit\"?"},
        {"checkpoint.evry=1", "in checkpoint; did you mean \"every\"?"},
        {"log.evry=1", "in log; did you mean \"every\"?"},
        {0}};
    expect_refusals(refusals);
}

static void misspelt_in_file(void)
{
    Config c;
    CU_ASSERT(refused(
        read_text(&c, "data: {file: a.h5}\nmodel: [relu]\ntrain:\n  lenght: 3 epochs\n"),
        STATUS_USER, "run.yaml:4:3: unknown key \"lenght\" in train; did you mean \"length\"?"));
    config_free(&c);
}

static void wrong_types(void)
{
    static const Refusal refusals[] = {
        {"seed=one", "expected an integer"},
        {"seed=-1", "seed"},
        {"seed=1.5", "expected an integer"},
        {"data.validation=-5", "validation"},
        {"data.validation=[5]", "expected an integer"},
        {"data.normalize=both", "none, unit, channel"},
        {"data.normalize=chanel", "found \"chanel\"; did you mean \"channel\"?"},
        {"data.normalize=[1]", "one of none, unit, channel, feature, or {mean: [...], std: [...]}"},
        {"data.normalize={mean: [1]}", "\"std\" is missing in normalize"},
        {"data.normalize={mean: [1], sdt: [1]}", "did you mean \"std\"?"},
        {"data.normalize={mean: [1, 2], std: [1]}", "there are 2 means, but 1 deviations"},
        {"data.normalize={mean: [], std: []}", "there are no means"},
        {"data.normalize={mean: [1], std: [0]}", "expected a number"},
        {"data.normalize={mean: [nan], std: [1]}", "expected a number"},
        {"data.normalize={mean: {a: 1}, std: [1]}", "expected a number"},
        {"data.fold={of: 5}", "\"held_out\" is missing in fold"},
        {"data.fold={of: 5, held_out: 5}", "there is no part 5 of 5; they count from 0"},
        {"data.fold={of: 1, held_out: 0}", "from 2"},
        {"data.fold={of: 5, held_out: 1}", "data.fold says what is held out; set data.validation"},
        {"data.resample={rows: 5}", "\"kind\" is missing in resample"},
        {"data.resample={kind: jackknife}", "bootstrap, split"},
        {"data.resample={kind: split}", "a split wants `of`"},
        {"data.resample={kind: split, of: 5, number: 5}", "there is no part 5 of 5"},
        {"data.resample={kind: bootstrap, of: 5}", "a bootstrap is not one of so many parts"},
        {"data=a.h5", "data"},
        {"model=3", "model is a list of layers"},
        {"model={dense: 3}", "model is a list of layers"},
        {"batch=64", "batch"},
        {"batch.global=0", "from 1"},
        {"batch.global=most", "expected a number of samples, or all"},
        {"batch.global=[64]", "expected settings"},
        {"batch.global=[]", "the list of sizes is empty"},
        {"batch.global=~", "expected a number of samples, all, or a list"},
        {"batch.global=[{at: 1 epoch, size: 64}]", "the run's beginning"},
        {"batch.micro=0", "from 1"},
        {"batch.micro=all", "expected an integer"},
        {"train.length=10", "steps"},
        {"train.length=ten epochs", "epochs"},
        {"train.length=-1 epochs", "epochs"},
        {"train.time_limit=soon", "expected a number"},
        {"train=[10 epochs]", "train"},
        {"checkpoint.keep=0", "from 1"},
        {"checkpoint.every=5", "steps"},
        {"checkpoint=often", "checkpoint"},
        {"log.every=5", "steps"},
        {"exchange=pigeon", "auto, shared"},
        {"reduce=mpl", "did you mean \"mpi\"?"},
        {0}};
    expect_refusals(refusals);
}

static void missing(void)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"model: [relu]\n", "data"},       {"data: {validation: 3}\nmodel: [relu]\n", "file"},
        {"data: {file: a.h5}\n", "model"}, {"", "the configuration is empty"},
        {"- 1\n", "run.yaml:1:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Config c;
        CU_ASSERT(refused(read_text(&c, rows[i].text), STATUS_USER, rows[i].words));
        config_free(&c);
    }
}

static void helped(void)
{
    for (const ConfigSection *section = config_sections; section->name; section++)
        for (const Field *field = section->fields; field->name; field++) {
            CU_ASSERT_PTR_NOT_NULL_FATAL(field->help);
            CU_ASSERT(strlen(field->help) > 0);
        }
}

static const Promise promises[] = {
    {"data.file may be a list of files", several_files},
    {"the sample of the design is read", design_sample},
    {"everything but data and model has a default", defaults},
    {"batch.global: all is the whole training part", whole_batch},
    {"batch.global: a list is sizes with the points where they begin", batch_list},
    {"--set reaches every section", overrides},
    {"the resolved text reads back as the same run", reads_back},
    {"a misspelt key is named in every section, with the closest match", misspelt},
    {"in a file it is named with line and column", misspelt_in_file},
    {"a wrong type or value is refused, saying what was expected", wrong_types},
    {"missing data, data.file or model is named", missing},
    {"every key has a line of help", helped},
    {0}};

int main(void)
{
    return unit_run("config", promises);
}
