/* The desk is asked, the trial trained, its row written; rank 0 shows what all are doing. */
#include "lab/crew_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "base/term.h"
#include "train/signals.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Jobs that are done side by side, from when all begin to when all are back. */
typedef struct CrewRound {
    const Job *jobs;
    int64_t count;
    bool *over; /* [count] before it began */
    Desk *desk; /* its numbers are places in `jobs` */
    int64_t at; /* the job of this part */
} Round;

static bool leads(const Crew *crew)
{
    return crew->asked.world->rank == 0;
}

static const Job *job(const Crew *crew)
{
    return &crew->round->jobs[crew->round->at];
}

/* ---- the board ---- */

static void tell(Crew *crew, TrialState state, int64_t step, int64_t length, double value)
{
    const double figures[DESK_FIGURES] = {(double)state, (double)step, (double)length, value};
    desk_write(crew->round->desk, crew->round->at, figures);
}

/* From the round's places to the trials'. */
static void show(Crew *crew, bool now)
{
    const Round *round = crew->round;
    if (!leads(crew))
        return;
    const double *figures = desk_read(round->desk);
    for (int64_t i = 0; i < round->count; i++)
        if (!round->over[i])
            memcpy(crew->figure + round->jobs[i].trial * DESK_FIGURES, figures + i * DESK_FIGURES,
                   DESK_FIGURES * sizeof *figures);
    board_draw(&crew->board, crew->figure, now);
}

/* Between two steps, now and then: how far this trial is; what the others are doing; whether
 * another part has met something that ends them all. */
static void look_up(void *context, int64_t step, int64_t length, double loss)
{
    static const double seconds = 0.25;
    Crew *crew = context;
    double now = term_clock();
    if (crew->part.rank != 0 || now - crew->told < seconds)
        return;
    crew->told = now;
    tell(crew, TRIAL_RUNS, step, length, loss);
    show(crew, false);
    if (desk_is_shut(crew->round->desk) && !signals_seen())
        raise(SIGUSR1);
}

static double best_figure(const Summary *s)
{
    const Result *best = s->test.samples ? &s->test : &s->validation;
    return !best->samples ? s->train_loss : isnan(best->accuracy) ? best->loss : best->accuracy;
}

static void tell_end(Crew *crew, const Outcome *outcome)
{
    const Summary *s = &outcome->summary;
    double value = (crew->figure_of ? crew->figure_of : best_figure)(s);
    TrialState state = outcome->paused                ? TRIAL_PAUSED
                       : !outcome->done               ? TRIAL_DIVERGED
                       : s->stopped == STOPPED_TARGET ? TRIAL_TARGET
                                                      : TRIAL_DONE;
    tell(crew, state, outcome->step, outcome->step, value);
}

/* ---- a trial ---- */

static Err end_trial(void *context, Engine *engine)
{
    Crew *crew = context;
    Arena arena = {0};
    Err err = crew->at_end(crew, engine, trials_folder(&crew->trials, job(crew)->trial, &arena));
    arena_free(&arena);
    return err;
}

static Err note(Crew *crew, const Outcome *outcome, double seconds)
{
    if (crew->part.rank != 0)
        return NULL;
    TRY(trials_note(&crew->trials, job(crew)->trial, job(crew)->rung, outcome,
                    &(TrialTiming){crew->part.size, seconds}));
    if (!outcome->paused)
        trials_tidy(&crew->trials, job(crew)->trial);
    tell_end(crew, outcome);
    return NULL;
}

/* That a trial has diverged, or has come to its pause, is what was to be found out. */
static Err bear(Err err, const Outcome *outcome)
{
    bool paused = err_status(err) == STATUS_STOPPED && outcome->paused;
    if (err_status(err) != STATUS_DIVERGED && !paused)
        return err;
    err_free(err);
    return NULL;
}

/* Collective over the part. A trial that was interrupted goes on; of one that was complete, but for
 * its row, the end is repeated. */
static Err train(Crew *crew, Config *config, const Comm *comm, const char *folder)
{
    Arena arena = {0};
    Outcome outcome = {0};
    double began = term_clock();
    RunOptions options = {.directory = folder,
                          .resume = true,
                          .until = -1,
                          .pause = job(crew)->pause,
                          .quiet = true,
                          .outcome = &outcome,
                          .at_end = crew->at_end ? end_trial : NULL,
                          .on_step = look_up,
                          .context = crew,
                          .began = crew->asked.began};
    if (comm->rank == 0)
        remove(arena_text(&arena, "%s/summary.json", folder));
    comm_barrier(comm);
    LogLevel level = log_level_now();
    log_level(LOG_SILENT);
    Err err = bear(run_train(comm, config, &options), &outcome);
    log_level(level);
    arena_free(&arena);
    return err ? err : comm_agree(&crew->part, note(crew, &outcome, term_clock() - began));
}

