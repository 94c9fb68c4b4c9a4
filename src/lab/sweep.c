/* The desk is asked, the trial trained, its row written; rank 0 shows what all are doing. */
#include "lab/sweep.h"

#include "base/file.h"
#include "base/log.h"
#include "base/term.h"
#include "lab/board.h"
#include "lab/trials.h"
#include "train/coordinator.h"
#include "train/signals.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct Work {
    const Sweep *sweep;
    Arena arena;
    Conf *conf;           /* but for the section, which the grid has */
    const char *as_given; /* with it */
    Grid grid;
    Trials trials;
    int lock;
    bool locked;
    Comm part; /* the ranks that run trials together; size 0: this rank has none to do */
    Desk *desk;
    Board board; /* of rank 0 */
    bool *over;  /* [trials] before this sweep began */
    int64_t number;
    double told; /* on term_clock: when the desk was last written to */
} Work;

static bool leads(const Work *work)
{
    return work->sweep->world->rank == 0;
}

/* ---- before the first trial ---- */

static Err read_trial(const Work *work, int64_t number, Arena *arena, Config *config)
{
    const Sweep *sweep = work->sweep;
    GridTrial trial = grid_trial(&work->grid, number, arena);
    int n = sweep->override_count + trial.set_count;
    const char **sets = arena_take(arena, n + 1, sizeof *sets);
    memcpy(sets, sweep->overrides, (size_t)sweep->override_count * sizeof *sets);
    memcpy(sets + sweep->override_count, trial.sets, (size_t)trial.set_count * sizeof *sets);
    return config_read(config, sweep->name, sweep->text, sets, n);
}

/* Names the trial in an error that is not about stopping. Takes over `err`. */
static Err name_trial(const Work *work, int64_t number, Err err)
{
    Arena arena = {0};
    if (!err || err_status(err) == STATUS_STOPPED)
        return err;
    Err named = ERR(err_status(err), "trial %" PRId64 " (%s): %s", number,
                    grid_label(&work->grid, number, &arena), err_text(err));
    err_free(err);
    arena_free(&arena);
    return named;
}

/* With everything that a run builds, data included. Collective over `alone`. */
static Err build(const Comm *alone, const Config *config)
{
    Engine engine = {0};
    Err err = engine_open(&engine, alone, config, NULL);
    if (!err)
        err = coordinator_check(&engine);
    engine_close(&engine);
    return err;
}

/* A wrong value is found before hours have been spent on others: every trial's keys are read, and
 * every value of every axis is tried in earnest. By rank 0 alone. */
static Err check_trials(const Work *work, const Comm *alone)
{
    Err err = NULL;
    LogLevel level = log_level_now();
    log_level(LOG_SILENT);
    for (int64_t t = 0; t < work->grid.trials && !err; t++) {
        Arena arena = {0};
        Config config = {0};
        err = read_trial(work, t, &arena, &config);
        if (!err && grid_is_sample(&work->grid, t))
            err = build(alone, &config);
        err = name_trial(work, t, err);
        config_free(&config);
        arena_free(&arena);
    }
    log_level(level);
    return err;
}

/* Collective. */
static Err check(const Work *work)
{
    const Comm *world = work->sweep->world;
    Comm alone;
    comm_part(world, leads(work) ? 0 : -1, &alone);
    Err err = leads(work) ? check_trials(work, &alone) : NULL;
    comm_free(&alone);
    return comm_agree(world, err);
}

static const char *inside(Work *work, const char *name)
{
    return arena_text(&work->arena, "%s/%s", work->trials.run, name);
}

/* The configuration that the directory's trials were made of, but for what decides no result. */
static Err compare(Work *work, const char *path)
{
    static const char *const may_change[] = {
        "exchange",    "log",        "train.watchdog", "train.time_limit", "train.check_every",
        "train.grace", "checkpoint", "data.store",     "data.memory",      "sweep.ranks_per_trial",
        NULL};
    const char *now, *then, *key = NULL;
    char *text = NULL;
    size_t size;
    Conf *before = NULL, *given = NULL;
    Err err = file_read(path, &text, &size);
    if (!err)
        err = conf_parse(&before, path, text, NULL, 0);
    if (!err)
        err = conf_parse(&given, work->sweep->name, work->as_given, NULL, 0);
    if (!err)
        key = conf_difference(given, before, may_change, &now, &then);
    if (key)
        err = ERR(STATUS_USER,
                  "%s has trials made with %s: %s, now it is %s; name another directory "
                  "with --run",
                  work->trials.run, key, then, now);
    conf_free(given);
    conf_free(before);
    mem_free(text);
    return err;
}

