/* Losses against their definitions in double, the counts beside them, and what happens at the
 * edges: huge logits, ties, padding lanes, not-a-number. */
#include "base/log.h"
#include "model.h"
#include "nn/loss.h"
#include "unit.h"

enum { SAMPLES = 17, OUTPUTS = 5, LANES_USED = 32 };

/* A loss with its settings, for classes or for values, and its definition in double: the loss of
 * one sample of weight v; y and t are its rows. */
typedef struct Bench Bench;
typedef struct Case {
    const char *text;
    bool classes;
    int outputs;
    double (*naive)(const Bench *b, double v, const double *y, const double *t, int label);
} Case;

struct Bench {
    const Case *c;
    Conf *conf;
    Arena arena;
    Loss loss;
    Batch batch;
    int32_t label[LANES_USED];
    double *rows_y, *rows_target, weight[SAMPLES];
    Real *y, *target, *packed_weight, *dy;
    Targets targets;
    double scalars[SCALAR_COUNT];
};

static const double class_weights[OUTPUTS] = {0.5, 2, 0, 1, 3};

static double log_probability(const Bench *b, const double *y, int k)
{
    double sum = 0;
    for (int j = 0; j < b->c->outputs; j++)
        sum += exp(y[j]);
    return y[k] - log(sum);
}

static double plain(const Bench *b, double v, const double *y, const double *t, int label)
{
    (void)t;
    return -v * log_probability(b, y, label);
}

static double weighted(const Bench *b, double v, const double *y, const double *t, int label)
{
    return class_weights[label] * plain(b, v, y, t, label);
}

static double smooth(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0.9 * plain(b, v, y, t, label);
    for (int k = 0; k < OUTPUTS; k++)
        loss += 0.1 / OUTPUTS * plain(b, v, y, t, k);
    return loss;
}

static double smooth_weighted(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0.7 * weighted(b, v, y, t, label);
    for (int k = 0; k < OUTPUTS; k++)
        loss += 0.3 / OUTPUTS * weighted(b, v, y, t, k);
    return loss;
}

static double binary(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0;
    for (int k = 0; k < b->c->outputs; k++) {
        double p = 1 / (1 + exp(-y[k])), truth = b->c->classes ? label : t[k];
        loss -= v * (truth * log(p) + (1 - truth) * log(1 - p)) / b->c->outputs;
    }
    return loss;
}

static double sum_squares(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0 * label;
    for (int k = 0; k < b->c->outputs; k++)
        loss += v * (y[k] - t[k]) * (y[k] - t[k]);
    return loss;
}

static double mse(const Bench *b, double v, const double *y, const double *t, int label)
{
    return sum_squares(b, v, y, t, label) / b->c->outputs;
}

static double l1(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0 * label;
    for (int k = 0; k < b->c->outputs; k++)
        loss += v * fabs(y[k] - t[k]) / b->c->outputs;
    return loss;
}

static double huber(const Bench *b, double v, const double *y, const double *t, int label)
{
    double loss = 0 * label, delta = 0.4;
    for (int k = 0; k < b->c->outputs; k++) {
        double e = fabs(y[k] - t[k]);
        loss += v * (e <= delta ? e * e / 2 : delta * (e - delta / 2)) / b->c->outputs;
    }
    return loss;
}

#define WEIGHTS "class_weights: [0.5, 2, 0, 1, 3]"

static const Case cases[] = {
    {"loss: cross_entropy", true, OUTPUTS, plain},
    {"loss: {cross_entropy: {" WEIGHTS "}}", true, OUTPUTS, weighted},
    {"loss: {cross_entropy: {label_smoothing: 0.1}}", true, OUTPUTS, smooth},
    {"loss: {cross_entropy: {label_smoothing: 0.3, " WEIGHTS "}}", true, OUTPUTS, smooth_weighted},
    {"loss: sigmoid_cross_entropy", true, 1, binary},
    {"loss: sigmoid_cross_entropy", false, 1, binary},
    {"loss: sigmoid_cross_entropy", false, OUTPUTS, binary},
    {"loss: mse", false, OUTPUTS, mse},
    {"loss: mse", false, 1, mse},
    {"loss: sum_squares", false, OUTPUTS, sum_squares},
    {"loss: l1", false, OUTPUTS, l1},
    {"loss: {huber: 0.4}", false, OUTPUTS, huber},
};
enum { CASES = sizeof cases / sizeof *cases };

