/* lockstep bench: the speed of every kernel, as a share of this machine's own limits; where the
 * time of a configuration's step goes; and the exchange by size, as against MPI_Allreduce. */
#include "base/log.h"
#include "base/real.h"
#include "cli/describe.h"
#include "cli/load.h"
#include "lab/bench.h"
#include "lab/bench_exchange.h"
#include "lab/bench_step.h"
#include "math/gemm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const Option options[] = {
    {"--exchange", "HOW", "sum leaves by size: auto, shared or messages"},
    {"--lanes", "N", "samples at once in kernels; default 128 for dense layers, 64 for others"},
    {"--seconds", "S", "for a step, or for each size; default 2"},
    OPTION_SET,
    {"--json", NULL, "one object a line, for programs"},
    {0},
};

/* ---- kernels ---- */

/* What the columns of a kind of row are. */
static void print_head(bool product)
{
    log_info("\n%-30s%14s%14s%14s%8s",
             product ? "GF/s, share of sgemm's" : "GB/s, share of a copy's", "forward", "d input",
             product ? "d weight" : "", product ? "sgemm" : "copy");
}

static void print_row(const BenchRow *row)
{
    char line[128];
    int at = snprintf(line, sizeof line, "%-30s", row->what);
    for (int part = 0; part < BENCH_PARTS; part++) {
        char cell[32] = "";
        if (row->rate[part] > 0)
            snprintf(cell, sizeof cell, "%.1f  %.2f", row->rate[part],
                     row->rate[part] / row->limit);
        at += snprintf(line + at, sizeof line - (size_t)at, "%14s", cell);
    }
    log_info("%s%8.1f", line, row->limit);
}

static void print_row_json(const BenchRow *row)
{
    static const char *const parts[] = {"forward", "input_gradient", "weight_gradient"};
    char line[512];
    int at = snprintf(line, sizeof line, "{\"layer\": \"%s\", \"unit\": \"%s\", \"limit\": %.2f",
                      row->what, row->product ? "GF/s" : "GB/s", row->limit);
    for (int part = 0; part < BENCH_PARTS; part++)
        if (row->rate[part] > 0)
            at +=
                snprintf(line + at, sizeof line - (size_t)at, ", \"%s\": %.2f, \"%s_share\": %.3f",
                         parts[part], row->rate[part], parts[part], row->rate[part] / row->limit);
    log_info("%s}", line);
}

static Err bench_kernels(const Args *args, bool json)
{
    int64_t lanes;
    TRY(args_int(args, "--lanes", 0, &lanes));
    if (lanes > 4096)
        FAIL(STATUS_USER, "--lanes wants at most 4096");
    if (!json)
        log_info("%s, %s kernels of OpenBLAS, best of interleaved rounds", REAL_NAME,
                 gemm_kernels());
    BenchRow row;
    for (int at = 0, last = -1; bench_next(&at, (int)lanes, &row); last = row.product) {
        if (!json && last != row.product)
            print_head(row.product);
        (json ? print_row_json : print_row)(&row);
    }
    return NULL;
}

/* ---- a step ---- */

/* One direction of a layer: microseconds and, of a product, GF/s and the share of sgemm's. */
static int print_pass(char *line, size_t room, double seconds, double flops, double sgemm)
{
    int at = snprintf(line, room, " %8.0f", seconds * 1e6);
    if (flops == 0 || seconds == 0)
        return at + snprintf(line + at, room - (size_t)at, "%14s", "");
    double rate = flops / seconds / 1e9;
    return at + snprintf(line + at, room - (size_t)at, " %7.1f %5.2f", rate, rate / sgemm);
}

static void print_part(const BenchStep *step, const BenchPart *part, Arena *arena)
{
    enum { NAME = 26 };
    char line[128];
    size_t room = sizeof line;
    int at = snprintf(line, room, "%-*s", NAME, describe_end(part->name, NAME, arena));
    at += print_pass(line + at, room - (size_t)at, part->forward, part->forward_flops, step->sgemm);
    if (part->layer)
        at += print_pass(line + at, room - (size_t)at, part->backward, part->backward_flops,
                         step->sgemm);
    else
        at += snprintf(line + at, room - (size_t)at, "%23s", "");
    log_info("%s %7.3f", line, (part->forward + part->backward) / step->seconds);
}

