/* The loop: step, row, evaluation, checkpoint; and what stands around it. */
#include "train/run.h"

#include "base/log.h"
#include "train/coordinator.h"
#include "train/fault.h"
#include "train/identity.h"
#include "train/run_inside.h"

#include <inttypes.h>

/* ---- evaluation and saving ---- */

static Err save_here(Run *run, unsigned as, bool wait)
{
    if (!run_leads(run))
        return fault_at(FAULT_SAVE, run->engine.state.step, run->comm->rank);
    return (wait ? writer_finish : writer_save)(run->writer, as);
}

/* How long all have waited for a save. */
static void note_save(Run *run, double began)
{
    if (!run_leads(run) || !interval_note(&run->interval, began, term_clock()))
        return;
    term_clear(&run->term);
    interval_announce(&run->interval);
}

/* Under its step's name unless it is only the best so far. All go on when the state has been taken
 * or, with `wait`, when it is on disk. A state that cannot be saved is none to go back to. */
static Err save(Run *run, bool due, bool wait)
{
    Engine *e = &run->engine;
    double began = term_clock();
    unsigned as = (due ? SAVE_STEP : 0) | (run->best ? SAVE_BEST : 0);
    watch_phase(e->watch, e->state.step, PHASE_SAVE);
    TRY(integrity_verify(&e->integrity));
    int64_t *anchor = &e->state.control.setback.anchor, before = *anchor;
    if (coordinator_due(e).anchor)
        *anchor = e->state.step;
    Err err = comm_agree(run->comm, save_here(run, as, wait));
    if (err) {
        *anchor = before;
        return err;
    }
    run->best = run->asked = false;
    if (due && !wait)
        note_save(run, began);
    watch_phase(e->watch, e->state.step, PHASE_BETWEEN);
    return NULL;
}

/* With what this rank has to say meanwhile. */
static Err measure(Run *run, Part part, Result *result)
{
    Engine *e = &run->engine;
    Word word = coordinator_word(e, run->options->began);
    return run_bear(run, eval_run(e, part, word, &run->all, result));
}

/* Rows of the present step, on validation and, when the run is complete (which validation may
 * decide), on test. */
static Err evaluate(Run *run)
{
    Engine *e = &run->engine;
    bool again = e->state.control.evaluated == e->state.step; /* resumed after its rows */
    Fit before = (Fit)e->state.control.fitting.verdict;
    if (e->feed.count[PART_VALIDATION] > 0) {
        TRY(measure(run, PART_VALIDATION, &run->validation));
        run->best = !again && coordinator_note(e, &run->validation);
    }
    bool last = coordinator_due(e).last;
    if (last && e->feed.count[PART_TEST] > 0)
        TRY(measure(run, PART_TEST, &run->test));
    run->measured = last;
    e->state.control.evaluated = e->state.step;
    if (run_leads(run) && !again) {
        uint64_t digest = state_digest(&e->state);
        metrics_evaluation(&run->metrics, e, PART_VALIDATION,
                           run->validation.samples ? &run->validation : NULL, digest);
        if (run->test.samples)
            metrics_evaluation(&run->metrics, e, PART_TEST, &run->test, digest);
        run_table_row(run, digest, run->rate);
        run_tell_verdict(run, before);
    }
    return NULL;
}

/* ---- the loop ---- */

/* With what the writer has met since the last step, and whether it is time for it. */
static Word own_word(Run *run)
{
    Word word = coordinator_word(&run->engine, run->options->began);
    if (writer_failed(run->writer))
        word = (Word){word.flags | WORD_FAILED, run->comm->rank};
    if (run_leads(run) && interval_due(&run->interval, term_clock(), writer_busy(run->writer)))
        word.flags |= WORD_SAVE;
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
    TRY(run_skip(run, step_run(e, run->rate, logged, word, &run->all, &run->train)));
    if (run->all.flags & WORD_FAILED)
        return comm_agree(run->comm, run_leads(run) ? writer_join(run->writer) : NULL);
    run->asked = run->all.flags & WORD_SAVE;
    run->step_seconds += term_clock() - before;
    run->stepped += (double)e->global;
    if (!run->train.skipped)
        coordinator_note_step(e, &run->train);
    if (run_leads(run) && (logged || run->train.skipped))
        metrics_step(&run->metrics, e, run->rate, &run->train);
    if (run_leads(run) && (logged || e->diagnosis.due) && !run->train.skipped)
        metrics_layers(&run->metrics, e);
    if (e->global != batch && !run->options->quiet) {
        term_clear(&run->term);
        coordinator_announce_change(e);
    }
    term_progress(&run->term, e->state.samples, "loss %.4f", run->train.loss);
    if (run->options->on_step)
        run->options->on_step(run->options->context, e->state.step, e->length, run->train.loss);
    if (run->options->after_step) {
        comm_barrier(run->comm);
        run->options->after_step(run->options->context, e->state.step, state_digest(&e->state));
        comm_barrier(run->comm);
    }
    return NULL;
}

