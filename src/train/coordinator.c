/* Rates and dates. */
#include "train/coordinator.h"

#include "base/log.h"
#include "base/term.h"
#include "train/signals.h"

#include <math.h>

double coordinator_rate(const Engine *e)
{
    return schedule_rate(&e->schedule, e->state.samples, e->state.samples + e->global);
}

/* Whether the step that ends at `samples` crosses a multiple of the span. */
static bool crosses(const Engine *e, Span span, int64_t samples)
{
    int64_t every = clock_samples(&e->clock, span);
    if (span.count <= 0 || samples < e->global)
        return false;
    every = every > 0 ? every : 1;
    return samples / every > (samples - e->global) / every;
}

Due coordinator_due(const Engine *e)
{
    const Config *config = e->config;
    bool last = e->state.step >= e->length;
    int64_t now = e->state.samples;
    return (Due){.log = e->state.step > 0 && (last || crosses(e, config->log_every, now)),
                 .evaluate = last || crosses(e, config->evaluate_every, now),
                 .save = last || crosses(e, config->checkpoint_every, now),
                 .last = last};
}

bool coordinator_logs_next(const Engine *e)
{
    return e->state.step + 1 >= e->length ||
           crosses(e, e->config->log_every, e->state.samples + e->global);
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

bool coordinator_note(Engine *e, const Result *validation)
{
    Control *control = &e->state.control;
    bool classifies = e->loss.answers > 0;
    double measure = classifies ? validation->accuracy : validation->loss;
    bool better =
        control->best_step < 0 || (classifies ? measure > control->best : measure < control->best);
    if (better) {
        control->best = measure;
        control->best_loss = validation->loss;
        control->best_step = e->state.step;
    }
    return better;
}

/* The rank with the most micro-batches sets the pace. */
static void announce_shares(const Engine *e)
{
    int64_t ranks = e->comm->size, most = (e->leaves + ranks - 1) / ranks;
    if (ranks > e->leaves)
        log_warning("%lld of %lld ranks have no work: a step has %lld micro-batch%s "
                    "(batch.global %lld, batch.micro %lld)",
                    (long long)(ranks - e->leaves), (long long)ranks, (long long)e->leaves,
                    e->leaves == 1 ? "" : "es", (long long)e->global, (long long)e->config->micro);
    else if (e->leaves % ranks)
        log_info("uneven share: %lld micro-batches on %lld ranks keep them %.0f%% busy",
                 (long long)e->leaves, (long long)ranks,
                 100.0 * (double)e->leaves / (double)(most * ranks));
}

void coordinator_announce(const Engine *e)
{
    Arena arena = {0};
    log_wrapped(2,
                "%lld parameters, %lld training samples, batch %lld in %lld micro-batch%s of %lld",
                (long long)e->net->parameter_count, (long long)e->clock.epoch, (long long)e->global,
                (long long)e->leaves, e->leaves == 1 ? "" : "es", (long long)e->micro);
    feed_announce(&e->feed);
    log_wrapped(2, "%s", schedule_text(&e->schedule, &arena));
    log_info("%d rank%s in %d group%s, %lld step%s", e->comm->size, e->comm->size > 1 ? "s" : "",
             e->comm->groups, e->comm->groups > 1 ? "s" : "", (long long)e->length,
             e->length == 1 ? "" : "s");
    announce_shares(e);
    arena_free(&arena);
}