static Err loss_of(Bench *b, const char *text, Task task)
{
    TRY(conf_parse(&b->conf, "test.yaml", text, NULL, 0));
    return loss_build(&b->loss, conf_get(conf_root(b->conf), "loss"), &b->arena, task, LANES_USED);
}

static void bench_open(Bench *b, const Case *c)
{
    int n = c->outputs, classes = n == 1 ? 2 : n;
    *b = (Bench){.c = c, .batch = batch_open(SAMPLES, true)};
    Err err = loss_of(
        b, c->text,
        (Task){.outputs = n, .classes = c->classes ? classes : 0, .values = c->classes ? 0 : n});
    CHECK(!err, "%s", err_text(err));
    b->rows_y = noise(SAMPLES * n, 1);
    b->rows_target = noise(SAMPLES * n, 2);
    for (int lane = 0; lane < LANES_USED; lane++)
        b->label[lane] = lane < SAMPLES ? lane * 7 % classes : 1 << 30; /* rubbish in the padding */
    for (int s = 0; s < SAMPLES; s++)
        b->weight[s] = s % 3 * 0.5;
    b->y = batch_pack(&b->batch, b->rows_y, n);
    b->target = batch_pack(&b->batch, b->rows_target, n);
    b->packed_weight = batch_pack(&b->batch, b->weight, 1);
    b->dy = mem_alloc(n * LANES_USED, sizeof(Real));
    b->targets =
        (Targets){c->classes ? b->label : NULL, c->classes ? NULL : b->target, b->packed_weight};
}

static void bench_run(Bench *b)
{
    for (int i = 0; i < b->c->outputs * LANES_USED; i++)
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

/* The definition over all samples, and its slopes by central differences. */
static double naive(const Bench *b, double *slopes)
{
    const double step = 1e-5;
    int n = b->c->outputs;
    double total = 0;
    for (int s = 0; s < SAMPLES; s++) {
        double *y = b->rows_y + s * n, *t = b->rows_target + s * n, v = b->weight[s];
        total += b->c->naive(b, v, y, t, b->label[s]);
        for (int k = 0; k < n; k++) {
            double here = y[k];
            y[k] = here + step;
            double above = b->c->naive(b, v, y, t, b->label[s]);
            y[k] = here - step;
            slopes[s * n + k] = (above - b->c->naive(b, v, y, t, b->label[s])) / (2 * step);
            y[k] = here;
        }
    }
    return total;
}

static void expect_definition(const Case *c)
{
    Bench b;
    bench_open(&b, c);
    double *want = mem_alloc(SAMPLES * c->outputs, sizeof *want), weight = 0;
    double loss = naive(&b, want);
    for (int s = 0; s < SAMPLES; s++)
        weight += b.weight[s] * (strstr(c->text, "weights") ? class_weights[b.label[s]] : 1);
    bench_run(&b);
    double *got = batch_unpack(&b.batch, b.dy, c->outputs);
    double error = difference(got, want, SAMPLES * c->outputs);
    double off = fabs(b.scalars[SCALAR_LOSS] - loss) / loss;
    if (!(error <= 1e-9 + 8 * REAL_EPSILON) || !(off <= 8 * REAL_EPSILON))
        printf("%s: gradient off by %g, loss by %g\n", c->text, error, off);
    CU_ASSERT(error <= 1e-9 + 8 * REAL_EPSILON);
    CU_ASSERT(off <= 8 * REAL_EPSILON);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_SAMPLES], SAMPLES);
    CU_ASSERT(fabs(b.scalars[SCALAR_WEIGHT] - weight) <= 1e-12);
    CU_ASSERT_EQUAL(loss_weigh(&b.loss, &b.batch.pass, &b.targets), b.scalars[SCALAR_WEIGHT]);
    for (int k = 0; k < c->outputs; k++)
        for (int lane = SAMPLES; lane < LANES_USED; lane++)
            CU_ASSERT_EQUAL(b.dy[k * LANES_USED + lane], 0);
    double scalars[SCALAR_COUNT];
    loss_run(&b.loss, &b.batch.pass, b.y, &b.targets, scalars, NULL);
    CU_ASSERT(memcmp(scalars, b.scalars, sizeof scalars) == 0);
    mem_free(got);
    mem_free(want);
    bench_close(&b);
}

static void losses_are_their_definitions(void)
{
    for (int c = 0; c < CASES; c++)
        expect_definition(&cases[c]);
}

