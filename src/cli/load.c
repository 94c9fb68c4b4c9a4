/* Reading a configuration once for all ranks, or all that a checkpoint needs to run. */
#include "cli/load.h"

#include "base/file.h"

#include <string.h>

enum { CONFIG_MOST = 4 << 20 }; /* bytes: a longer file is something else, given by mistake */

Err load_text(const Comm *world, const char *path, Arena *arena, const char **text)
{
    char *read = NULL;
    size_t size;
    TRY(comm_agree(world,
                   world->rank == 0 ? file_read_most(path, CONFIG_MOST, &read, &size) : NULL));
    const char *told = comm_broadcast_text(world, read, arena);
    *text = arena_text(arena, "%s", told);
    mem_free(read);
    return NULL;
}

Err load_source(const Comm *world, const char *path, const Args *args, Arena *arena,
                const char **overrides, ConfigSource *source)
{
    *source = (ConfigSource){.name = path,
                             .overrides = overrides,
                             .override_count = args_values(args, "--set", overrides)};
    return load_text(world, path, arena, &source->text);
}

const Option experiment_options[] = {
    OPTION_SET,
    OPTION_RUN,
    {"--resume", NULL, "go on: trials that are over stay as they are"},
    {0},
};

Err load_experiment(const Comm *world, const Args *args, Err (*run)(const Experiment *asked))
{
    Arena arena = {0};
    const char *overrides[ARGS_MOST];
    Experiment asked = {.world = world,
                        .directory = args_value(args, "--run"),
                        .resume = args_value(args, "--resume") != NULL,
                        .began = args->began};
    Err err = load_source(world, args->positional[0], args, &arena, overrides, &asked.config);
    if (!err)
        err = run(&asked);
    arena_free(&arena);
    return err;
}

Err load_config(const Comm *world, const char *path, const Args *args, Config *config)
{
    Arena arena = {0};
    const char *overrides[ARGS_MOST];
    ConfigSource source;
    *config = (Config){0};
    Err err = load_source(world, path, args, &arena, overrides, &source);
    if (!err)
        err = comm_agree(world, config_read_with(config, &source, NULL, 0));
    arena_free(&arena);
    return err;
}

Err load_comm(const Comm *world, const Config *config, Comm *comm)
{
    return comm_agree(world, comm_divide(world, world->size, (Exchange)config->exchange, comm));
}

static Err find_part(const char *name, Part *part)
{
    static const char *const names[] = {"train", "validation", "test", NULL};
    for (*part = PART_TRAIN; *part < PART_COUNT; ++*part)
        if (strcmp(part_name(*part) + 1, name) == 0)
            return NULL;
    return unknown_word("split", name, names);
}

static Err restore(Loaded *l)
{
    const Comm *comm = &l->comm;
    Engine *e = &l->engine;
    TRY(comm_agree(comm, comm->member == 0
                             ? checkpoint_restore(&l->saved, &e->state, e->state.average != NULL)
                             : NULL));
    comm_barrier(comm);
    if (e->feed.count[l->part] == 0)
        FAIL(STATUS_USER, "%s has no %s part", dataset_path(e->feed.data), part_name(l->part) + 1);
    return NULL;
}

Err load_checkpoint(const Comm *world, const Args *args, bool labelled, Loaded *l)
{
    const char *split = args_value(args, "--split"), *path = args->positional[0];
    *l = (Loaded){0};
    TRY(find_part(split ? split : "test", &l->part));
    TRY(comm_agree(world, checkpoint_open(&l->saved, path)));
    TRY(comm_agree(world, config_read(&l->config, l->saved.path, l->saved.config, NULL, 0)));
    TRY(load_comm(world, &l->config, &l->comm));
    Measure measure = {.normal = &l->saved.normal,
                       .channels = l->saved.input.channels,
                       .height = l->saved.input.height,
                       .width = l->saved.input.width,
                       .file = args_value(args, "--data"),
                       .part = l->part,
                       .labelled = labelled};
    TRY(engine_open(&l->engine, &l->comm, &l->config, &measure));
    return restore(l);
}

void load_close(Loaded *l)
{
    engine_close(&l->engine);
    comm_free(&l->comm);
    config_free(&l->config);
    checkpoint_close(&l->saved);
}