static Err claim(Work *work)
{
    const char *config = inside(work, "config.yaml");
    TRY(file_make_directory(inside(work, "trials")));
    TRY(file_lock(inside(work, "lock"), 0, &work->lock));
    work->locked = true;
    bool any = file_exists(config);
    if (any && !work->sweep->resume)
        FAIL(STATUS_USER,
             "%s holds a sweep or a run already: go on with --resume, or name another "
             "directory with --run",
             work->trials.run);
    if (any)
        TRY(compare(work, config));
    for (int64_t t = 0; t < work->grid.trials; t++)
        work->over[t] = trials_over(&work->trials, t);
    return any ? NULL : file_replace(config, work->as_given, strlen(work->as_given));
}

static Err prepare(Work *work)
{
    const Sweep *sweep = work->sweep;
    TRY(conf_parse(&work->conf, sweep->name, sweep->text, sweep->overrides, sweep->override_count));
    work->as_given = arena_text(&work->arena, "%s", conf_text(work->conf));
    Node name = conf_get(conf_root(work->conf), "name");
    work->trials.run = sweep->directory ? sweep->directory
                                        : arena_text(&work->arena, "runs/%s",
                                                     conf_scalar(name) ? conf_scalar(name) : "run");
    work->trials.grid = &work->grid;
    return grid_read(&work->grid, work->conf);
}

/* Ranks that are left over run nothing. */
static Err divide(Work *work)
{
    const Comm *world = work->sweep->world;
    int each = (int)work->grid.ranks_per_trial, parts = world->size / each;
    if (parts == 0)
        FAIL(STATUS_USER, "sweep.ranks_per_trial is %d, and there are %d ranks", each, world->size);
    if (world->size % each)
        log_warning("%d of %d ranks have nothing to do: sweep.ranks_per_trial is %d",
                    world->size % each, world->size, each);
    int part = world->rank / each;
    comm_part(world, part < parts ? part : -1, &work->part);
    return NULL;
}

/* ---- a trial ---- */

static void tell(Work *work, TrialState state, int64_t step, int64_t length, double value)
{
    const double figures[DESK_FIGURES] = {(double)state, (double)step, (double)length, value};
    desk_write(work->desk, work->number, figures);
}

static void show(Work *work, bool now)
{
    if (leads(work))
        board_draw(&work->board, desk_read(work->desk), now);
}

/* Between two steps, now and then: how far this trial is; what the others are doing; whether
 * another group has met something that ends them all. */
static void look_up(void *context, int64_t step, int64_t length, double loss)
{
    static const double seconds = 0.25;
    Work *work = context;
    double now = term_clock();
    if (work->part.rank != 0 || now - work->told < seconds)
        return;
    work->told = now;
    tell(work, TRIAL_RUNS, step, length, loss);
    show(work, false);
    if (desk_is_shut(work->desk) && !signals_seen())
        raise(SIGUSR1);
}

static void tell_end(Work *work, const Outcome *outcome)
{
    const Summary *s = &outcome->summary;
    const Result *best = s->test.samples ? &s->test : &s->validation;
    double value = !best->samples          ? s->train_loss
                   : isnan(best->accuracy) ? best->loss
                                           : best->accuracy;
    TrialState state = !outcome->done                 ? TRIAL_DIVERGED
                       : s->stopped == STOPPED_TARGET ? TRIAL_TARGET
                                                      : TRIAL_DONE;
    tell(work, state, outcome->step, outcome->step, value);
}

/* What a trial that is over needs no more. */
static void remove_checkpoints(const Work *work, const char *folder)
{
    Arena arena = {0};
    const char **names, *checkpoints = arena_text(&arena, "%s/checkpoints", folder);
    int count = 0;
    if (work->grid.keep_checkpoints)
        return;
    Err err = file_list(checkpoints, "", ".h5", &arena, &names, &count);
    for (int i = 0; !err && i < count; i++)
        remove(arena_text(&arena, "%s/%s", checkpoints, names[i]));
    err_free(err);
    remove(checkpoints);
    arena_free(&arena);
}

static Err note(Work *work, const char *folder, const Outcome *outcome, double seconds)
{
    if (work->part.rank != 0)
        return NULL;
    TRY(trials_note(&work->trials, work->number, outcome,
                    &(TrialTiming){work->part.size, seconds}));
    remove_checkpoints(work, folder);
    tell_end(work, outcome);
    return NULL;
}

/* Collective over the part. A trial that was interrupted goes on; of one that was complete, but for
 * its row, the end is repeated. */
static Err train(Work *work, Config *config, const Comm *comm, const char *folder)
{
    Arena arena = {0};
    Outcome outcome = {0};
    double began = term_clock();
    RunOptions options = {.directory = folder,
                          .resume = true,
                          .until = -1,
                          .quiet = true,
                          .outcome = &outcome,
                          .on_step = look_up,
                          .context = work,
                          .began = work->sweep->began};
    if (comm->rank == 0)
        remove(arena_text(&arena, "%s/summary.json", folder));
    comm_barrier(comm);
    LogLevel level = log_level_now();
    log_level(LOG_SILENT);
    Err err = run_train(comm, config, &options);
    log_level(level);
    arena_free(&arena);
    if (err_status(err) == STATUS_DIVERGED) {
        err_free(err);
        err = NULL;
    }
    return err ? err : comm_agree(&work->part, note(work, folder, &outcome, term_clock() - began));
}

