/* The loop: step, row, evaluation, checkpoint; and what stands before and after it. */
#include "train/run.h"

#include "base/log.h"
#include "base/term.h"
#include "train/coordinator.h"
#include "train/fault.h"
#include "train/folder.h"
#include "train/identity.h"
#include "train/metrics.h"
#include "train/pace.h"
#include "train/summary.h"
#include "train/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

typedef struct Run {
    const Comm *comm;
    Config *config;
    const RunOptions *options;
    Arena arena;
    Engine engine;
    Folder folder;
    Metrics metrics;
    Writer *writer; /* of rank 0 */
    Term term;
    const char *identity;
    Word all;          /* of the last round */
    double rate;       /* of the last step made here */
    Result train;      /* of the last step */
    Result validation; /* of the last evaluation; samples 0: none */
    Result test;
    bool begun;          /* the state is there, and metrics.csv comes */
    bool best;           /* so is the last evaluation, and best.h5 does not say so yet */
    bool measured;       /* the complete run, at its end */
    double step_seconds; /* in steps, by this process */
    double stepped;      /* samples in them */
    Pace row, line;      /* what timing.csv and the table have seen; what lines of shares have */
    int64_t line_epoch;  /* epochs complete at the last line of shares */
} Run;

static bool leads(const Run *run)
{
    return run->comm->rank == 0;
}

/* ---- before the first step ---- */

/* Restores from a checkpoint that every rank can see. */
static Err restore(Run *run, const char *path, bool whole)
{
    State *state = &run->engine.state;
    Checkpoint saved = {0};
    Err err = checkpoint_open(&saved, path);
    if (!err && run->comm->member == 0)
        err = checkpoint_restore(&saved, state, whole);
    if (!err && whole) {
        state->step = saved.step;
        state->samples = saved.samples;
        state->control = saved.control;
        const char *change = identity_change(saved.fingerprint, run->identity, &run->arena);
        if (change && leads(run))
            log_warning("%s was written by another build or on another CPU (%s): bits may differ",
                        path, change);
    }
    checkpoint_close(&saved);
    err = comm_agree(run->comm, err);
    comm_barrier(run->comm);
    return err;
}

static Err start_state(Run *run)
{
    const char *resumed = run->folder.checkpoint;
    if (resumed)
        TRY(restore(run, resumed, true));
    else if (run->options->from)
        TRY(restore(run, run->options->from, false));
    if (resumed)
        log_info("resumed from %s at step %" PRId64, resumed, run->engine.state.step);
    return NULL;
}

/* What a run leaves behind, but for the summary. */
static Err open_files(Run *run)
{
    Engine *e = &run->engine;
    State *state = &e->state;
    if (!leads(run))
        return NULL;
    TRY(metrics_open(&run->metrics, run->folder.path, state->step, state->control.evaluated,
                     e->descent.optim.type->trust != NULL));
    run->writer = writer_open(&(Saving){.state = state,
                                        .normal = &e->feed.normal,
                                        .config = conf_text(run->config->conf),
                                        .fingerprint = run->identity,
                                        .metrics = &run->metrics,
                                        .run = run->folder.path,
                                        .keep = run->config->keep});
    return NULL;
}

static void table_head(void)
{
    log_info("%6s %7s %9s %8s %8s %7s  %-16s %9s", "epoch", "step", "lr", "loss", "val loss",
             "val acc", "digest", "samples/s");
}

/* ---- evaluation and saving ---- */

static void table_row(Run *run, uint64_t digest, double rate)
{
    const Engine *e = &run->engine;
    char loss[16] = "-", accuracy[16] = "-";
    if (run->validation.samples)
        snprintf(loss, sizeof loss, "%.4f", run->validation.loss);
    if (run->validation.samples && !isnan(run->validation.accuracy))
        snprintf(accuracy, sizeof accuracy, "%.4f", run->validation.accuracy);
    Pace steps = {.seconds = run->step_seconds, .samples = run->stepped};
    steps = pace_since(&steps, &run->row);
    term_clear(&run->term);
    log_info("%6.2f %7" PRId64 " %9.4g %8.4f %8s %7s  %016" PRIx64 " %9.0f",
             (double)e->state.samples / (double)e->clock.epoch, e->state.step, rate,
             e->state.control.train_loss, loss, accuracy, digest, pace_rate(&steps));
}

/* Whether a line of shares is due: at the end of every epoch, or, of many short ones, with the row
 * of an evaluation, and at the end of the run. */
static bool line_due(const Run *run, bool evaluated)
{
    enum { MANY_EPOCHS = 50 };
    const Engine *e = &run->engine;
    bool many = clock_before(&e->clock, e->length) > MANY_EPOCHS * e->clock.epoch;
    bool complete = e->state.samples / e->clock.epoch > run->line_epoch && (!many || evaluated);
    return (complete || coordinator_due(e).last) && run->stepped > run->line.samples;
}

