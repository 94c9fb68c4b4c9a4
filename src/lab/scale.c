/* One measurement: an engine, steps, and what they cost. */
#include "lab/scale.h"

#include "base/log.h"
#include "base/term.h"
#include "lab/bench_exchange.h"
#include "lab/spread.h"
#include "math/vec.h"
#include "train/coordinator.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 3 };

static Err make_steps(Engine *e, int64_t steps, double *seconds, Pace *steady)
{
    Pace before = {0};
    for (int64_t i = 0; i < steps; i++) {
        Word all;
        Result result;
        bool measure = coordinator_logs_next(e);
        if (i == WARM_UP)
            before = pace_now(e->comm, e->watch, 0, 0);
        double began = term_clock();
        TRY(step_run(e, coordinator_rate(e), measure, (Word){0, INT32_MAX}, &all, &result));
        seconds[i] = term_clock() - began;
        coordinator_note_step(e, &result);
    }
    Pace now = pace_now(e->comm, e->watch, 0, 0);
    *steady = pace_since(&now, &before);
    return NULL;
}

static Err measure(const Comm *comm, const Config *config, int64_t steps, ScalePoint *point)
{
    Engine engine = {0};
    Pace steady;
    double *seconds = mem_alloc(steps, sizeof *seconds);
    Err err = engine_open(&engine, comm, config, NULL);
    if (!err)
        err = make_steps(&engine, steps, seconds, &steady);
    if (!err) {
        int64_t counted = steps - WARM_UP;
        *point = (ScalePoint){.ranks = comm->size,
                              .groups = comm->groups,
                              .batch = engine.global,
                              .leaves = engine.leaves,
                              .step = spread_median(seconds + WARM_UP, counted),
                              .bytes = (double)engine.net->extent * (double)sizeof(Real),
                              .noise = noise_scale(&engine.state.control.noise),
                              .digest = state_digest(&engine.state)};
        for (int s = 0; s < SHARE_COUNT; s++)
            point->share[s] = steady.share[s] / (double)counted;
    }
    comm_barrier(comm); /* the digest is read from what the others may free */
    engine_close(&engine);
    mem_free(seconds);
    return err;
}

static Err read_config(const Scale *scale, int64_t times, Arena *arena, Config *config)
{
    const char *own[8] = {arena_text(arena, "train.length=%" PRId64 " steps", scale->steps),
                          "train.early_stop=null", "train.target=null", "schedule.warmup=0 steps"};
    int n = 4;
    if (times > 1) {
        TRY(config_read_with(config, &scale->config, own, n));
        int64_t global = config->batches.point[0].size;
        config_free(config);
        if (global <= 0)
            FAIL(STATUS_USER, "batch.global: all cannot grow with the ranks; give a number");
        own[n++] = arena_text(arena, "batch.global=%" PRId64, global * times);
        own[n++] = "schedule.scaling=none"; /* a rate that grows along might diverge */
    }
    return config_read_with(config, &scale->config, own, n);
}

Err scale_measure(const Scale *scale, int ranks, int64_t times, ScalePoint *point)
{
    Arena arena = {0};
    Config config = {0};
    Comm comm = {0};
    *point = (ScalePoint){0};
    Err err = read_config(scale, times, &arena, &config);
    if (!err)
        err = comm_divide(scale->world, ranks, (Exchange)config.exchange, &comm);
    err = comm_agree(scale->world, err);
    if (!err && comm.size > 0) {
        LogLevel level = log_level_now();
        log_level(LOG_SILENT);
        err = measure(&comm, &config, scale->steps, point);
        log_level(level);
    }
    comm_rest(scale->world);
    comm_free(&comm);
    config_free(&config);
    arena_free(&arena);
    TRY(comm_agree(scale->world, err));
    comm_broadcast(scale->world, point, sizeof *point, 0);
    return NULL;
}

/* ---- the machine ---- */

static double by_adding(Real *sum, const Real *leaf, int64_t n)
{
    double began = term_clock();
    vec_add(sum, sum, leaf, n);
    return term_clock() - began;
}

/* Seconds a byte, while all ranks do the same. */
static double measure_gamma(const Comm *comm)
{
    enum { ROUNDS = 15 };
    const int64_t n = (int64_t)1 << 22;
    Real *sum = mem_alloc(n, sizeof *sum), *leaf = mem_alloc(n, sizeof *leaf);
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        comm_barrier(comm);
        seconds[i] = by_adding(sum, leaf, n);
    }
    mem_free(sum);
    mem_free(leaf);
    return (double)comm_max(comm, (int64_t)(spread_median(seconds, ROUNDS) * 1e9)) / 1e9 /
           (double)(n * (int64_t)sizeof(Real));
}

static Err measure_network(const Comm *comm, double seconds, Machine *machine)
{
    double bytes[BENCH_SIZES], times[BENCH_SIZES];
    for (int i = 0; i < BENCH_SIZES; i++) {
        BenchExchange result;
        TRY(bench_exchange(comm, i, seconds / BENCH_SIZES, &result));
        bytes[i] = (double)result.bytes;
        times[i] = result.sum[BENCH_OURS];
    }
    predict_fit_network(machine, comm->groups, bytes, times, BENCH_SIZES);
    return NULL;
}

Err scale_measure_machine(const Scale *scale, double seconds, Machine *machine, bool *hosts)
{
    Comm comm = {0};
    const Comm *world = scale->world;
    machine->gamma = measure_gamma(world);
    TRY(comm_agree(world, comm_divide(world, world->size, EXCHANGE_AUTO, &comm)));
    *hosts = comm.groups > 1;
    machine->ranks = comm.group_first[1];
    if (!*hosts && comm.size > 1) {
        comm_free(&comm);
        TRY(comm_agree(world, comm_divide(world, world->size, EXCHANGE_MESSAGES, &comm)));
    }
    Err err = comm.groups > 1 ? measure_network(&comm, seconds, machine) : NULL;
    comm_free(&comm);
    return err;
}

void scale_fill_machine(const ScalePoint *one, const ScalePoint *full, Machine *machine)
{
    double own = ceil((double)full->leaves / full->ranks);
    machine->leaf = (full->share[SHARE_COMPUTE] + full->share[SHARE_READING]) / own *
                    (own * full->ranks / (double)full->leaves); /* a mean of ranks, some idle */
    machine->backward = machine->leaf * 2 / 3;
    machine->update = one->share[SHARE_EXCHANGE] / one->bytes;
}
