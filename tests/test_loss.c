/* Losses against their definitions in double, the counts beside them, and what happens at the
 * edges: huge logits, ties, padding lanes, not-a-number. */
#include "model.h"
#include "nn/loss.h"
#include "unit.h"

enum { SAMPLES = 17, OUTPUTS = 5, LANES_USED = 32 };

typedef struct Bench {
    Conf *conf;
    Arena arena;
    Loss loss;
    Batch batch;
    int32_t label[LANES_USED];
    double *rows_y, *rows_target, weight[SAMPLES];
    Real *y, *target, *packed_weight, *dy;
    Targets targets;
    double scalars[SCALAR_COUNT];
} Bench;

static Err loss_of(Bench *b, const char *text, int outputs, int targets)
{
    TRY(conf_parse(&b->conf, "test.yaml", text, NULL, 0));
    return loss_build(&b->loss, conf_get(conf_root(b->conf), "loss"), &b->arena, outputs, targets,
                      LANES_USED);
}

static void bench_open(Bench *b, const char *text)
{
    *b = (Bench){.batch = batch_open(SAMPLES, true)};
    Err err = loss_of(b, text, OUTPUTS, OUTPUTS);
    CHECK(!err, "%s", err_text(err));
    b->rows_y = noise(SAMPLES * OUTPUTS, 1);
    b->rows_target = noise(SAMPLES * OUTPUTS, 2);
    for (int lane = 0; lane < LANES_USED; lane++)
        b->label[lane] = lane < SAMPLES ? lane * 7 % OUTPUTS : 1 << 30; /* rubbish in the padding */
    for (int s = 0; s < SAMPLES; s++)
        b->weight[s] = s % 3 * 0.5;
    b->y = batch_pack(&b->batch, b->rows_y, OUTPUTS);
    b->target = batch_pack(&b->batch, b->rows_target, OUTPUTS);
    b->packed_weight = batch_pack(&b->batch, b->weight, 1);
    b->dy = mem_alloc(OUTPUTS * LANES_USED, sizeof(Real));
    b->targets = (Targets){b->label, b->target, b->packed_weight};
}

static void bench_run(Bench *b)
{
    for (int i = 0; i < OUTPUTS * LANES_USED; i++)
        b->dy[i] = NAN;
    loss_run(&b->loss, &b->batch.pass, b->y, &b->targets, b->scalars, b->dy);
}

static void bench_close(Bench *b)
{
    void *garbage[] = {b->rows_y, b->rows_target, b->y, b->target, b->packed_weight, b->dy};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        mem_free(garbage[i]);
    batch_close(&b->batch);
    arena_free(&b->arena);
    conf_free(b->conf);
}

static double naive_cross_entropy(const Bench *b, double *dy)
{
    double total = 0;
    for (int s = 0; s < SAMPLES; s++) {
        const double *y = b->rows_y + s * OUTPUTS;
        double sum = 0;
        for (int k = 0; k < OUTPUTS; k++)
            sum += exp(y[k]);
        total += b->weight[s] * (log(sum) - y[b->label[s]]);
        for (int k = 0; k < OUTPUTS; k++)
            dy[s * OUTPUTS + k] = b->weight[s] * (exp(y[k]) / sum - (k == b->label[s]));
    }
    return total;
}

static double naive_squared_error(const Bench *b, double *dy)
{
    double total = 0;
    for (int s = 0; s < SAMPLES; s++)
        for (int k = 0; k < OUTPUTS; k++) {
            double error = b->rows_y[s * OUTPUTS + k] - b->rows_target[s * OUTPUTS + k];
            total += b->weight[s] * error * error / OUTPUTS;
            dy[s * OUTPUTS + k] = b->weight[s] * 2 * error / OUTPUTS;
        }
    return total;
}

static void expect_definition(const char *text, double (*naive)(const Bench *, double *))
{
    Bench b;
    bench_open(&b, text);
    double *want = mem_alloc(SAMPLES * OUTPUTS, sizeof *want);
    double loss = naive(&b, want);
    bench_run(&b);
    double *got = batch_unpack(&b.batch, b.dy, OUTPUTS);
    CU_ASSERT(difference(got, want, SAMPLES * OUTPUTS) <= 8 * REAL_EPSILON);
    CU_ASSERT(fabs(b.scalars[SCALAR_LOSS] - loss) <= 8 * REAL_EPSILON * loss);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_SAMPLES], SAMPLES);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_WEIGHT], 8);
    for (int k = 0; k < OUTPUTS; k++)
        for (int lane = SAMPLES; lane < LANES_USED; lane++)
            CU_ASSERT_EQUAL(b.dy[k * LANES_USED + lane], 0);
    double scalars[SCALAR_COUNT];
    loss_run(&b.loss, &b.batch.pass, b.y, &b.targets, scalars, NULL);
    CU_ASSERT(memcmp(scalars, b.scalars, sizeof scalars) == 0);
    mem_free(got);
    mem_free(want);
    bench_close(&b);
}