static void print_step(const BenchStep *step, const Config *config, const Comm *comm, Arena *arena)
{
    log_wrapped(2,
                "%s: %.0f samples a step in %" PRId64 " micro-batches on %d rank%s, %" PRId64
                " of them on rank 0, whose time this is: means of the middle half of %d steps, in "
                "microseconds; GF/s as a share of sgemm's %.1f (%s kernels of OpenBLAS)",
                config->name, step->samples, step->leaves, comm->size, comm->size == 1 ? "" : "s",
                step->own, step->steps, step->sgemm, gemm_kernels());
    log_info("\n%-26s %8s %7s %5s %8s %7s %5s %7s", "part", "forward", "GF/s", "share", "backward",
             "GF/s", "share", "of step");
    for (int i = 0; i < step->count; i++)
        print_part(step, &step->parts[i], arena);
    log_info("%-26s %8.0f %36s %7.3f", "step", step->seconds * 1e6,
             arena_text(arena, "%.0f samples/s", step->samples / step->seconds), 1.0);
}

static void print_part_json(const BenchStep *step, const BenchPart *part)
{
    const double seconds[] = {part->forward, part->backward};
    const double flops[] = {part->forward_flops, part->backward_flops};
    static const char *const names[] = {"forward", "backward"};
    char line[1024];
    size_t room = sizeof line;
    int at = snprintf(line, room, "{\"part\": \"%s\", \"kind\": \"%s\"", part->name,
                      part->layer ? "layer" : "other");
    for (int i = 0; i < 2 && part->layer; i++) {
        at +=
            snprintf(line + at, room - (size_t)at, ", \"%s_us\": %.3f", names[i], seconds[i] * 1e6);
        if (flops[i] > 0 && seconds[i] > 0)
            at += snprintf(line + at, room - (size_t)at,
                           ", \"%s_gflops\": %.2f, \"%s_sgemm_share\": %.3f", names[i],
                           flops[i] / seconds[i] / 1e9, names[i],
                           flops[i] / seconds[i] / 1e9 / step->sgemm);
    }
    double both = part->forward + part->backward;
    log_info("%s, \"us\": %.3f, \"share\": %.5f}", line, both * 1e6, both / step->seconds);
}

static void print_step_json(const BenchStep *step, const Comm *comm)
{
    for (int i = 0; i < step->count; i++)
        print_part_json(step, &step->parts[i]);
    log_info("{\"step_us\": %.3f, \"steps\": %d, \"samples\": %.0f, \"samples_per_second\": %.1f, "
             "\"ranks\": %d, \"micro_batches\": %" PRId64 ", \"own_micro_batches\": %" PRId64
             ", \"sgemm_gflops\": %.2f}",
             step->seconds * 1e6, step->steps, step->samples, step->samples / step->seconds,
             comm->size, step->leaves, step->own, step->sgemm);
}

/* The configuration, of a run that does not end while it is measured. */
static Err read_config(const Comm *world, const Args *args, Config *config)
{
    static const Option set = OPTION_SET;
    Args endless = *args;
    CHECK(endless.options < ARGS_MOST, "no room for an option");
    endless.option[endless.options] = &set;
    endless.value[endless.options++] = "train.length=1000000 steps";
    return load_config(world, args->positional[0], &endless, config);
}

static Err bench_config(const Comm *world, const Args *args, double seconds, bool json)
{
    Config config = {0};
    Comm comm = {0};
    BenchStep step = {0};
    Err err = read_config(world, args, &config);
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = bench_step(&comm, &config, seconds, &step);
    if (!err && json)
        print_step_json(&step, &comm);
    else if (!err)
        print_step(&step, &config, &comm, &step.arena);
    bench_step_free(&step);
    comm_free(&comm);
    config_free(&config);
    return err;
}

/* ---- the exchange ---- */

/* "64 KB", "16 MB" */
static const char *size_text(int64_t bytes, Arena *arena)
{
    int64_t kilobytes = bytes >> 10;
    return kilobytes < 1024 ? arena_text(arena, "%" PRId64 " KB", kilobytes)
                            : arena_text(arena, "%" PRId64 " MB", kilobytes >> 10);
}

static void print_exchange_head(const Comm *comm, const char *how)
{
    log_info("%d ranks in %d group%s (%s), medians of rounds in turns, in microseconds\n",
             comm->size, comm->groups, comm->groups == 1 ? "" : "s", how);
    log_info("%36s %35s", "sum and update", "sum alone");
    log_info("%8s   %11s %13s %6s   %11s %13s %6s", "size", "lockstep", "MPI_Allreduce", "ratio",
             "lockstep", "MPI_Allreduce", "ratio");
}

static void print_exchange(const BenchExchange *row, Arena *arena)
{
    const double *update = row->update, *sum = row->sum;
    log_info("%8s   %11.1f %13.1f %6.2f   %11.1f %13.1f %6.2f", size_text(row->bytes, arena),
             update[BENCH_OURS] * 1e6, update[BENCH_MPI] * 1e6,
             update[BENCH_MPI] / update[BENCH_OURS], sum[BENCH_OURS] * 1e6, sum[BENCH_MPI] * 1e6,
             sum[BENCH_MPI] / sum[BENCH_OURS]);
}

