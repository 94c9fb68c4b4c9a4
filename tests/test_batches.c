/* batch.global as users write it: a number, `all`, a list of sizes; and what is said of mistakes.
 */
#include "train/batches.h"

#include "scratch.h"
#include "unit.h"

enum { EPOCH = 1000, MICRO = 16 };

typedef struct Planned {
    Conf *conf;
    Arena arena;
    Clock clock;
} Planned;

/* `global` is YAML; it stands in line 1. */
static Err plan(Planned *planned, const char *global)
{
    BatchPoints points;
    *planned = (Planned){0};
    const char *text = arena_text(&planned->arena, "global: %s\n", global);
    TRY(conf_parse(&planned->conf, "test.yaml", text, NULL, 0));
    TRY(batches_read(conf_get(conf_root(planned->conf), "global"), &points));
    return batches_clock(&points, EPOCH, MICRO, &planned->arena, &planned->clock);
}

static void plan_free(Planned *planned)
{
    conf_free(planned->conf);
    arena_free(&planned->arena);
}

static void numbers(void)
{
    static const struct {
        const char *global;
        int64_t batch;
    } rows[] = {{"256", 256},
                {"all", EPOCH},
                {"1", 1},
                {"4000", 4000},
                {"[{at: 0 epochs, size: all}]", EPOCH}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Planned p;
        CU_ASSERT(fine(plan(&p, rows[i].global)));
        CU_ASSERT(p.clock.batch == rows[i].batch && p.clock.changes == 0);
        CU_ASSERT_EQUAL(p.clock.epoch, EPOCH);
        plan_free(&p);
    }
}

static void lists(void)
{
    Planned p;
    CU_ASSERT_FATAL(fine(plan(&p, "[{at: 0 steps, size: 64}, {at: 1 epoch, size: 256},\n"
                                  " {size: all, at: 30 steps}, {at: 90000 samples, size: 16}]")));
    const BatchChange *c = p.clock.change;
    CU_ASSERT_FATAL(p.clock.batch == 64 && p.clock.changes == 3);
    CU_ASSERT(c[0].step == 16 && c[0].samples == 1024 && c[0].size == 256);
    CU_ASSERT(c[1].step == 30 && c[1].samples == 1024 + 14 * 256 && c[1].size == EPOCH);
    CU_ASSERT(c[2].step == 116 && c[2].samples == 4608 + 86 * EPOCH && c[2].size == 16);
    plan_free(&p);
}

static void said(void)
{
    static const char *const words[] = {"64", "64, from 1 epoch on 256",
                                        "64, from 1 epoch on 256, from 30 steps on 1000"};
    static const int64_t lengths[] = {16, 30, 31};
    Planned p;
    CU_ASSERT_FATAL(fine(plan(&p, "[{at: 0 steps, size: 64}, {at: 1 epoch, size: 256}, "
                                  "{at: 30 steps, size: all}]")));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_STRING_EQUAL(batches_text(&p.clock, lengths[i], &p.arena), words[i]);
    plan_free(&p);
}

static void refusals(void)
{
    static const struct {
        const char *global, *words;
    } rows[] = {
        {"[]", "test.yaml:1:9: the list of sizes is empty"},
        {"0", "test.yaml:1:9: expected an integer from 1"},
        {"9999999999999999999999", "expected an integer from 1 to 1000000000000, found"},
        {"-5", "expected a number of samples, or all, found \"-5\""},
        {"al", "expected a number of samples, or all, found \"al\""},
        {"{at: 0 epochs, size: 64}", "test.yaml:1:9: expected a number of samples, all, or a list"},
        {"[64, 128]", "test.yaml:1:10: expected settings"},
        {"[{at: 0 epochs}]", "test.yaml:1:10: \"size\" is missing"},
        {"[{size: 64}]", "test.yaml:1:10: \"at\" is missing"},
        {"[{at: 0 epochs, sise: 64}]", "test.yaml:1:25: unknown key \"sise\""},
        {"[{at: 0, size: 64}]", "test.yaml:1:15: expected a duration"},
        {"[{at: -1 epochs, size: 64}]", "expected a duration"},
        {"[{at: 0 epochs, size: 0}]", "test.yaml:1:31: expected an integer from 1"},
        {"[{at: 0 epochs, size: [64]}]", "test.yaml:1:31: expected an integer, or all"},
        {"[{at: 0 epochs, size: ~}]", "expected a value"},
        {"[{at: 1 epoch, size: 64}]",
         "test.yaml:1:15: the first size is that of the run's beginning"},
        {"[{at: 0 epochs, size: 64},\n  {at: 2 epochs, size: 128},\n  {at: 1 epoch, size: 256}]",
         "test.yaml:3:8: sizes stand in the order of the run, and this point (1000 samples) is not "
         "behind the one before it (2000 samples)"},
        {"[{at: 0 epochs, size: 64},\n  {at: 0 steps, size: 128}]",
         "test.yaml:2:8: sizes stand in"},
        {"[{at: 0 epochs, size: 64},\n  {at: 2 epochs, size: 128},\n  {at: 31 steps, size: 256}]",
         "test.yaml:3:8: sizes stand in the order of the run, and this point (1984 samples)"},
        {"[{at: 0 epochs, size: 64},\n  {at: 2 epochs, size: 1001}]",
         "test.yaml:2:24: a batch of 1001 is larger than the training part of 1000 samples; "
         "\"all\" is the whole of it"},
        {"[{at: 0 epochs, size: 15},\n  {at: 2 epochs, size: 64}]",
         "test.yaml:1:31: a batch of 15 is smaller than its micro-batches, which batch.micro says "
         "are of 16"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Planned p;
        CU_ASSERT(refused(plan(&p, rows[i].global), STATUS_USER, rows[i].words));
        plan_free(&p);
    }
}

static void leaves(void)
{
    CU_ASSERT(batches_leaves(1, 64) == 1 && batches_leaves(64, 64) == 1);
    CU_ASSERT(batches_leaves(65, 64) == 2 && batches_leaves(1000, 64) == 16);
}

static const Promise promises[] = {
    {"a number or all is a batch that stays", numbers},
    {"a list is a batch that changes, at steps, epochs or samples", lists},
    {"the sizes that a run comes to are said in one line", said},
    {"a list that makes no sense is refused with its place", refusals},
    {"a step has as few micro-batches as hold it", leaves},
    {0}};

int main(void)
{
    return unit_run("batches", promises);
}