static void every_loss_has_a_case(void)
{
    for (const LossType *const *type = loss_types; *type; type++) {
        int found = 0;
        for (int c = 0; c < CASES; c++)
            found += strstr(cases[c].text, (*type)->name) != NULL;
        CU_ASSERT(found > 0 && strlen((*type)->help) > 0);
    }
}

static void huge_logits_do_not_overflow(void)
{
    static const int entropies[] = {0, 3, 4, 6};
    for (int i = 0; i < 4; i++) {
        Bench b;
        bench_open(&b, &cases[entropies[i]]);
        for (int e = 0; e < b.c->outputs * LANES_USED; e++)
            b.y[e] *= (Real)1e30;
        bench_run(&b);
        CU_ASSERT(isfinite(b.scalars[SCALAR_LOSS]));
        for (int e = 0; e < b.c->outputs * LANES_USED; e++)
            CU_ASSERT(isfinite(b.dy[e]));
        bench_close(&b);
    }
}

/* log(1 + exp(-30)) is not 0 in float either. */
static void sure_answers_still_cost_something(void)
{
    Bench b;
    bench_open(&b, &cases[5]);
    for (int s = 0; s < SAMPLES; s++) {
        b.y[s] = 30;
        b.target[s] = 1;
    }
    bench_run(&b);
    CU_ASSERT(fabs(b.scalars[SCALAR_LOSS] / (b.scalars[SCALAR_WEIGHT] * exp(-30)) - 1) < 1e-6);
    bench_close(&b);
}

static void the_first_of_equals_is_the_answer(void)
{
    Bench b;
    const Case top = {"loss: {cross_entropy: {top_k: 2}}", true, OUTPUTS, plain};
    bench_open(&b, &top);
    for (int s = 0; s < SAMPLES; s++)
        for (int k = 0; k < OUTPUTS; k++)
            b.y[k * LANES_USED + s] = k == 1 || k == 3 || k == 4 ? 2 : -1;
    for (int s = 0; s < SAMPLES; s++)
        b.label[s] = s < 5 ? 1 : s < 9 ? 3 : 4;
    bench_run(&b);
    int32_t label[LANES_USED];
    loss_predict(&b.loss, &b.batch.pass, b.y, NULL, label);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_CORRECT], 5);
    CU_ASSERT_EQUAL(b.scalars[SCALAR_TOP], 9);
    CU_ASSERT_EQUAL(label[0], 1);
    CU_ASSERT_EQUAL(loss_accuracy(&b.loss, b.scalars), 5.0 / SAMPLES);
    CU_ASSERT_EQUAL(loss_figure(&b.loss, FIGURE_TOP, b.scalars), 9.0 / SAMPLES);
    CU_ASSERT(isnan(loss_figure(&b.loss, FIGURE_RMSE, b.scalars)));
    bench_close(&b);
}

static void two_answers_are_counted(void)
{
    for (int c = 4; c <= 6; c++) {
        Bench b;
        bench_open(&b, &cases[c]);
        int right = 0, n = b.c->outputs;
        for (int i = 0; i < SAMPLES * n; i++) {
            double truth = b.c->classes ? b.label[i] : b.rows_target[i];
            right += (b.rows_y[i] > 0) == (truth > 0.5);
        }
        bench_run(&b);
        CU_ASSERT_EQUAL(b.scalars[SCALAR_CORRECT], right);
        CU_ASSERT_EQUAL(loss_accuracy(&b.loss, b.scalars), right / (double)(SAMPLES * n));
        bench_close(&b);
    }
}

static void figures_of_regression_are_their_definitions(void)
{
    for (int c = 7; c < CASES; c++) {
        Bench b;
        bench_open(&b, &cases[c]);
        int n = SAMPLES * b.c->outputs;
        double square = 0, size = 0, mean = 0, spread = 0;
        for (int i = 0; i < n; i++) {
            double e = b.rows_y[i] - b.rows_target[i];
            square += e * e;
            size += fabs(e);
            mean += b.rows_target[i] / n;
        }
        for (int i = 0; i < n; i++)
            spread += (b.rows_target[i] - mean) * (b.rows_target[i] - mean);
        bench_run(&b);
        const double want[FIGURE_COUNT] = {NAN, sqrt(square / n), size / n, 1 - square / spread};
        for (Figure f = 0; f < FIGURE_COUNT; f++) {
            double got = loss_figure(&b.loss, f, b.scalars);
            bool none = f == FIGURE_TOP || (f == FIGURE_R2 && b.c->outputs > 1);
            CU_ASSERT(isnan(got) == none);
            CU_ASSERT(none || fabs(got - want[f]) <= 8 * REAL_EPSILON * fabs(want[f]));
        }
        CU_ASSERT(isnan(loss_accuracy(&b.loss, b.scalars)));
        bench_close(&b);
    }
}

