/* The parts of a check, in the order in which a run would meet what they look for: alike on all
 * ranks, can be built, fits the place. Each adds its lines to one list. */
#include "lab/check.h"

#include "base/file.h"
#include "train/coordinator.h"
#include "train/preflight.h"

#include <stdio.h>

/* A folder below the run directory, which need not be there, and what of it was not. */
typedef struct Try {
    Arena arena;
    const char *run, *folder, *top;
} Try;

/* A fixed name: what a check that was killed has left is used and cleared by the next one. */
static Err try_open(Try *try, const Comm *comm, const char *run)
{
    try->run = run;
    try->folder = arena_text(&try->arena, "%s/check.tmp", run);
    if (comm->rank != 0)
        return NULL;
    try->top = file_missing(try->folder, &try->arena);
    return file_make_directory(try->folder);
}

static void try_close(Try *try, const Comm *comm)
{
    const char **names;
    int count;
    if (comm->rank == 0) {
        err_free(file_list(try->folder, "", "", &try->arena, &names, &count));
        for (int i = 0; i < count; i++)
            remove(arena_text(&try->arena, "%s/%s", try->folder, names[i]));
        file_remove_empty(try->folder, try->top ? try->top : try->folder);
    }
    arena_free(&try->arena);
}

static void check_place(Preflight *preflight, Engine *engine, const char *run)
{
    Try try = {0};
    const Comm *comm = engine->comm;
    Err err = comm_agree(comm, try_open(&try, comm, run));
    preflight_check(preflight, engine, run, err ? NULL : try.folder);
    if (err)
        verdicts_add(&preflight->verdicts, "run directory", VERDICT_WRONG,
                     "a directory that can be written (--run)", "%s", err_text(err));
    err_free(err);
    try_close(&try, comm);
}

static Err check_all(const CheckPlan *plan, Preflight *preflight)
{
    Engine engine = {0};
    Arena arena = {0};
    Err err = NULL;
    if (verdicts_count(&preflight->verdicts, VERDICT_WRONG) == 0) {
        err = engine_open(&engine, plan->comm, plan->config, NULL);
        if (!err)
            err = comm_agree(plan->comm, coordinator_check(&engine));
        if (!err)
            check_place(preflight, &engine,
                        plan->run ? plan->run : arena_text(&arena, "runs/%s", plan->config->name));
        engine_close(&engine);
    }
    arena_free(&arena);
    return err;
}

Err check_run(const CheckPlan *plan)
{
    Preflight preflight;
    preflight_open(&preflight, plan->comm, plan->config, plan->difference);
    Err err = check_all(plan, &preflight);
    const Verdicts *found = &preflight.verdicts;
    (plan->json ? verdicts_print_json : verdicts_print)(found);
    int count[2] = {verdicts_count(found, VERDICT_WRONG), found->count};
    comm_broadcast(plan->comm, count, sizeof count, 0);
    if (!err && count[0] > 0)
        err = ERR(STATUS_FAILED, "%d of %d checks %s wrong", count[0], count[1],
                  count[0] > 1 ? "are" : "is");
    preflight_close(&preflight);
    return err;
}
