/* Optimizers against what PyTorch's, or where it has none their formulas, did with the same
 * gradients (golden/optim.txt), and that an update is elementwise: however the parameters are cut
 * into runs, the same bits. */
#include "optim/optim.h"

#include "base/rng.h"
#include "golden.h"
#include "model.h"
#include "scratch.h"
#include "unit.h"

#ifdef REAL_IS_DOUBLE
static const double tolerance = 1e-9;
#else
static const double tolerance = 1e-5;
#endif

static const char *const every_form[] = {
    "{type: sgd, weight_decay: 0.01}",
    "{type: sgd, momentum: 0.9, weight_decay: 0.01}",
    "{type: sgd, momentum: {ema: 0.9}, weight_decay: 0.01}",
    "{type: sgd, momentum: {nesterov: 0.9}, weight_decay: 0.01}",
    "{type: sgdw, weight_decay: 0.01}",
    "{type: sgdw, momentum: 0.9, weight_decay: 0.01}",
    "{type: sgdw, momentum: {ema: 0.9}, weight_decay: 0.01}",
    "{type: sgdw, momentum: {nesterov: 0.9}, weight_decay: 0.01}",
    "{type: adam, weight_decay: 0.01}",
    "{type: adam, weight_decay: 0.01, amsgrad: true}",
    "{type: adam, weight_decay: 0.01, eps_inside_root: true, bias_correction: false}",
    "{type: adamw, weight_decay: 0.01}",
    "{type: adamw, weight_decay: 0.01, amsgrad: true, eps_inside_root: true}",
    "{type: rmsprop, weight_decay: 0.01}",
    "{type: rmsprop, weight_decay: 0.01, centered: true}",
    "{type: rmsprop, weight_decay: 0.01, momentum: 0.9, eps_inside_root: true}",
    "{type: rmsprop, weight_decay: 0.01, momentum: 0.9, centered: true, eps_inside_root: true}",
    "{type: adagrad, weight_decay: 0.01, lr_decay: 0.1}",
    "{type: adagrad, weight_decay: 0.01, initial_accumulator_value: 0.1}",
    "{type: lars, weight_decay: 0.01}",
    "{type: lamb, weight_decay: 0.01}",
};

enum { FORMS = sizeof every_form / sizeof *every_form };

/* An optimizer and what it works on. */
typedef struct Bench {
    Conf *conf;
    Optim optim;
    int64_t n;
    Real *w, *g, *slot[OPTIM_SLOTS];
} Bench;

/* `section` is YAML, such as "{type: adam}". */
static Err build(Conf **conf, Optim *optim, const char *section)
{
    char text[1024];
    Node node;
    snprintf(text, sizeof text, "optimizer: %s\n", section);
    TRY(conf_parse(conf, "test.yaml", text, NULL, 0));
    TRY(conf_section(conf_root(*conf), "optimizer", &node));
    return optim_build(optim, node);
}

/* The slots before step 1. */
static void bench_start(Bench *bench)
{
    for (int s = 0; s < bench->optim.slots; s++)
        for (int64_t i = 0; i < bench->n; i++)
            bench->slot[s][i] = bench->optim.slot_start[s];
}

static void bench_open(Bench *bench, const char *section, int64_t n)
{
    *bench = (Bench){.n = n, .w = mem_alloc(n, sizeof(Real)), .g = mem_alloc(n, sizeof(Real))};
    CU_ASSERT_FATAL(fine(build(&bench->conf, &bench->optim, section)));
    for (int s = 0; s < bench->optim.slots; s++)
        bench->slot[s] = mem_alloc(n, sizeof(Real));
    bench_start(bench);
}

static void bench_close(Bench *bench)
{
    for (int s = 0; s < bench->optim.slots; s++)
        mem_free(bench->slot[s]);
    mem_free(bench->w);
    mem_free(bench->g);
    conf_free(bench->conf);
}

/* Step `step` of the elements [lo, hi). */
static void bench_update(Bench *bench, int64_t step, double rate, int64_t lo, int64_t hi)
{
    const Optim *optim = &bench->optim;
    Update update = {.n = hi - lo, .w = bench->w + lo, .g = bench->g + lo, .rate = (Real)rate};
    update.decay = (Real)optim->self->weight_decay;
    for (int s = 0; s < optim->slots; s++)
        update.slot[s] = bench->slot[s] + lo;
    if (optim->type->begin)
        optim->type->begin(optim->self, step, update.constant);
    double squares[2];
    if (optim->type->measure)
        optim->type->measure(optim->self, &update, squares);
    update.trust = (Real)0.7; /* test_descent.c has the true ones */
    optim->type->update(optim->self, &update);
}