static void answers_are_probabilities_or_values(void)
{
    for (int c = 0; c < CASES; c++) {
        Bench b;
        bench_open(&b, &cases[c]);
        int n = b.c->outputs;
        int32_t label[LANES_USED];
        loss_predict(&b.loss, &b.batch.pass, b.y, b.dy, label);
        double *got = batch_unpack(&b.batch, b.dy, n);
        double *want = mem_alloc(SAMPLES * n, sizeof *want);
        for (int s = 0; s < SAMPLES; s++) {
            int best = n == 1 ? b.rows_y[s] > 0 : 0;
            for (int k = 0; k < n; k++) {
                double y = b.rows_y[s * n + k];
                want[s * n + k] = c < 4   ? exp(log_probability(&b, b.rows_y + s * n, k))
                                  : c < 7 ? 1 / (1 + exp(-y))
                                          : y;
                best = n > 1 && y > b.rows_y[s * n + best] ? k : best;
            }
            if (b.c->classes)
                CU_ASSERT_EQUAL(label[s], best);
        }
        CU_ASSERT(difference(got, want, SAMPLES * n) <= 8 * REAL_EPSILON);
        mem_free(got);
        mem_free(want);
        bench_close(&b);
    }
}

/* Samples without targets: counted, and answered as those with targets are. */
static void unlabelled_samples_are_answered(void)
{
    for (int c = 0; c < CASES; c++) {
        Bench b, plain = {0};
        double scalars[SCALAR_COUNT];
        int32_t got[LANES_USED], want[LANES_USED];
        bench_open(&b, &cases[c]);
        CU_ASSERT_PTR_NULL_FATAL(
            loss_of(&plain, cases[c].text, (Task){.outputs = cases[c].outputs}));
        Targets none = {.weight = b.packed_weight};
        loss_run(&plain.loss, &b.batch.pass, b.y, &none, scalars, NULL);
        CU_ASSERT(scalars[SCALAR_LOSS] == 0 && scalars[SCALAR_SAMPLES] == SAMPLES);
        if (cases[c].classes) {
            loss_predict(&b.loss, &b.batch.pass, b.y, NULL, want);
            loss_predict(&plain.loss, &b.batch.pass, b.y, NULL, got);
            CU_ASSERT(memcmp(got, want, SAMPLES * sizeof *got) == 0);
        }
        b.y[LANES_USED * (cases[c].outputs - 1)] = NAN;
        loss_run(&plain.loss, &b.batch.pass, b.y, &none, scalars, NULL);
        CU_ASSERT(isnan(scalars[SCALAR_LOSS]));
        arena_free(&plain.arena);
        conf_free(plain.conf);
        bench_close(&b);
    }
}

/* Whatever a net makes of an empty lane, even not-a-number, nothing comes of it. */
static void padding_is_silent(void)
{
    for (int c = 0; c < CASES; c++) {
        Bench b;
        double scalars[SCALAR_COUNT];
        bench_open(&b, &cases[c]);
        bench_run(&b);
        memcpy(scalars, b.scalars, sizeof scalars);
        for (int k = 0; k < b.c->outputs; k++)
            for (int lane = SAMPLES; lane < LANES_USED; lane++)
                b.y[k * LANES_USED + lane] = b.target[k * LANES_USED + lane] = NAN;
        bench_run(&b);
        CU_ASSERT(memcmp(b.scalars, scalars, sizeof scalars) == 0);
        for (int k = 0; k < b.c->outputs; k++)
            for (int lane = SAMPLES; lane < LANES_USED; lane++)
                CU_ASSERT_EQUAL(b.dy[k * LANES_USED + lane], 0);
        bench_close(&b);
    }
}

static void not_a_number_is_not_hidden(void)
{
    for (int c = 0; c < CASES; c++)
        for (int k = 0; k < cases[c].outputs; k++) {
            Bench b;
            bench_open(&b, &cases[c]);
            b.y[k * LANES_USED + 4] = NAN;
            bench_run(&b);
            CU_ASSERT(isnan(b.scalars[SCALAR_LOSS]));
            bench_close(&b);
        }
}