static void cross_entropy_is_its_definition(void)
{
    expect_definition("loss: cross_entropy", naive_cross_entropy);
}

static void squared_error_is_its_definition(void)
{
    expect_definition("loss: mse", naive_squared_error);
}

static void huge_logits_do_not_overflow(void)
{
    Bench b;
    bench_open(&b, "loss: cross_entropy");
    for (int i = 0; i < OUTPUTS * LANES_USED; i++)
        b.y[i] *= (Real)1e30;
    bench_run(&b);
    CU_ASSERT(isfinite(b.scalars[SCALAR_LOSS]));
    for (int i = 0; i < OUTPUTS * LANES_USED; i++)
        CU_ASSERT(isfinite(b.dy[i]));
    bench_close(&b);
}

static void the_first_of_equals_is_the_answer(void)
{
    Bench b;
    bench_open(&b, "loss: cross_entropy");
    for (int s = 0; s < SAMPLES; s++)
        for (int k = 0; k < OUTPUTS; k++)
            b.y[k * LANES_USED + s] = k == 1 || k == 3 ? 2 : -1;
    for (int s = 0; s < SAMPLES; s++)
        b.label[s] = s < 5 ? 1 : 3;
    bench_run(&b);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_CORRECT], 5);
    bench_close(&b);
}

/* Whatever a net makes of an empty lane, even not-a-number, nothing comes of it. */
static void padding_is_silent(void)
{
    static const char *const texts[] = {"loss: cross_entropy", "loss: mse"};
    for (int t = 0; t < 2; t++) {
        Bench b;
        bench_open(&b, texts[t]);
        bench_run(&b);
        double loss = b.scalars[SCALAR_LOSS];
        for (int k = 0; k < OUTPUTS; k++)
            for (int lane = SAMPLES; lane < LANES_USED; lane++)
                b.y[k * LANES_USED + lane] = b.target[k * LANES_USED + lane] = NAN;
        bench_run(&b);
        CU_ASSERT_EQUAL(b.scalars[SCALAR_LOSS], loss);
        for (int k = 0; k < OUTPUTS; k++)
            for (int lane = SAMPLES; lane < LANES_USED; lane++)
                CU_ASSERT_EQUAL(b.dy[k * LANES_USED + lane], 0);
        bench_close(&b);
    }
}

static void not_a_number_is_not_hidden(void)
{
    static const char *const texts[] = {"loss: cross_entropy", "loss: mse"};
    for (int t = 0; t < 2; t++)
        for (int k = 0; k < OUTPUTS; k++) {
            Bench b;
            bench_open(&b, texts[t]);
            b.y[k * LANES_USED + 4] = NAN;
            bench_run(&b);
            CU_ASSERT(isnan(b.scalars[SCALAR_LOSS]));
            bench_close(&b);
        }
}

static void misfits_are_explained(void)
{
    static const struct {
        const char *text, *words;
        int outputs, targets;
    } wrong[] = {
        {"loss: cross_entropy", "the net has 3 outputs, but the data have 4 classes", 3, 4},
        {"loss: mse", "the net has 3 outputs, but the data have 1 target value", 3, 1},
        {"loss: cross_entrpy", "did you mean \"cross_entropy\"?", 3, 3},
        {"loss: {mse: {k: 1}}", "unknown key \"k\"", 3, 3},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Bench b = {0};
        Err err = loss_of(&b, wrong[i].text, wrong[i].outputs, wrong[i].targets);
        CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
        const char *text = err ? err_text(err) : "no error";
        if (!strstr(text, wrong[i].words))
            printf("%s: %s\n", wrong[i].text, text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wrong[i].words));
        err_free(err);
        arena_free(&b.arena);
        conf_free(b.conf);
    }
}

static const Promise promises[] = {
    {"cross_entropy and its gradient are their definition", cross_entropy_is_its_definition},
    {"mse and its gradient are their definition", squared_error_is_its_definition},
    {"huge logits do not overflow", huge_logits_do_not_overflow},
    {"of equal outputs the first is the answer", the_first_of_equals_is_the_answer},
    {"padding lanes are silent, whatever is in them", padding_is_silent},
    {"an output that is not a number makes the loss not a number", not_a_number_is_not_hidden},
    {"a loss that does not fit the net or the data is explained", misfits_are_explained},
    {0},
};

int main(void)
{
    return unit_run("loss", promises);
}