static void set(Real *values, const double *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = (Real)from[i];
}

/* ---- the record ---- */

enum { N = 9, STEPS = 20 };

/* What the record says of this step, if anything. */
static const double *recorded(const Golden *golden, int step)
{
    char name[32];
    snprintf(name, sizeof name, "after/%d", step);
    for (int a = 0; a < golden->array_count; a++)
        if (strcmp(golden->arrays[a].name, name) == 0)
            return golden->arrays[a].values;
    return NULL;
}

/* The largest difference in twenty steps. */
static double play(const Golden *golden, int *compared)
{
    Bench bench;
    double worst = 0;
    bench_open(&bench, golden_text(golden, "optimizer"), N);
    set(bench.w, golden_array(golden, "", "start", N), N);
    const double *rate = golden_array(golden, "", "rate", STEPS);
    const double *gradient = golden_array(golden, "", "gradient", STEPS * N);
    for (int step = 1; step <= STEPS; step++) {
        set(bench.g, gradient + (step - 1) * N, N);
        bench_update(&bench, step, rate[step - 1], 0, N);
        const double *expected = recorded(golden, step);
        if (!expected)
            continue;
        double *got = doubles(bench.w, N);
        worst = fmax(worst, difference(got, expected, N));
        mem_free(got);
        ++*compared;
    }
    bench_close(&bench);
    return worst;
}

static void as_recorded(const char *type, int expected)
{
    Golden golden = {0};
    FILE *file = golden_open("optim.txt");
    int records = 0, compared = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char start[32];
    snprintf(start, sizeof start, "{type: %s", type);
    while (golden_next(&golden, file)) {
        const char *text = golden_text(&golden, "optimizer");
        if (strncmp(text, start, strlen(start)) != 0 || !strchr(",}", text[strlen(start)]))
            continue;
        double worst = play(&golden, &compared);
        CU_ASSERT(worst <= tolerance);
        if (!(worst <= tolerance))
            printf("\n    %s: off by %g\n", text, worst);
        records++;
    }
    CU_ASSERT_EQUAL(records, expected);
    CU_ASSERT_EQUAL(compared, expected * 5);
    golden_clear(&golden);
    fclose(file);
}

static void sgd(void)
{
    as_recorded("sgd", 8);
}

static void sgdw(void)
{
    as_recorded("sgdw", 5);
}

static void adam(void)
{
    as_recorded("adam", 7);
}

static void adamw(void)
{
    as_recorded("adamw", 5);
}

static void rmsprop(void)
{
    as_recorded("rmsprop", 8);
}

static void adagrad(void)
{
    as_recorded("adagrad", 3);
}

/* A gradient that never changes has no variance; what is left of it is rounding, of either sign. */
static void no_variance(void)
{
    enum { SIZE = 100 };
    Bench bench;
    bench_open(&bench, "{type: rmsprop, alpha: 0.9, centered: true}", SIZE);
    for (int64_t i = 0; i < SIZE; i++)
        bench.g[i] = (Real)i / 7;
    bool below = false;
    for (int step = 1; step <= 500; step++) {
        bench_update(&bench, step, 1e-6, 0, SIZE);
        for (int64_t i = 0; i < SIZE; i++)
            below |= bench.slot[0][i] - bench.slot[1][i] * bench.slot[1][i] < 0;
    }
    CU_ASSERT(below); /* or this shows nothing */
    for (int64_t i = 0; i < SIZE; i++)
        CU_ASSERT(isfinite(bench.w[i]));
    bench_close(&bench);
}

/* A parameter that has never had a gradient: 0 / 0 but for eps. */
static void no_gradient(void)
{
    for (int f = 0; f < FORMS; f++) {
        Bench bench;
        bench_open(&bench, every_form[f], 1);
        bench_update(&bench, 1, 0.1, 0, 1);
        CU_ASSERT(bench.w[0] == 0);
        bench_close(&bench);
    }
}

/* ---- cuts ---- */

/* A few steps with parameters cut into runs of up to `run` elements; run 0: one run. */
static void steps_in_runs(Bench *bench, int run)
{
    for (int step = 1; step <= 3; step++) {
        double *w = noise(bench->n, 1), *g = noise(bench->n, (uint64_t)(1 + step));
        if (step == 1)
            set(bench->w, w, bench->n);
        set(bench->g, g, bench->n);
        for (int64_t lo = 0, hi; lo < bench->n; lo = hi) {
            int64_t drawn = run ? 1 + rng_draw(5, 99, (uint64_t)lo, 0).word[0] % run : bench->n;
            hi = lo + drawn < bench->n ? lo + drawn : bench->n;
            bench_update(bench, step, 0.37, lo, hi);
        }
        mem_free(w);
        mem_free(g);
    }
}