/* Where the time went: a row of timing.csv with each row of the table and each line of shares. */
static void report_pace(Run *run, bool evaluated)
{
    const Engine *e = &run->engine;
    bool line = line_due(run, evaluated);
    if (!line && !evaluated)
        return;
    Pace now = pace_now(run->comm, e->watch, run->step_seconds, run->stepped);
    Pace row = pace_since(&now, &run->row), shares = pace_since(&now, &run->line);
    run->row = now;
    if (leads(run))
        metrics_timing(&run->metrics, e->state.step, &row);
    if (!line)
        return;
    run->line = now;
    run->line_epoch = e->state.samples / e->clock.epoch;
    term_clear(&run->term);
    pace_log(&shares, evaluated ? NAN : (double)e->state.samples / (double)e->clock.epoch);
}

/* From here on it is the steps' time. */
static void begin_pace(Run *run)
{
    const Engine *e = &run->engine;
    run->line_epoch = e->state.samples / e->clock.epoch;
    watch_phase(e->watch, e->state.step, PHASE_BETWEEN);
    run->row = run->line = pace_now(run->comm, e->watch, 0, 0);
}

static Err save_here(Run *run, unsigned as, bool wait)
{
    if (!leads(run))
        return fault_at(FAULT_SAVE, run->engine.state.step, run->comm->rank);
    TRY(writer_save(run->writer, as));
    return wait ? writer_join(run->writer) : NULL;
}

/* Under its step's name unless it is only the best so far. All go on when the state has been taken
 * or, with `wait`, when it is on disk. */
static Err save(Run *run, bool due, bool wait)
{
    const Engine *e = &run->engine;
    unsigned as = (due ? SAVE_STEP : 0) | (run->best ? SAVE_BEST : 0);
    watch_phase(e->watch, e->state.step, PHASE_SAVE);
    TRY(comm_agree(run->comm, save_here(run, as, wait)));
    run->best = false;
    watch_phase(e->watch, e->state.step, PHASE_BETWEEN);
    return NULL;
}

/* Rows of the present step, on validation and, when the run is complete (which validation may
 * decide), on test. */
static Err evaluate(Run *run)
{
    Engine *e = &run->engine;
    bool again = e->state.control.evaluated == e->state.step; /* resumed after its rows */
    if (e->feed.count[PART_VALIDATION] > 0) {
        TRY(eval_run(e, PART_VALIDATION, coordinator_word(e, run->options->began), &run->all,
                     &run->validation));
        run->best = !again && coordinator_note(e, &run->validation);
    }
    bool last = coordinator_due(e).last;
    if (last && e->feed.count[PART_TEST] > 0)
        TRY(eval_run(e, PART_TEST, coordinator_word(e, run->options->began), &run->all,
                     &run->test));
    run->measured = last;
    e->state.control.evaluated = e->state.step;
    if (leads(run) && !again) {
        uint64_t digest = state_digest(&e->state);
        metrics_evaluation(&run->metrics, e, PART_VALIDATION,
                           run->validation.samples ? &run->validation : NULL, digest);
        if (run->test.samples)
            metrics_evaluation(&run->metrics, e, PART_TEST, &run->test, digest);
        table_row(run, digest, run->rate);
    }
    return NULL;
}

/* ---- the loop ---- */

/* With what the writer has met since the last step. */
static Word own_word(const Run *run)
{
    Word word = coordinator_word(&run->engine, run->options->began);
    if (writer_failed(run->writer))
        word = (Word){word.flags | WORD_FAILED, run->comm->rank};
    return word;
}

static Err step(Run *run)
{
    Engine *e = &run->engine;
    int64_t batch = e->global;
    double before = term_clock();
    bool logged = coordinator_logs_next(e);
    Word word = own_word(run);
    run->rate = coordinator_rate(e);
    TRY(step_run(e, run->rate, logged, word, &run->all, &run->train));
    if (run->all.flags & WORD_FAILED)
        return comm_agree(run->comm, leads(run) ? writer_join(run->writer) : NULL);
    run->step_seconds += term_clock() - before;
    run->stepped += (double)e->global;
    coordinator_note_step(e, &run->train);
    if (leads(run) && logged)
        metrics_step(&run->metrics, e, run->rate, &run->train);
    if (e->global != batch && !run->options->quiet) {
        term_clear(&run->term);
        coordinator_announce_change(e);
    }
    term_progress(&run->term, e->state.samples, "loss %.4f", run->train.loss);
    if (run->options->after_step) {
        comm_barrier(run->comm);
        run->options->after_step(run->options->context, e->state.step, state_digest(&e->state));
        comm_barrier(run->comm);
    }
    return NULL;
}

static const char *stop_reason(const Run *run)
{
    if (run->all.flags & WORD_STOP)
        return "told to stop by a signal";
    if (run->all.flags & WORD_TIME)
        return "train.time_limit is over";
    if (run->options->until >= 0 && run->engine.state.step >= run->options->until)
        return "--until";
    return NULL;
}

