/* The walk along a run's batches: what the arithmetic says is compared with a loop that makes one
 * step after the other. */
#include "optim/clock.h"

#include "base/rng.h"
#include "unit.h"

enum { MOST = 6, STEPS = 300, PLANS = 400, EPOCH = 97 };

/* A clock with room for changes, and the points that it accepted. */
typedef struct Plan {
    Clock clock;
    BatchChange change[MOST];
    Span point[MOST];
    int64_t size[MOST];
    int points;
} Plan;

static Plan *plan_start(Plan *plan, int64_t batch)
{
    *plan = (Plan){.clock = {.epoch = EPOCH, .batch = batch}};
    plan->clock.change = plan->change;
    return plan;
}

static bool plan_add(Plan *plan, Span at, int64_t size)
{
    if (!clock_change(&plan->clock, at, size))
        return false;
    plan->point[plan->points] = at;
    plan->size[plan->points++] = size;
    return true;
}

static int draw(uint64_t *at, int below)
{
    return (int)(rng_draw(7, RNG_ORDER, 0, (*at)++).word[0] % (uint32_t)below);
}

static void plan_draw(Plan *plan, uint64_t *at)
{
    static const double longest[] = {[SPAN_STEPS] = 200, [SPAN_EPOCHS] = 40, [SPAN_SAMPLES] = 4000};
    plan_start(plan, 1 + draw(at, 50));
    for (int i = 0; i < MOST; i++) {
        int unit = draw(at, 3);
        double count = longest[unit] * (i + 1) / MOST * draw(at, 1000) / 1000;
        Span span = {unit == SPAN_EPOCHS ? count : (double)(int64_t)count, unit};
        plan_add(plan, span, 1 + draw(at, 60));
    }
}

/* The promise, word for word: a size holds from the first step on that begins at or after it. */
static int64_t naive_size(const Plan *plan, int64_t first, int64_t step, int64_t samples)
{
    int64_t size = first;
    for (int i = 0; i < plan->points; i++) {
        Span at = plan->point[i];
        double unit = at.unit == SPAN_EPOCHS ? EPOCH : 1;
        bool passed = at.unit == SPAN_STEPS ? (double)step >= at.count
                                            : samples >= (int64_t)(at.count * unit + 0.5);
        size = passed ? plan->size[i] : size;
    }
    return size;
}

