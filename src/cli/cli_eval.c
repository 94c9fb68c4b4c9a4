/* lockstep eval CKPT: measures a checkpoint on a part of a data file. */
#include "base/log.h"
#include "cli/load.h"
#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const Option options[] = {
    {"--data", "DATA.h5", "another data file than the one it was trained on"},
    {"--split", "PART", "train, validation or test; default test"},
    {0},
};

static Err find_part(const char *name, Part *part)
{
    static const char *const names[] = {"train", "validation", "test", NULL};
    for (*part = PART_TRAIN; *part < PART_COUNT; ++*part)
        if (strcmp(part_name(*part) + 1, name) == 0)
            return NULL;
    return unknown_word("split", name, names);
}

static const char *accuracy_text(const Result *result, Arena *arena)
{
    return isnan(result->accuracy) ? "" : arena_text(arena, "accuracy %.4f  ", result->accuracy);
}

static const char *figures_text(const Result *result, Arena *arena)
{
    const char *text = "";
    for (Figure f = 0; f < FIGURE_COUNT; f++)
        if (!isnan(result->figure[f]))
            text = arena_text(arena, "%s%s %.6g  ", text, figure_names[f], result->figure[f]);
    return text;
}

static Err measure(Engine *e, const Comm *comm, Checkpoint *saved, Part part)
{
    TRY(comm_agree(comm, comm->member == 0 ? checkpoint_restore(saved, &e->state, false) : NULL));
    comm_barrier(comm);
    if (e->feed.count[part] == 0)
        FAIL(STATUS_USER, "%s has no %s part", dataset_path(e->feed.data), part_name(part) + 1);
    Word all;
    Result result;
    TRY(eval_run(e, part, (Word){0, INT32_MAX}, &all, &result));
    uint64_t digest = state_digest(&e->state);
    Arena arena = {0};
    log_info("%s  samples %" PRId64 "  %sloss %.6f  %sdigest %016" PRIx64, part_name(part) + 1,
             result.samples, accuracy_text(&result, &arena), result.loss,
             figures_text(&result, &arena), digest);
    arena_free(&arena);
    return NULL;
}

static Err evaluate(const Comm *world, const Args *args)
{
    const char *split = args_value(args, "--split");
    Part part;
    TRY(find_part(split ? split : "test", &part));
    Checkpoint saved;
    Config config = {0};
    Comm comm = {0};
    Engine engine = {0};
    Err err = comm_agree(world, checkpoint_open(&saved, args->positional[0]));
    if (!err)
        err = comm_agree(world, config_read(&config, saved.path, saved.config, NULL, 0));
    if (!err)
        err = load_comm(world, &config, &comm);
    if (!err)
        err = engine_open(&engine, &comm, &config, args_value(args, "--data"), &saved.normal);
    if (!err)
        err = measure(&engine, &comm, &saved, part);
    engine_close(&engine);
    comm_free(&comm);
    config_free(&config);
    checkpoint_close(&saved);
    return err;
}

const Verb cli_eval = {
    .name = "eval",
    .arguments = "CKPT [--data DATA.h5] [--split test]",
    .help = "measure a checkpoint on a data file",
    .accepted = options,
    .least = 1,
    .most = 1,
    .run = evaluate,
};
