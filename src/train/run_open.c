/* Before the first step: the state to begin with, and the files of the run. */
#include "train/run_inside.h"

#include "base/log.h"
#include "train/checkpoint.h"
#include "train/identity.h"

#include <inttypes.h>

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
        if (change && run_leads(run))
            log_warning("%s was written by another build or on another CPU (%s): bits may differ",
                        path, change);
    }
    checkpoint_close(&saved);
    err = comm_agree(run->comm, err);
    comm_barrier(run->comm);
    return err;
}

Err run_start_state(Run *run)
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

Err run_open_files(Run *run)
{
    Engine *e = &run->engine;
    State *state = &e->state;
    if (!run_leads(run))
        return NULL;
    TRY(metrics_open(&run->metrics, run->folder.path, state->step, state->control.evaluated, true));
    run->writer = writer_open(&(Saving){.state = state,
                                        .normal = &e->feed.normal,
                                        .config = conf_text(run->config->conf),
                                        .fingerprint = run->identity,
                                        .metrics = &run->metrics,
                                        .run = run->folder.path,
                                        .keep = run->config->keep});
    return NULL;
}
