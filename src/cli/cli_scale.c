/* lockstep scale CONFIG: throughput and efficiency on 1, 2, .. all ranks, and a prediction for more
 * ranks than there are. */
#include "base/log.h"
#include "cli/load.h"
#include "lab/scale.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Option options[] = {
    OPTION_SET,
    {"--ranks", "N,N,...", "numbers of ranks; default 1, 2, 4 .. and all"},
    {"--steps", "N", "of each measurement; default 40"},
    {"--rounds", "N", "measurements of each number, in turns; default 3"},
    {"--predict", "P", "up to P ranks, from alpha, beta and gamma measured here"},
    {"--latency", "US", "between hosts, in microseconds, instead of what is measured"},
    {"--bandwidth", "GB/S", "between hosts, likewise"},
    {"--critical", "B", "the critical batch in samples; default the noise scale of these steps"},
    {0},
};

enum { POINTS = ARGS_MOST, ROUNDS = 99 };

typedef struct Asked {
    Scale scale;
    int64_t ranks[POINTS];
    int count;
    int64_t rounds, predict;
    double latency, bandwidth, critical; /* 0: not given */
} Asked;

/* ---- what is asked ---- */

static Err read_ranks(const char *text, int size, Asked *asked)
{
    if (!text) {
        for (int p = 1; p < size; p *= 2)
            asked->ranks[asked->count++] = p;
        asked->ranks[asked->count++] = size;
        return NULL;
    }
    const char *wrong = args_list(text, 1, size, asked->ranks, &asked->count);
    if (wrong)
        FAIL(STATUS_USER, "--ranks wants numbers from 1 to the %d ranks there are, found \"%s\"",
             size, wrong);
    return NULL;
}

static Err read_asked(const Comm *world, const Args *args, Asked *asked)
{
    *asked = (Asked){.scale = {.world = world}};
    TRY(read_ranks(args_value(args, "--ranks"), world->size, asked));
    TRY(args_int(args, "--steps", 40, &asked->scale.steps));
    TRY(args_int(args, "--rounds", 3, &asked->rounds));
    TRY(args_int(args, "--predict", 0, &asked->predict));
    if (args_value(args, "--latency"))
        TRY(args_positive(args, "--latency", 0, &asked->latency));
    if (args_value(args, "--bandwidth"))
        TRY(args_positive(args, "--bandwidth", 0, &asked->bandwidth));
    if (args_value(args, "--critical"))
        TRY(args_positive(args, "--critical", 0, &asked->critical));
    if (asked->scale.steps < 8 || asked->rounds < 1 || asked->rounds > ROUNDS)
        FAIL(STATUS_USER, "--steps wants at least 8, --rounds 1 to %d", ROUNDS);
    return NULL;
}

/* ---- measuring ---- */

static int by_step(const void *a, const void *b)
{
    const ScalePoint *x = a, *y = b;
    return (x->step > y->step) - (x->step < y->step);
}

/* The median round of each number of ranks, all numbers in turn within a round. */
static Err measure(const Asked *asked, bool weak, ScalePoint *median)
{
    ScalePoint(*points)[ROUNDS] = mem_alloc(asked->count, sizeof *points);
    Err err = NULL;
    for (int r = 0; r < asked->rounds && !err; r++)
        for (int i = 0; i < asked->count && !err; i++)
            err = scale_measure(&asked->scale, (int)asked->ranks[i], weak ? asked->ranks[i] : 1,
                                &points[i][r]);
    for (int i = 0; i < asked->count && !err; i++) {
        qsort(points[i], (size_t)asked->rounds, sizeof **points, by_step);
        median[i] = points[i][asked->rounds / 2];
    }
    mem_free(points);
    return err;
}

static Err check_digests(const Asked *asked, const ScalePoint *point)
{
    for (int i = 1; i < asked->count; i++)
        if (point[i].digest != point[0].digest)
            FAIL(STATUS_FAILED, "%d ranks have digest %016" PRIx64 ", %d have %016" PRIx64,
                 point[0].ranks, point[0].digest, point[i].ranks, point[i].digest);
    return NULL;
}

/* ---- what is said ---- */

/* How busy the rank with most work keeps the others. */
static double balance(const ScalePoint *p)
{
    return (double)p->leaves / (p->ranks * ceil((double)p->leaves / p->ranks));
}

/* Of a batch that is shared: speed over ranks; of one that grows along: the same. */
static void print_row(const ScalePoint *p, const ScalePoint *first, const Prediction *model)
{
    double rate = (double)p->batch / p->step, sum = 0, percent[SHARE_COUNT];
    double one = (double)first->batch / first->step / first->ranks;
    for (int s = 0; s < SHARE_COUNT; s++)
        sum += p->share[s];
    for (int s = 0; s < SHARE_COUNT; s++)
        percent[s] = 100 * p->share[s] / sum;
    log_info("%5d %7" PRId64 " %10.0f %10.2f %7.2f %8.0f%% %7.0f%% %7.0f%% %+7.0f%%", p->ranks,
             p->batch, rate, rate / p->ranks / one, balance(p),
             percent[SHARE_COMPUTE] + percent[SHARE_READING], percent[SHARE_WAITING],
             percent[SHARE_EXCHANGE], 100 * (model->step / p->step - 1));
}