static void any_cut(void)
{
    enum { SIZE = 3000 };
    for (int f = 0; f < FORMS; f++) {
        Bench whole, cut;
        bench_open(&whole, every_form[f], SIZE);
        bench_open(&cut, every_form[f], SIZE);
        steps_in_runs(&whole, 0);
        static const int runs[] = {1, 7, 100, 1500};
        for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
            bench_start(&cut);
            steps_in_runs(&cut, runs[r]);
            CU_ASSERT(memcmp(whole.w, cut.w, SIZE * sizeof(Real)) == 0);
            for (int s = 0; s < cut.optim.slots; s++)
                CU_ASSERT(memcmp(whole.slot[s], cut.slot[s], SIZE * sizeof(Real)) == 0);
        }
        bench_close(&whole);
        bench_close(&cut);
    }
}

static void table_complete(void)
{
    int forms = 0;
    for (int i = 0; optim_types[i]; i++) {
        char start[64];
        snprintf(start, sizeof start, "{type: %s,", optim_types[i]->name);
        int found = 0;
        for (int f = 0; f < FORMS; f++)
            found += strncmp(every_form[f], start, strlen(start)) == 0;
        CU_ASSERT(found > 0);
        forms += found;
    }
    CU_ASSERT_EQUAL(forms, FORMS);
}

/* ---- settings ---- */

static void exempt_words(void)
{
    static const char *const wrong[] = {"{decay_exempt: 2d}", "{decay_exempt: {a: 1}}",
                                        "{decay_exempt: [[a]]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Conf *conf;
        Optim optim;
        CU_ASSERT(refused(build(&conf, &optim, wrong[i]), STATUS_USER, "layer name pattern"));
        conf_free(conf);
    }
}

/* Section, and the names of its slots. */
static const struct {
    const char *section, *slots;
} used[] = {
    {"{type: sgd}", "momentum_buffer "},
    {"{type: adam}", "exp_avg exp_avg_sq "},
    {"{type: adamw, amsgrad: true}", "exp_avg exp_avg_sq max_exp_avg_sq "},
    {"{type: rmsprop}", "square_avg "},
    {"{type: rmsprop, momentum: 0.9}", "square_avg momentum_buffer "},
    {"{type: rmsprop, centered: true}", "square_avg grad_avg "},
    {"{type: rmsprop, centered: true, momentum: 0.9}", "square_avg grad_avg momentum_buffer "},
    {"{type: adagrad}", "sum "},
};

static void slots_in_use(void)
{
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        Conf *conf;
        Optim optim;
        char names[128] = "";
        CU_ASSERT_FATAL(fine(build(&conf, &optim, used[i].section)));
        for (int s = 0; optim.slot_names[s]; s++)
            strcat(strcat(names, optim.slot_names[s]), " ");
        CU_ASSERT_STRING_EQUAL(names, used[i].slots);
        conf_free(conf);
    }
}

static void defaults(void)
{
    for (int i = 0; optim_types[i]; i++) {
        const Field *type = optim_types[i]->fields;
        CU_ASSERT_STRING_EQUAL(type[0].name, "type");
        CU_ASSERT_STRING_EQUAL(type[0].fallback, optim_types[i]->name);
    }
}

static void no_section(void)
{
    Conf *conf;
    Optim optim;
    Node node;
    CU_ASSERT_FATAL(fine(conf_parse(&conf, "test.yaml", "a: 1\n", NULL, 0)));
    CU_ASSERT_FATAL(fine(conf_section(conf_root(conf), "optimizer", &node)));
    CU_ASSERT_FATAL(fine(optim_build(&optim, node)));
    CU_ASSERT_STRING_EQUAL(optim.type->name, "sgd");
    CU_ASSERT(optim.self->lr == 1e-3 && optim.self->weight_decay == 0);
    conf_free(conf);
}

