/* lockstep selftest ranks|resume CONFIG: prove the two claims here, with this data. */
#include "base/log.h"
#include "cli/load.h"
#include "lab/selftest.h"

#include <string.h>

static const Option options[] = {
    OPTION_SET,
    {"--steps", "N", "length of the short runs; default 20"},
    {0},
};

static Err selftest(const Comm *world, const Args *args)
{
    static const char *const kinds[] = {"ranks", "resume", NULL};
    const char *kind = args->positional[0], *path = args->positional[1];
    bool by_ranks = strcmp(kind, "ranks") == 0;
    if (!by_ranks && strcmp(kind, "resume") != 0)
        return unknown_word("self-test", kind, kinds);
    Arena arena = {0};
    const char *overrides[ARGS_MOST];
    Selftest test = {.world = world};
    TRY(args_int(args, "--steps", 20, &test.steps));
    if (test.steps < 2)
        FAIL(STATUS_USER, "--steps wants at least 2");

    Config config = {0};
    Err err = load_source(world, path, args, &arena, overrides, &test.config);
    if (!err)
        err = comm_agree(world, config_read_with(&config, &test.config, NULL, 0));
    if (!err) {
        test.directory = arena_text(&arena, "runs/%s-selftest", config.name);
        err = by_ranks ? selftest_ranks(&test) : selftest_resume(&test);
    }
    config_free(&config);
    arena_free(&arena);
    return err;
}

const Verb cli_selftest = {
    .name = "selftest",
    .arguments = "ranks|resume CONFIG [--steps N]",
    .help = "prove the two claims on this cluster, with this data",
    .details = "ranks    trains on 1, 2, .. all ranks, through shared memory and by messages\n"
               "resume   stops half way, goes on with one rank less\n"
               "Digests must be equal after every step, and metrics.csv byte for byte.\n"
               "A step wants more micro-batches than there are ranks (batch.micro).",
    .accepted = options,
    .least = 2,
    .most = 2,
    .run = selftest,
};
