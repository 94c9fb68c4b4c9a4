/* The learning rate as a function of samples: scaling, warmup, decay, and that none of them knows
 * the batch except where it should. */
#include "planned.h"

static void constant(void)
{
    Planned planned = plan(NULL, 700);
    for (int64_t at = 0; at < 20 * EPOCH; at += 700)
        CU_ASSERT(rate(&planned, at) == 0.1);
    conf_free(planned.conf);
}

static void scaling(void)
{
    static const struct {
        const char *section;
        int64_t batch;
        double peak;
    } rows[] = {
        {"{reference_batch: 100, scaling: linear}", 400, 0.4},
        {"{reference_batch: 100, scaling: linear}", 50, 0.05},
        {"{reference_batch: 100, scaling: linear}", 100, 0.1},
        {"{reference_batch: 100, scaling: sqrt}", 400, 0.2},
        {"{reference_batch: 100, scaling: sqrt}", 25, 0.05},
        {"{reference_batch: 100, scaling: none}", 400, 0.1},
        {"{reference_batch: 100}", 400, 0.1},
        {"{scaling: linear}", 512, 0.2}, /* the default reference is 256 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Planned planned = plan(rows[i].section, rows[i].batch);
        CU_ASSERT(near(rate(&planned, 0), rows[i].peak));
        conf_free(planned.conf);
    }
}

static void warmup(void)
{
    Planned planned = plan("{warmup: 2 epochs}", 100);
    for (int64_t step = 0; step < 20; step++)
        CU_ASSERT(near(rate(&planned, step * 100), 0.1 * (double)(step + 1) / 20));
    CU_ASSERT(rate(&planned, 1900) == 0.1 && rate(&planned, 2000) == 0.1);
    conf_free(planned.conf);
    planned = plan("{warmup: 150 samples}", 100); /* it ends within a step */
    CU_ASSERT(near(rate(&planned, 0), 0.1 * 100 / 150) && rate(&planned, 100) == 0.1);
    conf_free(planned.conf);
    planned = plan("{warmup: 0 steps}", 100);
    CU_ASSERT(rate(&planned, 0) == 0.1);
    conf_free(planned.conf);
}

/* Goyal et al. 2017, section 2.2: from the rate of the reference batch to that of this one. */
static void warmup_from_base(void)
{
    Planned planned = plan("{reference_batch: 25, scaling: linear, "
                           "warmup: {length: 2 epochs, from: base}, decay: cosine}",
                           100);
    for (int64_t step = 0; step < 20; step++)
        CU_ASSERT(near(rate(&planned, step * 100), 0.1 + 0.3 * (double)(step + 1) / 20));
    CU_ASSERT(near(rate(&planned, 2000), 0.4));
    conf_free(planned.conf);
}

static void cosine(void)
{
    Planned planned = plan("{decay: cosine}", 100);
    const double pi = acos(-1);
    for (int64_t at = 0; at < 10 * EPOCH; at += 100)
        CU_ASSERT(fabs(rate(&planned, at) - 0.05 * (1 + cos(pi * (double)at / 1e4))) < 1e-12);
    CU_ASSERT(rate(&planned, 0) == 0.1);
    CU_ASSERT(rate(&planned, 9900) > 0); /* the last step still moves */
    CU_ASSERT(fabs(rate(&planned, 10 * EPOCH)) < 1e-15);
    conf_free(planned.conf);
}

static void cosine_minimum(void)
{
    static const char *const sections[] = {"{decay: {cosine: 0.02}}",
                                           "{warmup: 3 epochs, decay: {cosine: {min: 0.02}}}"};
    for (int i = 0; i < 2; i++) {
        Planned planned = plan(sections[i], 100);
        double before = 1;
        for (int64_t at = 3 * EPOCH; at <= 12 * EPOCH; at += 100) {
            CU_ASSERT(rate(&planned, at) <= before);
            before = rate(&planned, at);
        }
        CU_ASSERT(near(before, 0.02) && near(rate(&planned, 10 * EPOCH), 0.02));
        conf_free(planned.conf);
    }
}

static void decay_after_warmup(void)
{
    Planned planned = plan("{warmup: 2 epochs, decay: cosine}", 100);
    CU_ASSERT(near(rate(&planned, 1900), 0.1) && near(rate(&planned, 2000), 0.1));
    CU_ASSERT(near(rate(&planned, 6000), 0.05)); /* half of what is left */
    conf_free(planned.conf);
}

/* By samples before the step past the warmup, by samples after it in the warmup. */
static void any_batch(void)
{
    static const char section[] = "{warmup: 1 epochs, decay: {cosine: 0.01}}";
    Planned small = plan(section, 50), large = plan(section, 400);
    for (int64_t at = EPOCH; at < 10 * EPOCH; at += 50)
        CU_ASSERT(rate(&small, at) == rate(&large, at));
    for (int64_t after = 400; after <= EPOCH; after += 50)
        CU_ASSERT(rate(&small, after - 50) == rate(&large, after - 400));
    conf_free(small.conf);
    conf_free(large.conf);
    static const char linear[] = "{reference_batch: 50, scaling: linear, decay: cosine}";
    small = plan(linear, 50);
    large = plan(linear, 400);
    for (int64_t at = 0; at < 10 * EPOCH; at += 50)
        CU_ASSERT(near(rate(&large, at), 8 * rate(&small, at)));
    conf_free(small.conf);
    conf_free(large.conf);
}

static void long_warmup(void)
{
    Planned planned;
    CU_ASSERT(refused(plan_long(&planned, "{warmup: 3 epochs}", 100, 2 * EPOCH), STATUS_USER,
                      "test.yaml:1:20: the warmup of 3000 samples is longer than the run of 2000"));
    conf_free(planned.conf);
    CU_ASSERT(refused(plan_long(&planned, "{warmup: 1e300 epochs}", 100, 2 * EPOCH), STATUS_USER,
                      "is longer than the run of 2000"));
    conf_free(planned.conf);
    CU_ASSERT(refused(plan_long(&planned, "{warmup: {length: 3 epochs}}", 100, 2 * EPOCH),
                      STATUS_USER, "is longer than the run of 2000"));
    conf_free(planned.conf);
    CU_ASSERT(fine(plan_long(&planned, "{warmup: 2 epochs}", 100, 2 * EPOCH)));
    conf_free(planned.conf);
    CU_ASSERT(fine(plan_long(&planned, "{warmup: 2 epochs}", 100, 0))); /* evaluate and save */
    conf_free(planned.conf);
}

static void spans(void)
{
    Clock clock = {.epoch = EPOCH, .batch = 50};
    Span steps = {20, SPAN_STEPS}, epochs = {1, SPAN_EPOCHS}, samples = {1000, SPAN_SAMPLES};
    CU_ASSERT_EQUAL(clock_samples(&clock, steps), 1000);
    CU_ASSERT_EQUAL(clock_samples(&clock, epochs), 1000);
    CU_ASSERT_EQUAL(clock_samples(&clock, samples), 1000);
    CU_ASSERT_EQUAL(clock_samples(&clock, (Span){0.5, SPAN_EPOCHS}), 500);
    CU_ASSERT_EQUAL(clock_samples(&clock, (Span){-1, SPAN_EPOCHS}), 0);
    static const char *const sections[] = {
        "{warmup: 20 steps, decay: cosine}", "{warmup: 1 epoch, decay: cosine}",
        "{warmup: 1 epochs, decay: cosine}", "{warmup: 1000 samples, decay: cosine}"};
    Planned first = plan(sections[0], 50);
    for (int i = 1; i < 4; i++) {
        Planned other = plan(sections[i], 50);
        for (int64_t at = 0; at < 10 * EPOCH; at += 50)
            CU_ASSERT(rate(&first, at) == rate(&other, at));
        conf_free(other.conf);
    }
    conf_free(first.conf);
}

static void tenths(void)
{
    for (int i = 1; i < 200; i++) { /* 0.1 epochs of 60000, 0.2, ... to the sample */
        Clock clock = {.epoch = 60000, .batch = 50};
        CU_ASSERT_EQUAL(clock_samples(&clock, (Span){i / 10.0, SPAN_EPOCHS}), i * 6000);
        CU_ASSERT_EQUAL(clock_samples(&clock, (Span){i / 100.0, SPAN_EPOCHS}), i * 600);
    }
}

static void refusals(void)
{
    static const struct {
        const char *section, *words;
    } rows[] = {
        {"{decay: cosin}", "test.yaml:1:19: unknown decay \"cosin\"; did you mean \"cosine\"?"},
        {"{decay: {cosine: {minimum: 0}}}", "unknown key \"minimum\""},
        {"{decay: {cosine: fast}}", "expected a number from 0"},
        {"{decay: {constant: 1}}", "constant"},
        {"{scaling: liner}", "did you mean \"linear\"?"},
        {"{warmpu: 1 epoch}", "did you mean \"warmup\"?"},
        {"{warmup: 1 epoc}", "warmup"},
        {"{warmup: {from: base}}", "\"length\" is missing in warmup"},
        {"{warmup: {length: 1 epoch, from: bas}}", "did you mean \"base\"?"},
        {"{warmup: {lenght: 1 epoch}}", "did you mean \"length\"?"},
        {"{reference_batch: 0}", "reference_batch"},
        {"linear", "schedule"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Planned planned = {0};
        Err err = plan_long(&planned, rows[i].section, 100, 10 * EPOCH);
        CU_ASSERT(refused(err, STATUS_USER, rows[i].words));
        conf_free(planned.conf);
    }
}

static void said(void)
{
    Arena arena = {0};
    Planned planned = plan("{scaling: linear, warmup: 2 epochs, decay: cosine}", 1024);
    CU_ASSERT_STRING_EQUAL(schedule_text(&planned.schedule, &arena),
                           "lr 0.1 at batch 256, linear scaling to batch 1024: x 4 = 0.4, "
                           "warmup 2000 samples, cosine decay");
    conf_free(planned.conf);
    planned = plan("{warmup: {length: 2 epochs, from: base}, decay: {step: 3 epochs}}", 1024);
    CU_ASSERT_STRING_EQUAL(schedule_text(&planned.schedule, &arena),
                           "lr 0.1, warmup 2000 samples from 0.1, step decay");
    conf_free(planned.conf);
    arena_free(&arena);
}

/* Growth takes the place of decay, so the rate keeps to the first batch; and a warmup in steps ends
 * with that very step. */
static void growing(void)
{
    static const char text[] = "schedule: {scaling: linear, warmup: 14 steps}\n";
    BatchChange changes[1];
    Clock clock = {.epoch = EPOCH, .batch = 512, .change = changes};
    Arena arena = {0};
    Schedule schedule;
    Conf *conf;
    Node node;
    CU_ASSERT(clock_change(&clock, (Span){10, SPAN_STEPS}, 2048));
    CU_ASSERT_FATAL(fine(conf_parse(&conf, "test.yaml", text, NULL, 0)));
    CU_ASSERT_FATAL(fine(conf_section(conf_root(conf), "schedule", &node)));
    CU_ASSERT_FATAL(fine(schedule_build(&schedule, node, 0.1, 512, &clock, 100000)));
    CU_ASSERT_EQUAL(schedule.warmup, 10 * 512 + 4 * 2048);
    int64_t last = clock_before(&clock, 13), end = clock_before(&clock, 14);
    CU_ASSERT(schedule_rate(&schedule, &(Plateau){0}, last, end) == 0.2);
    CU_ASSERT(schedule_rate(&schedule, &(Plateau){0}, clock_before(&clock, 12), last) < 0.2);
    CU_ASSERT(schedule_rate(&schedule, &(Plateau){0}, 90000, 92048) == 0.2);
    CU_ASSERT_STRING_EQUAL(
        schedule_text(&schedule, &arena),
        "lr 0.1 at batch 256, linear scaling to the first batch, 512: x 2 = 0.2, "
        "warmup 13312 samples, constant decay");
    conf_free(conf);
    arena_free(&arena);
}

static const Promise promises[] = {
    {"without a section the rate is constant, whatever the batch", constant},
    {"linear scaling multiplies by the batch, sqrt by its root, none not at all", scaling},
    {"warmup rises per step, has no step of rate zero, and reaches the peak", warmup},
    {"warmup from the base rate rises to the peak in equal steps", warmup_from_base},
    {"cosine decay is half a cosine over the run", cosine},
    {"cosine decay ends at its minimum and stays there", cosine_minimum},
    {"the decay begins where the warmup ends", decay_after_warmup},
    {"at the same number of samples the rate is the same whatever the batch", any_batch},
    {"a warmup longer than the run is refused", long_warmup},
    {"steps, epochs and samples mean the same span", spans},
    {"a span in decimals is exact to the sample", tenths},
    {"a misspelt or impossible setting is named with its place", refusals},
    {"of a batch that grows the first size scales the rate, and steps are real ones", growing},
    {"one line says base rate, reference, batch, factor, warmup and decay", said},
    {0}};

int main(void)
{
    return unit_run("schedule", promises);
}
