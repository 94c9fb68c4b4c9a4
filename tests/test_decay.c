/* The decays: PyTorch's rates, the same rate at the same samples whatever the batch, where each
 * begins, and what is said of settings that make no sense. */
#include "base/rng.h"
#include "golden.h"
#include "planned.h"

/* Relative, as double arithmetic in another order of operations allows. */
static bool agrees(double ours, double theirs)
{
    return fabs(ours - theirs) <= 1e-9 * fabs(theirs);
}

/* The schedule of a record. */
static Planned plan_golden(const Golden *golden)
{
    Planned planned;
    double base, length;
    CU_ASSERT_FATAL(sscanf(golden_text(golden, "run"), "%lf %lf", &base, &length) == 2 &&
                    base == 0.1);
    CU_ASSERT_FATAL(
        fine(plan_long(&planned, golden_text(golden, "schedule"), 100, (int64_t)length)));
    return planned;
}

static int length_of(const Golden *golden, const char *name)
{
    for (int a = 0; a < golden->array_count; a++)
        if (strcmp(golden->arrays[a].name, name) == 0)
            return golden->arrays[a].count;
    return 0;
}

/* One record of evaluations, or of steps. */
static void compare(const Golden *golden, const char *key)
{
    Planned planned = plan_golden(golden);
    Plateau plateau = {0};
    int wrong = 0, n = length_of(golden, key);
    const double *at = golden_array(golden, "", key, n);
    const double *theirs = golden_array(golden, "", "rate", n);
    CU_ASSERT(n >= 20);
    for (int i = 0; i < n; i++) {
        int64_t before = planned.schedule.decay->note ? 100 * i : (int64_t)at[i];
        const double both[METRIC_COUNT] = {at[i], at[i]};
        schedule_note(&planned.schedule, &plateau, before, both);
        double ours = schedule_rate(&planned.schedule, &plateau, before, before + 100);
        if (!agrees(ours, theirs[i]) && !wrong++)
            printf("\n    %s: %s %g: %.17g, PyTorch has %.17g\n", golden_text(golden, "name"), key,
                   at[i], ours, theirs[i]);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    conf_free(planned.conf);
}

static void compare_all(const char *key, int least)
{
    Golden golden = {0};
    FILE *file = golden_open("schedule.txt");
    int count = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (golden_next(&golden, file))
        if (golden_has(&golden, key)) {
            compare(&golden, key);
            count++;
        }
    CU_ASSERT(count >= least);
    golden_clear(&golden);
    fclose(file);
}

static void like_pytorch(void)
{
    compare_all("samples", 17);
}

static void plateau_like_pytorch(void)
{
    compare_all("figure", 9);
}

/* One of each at least, with spans that do not know the batch. */
static const char *const sections[] = {
    "{decay: constant}",
    "{warmup: {length: 700 samples, from: base}, decay: {step: {every: 1234 samples}}}",
    "{warmup: 1 epoch, decay: {multi_step: [2.5 epochs, 7777 samples]}}",
    "{decay: {exponential: 0.8}}",
    "{warmup: 1.5 epochs, decay: {exponential: {factor: 0.5, every: 3456 samples}}}",
    "{warmup: 1 epoch, decay: {cosine: 0.01}}",
    "{warmup: 1 epoch, decay: {cosine: {period: 1.1 epochs, multiplier: 1.5}}}",
    "{decay: {cosine: {period: 999 samples}}}",
    "{warmup: 333 samples, decay: {polynomial: {power: 3, end: 0.02}}}",
    "{warmup: 1 epoch, decay: {linear: 0.05}}",
    "{warmup: 1 epoch, decay: {plateau: {patience: 0}}}",
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void all_are_here(void)
{
    for (const DecayType *const *type = decay_types; *type; type++) {
        int found = 0;
        for (int i = 0; i < SECTIONS; i++)
            found += strstr(sections[i], (*type)->name) != NULL;
        CU_ASSERT(found > 0);
        CU_ASSERT(strlen((*type)->help) > 0);
        for (const Field *field = (*type)->fields; field && field->name; field++)
            CU_ASSERT(field->help && strlen(field->help) > 0);
    }
}

/* A point of the decay by the samples before the step; one of the ramp by those after it. */
static void any_batch(void)
{
    enum { POINTS = 200 };
    static const int64_t batches[] = {1, 7, 64, 1000, 4096};
    const Plateau plateau = {.drops = 2};
    for (int i = 0; i < SECTIONS; i++) {
        Planned reference = plan(sections[i], 50);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            Planned other = plan(sections[i], batches[b]);
            for (uint64_t p = 0; p < POINTS; p++) {
                Draw draw = rng_draw(1, (uint64_t)i, b, p);
                int64_t at = other.schedule.warmup + draw.word[0] % (12 * EPOCH);
                CU_ASSERT(schedule_rate(&reference.schedule, &plateau, at, at + 50) ==
                          schedule_rate(&other.schedule, &plateau, at, at + batches[b]));
                if (other.schedule.warmup == 0)
                    continue;
                int64_t after = 1 + draw.word[1] % other.schedule.warmup;
                CU_ASSERT(schedule_rate(&reference.schedule, &plateau, 0, after) ==
                          schedule_rate(&other.schedule, &plateau, 0, after));
            }
            conf_free(other.conf);
        }
        conf_free(reference.conf);
    }
}

static void where_they_begin(void)
{
    static const char *const smooth[] = {"cosine", "linear", "polynomial", "{exponential: 0.5}",
                                         "{cosine: {period: 2 epochs}}"};
    for (int i = 0; i < 5; i++) {
        char section[128];
        snprintf(section, sizeof section, "{warmup: 3 epochs, decay: %s}", smooth[i]);
        Planned planned = plan(section, 100);
        CU_ASSERT(near(rate(&planned, 2900), 0.1) && near(rate(&planned, 3000), 0.1));
        CU_ASSERT(rate(&planned, 3100) < 0.1);
        conf_free(planned.conf);
    }
    Planned planned = plan("{warmup: 3 epochs, decay: {step: 4 epochs}}", 100);
    CU_ASSERT(near(rate(&planned, 3999), 0.1) && near(rate(&planned, 4000), 0.01));
    CU_ASSERT(near(rate(&planned, 7900), 0.01) && near(rate(&planned, 8000), 0.001));
    conf_free(planned.conf);
    planned = plan("{warmup: 4 epochs, decay: {multi_step: [2 epochs]}}", 100);
    CU_ASSERT(near(rate(&planned, 1900), 0.05) && near(rate(&planned, 2000), 0.01 * 21 / 40));
    CU_ASSERT(near(rate(&planned, 3900), 0.01) && near(rate(&planned, 9900), 0.01));
    conf_free(planned.conf);
}

static void behind_the_end(void)
{
    for (int i = 0; i < SECTIONS; i++) {
        Planned planned = plan(sections[i], 100);
        for (int64_t at = 0; at <= 30 * EPOCH; at += 100)
            CU_ASSERT(rate(&planned, at) >= 0 && rate(&planned, at) <= 0.1);
        conf_free(planned.conf);
    }
}

static void plateau_waits_for_the_warmup(void)
{
    Planned planned = plan("{warmup: 3 epochs, decay: {plateau: {patience: 0, factor: 0.5}}}", 100);
    Plateau plateau = {0};
    const double figures[METRIC_COUNT] = {1, 0};
    for (int64_t at = 500; at < 3000; at += 500)
        schedule_note(&planned.schedule, &plateau, at, figures);
    CU_ASSERT(plateau.drops == 0 && plateau.trend.seen == 0);
    schedule_note(&planned.schedule, &plateau, 3000, figures);
    CU_ASSERT(plateau.drops == 0 && plateau.trend.seen == 1);
    schedule_note(&planned.schedule, &plateau, 3500, figures);
    CU_ASSERT(plateau.drops == 1);
    CU_ASSERT(near(schedule_rate(&planned.schedule, &plateau, 3500, 3600), 0.05));
    conf_free(planned.conf);
}

static void beyond_the_run(void)
{
    Planned planned = plan("{decay: {multi_step: [3 epochs, 12 epochs, 14 epochs]}}", 100);
    CU_ASSERT_PTR_NOT_NULL_FATAL(planned.schedule.doubt);
    CU_ASSERT_STRING_EQUAL(planned.schedule.doubt,
                           "the milestone at 12000 samples is beyond the run of 10000");
    conf_free(planned.conf);
    planned = plan("{decay: {multi_step: [3 epochs, 9 epochs]}}", 100);
    CU_ASSERT_PTR_NULL(planned.schedule.doubt);
    conf_free(planned.conf);
}

static void refusals(void)
{
    static const struct {
        const char *decay, *words;
    } rows[] = {
        {"multistep", "did you mean \"multi_step\"?"},
        {"step", "\"every\" is missing in step"},
        {"{step: 3}", "expected a duration"},
        {"{step: 0 epochs}", "test.yaml:1:26: expected a span of at least one sample"},
        {"{step: {every: 1 epoch, factor: 0}}", "from 1e-09 to 1"},
        {"{step: {every: 1 epoch, factor: 1.5}}", "from 1e-09 to 1"},
        {"{step: {every: 1 epoch, gamma: 0.1}}", "unknown key \"gamma\" in step; known: every"},
        {"multi_step", "\"at\" is missing in multi_step"},
        {"{multi_step: []}", "expected a list of milestones"},
        {"{multi_step: [3 epochs, 2 epochs]}",
         "test.yaml:1:43: milestones rise: 2000 samples do not come after 3000"},
        {"{multi_step: [3 epochs, 3000 samples]}", "milestones rise"},
        {"{multi_step: [0 epochs]}", "milestones rise"},
        {"{multi_step: [30]}", "test.yaml:1:33: expected a duration"},
        {"{multi_step: {at: [1 epoch], factor: -1}}", "from 1e-09 to 1"},
        {"exponential", "\"factor\" is missing in exponential"},
        {"{exponential: 0}", "from 1e-09 to 1"},
        {"{exponential: {factor: 0.9, every: 0 steps}}", "a span of at least one sample"},
        {"{cosine: {period: 0 epochs}}", "a span of at least one sample"},
        {"{cosine: {period: 1 epoch, multiplier: 0.5}}", "from 1 to 100"},
        {"{cosine: {multiplier: 2}}", "without a period there are no restarts"},
        {"{polynomial: 0}", "from 0.01 to 100"},
        {"{linear: -1}", "from 0"},
        {"{plateau: 1}", "to 0.999999"},
        {"{plateau: {metric: validation_los}}", "did you mean \"validation_loss\"?"},
        {"{plateau: {metric: acuracy}}", "validation_accuracy"},
        {"{plateau: {patience: -1}}", "from 0"},
        {"{plateau: {threshold_mode: relative}}", "rel, abs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Planned planned = {0};
        char section[256];
        snprintf(section, sizeof section, "{decay: %s}", rows[i].decay);
        CU_ASSERT(
            refused(plan_long(&planned, section, 100, 10 * EPOCH), STATUS_USER, rows[i].words));
        conf_free(planned.conf);
    }
}

static const Promise promises[] = {
    {"every decay, with and without warmup, has the rates of PyTorch's scheduler", like_pytorch},
    {"a plateau lowers the rate where PyTorch's does", plateau_like_pytorch},
    {"every decay of the table is tested, and it and its settings have help", all_are_here},
    {"at the same number of samples every decay's rate is the same whatever the batch", any_batch},
    {"smooth decays begin behind the warmup, stairs count from the start", where_they_begin},
    {"no rate leaves the range from zero to the peak, in the run or behind it", behind_the_end},
    {"a plateau looks at no evaluation within the warmup", plateau_waits_for_the_warmup},
    {"of a milestone beyond the run is warned", beyond_the_run},
    {"settings that make no sense are refused with their place", refusals},
    {0}};

int main(void)
{
    return unit_run("decay", promises);
}