static void print_table(const char *title, const Asked *asked, const ScalePoint *point,
                        const Machine *machine)
{
    log_info("\n%s", title);
    log_info("%5s %7s %10s %10s %7s %9s %8s %8s %8s", "ranks", "batch", "samples/s", "efficiency",
             "balance", "compute", "waiting", "exchange", "model");
    for (int i = 0; i < asked->count; i++) {
        Prediction model = predict_step(machine, point[i].ranks, point[i].leaves, point[i].bytes);
        print_row(&point[i], &point[0], &model);
    }
}

static void print_machine(const Asked *asked, const Machine *m, bool hosts)
{
    bool given = asked->latency > 0 && asked->bandwidth > 0;
    log_wrapped(2, "\nmodel: a micro-batch %.3g ms, update %.3g GB/s, sum %.3g GB/s (gamma)",
                1e3 * m->leaf, 1e-9 / m->update, 1e-9 / m->gamma);
    if (m->beta == 0)
        log_wrapped(2,
                    "no network is measured by one rank: give --latency and --bandwidth, else it "
                    "costs nothing");
    else
        log_wrapped(2, "between hosts %.3g us (alpha) and %.3g GB/s (beta), %s; %d rank%s a host",
                    1e6 * m->alpha, 1e-9 / m->beta,
                    given   ? "as given"
                    : hosts ? "measured between these hosts"
                            : "measured by messages inside this host: give --latency and "
                              "--bandwidth",
                    m->ranks, m->ranks > 1 ? "s" : "");
}

/* Weak scaling from what one rank has. The walls: the network's share of a step, and the batch
 * beyond which samples are worth less. */
static void predict(const Asked *asked, const Machine *m, const ScalePoint *one)
{
    double critical = asked->critical > 0 ? asked->critical : one->noise;
    bool known = !isnan(critical);
    log_wrapped(2,
                "\npredicted, with %" PRId64 " micro-batch%s a rank; a sample's worth is 1 / (1 + "
                "batch / critical batch), critical batch %s",
                one->leaves, one->leaves > 1 ? "es" : "",
                asked->critical > 0 ? "as given"
                : known             ? "= noise scale of these first steps (it grows in training)"
                                    : "not measurable in these steps: give --critical");
    log_info("%6s %6s %9s %11s %12s %9s %9s %9s", "ranks", "hosts", "batch", "step, ms",
             "efficiency", "network", "worth", "both");
    for (int64_t p = 1; p <= asked->predict; p *= 2) {
        Prediction step = predict_step(m, p, one->leaves * p, one->bytes);
        Prediction alone = predict_step(m, 1, one->leaves, one->bytes);
        double batch = (double)one->batch * (double)p, efficiency = alone.step / step.step;
        double worth = predict_statistical(batch, critical);
        char walls[32] = "        -         -";
        if (known)
            snprintf(walls, sizeof walls, "%9.2f %9.2f", worth, efficiency * worth);
        log_info("%6" PRId64 " %6" PRId64 " %9.0f %11.3f %12.2f %8.0f%% %s", p, step.hosts, batch,
                 1e3 * step.step, efficiency, 100 * step.network / step.step, walls);
    }
    if (known)
        log_wrapped(2,
                    "walls: more than %.0f rank%s cost more samples than they save time (critical "
                    "batch %.0f / %.0f samples a rank)",
                    critical / (double)one->batch, critical / (double)one->batch < 1.5 ? "" : "s",
                    critical, (double)one->batch);
}

static Err run_scale(Asked *asked)
{
    ScalePoint strong[POINTS], weak[POINTS];
    Machine machine = {0};
    bool hosts = false;
    TRY(measure(asked, false, strong));
    TRY(check_digests(asked, strong));
    TRY(measure(asked, true, weak));
    TRY(scale_measure_machine(&asked->scale, 3, &machine, &hosts));
    int full = 0;
    for (int i = 0; i < asked->count; i++)
        if (strong[i].groups == 1 && strong[i].ranks >= strong[full].ranks)
            full = i;
    scale_fill_machine(&weak[0], &weak[full], &machine);
    if (asked->latency > 0)
        machine.alpha = asked->latency * 1e-6;
    if (asked->bandwidth > 0)
        machine.beta = 1e-9 / asked->bandwidth;
    print_table("strong scaling: one batch shared by more ranks", asked, strong, &machine);
    log_info("digest %016" PRIx64 " after %" PRId64 " steps on every number of ranks",
             strong[0].digest, asked->scale.steps);
    print_table("weak scaling: a batch that grows with the ranks", asked, weak, &machine);
    print_machine(asked, &machine, hosts);
    if (asked->predict > 0)
        predict(asked, &machine, &weak[0]);
    return NULL;
}

static Err scale(const Comm *world, const Args *args)
{
    Arena arena = {0};
    const char *overrides[ARGS_MOST];
    Asked asked;
    Err err = read_asked(world, args, &asked);
    if (!err)
        err = load_source(world, args->positional[0], args, &arena, overrides, &asked.scale.config);
    if (!err)
        err = run_scale(&asked);
    arena_free(&arena);
    return err;
}

const Verb cli_scale = {
    .name = "scale",
    .arguments = "CONFIG [--ranks N,N,...] [--predict P]",
    .help = "strong and weak scaling here, and predicted for more ranks",
    .details = "Real steps from the initial weights; nothing is written. The digest must be the\n"
               "same on every number of ranks, else status 1. `model` is the error of the\n"
               "prediction for that row.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = scale,
};