static void brute_force(void)
{
    int wrong = 0, changed = 0;
    uint64_t at = 0;
    for (int p = 0; p < PLANS; p++) {
        Plan plan;
        plan_draw(&plan, &at);
        int64_t samples = 0, before = plan.clock.batch;
        for (int64_t step = 0; step < STEPS; step++) {
            int64_t size = naive_size(&plan, plan.clock.batch, step, samples);
            wrong += clock_before(&plan.clock, step) != samples;
            wrong += clock_batch(&plan.clock, samples) != size;
            changed += size != before;
            before = size;
            samples += size;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(changed > PLANS); /* or it would prove nothing */
}

static void inverse(void)
{
    int wrong = 0;
    uint64_t at = 0;
    for (int p = 0; p < PLANS; p++) {
        Plan plan;
        plan_draw(&plan, &at);
        for (int64_t step = 0; step < STEPS; step++) {
            int64_t from = clock_before(&plan.clock, step);
            int64_t to = clock_before(&plan.clock, step + 1);
            wrong += clock_steps(&plan.clock, from) != step;
            for (int64_t s = from + 1; s <= to; s++)
                wrong += clock_steps(&plan.clock, s) != step + 1;
            wrong += clock_samples(&plan.clock, (Span){(double)step, SPAN_STEPS}) != from;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void steady(void)
{
    Clock clock = {.epoch = EPOCH, .batch = 40};
    for (int64_t step = 0; step < 100; step++)
        CU_ASSERT(clock_before(&clock, step) == 40 * step && clock_batch(&clock, 40 * step) == 40);
    CU_ASSERT(clock_steps(&clock, 81) == 3 && clock_steps(&clock, 80) == 2);
    CU_ASSERT_EQUAL(clock_samples(&clock, (Span){2.5, SPAN_STEPS}), 100);
}

static void within_a_step(void)
{
    Plan plan;
    plan_start(&plan, 40); /* steps begin at 0 40 80 120, and from there on every 100 */
    CU_ASSERT(plan_add(&plan, (Span){1, SPAN_EPOCHS}, 100));
    CU_ASSERT(plan.change[0].step == 3 && plan.change[0].samples == 120);
    CU_ASSERT(clock_batch(&plan.clock, 80) == 40 && clock_batch(&plan.clock, 120) == 100);
    CU_ASSERT_EQUAL(clock_samples(&plan.clock, (Span){4, SPAN_STEPS}), 220);
    CU_ASSERT_EQUAL(clock_samples(&plan.clock, (Span){1, SPAN_EPOCHS}), EPOCH);
}

/* A step that begins behind two points has the size of the later one. */
static void gives_way(void)
{
    Plan plan;
    plan_start(&plan, 40);
    CU_ASSERT(plan_add(&plan, (Span){41, SPAN_SAMPLES}, 50));
    CU_ASSERT(plan_add(&plan, (Span){42, SPAN_SAMPLES}, 10));
    CU_ASSERT(plan.clock.changes == 1 && plan.change[0].step == 2 && plan.change[0].size == 10);
    CU_ASSERT_EQUAL(clock_before(&plan.clock, 3), 90);
}

static void out_of_order(void)
{
    Plan plan;
    plan_start(&plan, 40);
    CU_ASSERT(!plan_add(&plan, (Span){0, SPAN_EPOCHS}, 50));
    CU_ASSERT(plan_add(&plan, (Span){1, SPAN_EPOCHS}, 50));
    CU_ASSERT(!plan_add(&plan, (Span){1, SPAN_EPOCHS}, 60));
    CU_ASSERT(!plan_add(&plan, (Span){2, SPAN_STEPS}, 60)); /* 80 samples */
    CU_ASSERT(!plan_add(&plan, (Span){EPOCH, SPAN_SAMPLES}, 60));
    CU_ASSERT(plan.clock.changes == 1 && plan.change[0].size == 50);
    CU_ASSERT(plan_add(&plan, (Span){4, SPAN_STEPS}, 60)); /* 170 samples */
    CU_ASSERT(plan.clock.changes == 2 && plan.change[1].samples == 170);
}

static void reached(void)
{
    Plan plan;
    plan_start(&plan, 40);
    CU_ASSERT(plan_add(&plan, (Span){3, SPAN_STEPS}, 50));
    CU_ASSERT(plan_add(&plan, (Span){7, SPAN_STEPS}, 60));
    static const int counts[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3}; /* by length */
    for (int length = 0; length < 10; length++)
        CU_ASSERT_EQUAL(clock_stretches(&plan.clock, length), counts[length]);
    CU_ASSERT(clock_stretch(&plan.clock, 0).size == 40 && clock_stretch(&plan.clock, 2).step == 7);
}

static void far_away(void)
{
    Plan plan;
    plan_start(&plan, 1000000);
    CU_ASSERT(plan_add(&plan, (Span){1e300, SPAN_STEPS}, 50));
    CU_ASSERT(!plan_add(&plan, (Span){1e300, SPAN_EPOCHS}, 50));
    CU_ASSERT(plan.change[0].samples == 1000000000000000 && plan.change[0].step == 1000000000);
    CU_ASSERT_EQUAL(clock_steps(&plan.clock, 1000000000000000), 1000000000);
}

static const Promise promises[] = {
    {"a size holds from the first step on that begins at or after its point", within_a_step},
    {"a batch that stays is steps times batch", steady},
    {"random plans are walked as a loop over steps walks them", brute_force},
    {"steps to samples and samples to steps are inverse", inverse},
    {"of two points before one step the later one counts", gives_way},
    {"a point that is not behind the one before is refused and changes nothing", out_of_order},
    {"a run of some length comes to the sizes that begin before its end", reached},
    {"absurd spans do not overflow", far_away},
    {0}};

int main(void)
{
    return unit_run("clock", promises);
}
