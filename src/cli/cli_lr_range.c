/* lockstep lr-range CONFIG: which learning rates to try, for one or several batch sizes. */
#include "base/file.h"
#include "base/log.h"
#include "base/plot.h"
#include "cli/load.h"
#include "lab/lr_range.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Option options[] = {
    OPTION_SET,
    {"--from", "RATE", "of the first step; default 1e-5"},
    {"--to", "RATE", "of the last step; default 10"},
    {"--steps", "N", "how many; default 500"},
    {"--batch", "N,N,...", "batch sizes; default that of the configuration"},
    {"-o", "FILE", "the curves as CSV; default runs/NAME-lr-range.csv"},
    {0},
};

/* ---- what is said ---- */

/* A rate as it is, and as the optimizer.lr that schedule.scaling makes it of. */
static const char *rate_text(double rate, Arena *arena)
{
    return isnan(rate) ? "-" : arena_text(arena, "%.3g", rate);
}

static void print_head(const LrCurve *curve)
{
    log_info("%8s %10s %10s %10s   %s", "batch", "steepest", "minimum/10", "diverges",
             curve->factor == 1 ? "" : "as optimizer.lr");
}

static void print_row(const LrCurve *curve, Arena *arena)
{
    const char *base = "";
    if (curve->factor != 1)
        base = arena_text(arena, "%s .. %s", rate_text(curve->tenth / curve->factor, arena),
                          rate_text(curve->steepest / curve->factor, arena));
    log_info("%8" PRId64 " %10s %10s %10s   %s", curve->batch, rate_text(curve->steepest, arena),
             rate_text(curve->tenth, arena), rate_text(curve->diverged, arena), base);
    if (isnan(curve->steepest))
        log_warning("batch %" PRId64 ": the loss never fell; a smaller --from, or more --steps",
                    curve->batch);
    else if (isnan(curve->diverged))
        log_info("%8s the loss does not diverge up to %.3g; a larger --to shows where", "",
                 curve->rate[curve->count - 1]);
}

static void draw(const LrCurve *curve, Arena *arena)
{
    int64_t count = curve->count;
    double most = 2 * curve->smooth[0];
    while (count > 1 && curve->smooth[count - 1] > most) /* the explosion would flatten the rest */
        count--;
    Plot plot = {.y = curve->smooth,
                 .count = count,
                 .from = log10(curve->rate[0]),
                 .to = log10(curve->rate[count - 1]),
                 .x_name = "log10 of the rate",
                 .y_name = "loss"};
    log_info("\n%s\n", plot_text(&plot, arena));
}

static void write_rows(FILE *out, const LrCurve *curve)
{
    for (int64_t i = 0; i < curve->count; i++)
        fprintf(out, "%" PRId64 ",%" PRId64 ",%.9g,%.9g,%.9g,%.9g\n", curve->batch, i + 1,
                curve->rate[i], curve->loss[i], curve->smooth[i], curve->slope[i]);
}

static Err write_curves(const char *path, const LrCurve *curves, int count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(out, "out of memory for %s", path);
    fputs("batch,step,rate,loss,smoothed_loss,slope\n", out);
    for (int i = 0; i < count; i++)
        write_rows(out, &curves[i]);
    CHECK(fclose(out) == 0, "out of memory for %s", path);
    Err err = file_replace(path, text, size);
    free(text);
    return err;
}

/* ---- what is asked ---- */

typedef struct Asked {
    ConfigSource config;
    LrRange range;
    int64_t batches[ARGS_MOST];
    int batch_count; /* 0: the configuration's */
} Asked;

static Err read_asked(const Args *args, Asked *asked)
{
    const char *batches = args_value(args, "--batch"), *wrong = NULL;
    TRY(args_positive(args, "--from", 1e-5, &asked->range.from));
    TRY(args_positive(args, "--to", 10, &asked->range.to));
    TRY(args_int(args, "--steps", 500, &asked->range.steps));
    if (asked->range.from >= asked->range.to)
        FAIL(STATUS_USER, "--from %g is not below --to %g", asked->range.from, asked->range.to);
    if (asked->range.steps < 10 || asked->range.steps > 1000000)
        FAIL(STATUS_USER, "--steps wants 10 to 1000000");
    if (batches)
        wrong = args_list(batches, 0, INT64_MAX, asked->batches, &asked->batch_count);
    if (wrong)
        FAIL(STATUS_USER, "--batch wants sizes, such as 256,1024, found \"%s\"", wrong);
    return NULL;
}

/* One curve. Collective. */
static Err make_curve(const Comm *world, const Asked *asked, int which, Arena *arena,
                      LrCurve *curve)
{
    const char *own[6] = {arena_text(arena, "train.length=%" PRId64 " steps", asked->range.steps),
                          "train.early_stop=null", "train.target=null", "schedule.warmup=0 steps",
                          "schedule.decay=constant"};
    int count = 5;
    Config config = {0};
    Comm comm = {0};
    if (asked->batch_count)
        own[count++] = arena_text(arena, "batch.global=%" PRId64, asked->batches[which]);
    Err err = comm_agree(world, config_read_with(&config, &asked->config, own, count));
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = lr_range_run(&comm, &config, &asked->range, arena, curve);
    comm_free(&comm);
    config_free(&config);
    return err;
}

static Err output(const Comm *world, const Args *args, const Asked *asked, Arena *arena,
                  const char **path)
{
    Config config = {0};
    *path = args_value(args, "-o");
    if (*path)
        return comm_agree(world, world->rank == 0 ? file_check_output(*path) : NULL);
    Err err = config_read_with(&config, &asked->config, NULL, 0);
    if (!err)
        *path = arena_text(arena, "runs/%s-lr-range.csv", config.name);
    config_free(&config);
    if (!err && world->rank == 0)
        err = file_make_directory("runs");
    return comm_agree(world, err);
}

static Err run_curves(const Comm *world, const Args *args, Arena *arena)
{
    Asked asked = {0};
    const char *path, *overrides[ARGS_MOST];
    TRY(read_asked(args, &asked));
    TRY(load_source(world, args->positional[0], args, arena, overrides, &asked.config));
    TRY(output(world, args, &asked, arena, &path));
    int count = asked.batch_count ? asked.batch_count : 1;
    LrCurve *curves = arena_take(arena, count, sizeof *curves);
    for (int i = 0; i < count; i++) {
        TRY(make_curve(world, &asked, i, arena, &curves[i]));
        if (count == 1)
            draw(&curves[i], arena);
        if (i == 0)
            print_head(&curves[i]);
        print_row(&curves[i], arena);
    }
    TRY(comm_agree(world, world->rank == 0 ? write_curves(path, curves, count) : NULL));
    log_wrapped(2,
                "steepest: where the loss falls fastest over the logarithm of the rate; "
                "minimum/10: a tenth of the rate of its least value; the curve is in %s",
                path);
    return NULL;
}

static Err lr_range(const Comm *world, const Args *args)
{
    Arena arena = {0};
    Err err = run_curves(world, args, &arena);
    arena_free(&arena);
    return err;
}

const Verb cli_lr_range = {
    .name = "lr-range",
    .arguments = "CONFIG [--batch N,N,...] [--from RATE] [--to RATE] [--steps N] [-o FILE]",
    .help = "which learning rates to try: a range test on the global loss",
    .details = "One step at each rate of an exponential grid, from the initial weights, until the\n"
               "loss is four times its best. The same curve on any number of ranks.",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = lr_range,
};
