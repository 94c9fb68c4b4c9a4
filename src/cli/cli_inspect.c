/* lockstep inspect FILE: what is in a data file, a checkpoint, or a configuration. */
#include "base/file.h"
#include "base/log.h"
#include "base/plot.h"
#include "cli/describe.h"
#include "cli/load.h"
#include "train/checkpoint.h"
#include "train/coordinator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static Err list_datasets(H5 *file, Arena *arena)
{
    const char **paths;
    int count;
    TRY(h5_list(file, arena, &paths, &count));
    for (int i = 0; i < count; i++) {
        H5Info info;
        TRY(h5_info(file, paths[i], &info));
        const char *chunk =
            info.chunk ? arena_text(arena, ", %" PRId64 " a chunk", info.chunk) : "";
        log_info("  %-44s %-7s %s%s", paths[i], describe_type(&info, arena),
                 describe_dims(&info, arena), chunk);
    }
    return NULL;
}

/* ---- checkpoint ---- */

static Err inspect_checkpoint(const char *path, Arena *arena)
{
    Checkpoint c;
    Err err = checkpoint_open(&c, path);
    if (!err) {
        log_info("%s: a checkpoint, intact", path);
        log_info("  step %" PRId64 ", %" PRId64 " samples, digest %s", c.step, c.samples, c.digest);
        log_info("  written by %s", c.fingerprint);
        log_info("  normalisation %s", normal_words[c.normal.mode]);
        err = list_datasets(c.file, arena);
    }
    if (!err)
        log_info("configuration:\n%s", c.config);
    checkpoint_close(&c);
    return err;
}

/* ---- configuration ---- */

/* "62.6 M" of 62564480. */
static const char *compact(double count, Arena *arena)
{
    static const char units[] = " kMGTPE";
    int unit = 0;
    while (count >= 999.5 && units[unit + 1]) {
        count /= 1000;
        unit++;
    }
    if (unit == 0)
        return arena_text(arena, "%.0f", count);
    return arena_text(arena, "%.*f %c", count < 99.95 ? 1 : 0, count, units[unit]);
}

/* One line of the table, of at most 80 columns: of a long name the end is shown. */
static void list_layer(const char *name, const char *output, int64_t parameters, double flops,
                       Arena *arena)
{
    enum { NAME = 39 };
    log_info("%-*s %-15s %12" PRId64 " %10s", NAME, describe_end(name, NAME, arena), output,
             parameters, compact(flops, arena));
}

static void list_layers(const Net *net)
{
    Arena arena = {0};
    log_info("%-39s %-15s %12s %10s", "layer", "output", "parameters", "fwd FLOP");
    for (int i = 0; i < net->layer_count; i++) {
        const Layer *l = &net->layers[i];
        int64_t parameters = 0;
        for (int t = 0; t < l->tensor_count; t++)
            parameters += l->tensors[t].kind == TENSOR_PARAMETER ? l->tensors[t].size : 0;
        list_layer(l->name, shape_text(l->out), parameters, l->flops, &arena);
    }
    list_layer("total", "", net->parameter_count, net->flops, &arena);
    arena_free(&arena);
}

static void list_memory(const Engine *e)
{
    Arena arena = {0};
    log_wrapped(2, "\n%s", engine_memory(e, &arena));
    arena_free(&arena);
}

/* Of step 1, 2, ... A plateau decay has not lowered it yet. */
static double rate_of(const Engine *e, int64_t step)
{
    return schedule_rate(&e->schedule, &e->state.control.plateau, clock_before(&e->clock, step - 1),
                         clock_before(&e->clock, step));
}

/* The rate over the run. */
static void draw_rates(const Engine *e, Arena *arena)
{
    enum { MOST = 6000 }; /* a hundred to a column of the drawing */
    int64_t count = e->length < MOST ? e->length : MOST;
    double *rates = arena_take(arena, count, sizeof *rates);
    for (int64_t i = 0; i < count; i++)
        rates[i] = rate_of(e, 1 + i * e->length / count);
    Plot plot = {.y = rates,
                 .count = count,
                 .to = (double)clock_before(&e->clock, e->length) / (double)e->clock.epoch,
                 .x_name = "epochs",
                 .y_name = "rate"};
    if (count > 0)
        log_info("\n%s\n", plot_text(&plot, arena));
}

