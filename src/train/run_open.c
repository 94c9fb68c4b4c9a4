/* Before the first step: the state to begin with, and the files of the run. */
#include "train/run_inside.h"

#include "base/log.h"
#include "train/checkpoint.h"
#include "train/constant.h"
#include "train/identity.h"

#include <inttypes.h>

Err run_restore(Run *run, const char *path, bool whole)
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
        if (change && run_leads(run))
            log_warning("%s was written by another build or on another CPU (%s): bits may differ",
                        path, change);
    }
    checkpoint_close(&saved);
    err = comm_agree(run->comm, err);
    comm_barrier(run->comm);
    integrity_take(&run->engine.integrity);
    return err;
}

static void warn_of_symmetry(const Engine *e)
{
    const Layer *layer = net_symmetric(e->net, e->state.values);
    if (layer)
        log_wrapped_warning(2,
                            "layer %d (%s) starts at zeros: its units begin alike, and where the "
                            "next layer does not tell them apart they stay alike (symmetry)",
                            layer->position, layer->name);
}

Err run_start_state(Run *run)
{
    const char *resumed = run->folder.checkpoint;
    if (run->engine.feed.count[PART_VALIDATION] > 0)
        run->engine.constant = constant_loss(&run->engine);
    if (resumed)
        TRY(run_restore(run, resumed, true));
    else if (run->options->from)
        TRY(run_restore(run, run->options->from, false));
    else if (run_leads(run))
        warn_of_symmetry(&run->engine);
    if (resumed)
        log_info("resumed from %s at step %" PRId64, resumed, run->engine.state.step);
    return NULL;
}

Err run_open_metrics(Run *run)
{
    const Engine *e = &run->engine;
    return metrics_open(&run->metrics, run->folder.path, e->state.step, e->state.control.evaluated,
                        true);
}

Err run_open_files(Run *run)
{
    Engine *e = &run->engine;
    State *state = &e->state;
    if (!run_leads(run))
        return NULL;
    TRY(run_open_metrics(run));
    run->interval.mtbf = run->config->checkpoint_auto ? run->config->mtbf : 0;
    run->writer = writer_open(&(Saving){.state = state,
                                        .normal = &e->feed.normal,
                                        .config = conf_text(run->config->conf),
                                        .fingerprint = run->identity,
                                        .metrics = &run->metrics,
                                        .run = run->folder.path,
                                        .keep = run->config->keep,
                                        .warns = run->config->on_failure == SAVE_FAILURE_WARN,
                                        .returns = run->config->divergence.answer == DIVERGED_BACK,
                                        .term = &run->term});
    return NULL;
}
