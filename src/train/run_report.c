/* What a run tells people: the table, where its time went, and its summary. */
#include "train/run_inside.h"

#include "base/log.h"
#include "train/coordinator.h"
#include "train/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void run_table_head(void)
{
    log_info("%6s %7s %9s %8s %8s %7s  %-16s %9s", "epoch", "step", "lr", "loss", "val loss",
             "val acc", "digest", "samples/s");
}

void run_table_row(Run *run, uint64_t digest, double rate)
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

void run_tell_verdict(Run *run, Fit before)
{
    const Engine *e = &run->engine;
    const Fitting *fitting = &e->state.control.fitting;
    bool first = before == FIT_UNKNOWN && fitting->verdict == FIT_OK;
    char text[FITTING_TEXT];
    if (fitting->verdict == (int64_t)before || first)
        return;
    fitting_text(fitting, e->clock.epoch, e->constant, text, sizeof text);
    term_clear(&run->term);
    log_wrapped(2, "%s", text);
}

/* Where the best state is, of a run that ended early. */
static void tell_best(Run *run)
{
    const Engine *e = &run->engine;
    const Control *control = &e->state.control;
    double epochs = (double)clock_before(&e->clock, control->best_step) / (double)e->clock.epoch;
    if (control->stopped == STOPPED_EARLY && control->best_step >= 0)
        log_wrapped(2,
                    "the best was epoch %.4g (step %" PRId64 "), validation loss %.4g: "
                    "checkpoints/best.h5 has it",
                    epochs, control->best_step, control->best_loss);
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

void run_report_pace(Run *run, bool evaluated)
{
    const Engine *e = &run->engine;
    bool line = line_due(run, evaluated);
    if (!line && !evaluated)
        return;
    Pace now = pace_now(run->comm, e->watch, run->step_seconds, run->stepped);
    Pace row = pace_since(&now, &run->row), shares = pace_since(&now, &run->line);
    run->row = now;
    if (run_leads(run))
        metrics_timing(&run->metrics, e->state.step, &row);
    if (!line)
        return;
    run->line = now;
    run->line_epoch = e->state.samples / e->clock.epoch;
    term_clear(&run->term);
    pace_log(&shares, evaluated ? NAN : (double)e->state.samples / (double)e->clock.epoch);
}

void run_begin_pace(Run *run)
{
    const Engine *e = &run->engine;
    run->line_epoch = e->state.samples / e->clock.epoch;
    watch_phase(e->watch, e->state.step, PHASE_BETWEEN);
    run->row = run->line = pace_now(run->comm, e->watch, 0, 0);
}

static const char *noise_text(const Noise *noise, Arena *arena)
{
    double scale = noise_scale(noise);
    return isnan(scale) ? "gradient noise scale: not measurable yet"
                        : arena_text(arena, "gradient noise scale: %.0f samples (B_simple)", scale);
}

Summary run_summary(Run *run)
{
    Engine *e = &run->engine;
    const Control *control = &e->state.control;
    double check = integrity_seconds(&e->integrity); /* of the steps' time: */
    check = run->step_seconds > 0 ? check / run->step_seconds : 0;
    return (Summary){.steps = e->state.step,
                     .epochs = (double)e->state.samples / (double)e->clock.epoch,
                     .ranks = run->comm->size,
                     .batch = batches_text(&e->clock, e->length, &run->arena),
                     .parameters = e->net->parameter_count,
                     .train_loss = control->train_loss,
                     .validation = run->validation,
                     .test = run->test,
                     .stopped = (Stopped)control->stopped,
                     .setback = control->setback,
                     .fit = run->validation.samples && isfinite(run->validation.loss)
                                ? (Fit)control->fitting.verdict
                                : FIT_UNKNOWN,
                     .overfitting_since = fitting_since(&control->fitting, e->clock.epoch),
                     .best_step = control->best_step,
                     .best_loss = control->best_loss,
                     .best_accuracy = e->loss.answers > 0 ? control->best : NAN,
                     .digest = state_digest(&e->state),
                     .noise_scale = noise_scale(&e->state.control.noise),
                     .rate = run->step_seconds > 0 ? run->stepped / run->step_seconds : 0,
                     .check_share = check};
}

Err run_finish(Run *run)
{
    Engine *e = &run->engine;
    const Control *control = &e->state.control;
    if (control->stopped)
        log_wrapped(2, "stopped at step %" PRId64 ": %s", e->state.step,
                    stop_text(&e->stop, &control->early, (Stopped)control->stopped, &run->arena));
    tell_best(run);
    Speed speed = {NAN, NAN};
    if (!run->options->quiet)
        speed =
            speed_measure(run->comm, net_training_flops(e->net) * run->stepped, run->step_seconds);
    Summary summary = run_summary(run);
    summary.speed = speed;
    if (run->options->outcome)
        *run->options->outcome = (Outcome){.done = true, .step = e->state.step, .summary = summary};
    Err err = NULL;
    if (run_leads(run)) {
        err = summary_write(&summary, run->folder.path);
        log_info("%s", noise_text(&e->state.control.noise, &run->arena));
        speed_log(&speed);
        if (summary.check_share > 0)
            log_info("check: %.2f%% of the steps' time went into hashing the state",
                     100 * summary.check_share);
        if (!err)
            log_info("%s", summary_line(&summary, &run->arena));
    }
    return comm_agree(run->comm, err);
}