static void print_exchange_json(const BenchExchange *row, const Comm *comm, const char *how)
{
    const double *update = row->update, *sum = row->sum;
    log_info("{\"exchange\": \"%s\", \"ranks\": %d, \"groups\": %d, \"bytes\": %" PRId64
             ", \"rounds\": %d, \"update_us\": %.2f, \"update_mpi_us\": %.2f, "
             "\"update_ratio\": %.3f, \"sum_us\": %.2f, \"sum_mpi_us\": %.2f, \"sum_ratio\": %.3f}",
             how, comm->size, comm->groups, row->bytes, row->rounds, update[BENCH_OURS] * 1e6,
             update[BENCH_MPI] * 1e6, update[BENCH_MPI] / update[BENCH_OURS], sum[BENCH_OURS] * 1e6,
             sum[BENCH_MPI] * 1e6, sum[BENCH_MPI] / sum[BENCH_OURS]);
}

static Err find_exchange(const char *word, Exchange *exchange)
{
    for (int i = 0; exchange_words[i]; i++)
        if (strcmp(word, exchange_words[i]) == 0) {
            *exchange = (Exchange)i;
            return NULL;
        }
    return unknown_word("exchange", word, exchange_words);
}

static Err bench_sizes(const Comm *comm, const char *how, double seconds, bool json)
{
    Arena arena = {0};
    Err err = NULL;
    if (!json)
        print_exchange_head(comm, how);
    for (int size = 0; size < BENCH_SIZES && !err; size++) {
        BenchExchange row;
        err = bench_exchange(comm, size, seconds, &row);
        if (!err && json)
            print_exchange_json(&row, comm, how);
        else if (!err)
            print_exchange(&row, &arena);
    }
    arena_free(&arena);
    return err;
}

static Err bench_sums(const Comm *world, const char *how, double seconds, bool json)
{
    Comm comm;
    Exchange exchange = EXCHANGE_AUTO;
    TRY(find_exchange(how, &exchange));
    if (world->size < 2)
        FAIL(STATUS_USER, "--exchange wants at least 2 ranks: mpirun -n 2 lockstep bench ...");
    Err err = comm_agree(world, comm_divide(world, world->size, exchange, &comm));
    if (!err)
        err = bench_sizes(&comm, how, seconds, json);
    comm_free(&comm);
    return err;
}

/* ---- the verb ---- */

/* An option of a measurement that is not made would be a mistake that nobody sees. */
static Err check_options(const Args *args, bool step, bool sums)
{
    if (args_value(args, "--set") && !step)
        FAIL(STATUS_USER, "--set goes with a CONFIG");
    if (args_value(args, "--lanes") && (step || sums))
        FAIL(STATUS_USER, "--lanes goes with kernels, not with a CONFIG or --exchange");
    if (args_value(args, "--seconds") && !step && !sums)
        FAIL(STATUS_USER, "--seconds goes with a CONFIG or --exchange");
    return NULL;
}

static Err bench(const Comm *world, const Args *args)
{
    const char *how = args_value(args, "--exchange");
    bool json = args_value(args, "--json") != NULL, step = args->count > 0;
    double seconds;
    TRY(check_options(args, step, how != NULL));
    TRY(args_positive(args, "--seconds", 2, &seconds));
    if (!step && !how)
        return bench_kernels(args, json);
    if (step)
        TRY(bench_config(world, args, seconds, json));
    if (step && how && !json)
        log_info("%s", "");
    return how ? bench_sums(world, how, seconds, json) : NULL;
}

const Verb cli_bench = {
    .name = "bench",
    .arguments = "[CONFIG] [--exchange HOW] [--lanes N] [--seconds S] [--json]",
    .help = "time kernels, a configuration's step, or the exchange",
    .details = "Alone: kernels. Layers that are products are held against the matrix product of\n"
               "OpenBLAS, the others against a copy of as much memory as they must read and\n"
               "write. Limit and layer are measured in turns.\n"
               "With a CONFIG: its training step, by layer and by what is no layer's. `send` is\n"
               "what goes to other groups meanwhile, `merge` the sum of a rank's own leaves,\n"
               "`wait` for other ranks, `update` the sum of all and the optimizer's work.\n"
               "With --exchange: the sum of a leaf a rank, 64 KB to 64 MB, with an update of all\n"
               "weights and alone, as against MPI_Allreduce and a local update. Ratios above 1\n"
               "are in lockstep's favour.\n"
               "Under mpirun all ranks measure at once, and rank 0 reports.",
    .accepted = options,
    .most = 1,
    .run = bench,
};
