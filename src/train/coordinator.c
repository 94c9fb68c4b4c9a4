/* Rates and dates. */
#include "train/coordinator.h"

#include "base/log.h"
#include "base/term.h"
#include "dist/plan.h"
#include "train/signals.h"

#include <math.h>

double coordinator_rate(const Engine *e)
{
    int64_t samples = e->state.samples;
    return e->state.control.setback.rate_factor *
           schedule_rate(&e->schedule, &e->state.control.plateau, samples,
                         samples + clock_batch(&e->clock, samples));
}

Due coordinator_due(const Engine *e)
{
    const Config *config = e->config;
    bool last = e->state.step >= e->length || e->state.control.stopped;
    int64_t now = e->state.step;
    bool anchor = clock_crosses(&e->clock, config->checkpoint_every, now) ||
                  (now == 0 && config->divergence.answer == DIVERGED_BACK);
    return (Due){.evaluate = last || clock_crosses(&e->clock, config->evaluate_every, now),
                 .save = last || anchor,
                 .anchor = anchor,
                 .last = last};
}

bool coordinator_logs_next(const Engine *e)
{
    return e->state.step + 1 >= e->length ||
           clock_crosses(&e->clock, e->config->log_every, e->state.step + 1);
}

Word coordinator_word(const Engine *e, double began)
{
    Word word = {0, INT32_MAX};
    if (signals_seen())
        word.flags |= WORD_STOP;
    if (e->config->time_limit > 0 && term_clock() - began > e->config->time_limit)
        word.flags |= WORD_TIME;
    return word;
}

/* Of a figure that the setting `key` waits for. */
static Err check_measured(const Engine *e, Node section, const char *key, int metric)
{
    const char *name = metric_words[metric];
    if (e->feed.count[PART_VALIDATION] == 0)
        return conf_fail_key(section, key,
                             "%s is never measured: there are no validation samples "
                             "(data.validation is 0)",
                             name);
    if (e->config->evaluate_every.count <= 0)
        return conf_fail_key(section, key,
                             "%s is measured only at the end of the run: give "
                             "train.evaluate_every",
                             name);
    if (metric == METRIC_ACCURACY && e->loss.answers == 0)
        return conf_fail_key(section, key, "the loss %s has no accuracy; there is validation_loss",
                             e->loss.type->name);
    return NULL;
}

Err coordinator_check(const Engine *e)
{
    const Schedule *schedule = &e->schedule;
    const Stop *stop = &e->stop;
    if (schedule->decay->note)
        TRY(check_measured(e, schedule->settings, "metric", (int)schedule->watched));
    if (stop->patience > 0)
        TRY(check_measured(e, stop->early, "metric", stop->metric));
    if (stop->goal >= 0 && stop->goal < METRIC_COUNT)
        TRY(check_measured(e, stop->target, metric_words[stop->goal], stop->goal));
    return NULL;
}

void coordinator_note_step(Engine *e, const Result *train)
{
    Stopped why = stop_note_step(&e->stop, train->loss);
    if (why)
        e->state.control.stopped = why;
    fitting_step(&e->state.control.fitting, train->loss, train->samples);
    diverge_note_step(&e->state.control.setback, e->state.step);
}

/* What waits for a better figure, and ends the run or lowers the rate. */
static void note_waiting(Engine *e, const Result *validation)
{
    Control *control = &e->state.control;
    const double figures[METRIC_COUNT] = {
        [METRIC_LOSS] = validation->loss, [METRIC_ACCURACY] = validation->accuracy};
    schedule_note(&e->schedule, &control->plateau, e->state.samples, figures);
    Fit fit = fitting_note(&control->fitting, validation->loss, e->constant, e->state.step,
                           e->state.samples);
    int64_t overfits = fit == FIT_OVER ? control->fitting.row : 0;
    Stopped why = stop_note(&e->stop, &control->early, figures, overfits);
    if (why)
        control->stopped = why;
}

bool coordinator_note(Engine *e, const Result *validation)
{
    note_waiting(e, validation);
    Control *control = &e->state.control;
    bool classifies = e->loss.answers > 0;
    bool by_accuracy = e->stop.patience > 0 ? e->stop.metric == METRIC_ACCURACY : classifies;
    bool better = control->best_step < 0 || (by_accuracy ? validation->accuracy > control->best
                                                         : validation->loss < control->best_loss);
    better = better && isfinite(validation->loss);
    if (better) {
        control->best = classifies ? validation->accuracy : validation->loss;
        control->best_loss = validation->loss;
        control->best_step = e->state.step;
    }
    return better;
}