static Err loop(Run *run)
{
    Engine *e = &run->engine;
    for (;;) {
        Due due = coordinator_due(e);
        bool evaluates = due.evaluate && e->state.control.evaluated != e->state.step;
        if (evaluates)
            TRY(evaluate(run));
        report_pace(run, evaluates);
        const char *reason = stop_reason(run);
        if (coordinator_due(e).last)
            return NULL;
        if (due.save || reason || run->best)
            TRY(save(run, due.save || reason, reason));
        if (reason)
            FAIL(STATUS_STOPPED, "stopped at step %" PRId64 " (%s); --resume goes on from there",
                 e->state.step, reason);
        TRY(step(run));
    }
}

static const char *noise_text(const Noise *noise, Arena *arena)
{
    double scale = noise_scale(noise);
    return isnan(scale) ? "gradient noise scale: not measurable yet"
                        : arena_text(arena, "gradient noise scale: %.0f samples (B_simple)", scale);
}

/* The last evaluation and checkpoint are there in any case. */
static Err complete(Run *run)
{
    TRY(loop(run));
    if (!run->measured)
        TRY(evaluate(run)); /* killed after the last checkpoint: measure again, no rows */
    return save(run, true, true);
}

/* summary.json says the run is done. */
static Err finish(Run *run)
{
    Engine *e = &run->engine;
    const Control *control = &e->state.control;
    if (control->stopped)
        log_wrapped(2, "stopped at step %" PRId64 ": %s", e->state.step,
                    stop_text(&e->stop, &control->early, (Stopped)control->stopped, &run->arena));
    Speed speed = {NAN, NAN};
    if (!run->options->quiet)
        speed =
            speed_measure(run->comm, net_training_flops(e->net) * run->stepped, run->step_seconds);
    Err err = NULL;
    if (leads(run)) {
        Summary summary = {.steps = e->state.step,
                           .epochs = (double)e->state.samples / (double)e->clock.epoch,
                           .ranks = run->comm->size,
                           .batch = batches_text(&e->clock, e->length, &run->arena),
                           .parameters = e->net->parameter_count,
                           .train_loss = control->train_loss,
                           .validation = run->validation,
                           .test = run->test,
                           .stopped = (Stopped)control->stopped,
                           .best_step = control->best_step,
                           .best_loss = control->best_loss,
                           .best_accuracy = e->loss.answers > 0 ? control->best : NAN,
                           .digest = state_digest(&e->state),
                           .noise_scale = noise_scale(&e->state.control.noise),
                           .rate = run->step_seconds > 0 ? run->stepped / run->step_seconds : 0,
                           .speed = speed};
        err = summary_write(&summary, run->folder.path);
        log_info("%s", noise_text(&e->state.control.noise, &run->arena));
        speed_log(&speed);
        if (!err)
            log_info("%s", summary_line(&summary, &run->arena));
    }
    return comm_agree(run->comm, err);
}

static Err train(Run *run)
{
    Engine *e = &run->engine;
    TRY(engine_open(e, run->comm, run->config, NULL));
    if (run->options->leaves)
        *run->options->leaves = e->leaves;
    TRY(comm_agree(run->comm, coordinator_check(e)));
    TRY(folder_settle(&run->folder, run->comm, run->config));
    if (run->folder.finished) {
        log_info("%s", run->folder.finished);
        return NULL;
    }
    TRY(start_state(run));
    run->begun = true;
    engine_size_step(e);
    TRY(comm_agree(run->comm, open_files(run)));
    identity_compare(run->comm, run->identity);
    if (!run->options->quiet)
        coordinator_announce(e);
    if (!run->options->quiet)
        log_info("start-up took %.2f s", term_clock() - run->options->began);
    table_head();
    term_begin(&run->term, run->config->name, "samples", e->state.samples,
               clock_before(&e->clock, e->length));
    begin_pace(run);
    if (run->options->trace)
        watch_trace(e->watch, e->net);
    Err err = complete(run);
    term_clear(&run->term);
    Err untraced = run->options->trace ? watch_traced(e->watch, run->options->trace) : NULL;
    if (!err)
        err = finish(run);
    if (!err)
        return untraced;
    if (untraced)
        log_warning("%s", err_text(untraced));
    err_free(untraced);
    return err;
}

Err run_train(const Comm *comm, Config *config, const RunOptions *options)
{
    Run run = {.comm = comm, .config = config, .options = options};
    run.identity = identity_text(&run.arena);
    Err err = folder_open(&run.folder, comm, config, options);
    if (!err)
        err = train(&run);
    if (err && !run.begun)
        folder_discard(&run.folder);
    if (run.writer)
        watch_phase(run.engine.watch, run.engine.state.step, PHASE_SAVE);
    writer_close(run.writer);
    metrics_close(&run.metrics);
    engine_close(&run.engine);
    folder_close(&run.folder);
    arena_free(&run.arena);
    return err;
}