/* The rate at a few steps of the run. */
static void list_rates(const Engine *e)
{
    enum { ROWS = 12 };
    Arena arena = {0};
    log_wrapped(2, "\n%s", schedule_text(&e->schedule, &arena));
    if (e->schedule.doubt)
        log_warning("%s", e->schedule.doubt);
    draw_rates(e, &arena);
    arena_free(&arena);
    log_info("%10s %10s %12s", "step", "epoch", "rate");
    int64_t last = -1;
    for (int i = 0; i <= ROWS; i++) {
        int64_t step = e->length > 0 ? 1 + (e->length - 1) * i / ROWS : 0;
        if (step == last || step == 0)
            continue;
        last = step;
        log_info("%10" PRId64 " %10.2f %12.6g", step,
                 (double)clock_before(&e->clock, step) / (double)e->clock.epoch, rate_of(e, step));
    }
}

/* One line, or one for each size of the batch. */
static void list_batches(const Engine *e)
{
    if (e->clock.changes == 0) {
        log_info("\n%" PRId64 " training samples, %" PRId64 " step%s of %" PRId64
                 " samples,\n  each of %" PRId64 " micro-batch%s of up to %" PRId64 " samples",
                 e->clock.epoch, e->length, e->length == 1 ? "" : "s", e->global, e->leaves,
                 e->leaves == 1 ? "" : "es", e->micro);
        return;
    }
    Arena arena = {0};
    log_info("\n%" PRId64 " training samples, %" PRId64 " steps, batch %s", e->clock.epoch,
             e->length, batches_text(&e->clock, e->length, &arena));
    arena_free(&arena);
    log_info("%10s %10s %12s %14s", "from step", "epoch", "batch", "micro-batches");
    for (int i = 0; i < e->planned.count; i++) {
        BatchChange stretch = clock_stretch(&e->clock, i);
        log_info("%10" PRId64 " %10.2f %12" PRId64 " %14" PRId64, stretch.step + 1,
                 (double)stretch.samples / (double)e->clock.epoch, stretch.size,
                 e->planned.leaves[i]);
    }
}

static Err inspect_config(const Comm *world, const char *path, const Args *args)
{
    Config config;
    Comm comm = {0};
    Engine e = {0};
    Err err = load_config(world, path, args, &config);
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = engine_open(&e, &comm, &config, NULL);
    if (!err)
        err = coordinator_check(&e);
    if (!err) {
        log_info("# %s, resolved\n%s", path, conf_text(config.conf));
        list_layers(e.net);
        list_batches(&e);
        list_memory(&e);
        list_rates(&e);
    }
    engine_close(&e);
    comm_free(&comm);
    config_free(&config);
    return err;
}

/* ---- which is it ---- */

enum { KIND_CONFIG, KIND_DATA, KIND_CHECKPOINT };

static Err find_kind(const char *path, int *kind)
{
    static const char signature[] = "\211HDF\r\n\032\n";
    char head[sizeof signature] = "";
    FILE *file = fopen(path, "rb");
    if (!file)
        FAIL(STATUS_USER, "%s: no such file, or it cannot be read", path);
    size_t n = fread(head, 1, sizeof signature - 1, file);
    fclose(file);
    *kind = KIND_CONFIG;
    if (n < sizeof signature - 1 || memcmp(head, signature, sizeof signature - 1) != 0)
        return NULL;
    H5 *h5;
    TRY(h5_open(&h5, path));
    bool checkpoint = h5_has_attribute(h5, "/", "format") && h5_has_attribute(h5, "/", "step");
    *kind = checkpoint ? KIND_CHECKPOINT : KIND_DATA;
    h5_close(h5);
    return NULL;
}

static Err inspect(const Comm *world, const Args *args)
{
    const char *path = args->positional[0];
    int kind = KIND_CONFIG;
    TRY(comm_agree(world, world->rank == 0 ? find_kind(path, &kind) : NULL));
    comm_broadcast(world, &kind, sizeof kind, 0);
    if (kind == KIND_CONFIG)
        return inspect_config(world, path, args);
    if (world->rank != 0)
        return NULL;
    Arena arena = {0};
    Err err = kind == KIND_DATA ? describe_data(path) : inspect_checkpoint(path, &arena);
    arena_free(&arena);
    return err;
}

static const Option options[] = {OPTION_SET, {0}};

const Verb cli_inspect = {
    .name = "inspect",
    .arguments = "DATA.h5 | CKPT.h5 | CONFIG.yaml",
    .help = "show what a data file, a checkpoint or a configuration holds",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = inspect,
};