/* Between groups as many ranks of each exchange as the smallest has, and the short way is for equal
 * shares of a power of two micro-batches. */
static void announce_groups(const Engine *e)
{
    const Comm *comm = e->comm;
    int most = 0;
    for (int g = 0; g < comm->groups; g++) {
        int members = comm->group_first[g + 1] - comm->group_first[g];
        most = members > most ? members : most;
    }
    if (most > comm->columns)
        log_wrapped(2,
                    "uneven hosts: groups of %d to %d ranks; %d of each exchange%s the sums "
                    "between hosts",
                    comm->columns, most, comm->columns, comm->columns == 1 ? "s" : "");
    if (comm->groups > 1 && !plan_aligned(comm, e->leaves))
        log_wrapped(2,
                    "%lld micro-batches on %d groups are no equal powers of two: the exchange "
                    "between them sends 2 to 4 times as much",
                    (long long)e->leaves, comm->groups);
}

/* The rank with the most micro-batches sets the pace. */
static void announce_shares(const Engine *e)
{
    int64_t ranks = e->comm->size, most = (e->leaves + ranks - 1) / ranks;
    int64_t below = ranks, above = ranks;
    if (ranks > e->leaves) {
        log_warning("%lld of %lld ranks have no work: a step has %lld micro-batch%s "
                    "(batch.global %lld, batch.micro %lld)",
                    (long long)(ranks - e->leaves), (long long)ranks, (long long)e->leaves,
                    e->leaves == 1 ? "" : "es", (long long)e->global, (long long)e->config->micro);
    } else if (e->leaves % ranks) {
        while (e->leaves % below)
            below--;
        while (e->leaves % above)
            above++;
        log_info("uneven share: %lld micro-batches on %lld ranks keep them %.0f%% busy; "
                 "%lld or %lld fit",
                 (long long)e->leaves, (long long)ranks,
                 100.0 * (double)e->leaves / (double)(most * ranks), (long long)below,
                 (long long)above);
    }
    announce_groups(e);
}

/* A size that the run never comes to may be a slip, or a trial with a short length. */
static void announce_batches(const Engine *e, Arena *arena)
{
    if (e->clock.changes > 0)
        log_info("batch %s", batches_text(&e->clock, e->length, arena));
    int missed = e->clock.changes + 1 - e->planned.count;
    if (missed > 0)
        log_warning("batch.global: %d of its sizes begin%s behind the end of the run", missed,
                    missed > 1 ? "" : "s");
}

void coordinator_announce_change(const Engine *e)
{
    log_info("from step %lld on: batch %lld in %lld micro-batches", (long long)e->state.step,
             (long long)e->global, (long long)e->leaves);
    announce_shares(e);
}

void coordinator_announce(const Engine *e)
{
    Arena arena = {0};
    log_wrapped(2,
                "%lld parameters, %lld training samples, batch %lld in %lld micro-batch%s of %lld",
                (long long)e->net->parameter_count, (long long)e->clock.epoch, (long long)e->global,
                (long long)e->leaves, e->leaves == 1 ? "" : "es",
                (long long)((e->global + e->leaves - 1) / e->leaves));
    feed_announce(&e->feed);
    announce_batches(e, &arena);
    log_wrapped(2, "%s", schedule_text(&e->schedule, &arena));
    if (e->schedule.doubt)
        log_warning("%s", e->schedule.doubt);
    if (e->schedule.scaling == SCALING_LINEAR && e->descent.optim.type->adaptive)
        log_wrapped(2,
                    "%s: `scaling: sqrt` suits adaptive optimizers better than linear (Malladi et "
                    "al. 2022)",
                    e->descent.optim.type->name);
    log_info("%d rank%s in %d group%s, %lld step%s", e->comm->size, e->comm->size > 1 ? "s" : "",
             e->comm->groups, e->comm->groups > 1 ? "s" : "", (long long)e->length,
             e->length == 1 ? "" : "s");
    announce_shares(e);
    log_wrapped(2, "%s", engine_memory(e, &arena));
    arena_free(&arena);
}
