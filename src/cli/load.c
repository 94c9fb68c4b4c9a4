/* Reading a configuration once for all ranks. */
#include "cli/load.h"

#include "base/file.h"

#include <string.h>

/* Rank 0 reads the file, so that no other host needs it. */
Err load_config(const Comm *world, const char *path, const Args *args, Config *config)
{
    Arena arena = {0};
    char *text = NULL;
    size_t size = 0;
    *config = (Config){0};
    Err err = comm_agree(world, world->rank == 0 ? file_read(path, &text, &size) : NULL);
    if (err)
        return err;
    const char *copy = comm_broadcast_text(world, text, &arena);
    const char *overrides[ARGS_MOST];
    int count = args_values(args, "--set", overrides);
    err = config_read(config, path, copy, overrides, count);
    mem_free(text);
    arena_free(&arena);
    return comm_agree(world, err);
}

Err load_comm(const Comm *world, const Config *config, Comm *comm)
{
    return comm_agree(world, comm_divide(world, world->size, (Exchange)config->exchange, comm));
}
