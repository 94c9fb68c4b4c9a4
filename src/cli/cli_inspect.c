/* lockstep inspect FILE: what is in a data file, a checkpoint, or a configuration. */
#include "base/file.h"
#include "base/log.h"
#include "cli/load.h"
#include "train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *dims_text(const H5Info *info, Arena *arena)
{
    const char *text = "";
    for (int d = 0; d < info->rank; d++)
        text = arena_text(arena, "%s%s%" PRId64, text, d ? " x " : "", info->dims[d]);
    return text;
}

static const char *type_text(const H5Info *info, Arena *arena)
{
    if (info->kind == H5_OTHER)
        return "other";
    const char *kind = info->kind == H5_FLOAT ? "float" : info->is_signed ? "int" : "uint";
    return arena_text(arena, "%s%d", kind, 8 * info->bytes);
}

static Err list_datasets(H5 *file, Arena *arena)
{
    const char **paths;
    int count;
    TRY(h5_list(file, arena, &paths, &count));
    for (int i = 0; i < count; i++) {
        H5Info info;
        TRY(h5_info(file, paths[i], &info));
        const char *chunk = info.chunk ? arena_text(arena, "chunks of %" PRId64, info.chunk) : "";
        log_info("  %-37s %-7s %-15s %s", paths[i], type_text(&info, arena),
                 dims_text(&info, arena), chunk);
    }
    return NULL;
}

/* ---- data file ---- */

static void describe_part(const Dataset *data, Part part)
{
    int64_t count = dataset_count(data, part);
    if (count)
        log_info("  %-12s %" PRId64 " sample%s", part_name(part), count, count == 1 ? "" : "s");
}

/* What makes a file slow to stream, or poorly shuffled: chunks that are no convenient unit. */
static const char *chunk_trouble(const H5Info *info, Arena *arena)
{
    double row = info->bytes;
    for (int i = 1; i < info->rank; i++)
        row *= (double)info->dims[i];
    double bytes = row * (double)info->chunk;
    if (info->chunk == 0)
        return NULL;
    if (info->cuts_rows)
        return "its chunks cut through samples, so that several are read for each";
    if (bytes > 16e6)
        return arena_text(arena, "a chunk has %.0f MB, and windows are made of few of them",
                          bytes / 1e6);
    if (bytes < 16e3 && info->chunk < info->dims[0])
        return arena_text(arena,
                          "a chunk has %" PRId64 " sample%s of %.0f bytes, and is a read of "
                          "its own",
                          info->chunk, info->chunk == 1 ? "" : "s", row);
    return NULL;
}

/* Whether a part would be slow to stream, and the cure. */
static Err warn_chunks(const char *path, const Dataset *data)
{
    H5 *file;
    Arena arena = {0};
    const char *trouble = NULL;
    TRY(h5_open(&file, path));
    Err err = NULL;
    for (Part part = 0; part < PART_COUNT && !err && !trouble; part++) {
        H5Info info;
        const char *x = arena_text(&arena, "%s/x", part_name(part));
        if (dataset_count(data, part) == 0)
            continue;
        err = h5_info(file, x, &info);
        trouble = err ? NULL : chunk_trouble(&info, &arena);
        if (trouble)
            log_warning("%s: %s: %s; rewrite it: lockstep import h5 %s -o NEW.h5", path, x, trouble,
                        path);
    }
    h5_close(file);
    arena_free(&arena);
    return err;
}

static Err inspect_data(const char *path)
{
    Dataset *data;
    int channels, height, width;
    TRY(dataset_open(&data, path));
    dataset_shape(data, &channels, &height, &width);
    log_info("%s: a data file", path);
    log_info("  a sample is %d channel%s of %d x %d; targets are %s", channels,
             channels > 1 ? "s" : "", height, width,
             dataset_classifies(data) ? "classes" : "real values");
    for (Part part = 0; part < PART_COUNT; part++)
        describe_part(data, part);
    log_info("  %.1f MB in memory", (double)dataset_bytes(data) / 1e6);
    Err err = warn_chunks(path, data);
    dataset_close(data);
    return err;
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
    size_t length = strlen(name);
    const char *shown = length > NAME ? arena_text(arena, "..%s", name + length - NAME + 2) : name;
    log_info("%-*s %-15s %12" PRId64 " %10s", NAME, shown, output, parameters,
             compact(flops, arena));
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
    double data = (double)feed_bytes(&e->feed), state = (double)e->state.window.bytes;
    double leaves = (double)reduce_bytes(e->comm, e->net->extent, e->leaves);
    double own = (double)net_activation_bytes(e->net);
    log_info("\nmemory of a group of ranks: data %.1f MB, parameters and optimizer %.1f MB,\n"
             "  gradients %.1f MB; of a rank: activations %.1f MB; %.1f MB a rank in all",
             data / 1e6, state / 1e6, leaves / 1e6, own / 1e6,
             ((data + state + leaves) / e->comm->members + own) / 1e6);
}

/* The rate at a few steps of the run. */
static void list_rates(const Engine *e)
{
    enum { ROWS = 12 };
    Arena arena = {0};
    log_info("\n%s", schedule_text(&e->schedule, &arena));
    arena_free(&arena);
    log_info("%10s %10s %12s", "step", "epoch", "rate");
    int64_t last = -1;
    for (int i = 0; i <= ROWS; i++) {
        int64_t step = e->length > 0 ? 1 + (e->length - 1) * i / ROWS : 0;
        if (step == last || step == 0)
            continue;
        last = step;
        log_info("%10" PRId64 " %10.2f %12.6g", step,
                 (double)(step * e->global) / (double)e->clock.epoch,
                 schedule_rate(&e->schedule, (step - 1) * e->global, step * e->global));
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
    if (!err) {
        log_info("# %s, resolved\n%s", path, conf_text(config.conf));
        list_layers(e.net);
        log_info("\n%" PRId64 " training samples, %" PRId64 " step%s of %" PRId64
                 " samples,\n  each of %" PRId64 " micro-batch%s of up to %" PRId64 " samples",
                 e.clock.epoch, e.length, e.length == 1 ? "" : "s", e.global, e.leaves,
                 e.leaves == 1 ? "" : "es", e.micro);
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
    Err err = kind == KIND_DATA ? inspect_data(path) : inspect_checkpoint(path, &arena);
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