/* A pure function of the state: a run that was killed before it could say so says so again. */
static bool pauses(const Run *run)
{
    const Engine *e = &run->engine;
    return run->options->pause && e->state.control.evaluated == e->state.step &&
           e->state.samples >= clock_samples(&e->clock, *run->options->pause);
}

static const char *stop_reason(const Run *run)
{
    if (run->all.flags & WORD_STOP)
        return "told to stop by a signal";
    if (run->all.flags & WORD_TIME)
        return "train.time_limit is over";
    if (run->options->until >= 0 && run->engine.state.step >= run->options->until)
        return "--until";
    if (pauses(run))
        return "its pause";
    return NULL;
}

/* Where it stands, for whoever asked for the pause. */
static Err note_pause(Run *run)
{
    if (!run->validation.samples)
        TRY(evaluate(run)); /* killed behind the checkpoint: measure again, no rows */
    if (run->options->outcome)
        *run->options->outcome =
            (Outcome){.paused = true, .step = run->engine.state.step, .summary = run_summary(run)};
    return NULL;
}

static Err loop(Run *run)
{
    Engine *e = &run->engine;
    for (;;) {
        Due due = coordinator_due(e);
        due.save |= run->asked;
        bool evaluates = due.evaluate && e->state.control.evaluated != e->state.step;
        if (evaluates)
            TRY(evaluate(run));
        run_report_pace(run, evaluates);
        const char *reason = stop_reason(run);
        if (coordinator_due(e).last)
            return NULL;
        if (due.save || reason || run->best)
            TRY(save(run, due.save || reason, reason));
        if (reason && pauses(run))
            TRY(note_pause(run));
        if (reason)
            FAIL(STATUS_STOPPED, "stopped at step %" PRId64 " (%s); --resume goes on from there",
                 e->state.step, reason);
        TRY(step(run));
    }
}

/* The last evaluation and checkpoint are there in any case. */
static Err complete(Run *run)
{
    TRY(loop(run));
    if (!run->measured)
        TRY(evaluate(run)); /* killed after the last checkpoint: measure again, no rows */
    return save(run, true, true);
}

static Err train(Run *run)
{
    Engine *e = &run->engine;
    TRY(engine_open(e, run->comm, run->config, NULL));
    if (run_leads(run))
        watch_alive(e->watch, run->folder.lock);
    if (run->options->leaves)
        *run->options->leaves = e->leaves;
    TRY(comm_agree(run->comm, coordinator_check(e)));
    TRY(folder_settle(&run->folder, run->comm, run->config));
    if (run->folder.finished) {
        log_info("%s", run->folder.finished);
        return NULL;
    }
    TRY(run_start_state(run));
    run->begun = true;
    engine_size_step(e);
    TRY(comm_agree(run->comm, run_open_files(run)));
    if (!run->options->quiet)
        preflight_warn(&run->preflight, e, run->folder.path);
    if (!run->options->quiet)
        coordinator_announce(e);
    if (!run->options->quiet)
        log_info("start-up took %.2f s", term_clock() - run->options->began);
    run_table_head();
    term_begin(&run->term, run->config->name, "samples", e->state.samples,
               clock_before(&e->clock, e->length));
    run_begin_pace(run);
    if (run->options->trace)
        watch_trace(e->watch, e->net);
    bool again = true;
    Err err = NULL;
    while (again && !err)
        err = run_return(run, complete(run), &again);
    term_clear(&run->term);
    Err untraced = run->options->trace ? watch_traced(e->watch, run->options->trace) : NULL;
    if (!err && run->options->at_end)
        err = run->options->at_end(run->options->context, e);
    if (!err)
        err = run_finish(run);
    if (!err)
        return untraced;
    if (untraced)
        log_warning("%s", err_text(untraced));
    err_free(untraced);
    return err;
}

/* What is under way is ended. That may take long, while the others wait for rank 0: the watchdog
 * looks on as at any save. */
static void close_files(Run *run)
{
    if (run->begun)
        watch_phase(run->engine.watch, run->engine.state.step, PHASE_SAVE);
    writer_close(run->writer);
    metrics_close(&run->metrics);
    if (run->begun)
        comm_rest(run->comm);
}

Err run_train(const Comm *comm, Config *config, const RunOptions *options)
{
    enum { FILES = 10 }; /* another job's lock, large checkpoints: as the watchdog has it */
    Run run = {.comm = comm, .config = config, .options = options};
    run.identity = identity_text(&run.arena);
    comm_limit(1); /* the watchdog, when it looks on, ends that */
    preflight_open(&run.preflight, comm, config, NULL);
    Err err = preflight_refuse(&run.preflight);
    comm_limit(FILES);
    if (!err)
        err = folder_open(&run.folder, comm, config, options);
    if (!err)
        err = train(&run);
    if (options->outcome)
        options->outcome->step = run.engine.state.step;
    if (err && !run.begun)
        folder_discard(&run.folder);
    close_files(&run);
    comm_limit(1); /* with the engine the watchdog goes */
    engine_close(&run.engine);
    comm_limit(0);
    folder_close(&run.folder);
    preflight_close(&run.preflight);
    arena_free(&run.arena);
    return err;
}
