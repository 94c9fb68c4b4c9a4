/* Optimizers against what PyTorch's did with the same gradients (golden/optim.txt), and that an
 * update is elementwise: however the parameters are cut into runs, the same bits. */
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

static void bench_open(Bench *bench, const char *section, int64_t n)
{
    *bench = (Bench){.n = n, .w = mem_alloc(n, sizeof(Real)), .g = mem_alloc(n, sizeof(Real))};
    CU_ASSERT_FATAL(fine(build(&bench->conf, &bench->optim, section)));
    for (int s = 0; s < bench->optim.slots; s++)
        bench->slot[s] = mem_alloc(n, sizeof(Real));
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

/* ---- PyTorch ---- */

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

static void as_pytorch(const char *type, int expected)
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
    as_pytorch("sgd", 6);
}

static void adam(void)
{
    as_pytorch("adam", 2);
}

static void adamw(void)
{
    as_pytorch("adamw", 3);
}

/* PyTorch has no such momentum: classic with gradients scaled by 1 - b. */
static void ema(void)
{
    Bench bench;
    bench_open(&bench, "{type: sgd, momentum: {ema: 0.75}}", 1);
    double w = 2, v = 0;
    bench.w[0] = 2;
    for (int step = 1; step <= STEPS; step++) {
        double g = (step % 5 - 2) / 4.0;
        bench.g[0] = (Real)g;
        bench_update(&bench, step, 0.25, 0, 1);
        v = 0.75 * v + 0.25 * g;
        w -= 0.25 * v;
        CU_ASSERT(fabs((double)bench.w[0] - w) <= tolerance);
    }
    bench_close(&bench);
}

/* ---- cuts ---- */

static const char *const every_form[] = {
    "{type: sgd, weight_decay: 0.01}",
    "{type: sgd, momentum: 0.9, weight_decay: 0.01}",
    "{type: sgd, momentum: {ema: 0.9}, weight_decay: 0.01}",
    "{type: sgd, momentum: {nesterov: 0.9}, weight_decay: 0.01}",
    "{type: adam, weight_decay: 0.01}",
    "{type: adamw, weight_decay: 0.01}",
    "{type: lars, weight_decay: 0.01}",
    "{type: lamb, weight_decay: 0.01}",
};

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
    for (size_t f = 0; f < sizeof every_form / sizeof *every_form; f++) {
        Bench whole, cut;
        bench_open(&whole, every_form[f], SIZE);
        bench_open(&cut, every_form[f], SIZE);
        steps_in_runs(&whole, 0);
        static const int runs[] = {1, 7, 100, 1500};
        for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
            for (int s = 0; s < cut.optim.slots; s++)
                memset(cut.slot[s], 0, SIZE * sizeof(Real));
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
        for (size_t f = 0; f < sizeof every_form / sizeof *every_form; f++)
            found += strncmp(every_form[f], start, strlen(start)) == 0;
        CU_ASSERT(found > 0);
        forms += found;
    }
    CU_ASSERT_EQUAL(forms, (int)(sizeof every_form / sizeof *every_form));
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
    {"{type: adam, beta1: 1}", "beta1"},
    {"{type: sgd, lr: -1}", "lr"},
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

static const Promise promises[] = {
    {"sgd does what PyTorch's does: plain, momentum, nesterov, weight decay", sgd},
    {"adam does what PyTorch's does", adam},
    {"adamw does what PyTorch's does, also by default", adamw},
    {"ema momentum averages the gradients", ema},
    {"any cut of the parameters into runs gives the same bits", any_cut},
    {"no optimizer of the table is left out of that", table_complete},
    {"what decay_exempt cannot be is refused", exempt_words},
    {"without a section it is sgd at 1e-3", no_section},
    {"an unknown optimizer is named with the closest match; bad settings too", refused_settings},
    {0}};

int main(void)
{
    return unit_run("optim", promises);
}
