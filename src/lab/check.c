/* The parts of a check: alike on all ranks? the data; the net that is built on them, before and
 * after a few steps; the place. Each adds its lines to one list. */
#include "lab/check.h"

#include "base/file.h"
#include "lab/check_inside.h"
#include "train/coordinator.h"
#include "train/preflight.h"

#include <stdio.h>
#include <string.h>

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

/* What can be said without a step. *start and `values` [extent] are as it begins. */
static Err check_net(Check *c, Real *values, Look *start)
{
    Engine *e = c->engine;
    memcpy(values, e->state.values, (size_t)e->net->extent * sizeof *values);
    TRY(look_rewind(c));
    TRY(look_make(c, values, start));
    if (c->comm->rank == 0) {
        check_start(c, start, values);
        check_layers(c, start, false);
    }
    TRY(check_gradient(c, values));
    return check_overfit(c, values);
}

static Err check_engine(Check *c, Preflight *preflight, const char *run)
{
    Engine *e = c->engine;
    Look start = {0};
    TRY(comm_agree(c->comm, coordinator_check(e)));
    Real *values = mem_alloc(e->net->extent, sizeof *values);
    Err err = check_net(c, values, &start);
    mem_free(values);
    if (!err)
        err = check_learn(c, &start);
    look_free(&start);
    if (!err)
        check_place(preflight, e, run);
    return err;
}

/* A net that cannot be built on data of which something is said already is one more line. */
static Err judge_model(Check *c, Err err)
{
    int wrong = verdicts_count(c->verdicts, VERDICT_WRONG);
    comm_broadcast(c->comm, &wrong, sizeof wrong, 0);
    if (!err || wrong == 0)
        return err;
    verdicts_add(c->verdicts, "model", VERDICT_WRONG, "see to the data first", "%s", err_text(err));
    err_free(err);
    return NULL;
}

static Err check_all(const CheckPlan *plan, Preflight *preflight)
{
    Engine engine = {0};
    Check c = {.comm = plan->comm,
               .config = plan->config,
               .verdicts = &preflight->verdicts,
               .engine = &engine};
    bool built = verdicts_count(&preflight->verdicts, VERDICT_WRONG) == 0;
    comm_broadcast(plan->comm, &built, sizeof built, 0);
    Err err = built ? check_data(&c, &built) : NULL;
    if (!err && built) {
        const char *run =
            plan->run ? plan->run : arena_text(&c.arena, "runs/%s", plan->config->name);
        err = engine_open(&engine, plan->comm, plan->config, NULL);
        err = err ? judge_model(&c, err) : check_engine(&c, preflight, run);
        engine_close(&engine);
    }
    arena_free(&c.arena);
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
