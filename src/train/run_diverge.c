/* What a run does about a step that is not finite: nothing, a step without an update, or back to a
 * checkpoint. See train/diverge.h for what it takes to stay a pure function of the configuration.
 *
 *     step   0 . . . a . . c . d          a: due by checkpoint.every; c: saved by a signal
 *                    ^         |          d: not finite
 *                    +---------+          rate x factor; c is of no use any more
 *
 * Killed before d and resumed from c, the run comes to d again and goes back to a, which is kept
 * for this however many checkpoints are; killed after it, from a, which is saved again with the new
 * rate, or was not yet: then it comes to d again, too. */
#include "train/run_inside.h"

#include "base/file.h"
#include "base/log.h"
#include "train/coordinator.h"

#include <inttypes.h>

static bool answers(const Run *run, Err err, Answer answer)
{
    return err_status(err) == STATUS_DIVERGED && run->config->divergence.answer == (int)answer;
}

/* The Err with a line more. */
static Err add_line(Run *run, Err err, const char *line)
{
    const char *text = arena_text(&run->arena, "%s;\n  %s", err_text(err), line);
    Status status = err_status(err);
    err_free(err);
    return ERR(status, "%s", text);
}

/* ---- skip ---- */

Err run_skip(Run *run, Err err)
{
    Engine *e = &run->engine;
    Setback *setback = &e->state.control.setback;
    if (!answers(run, err, DIVERGED_SKIP) || state_bad_tensor(&e->state) ||
        setback->skipped_row >= run->config->divergence.times)
        return err;
    setback->skipped++;
    setback->skipped_row++;
    e->state.step++;
    e->state.samples += e->global;
    e->state.control.train_loss = run->train.loss;
    run->train.skipped = true;
    term_clear(&run->term);
    log_wrapped(2, "%s; the step is skipped (%" PRId64 " in a row)", err_text(err),
                setback->skipped_row);
    err_free(err);
    return NULL;
}

Err run_bear(Run *run, Err err)
{
    if (err_status(err) != STATUS_DIVERGED || run->config->divergence.answer == DIVERGED_STOP)
        return err;
    term_clear(&run->term);
    if (run_leads(run))
        log_warning("%s", err_text(err));
    err_free(err);
    return NULL;
}

/* ---- back ---- */

/* Where the run goes back to, or why it does not. */
static Err find_anchor(Run *run, const char **path)
{
    int64_t anchor = run->engine.state.control.setback.anchor;
    if (anchor < 0)
        FAIL(STATUS_DIVERGED, "there is no checkpoint yet to go back to");
    *path = checkpoint_path(run->folder.path, anchor, &run->arena);
    Err err = run_leads(run) ? writer_join(run->writer) : NULL;
    if (!err && run_leads(run) && !file_exists(*path))
        err = ERR(STATUS_DIVERGED, "%s, to go back to, is not there", *path);
    return comm_agree(run->comm, err);
}

/* The files of a run that has come no further than this. */
static Err rewind_files(Run *run)
{
    if (!run_leads(run))
        return NULL;
    checkpoint_drop_after(run->folder.path, run->engine.state.step);
    metrics_close(&run->metrics);
    return run_open_metrics(run);
}

/* The best evaluation stays what it is: best.h5 has its state, also of a step that lies ahead. */
static void keep_memory(Control *now, const Control *before)
{
    int64_t anchor = now->setback.anchor;
    now->setback = before->setback;
    now->setback.anchor = anchor;
    now->best = before->best;
    now->best_loss = before->best_loss;
    now->best_step = before->best_step;
}

static Err go_back(Run *run, const char *path)
{
    Engine *e = &run->engine;
    Control before = e->state.control;
    Setback *setback = &e->state.control.setback;
    int64_t failed = e->state.step + 1;
    TRY(run_restore(run, path, true));
    keep_memory(&e->state.control, &before);
    setback->returns++;
    setback->returns_row++;
    setback->place = failed > setback->place ? failed : setback->place;
    setback->rate_factor *= run->config->divergence.factor;
    e->descent.overflow = false;
    engine_size_step(e);
    TRY(feed_rewind(&e->feed, run->comm, e->config));
    TRY(comm_agree(run->comm, rewind_files(run)));
    run->best = run->measured = false;
    run->line_epoch = e->state.samples / e->clock.epoch;
    return NULL;
}

/* What may cure it, of an Err that ends the run. */
static Err add_cure(Run *run, Err err)
{
    const Setback *setback = &run->engine.state.control.setback;
    Arena *arena = &run->arena;
    const char *lower = arena_text(arena, "a smaller optimizer.lr (now %g) may cure it",
                                   run->engine.descent.optim.self->lr);
    if (answers(run, err, DIVERGED_SKIP) && setback->skipped_row >= run->config->divergence.times)
        lower = arena_text(arena, "%" PRId64 " steps in a row were skipped before it;\n  %s",
                           setback->skipped_row, lower);
    if (answers(run, err, DIVERGED_BACK) && setback->returns_row > 0)
        lower = arena_text(arena,
                           "%" PRId64 " return%s to earlier steps, the last with the rate x %g, "
                           "did not cure it",
                           setback->returns_row, setback->returns_row > 1 ? "s" : "",
                           setback->rate_factor);
    return add_line(run, err, lower);
}

Err run_return(Run *run, Err err, bool *again)
{
    const char *path;
    const Setback *setback = &run->engine.state.control.setback;
    *again = false;
    if (err_status(err) != STATUS_DIVERGED)
        return err;
    if (!answers(run, err, DIVERGED_BACK) || setback->returns_row >= run->config->divergence.times)
        return add_cure(run, err);
    /* Files are waited for and read, as when a run begins. */
    watch_phase(run->engine.watch, run->engine.state.step, PHASE_START);
    Err why = find_anchor(run, &path);
    if (err_status(why) == STATUS_DIVERGED) {
        err = add_line(run, err, err_text(why));
        err_free(why);
        return err;
    }
    if (!why)
        why = go_back(run, path);
    if (!why) {
        term_clear(&run->term);
        log_wrapped(2, "%s; back to step %" PRId64 " with the rate x %g", err_text(err),
                    run->engine.state.step, setback->rate_factor);
    }
    err_free(err);
    *again = !why;
    return why;
}