/* Collective over the part. */
static Err run_trial(Crew *crew)
{
    Arena arena = {0};
    Config config = {0};
    Comm comm = {0};
    int64_t number = job(crew)->trial;
    Err err = crew_read_trial(crew, &crew->grid, number, &arena, &config);
    if (!err)
        err = comm_divide(&crew->part, crew->part.size, (Exchange)config.exchange, &comm);
    err = comm_agree(&crew->part, err);
    if (!err)
        err = train(crew, &config, &comm, trials_folder(&crew->trials, number, &arena));
    err = crew_name_trial(crew, &crew->grid, number, err);
    comm_free(&comm);
    config_free(&config);
    arena_free(&arena);
    return err;
}

/* ---- a round ---- */

/* The next job that is not over, on all ranks of the part; -1: none. */
static int64_t next(Crew *crew)
{
    int64_t at = -1;
    if (crew->part.rank == 0 && !signals_seen())
        while ((at = desk_take(crew->round->desk)) >= 0 && crew->round->over[at])
            desk_done(crew->round->desk);
    comm_broadcast(&crew->part, &at, sizeof at, 0);
    return at;
}

static Err run_part(Crew *crew)
{
    Round *round = crew->round;
    Err err = NULL;
    while (crew->part.size > 0 && !err && (round->at = next(crew)) >= 0) {
        if (crew->part.rank == 0)
            tell(crew, TRIAL_RUNS, 0, 1, NAN);
        err = run_trial(crew);
        if (crew->part.rank == 0)
            desk_done(round->desk);
    }
    bool stop = err || signals_seen();
    if (crew->part.size > 0 && crew->part.rank == 0 && stop)
        desk_shut(round->desk);
    return err;
}

/* Ranks that have nothing to do any more leave the cores to the others. */
static void wait_for_others(Crew *crew)
{
    static const struct timespec nap = {0, 20000000};
    while (desk_pending(crew->round->desk) > 0) {
        show(crew, false);
        desk_serve(crew->round->desk);
        nanosleep(&nap, NULL);
    }
}

static bool is_over(const Crew *crew, const Job *one)
{
    return trials_over(&crew->trials, one->trial) ||
           (one->pause && trials_paused(&crew->trials, one->trial, one->rung));
}

/* What the round has come to. Collective. */
static Err end(Crew *crew, Err err)
{
    Err untold = NULL;
    if (leads(crew)) {
        show(crew, true);
        untold = trials_gather(&crew->trials);
    }
    /* That one was told to stop because another one failed is not what went wrong. */
    if (err_status(err) == STATUS_STOPPED) {
        err_free(err);
        err = NULL;
    }
    TRY(comm_agree(crew->asked.world, untold ? untold : err));
    bool complete = true;
    for (int64_t i = 0; leads(crew) && i < crew->round->count; i++)
        complete &= is_over(crew, &crew->round->jobs[i]);
    if (!complete)
        untold =
            ERR(STATUS_STOPPED,
                "stopped with %" PRId64 " of %" PRId64 " trials over; --resume goes on from there",
                crew_over(crew), crew->grid.trials);
    return comm_agree(crew->asked.world, untold);
}

Err crew_run(Crew *crew, const Job *jobs, int64_t count)
{
    Round round = {.jobs = jobs, .count = count, .over = mem_alloc(count, sizeof(bool))};
    crew->round = &round;
    for (int64_t i = 0; leads(crew) && i < count; i++) {
        round.over[i] = is_over(crew, &jobs[i]);
        if (!round.over[i])
            board_again(&crew->board, jobs[i].trial);
    }
    comm_broadcast(crew->asked.world, round.over, (size_t)count * sizeof *round.over, 0);
    desk_open(&round.desk, crew->asked.world, count);
    comm_barrier(crew->asked.world);
    Err err = run_part(crew);
    wait_for_others(crew);
    err = end(crew, err);
    desk_close(round.desk);
    mem_free(round.over);
    crew->round = NULL;
    return err;
}

Err crew_run_grid(Crew *crew)
{
    TRY(crew_claim(crew));
    if (leads(crew))
        crew_begin(crew);
    Job *jobs = arena_take(&crew->arena, crew->grid.trials, sizeof *jobs);
    for (int64_t t = 0; t < crew->grid.trials; t++)
        jobs[t].trial = t;
    return crew_run(crew, jobs, crew->grid.trials);
}