static void expect_warning(const Case *c, const char *last, bool expected)
{
    Bench b;
    bench_open(&b, c);
    FILE *log = tmpfile();
    char text[512] = "";
    const Layer layer = {.type = layer_type(last), .name = "the_last", .position = 5};
    log_to(log);
    loss_warn(&b.loss, &layer);
    log_to(NULL);
    rewind(log);
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    fclose(log);
    CU_ASSERT_EQUAL(strstr(text, "layer 5 (the_last)") != NULL, expected);
    bench_close(&b);
}

static void a_second_softmax_is_warned_of(void)
{
    expect_warning(&cases[0], "softmax", true);
    expect_warning(&cases[0], "sigmoid", true);
    expect_warning(&cases[4], "sigmoid", true);
    expect_warning(&cases[0], "dense", false);
    expect_warning(&cases[7], "sigmoid", false);
}

static void misfits_are_explained(void)
{
    static const struct {
        const char *text, *words;
        struct {
            int outputs, classes, values;
        } task;
    } wrong[] = {
        {"loss: cross_entropy", "with 3 outputs; cross_entropy wants one for each of 4", {3, 4, 0}},
        {"loss: cross_entropy", "sigmoid_cross_entropy takes one output", {1, 2, 0}},
        {"loss: cross_entropy",
         "wants integer classes, but y of the data is real values",
         {3, 0, 3}},
        {"loss: mse", "with 3 outputs; mse wants 1: one for each target", {3, 0, 1}},
        {"loss: l1", "l1 wants real values, but y of the data is classes", {3, 3, 0}},
        {"loss: sigmoid_cross_entropy", "the labels of the data are 0 to 2", {3, 3, 0}},
        {"loss: sigmoid_cross_entropy",
         "with 2 outputs; sigmoid_cross_entropy wants one, for",
         {2, 2, 0}},
        {"loss: sigmoid_cross_entropy",
         "with 2 outputs; sigmoid_cross_entropy wants 3: one",
         {2, 0, 3}},
        {"loss: cross_entrpy", "did you mean \"cross_entropy\"?", {3, 3, 0}},
        {"loss: {mse: {k: 1}}", "unknown key \"k\"", {3, 0, 3}},
        {"loss: {cross_entropy: {class_weights: [1, 2]}}", "a list of 3 numbers", {3, 3, 0}},
        {"loss: {cross_entropy: {class_weights: [1, 2, -1]}}", "a number from 0", {3, 3, 0}},
        {"loss: {cross_entropy: {class_weights: [1, 2, x]}}", "a number from 0", {3, 3, 0}},
        {"loss: {cross_entropy: {top_k: 3}}", "always among the 3 largest", {3, 3, 0}},
        {"loss: {cross_entropy: {label_smoothing: 2}}", "from 0 to 1", {3, 3, 0}},
        {"loss: {huber: 0}", "from 1e-09", {3, 0, 3}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Bench b = {0};
        Err err = loss_of(&b, wrong[i].text,
                          (Task){.outputs = wrong[i].task.outputs,
                                 .classes = wrong[i].task.classes,
                                 .values = wrong[i].task.values});
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
    {"every loss has a case here", every_loss_has_a_case},
    {"losses and their gradients are their definitions", losses_are_their_definitions},
    {"huge logits do not overflow", huge_logits_do_not_overflow},
    {"a sure answer still costs something", sure_answers_still_cost_something},
    {"yes and no are counted right", two_answers_are_counted},
    {"RMSE, MAE and R squared are their definitions", figures_of_regression_are_their_definitions},
    {"answers are probabilities, values and classes", answers_are_probabilities_or_values},
    {"samples without targets are counted and answered", unlabelled_samples_are_answered},
    {"of equal outputs the first is the answer", the_first_of_equals_is_the_answer},
    {"padding lanes are silent, whatever is in them", padding_is_silent},
    {"an output that is not a number makes the loss not a number", not_a_number_is_not_hidden},
    {"a net that ends in the loss's own softmax or sigmoid is warned of",
     a_second_softmax_is_warned_of},
    {"a loss that does not fit the net or the data is explained", misfits_are_explained},
    {0},
};

int main(void)
{
    return unit_run("loss", promises);
}
