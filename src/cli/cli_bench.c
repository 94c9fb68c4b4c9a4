/* lockstep bench: the speed of every kernel, as a share of this machine's own limits. */
#include "base/log.h"
#include "base/real.h"
#include "cli/verb.h"
#include "lab/bench.h"
#include "math/gemm.h"

#include <stdio.h>
#include <string.h>

static const Option options[] = {
    {"--lanes", "N", "samples at once; default 128 for dense layers, 64 for others"},
    {"--json", NULL, "one object a line, for programs"},
    {0},
};

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

static void print_json(const BenchRow *row)
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

static Err bench(const Comm *world, const Args *args)
{
    (void)world;
    int64_t lanes;
    bool json = args_value(args, "--json") != NULL;
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
        (json ? print_json : print_row)(&row);
    }
    return NULL;
}

const Verb cli_bench = {
    .name = "bench",
    .arguments = "[--lanes N] [--json]",
    .help = "the speed of every kernel, as a share of this machine's own limits",
    .details = "Layers that are products are held against the matrix product of OpenBLAS, the\n"
               "others against a copy of as much memory as they must read and write. Limit and\n"
               "layer are measured in turns. Under mpirun all ranks measure at once, and rank 0\n"
               "reports.",
    .accepted = options,
    .run = bench,
};