/* Section, and words of the refusal. */
static const struct {
    const char *section, *words;
} refusals[] = {
    {"{type: adamm}", "test.yaml:1:19: unknown optimizer \"adamm\"; did you mean \"adam\"?"},
    {"{type: lion}", "unknown optimizer \"lion\""},
    {"{type: [sgd]}", "type"},
    {"{type: sgd, momentum: 1}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: -0.1}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: .nan}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: 0.9x}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: [0.9]}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: {nesterov: 1.5}}", "expected a momentum from 0 to below 1"},
    {"{type: sgd, momentum: {heavy: 0.9}}", "{classic: b}, {ema: b} or {nesterov: b}"},
    {"{type: adam, momentum: 0.9}", "unknown key \"momentum\""},
    {"{type: adam, beta1: 1}", "test.yaml:1:32: expected a number from 0 to 0.9999999"},
    {"{type: adamw, beta2: -0.1}", "expected a number from 0 to 0.9999999"},
    {"{type: adam, beta1: .nan}", "expected a number from 0 to 0.9999999"},
    {"{type: adam, eps: 0}", "expected a number from 1e-30 to 1"},
    {"{type: adam, eps_inside_root: 1e-8}", "expected true or false"},
    {"{type: adam, epsilon: 1e-8}", "unknown key \"epsilon\" in optimizer"},
    {"{type: adam, amsgard: true}", "did you mean \"amsgrad\"?"},
    {"{type: sgdw, momentum: {ema: 1}}", "expected a momentum from 0 to below 1"},
    {"{type: sgdw, weight_decay: -1e-4}", "expected a number from 0 to 10000"},
    {"{type: rmsprop, alpha: 1}", "expected a number from 0 to 0.9999999"},
    {"{type: rmsprop, momentum: 1.5}", "expected a number from 0 to 0.9999999"},
    {"{type: rmsprop, momentum: {nesterov: 0.9}}", "expected a number from 0 to 0.9999999"},
    {"{type: rmsprop, eps: -1e-8}", "expected a number from 1e-30 to 1"},
    {"{type: rmsprop, centred: true}", "did you mean \"centered\"?"},
    {"{type: rmsprop, beta2: 0.99}", "unknown key \"beta2\""},
    {"{type: adagrad, lr_decay: -1}", "expected a number from 0 to 10000"},
    {"{type: adagrad, initial_accumulator_value: -0.1}", "expected a number from 0 to 10000"},
    {"{type: adagrad, momentum: 0.9}", "unknown key \"momentum\""},
    {"{type: rmspropp}", "unknown optimizer \"rmspropp\"; did you mean \"rmsprop\"?"},
    {"{type: sgd, lr: -1}", "test.yaml:1:28: expected a number from 0 to 10000, found \"-1\""},
    {"{type: adagrad, lr: .nan}", "expected a number from 0 to 10000"},
    {"{type: rmsprop, lr: 1e5}", "expected a number from 0 to 10000"},
    {"{type: sgd, wieght_decay: 0.1}", "did you mean \"weight_decay\"?"},
};

static void refused_settings(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        Conf *conf = NULL;
        Optim optim;
        CU_ASSERT(
            refused(build(&conf, &optim, refusals[i].section), STATUS_USER, refusals[i].words));
        conf_free(conf);
    }
}

/* A rate of zero is a rate: nothing moves. */
static void no_rate(void)
{
    for (int f = 0; f < FORMS; f++) {
        Bench bench;
        bench_open(&bench, every_form[f], 1);
        bench.w[0] = (Real)0.7;
        bench.g[0] = 3;
        bench_update(&bench, 1, 0, 0, 1);
        CU_ASSERT(bench.w[0] == (Real)0.7);
        bench_close(&bench);
    }
    Conf *conf;
    Optim optim;
    CU_ASSERT(fine(build(&conf, &optim, "{type: adagrad, lr: 0}")));
    conf_free(conf);
}

static const Promise promises[] = {
    {"sgd does what PyTorch's does: plain, momentum, nesterov, ema by formula, weight decay", sgd},
    {"sgdw shrinks the weights by rate x decay, in every form of momentum", sgdw},
    {"adam does what PyTorch's does, with amsgrad, and the forms with eps inside the root", adam},
    {"adamw does what PyTorch's does, also by default", adamw},
    {"rmsprop does what PyTorch's does, centred, with momentum, and with eps inside the root",
     rmsprop},
    {"adagrad does what PyTorch's does, from any initial_accumulator_value", adagrad},
    {"centred rmsprop survives a gradient that never changes", no_variance},
    {"a parameter that never has a gradient stays what it is", no_gradient},
    {"a rate of zero is allowed, and moves nothing", no_rate},
    {"any cut of the parameters into runs gives the same bits", any_cut},
    {"no optimizer of the table is left out of that", table_complete},
    {"what decay_exempt cannot be is refused", exempt_words},
    {"a slot that the settings do not use is not there", slots_in_use},
    {"the default of each optimizer's type is its own name", defaults},
    {"without a section it is sgd at 1e-3", no_section},
    {"an unknown optimizer is named with the closest match; bad settings too", refused_settings},
    {0}};

int main(void)
{
    return unit_run("optim", promises);
}