/* Collective over the part. */
static Err run_trial(Work *work)
{
    Arena arena = {0};
    Config config = {0};
    Comm comm = {0};
    Err err = read_trial(work, work->number, &arena, &config);
    if (!err)
        err = comm_divide(&work->part, work->part.size, (Exchange)config.exchange, &comm);
    err = comm_agree(&work->part, err);
    if (!err)
        err = train(work, &config, &comm, trials_folder(&work->trials, work->number, &arena));
    err = name_trial(work, work->number, err);
    comm_free(&comm);
    config_free(&config);
    arena_free(&arena);
    return err;
}

/* The next number that is not over, on all ranks of the part; -1: none. */
static int64_t next(Work *work)
{
    int64_t number = -1;
    if (work->part.rank == 0 && !signals_seen())
        while ((number = desk_take(work->desk)) >= 0 && work->over[number])
            desk_done(work->desk);
    comm_broadcast(&work->part, &number, sizeof number, 0);
    return number;
}

static Err run_part(Work *work)
{
    Err err = NULL;
    while (work->part.size > 0 && !err && (work->number = next(work)) >= 0) {
        if (work->part.rank == 0)
            tell(work, TRIAL_RUNS, 0, 1, NAN);
        err = run_trial(work);
        if (work->part.rank == 0)
            desk_done(work->desk);
    }
    bool stop = err || signals_seen();
    if (work->part.size > 0 && work->part.rank == 0 && stop)
        desk_shut(work->desk);
    return err;
}

/* Ranks that have nothing to do any more leave the cores to the others. */
static void wait_for_others(Work *work)
{
    static const struct timespec nap = {0, 20000000};
    while (desk_pending(work->desk) > 0) {
        show(work, false);
        desk_serve(work->desk);
        nanosleep(&nap, NULL);
    }
}

/* ---- the whole ---- */

static void begin_table(Work *work)
{
    int64_t over = 0;
    for (int64_t t = 0; t < work->grid.trials; t++)
        over += work->over[t];
    log_info("%" PRId64 " trials%s, %d at a time on %d rank%s each", work->grid.trials,
             over ? arena_text(&work->arena, ", %" PRId64 " of them over", over) : "",
             (int)(work->sweep->world->size / work->grid.ranks_per_trial),
             (int)work->grid.ranks_per_trial, work->grid.ranks_per_trial > 1 ? "s" : "");
    board_open(&work->board, &work->grid);
    for (work->number = 0; work->number < work->grid.trials; work->number++)
        if (work->over[work->number])
            tell(work, TRIAL_BEFORE, 0, 0, 0);
}

static Err end_table(Work *work, Err err)
{
    const Comm *world = work->sweep->world;
    Err untold = NULL;
    if (leads(work)) {
        board_draw(&work->board, desk_read(work->desk), true);
        untold = trials_gather(&work->trials);
    }
    /* That one was told to stop because another one failed is not what went wrong. */
    bool stopped = err_status(err) == STATUS_STOPPED;
    TRY(comm_agree(world, untold ? untold : stopped ? NULL : err));
    if (stopped)
        err_free(err);
    if (leads(work) && work->board.over < work->grid.trials)
        untold =
            ERR(STATUS_STOPPED,
                "stopped with %" PRId64 " of %" PRId64 " trials over; --resume goes on from there",
                work->board.over, work->grid.trials);
    return comm_agree(world, untold);
}

static Err sweep_work(Work *work)
{
    const Comm *world = work->sweep->world;
    TRY(comm_agree(world, prepare(work)));
    TRY(comm_agree(world, divide(work)));
    TRY(check(work));
    work->over = arena_take(&work->arena, work->grid.trials, sizeof *work->over);
    TRY(comm_agree(world, leads(work) ? claim(work) : NULL));
    comm_broadcast(world, work->over, (size_t)work->grid.trials * sizeof *work->over, 0);
    desk_open(&work->desk, world, work->grid.trials);
    if (leads(work))
        begin_table(work);
    comm_barrier(world);
    Err err = run_part(work);
    wait_for_others(work);
    return end_table(work, err);
}

Err sweep_run(const Sweep *sweep)
{
    Work work = {.sweep = sweep};
    Err err = sweep_work(&work);
    desk_close(work.desk);
    comm_free(&work.part);
    board_close(&work.board);
    if (work.locked)
        file_unlock(work.lock);
    conf_free(work.conf);
    arena_free(&work.arena);
    return err;
}
