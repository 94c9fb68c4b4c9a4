/* The run directory. Rank 0 looks and writes; the others are told. */
#include "train/folder.h"

#include "base/file.h"
#include "base/log.h"
#include "train/checkpoint.h"
#include "train/summary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const double lock_patience = 30; /* seconds: a killed job's rank 0 may still be ending */

/* What decides no bit may differ when a run goes on, even one that is complete: how it talks, what
 * it logs, when it saves. */
#define DECIDES_NO_BIT                                                                             \
    CONFIG_DECIDES_NO_BIT, "train.on_divergence", "checkpoint.mtbf", "checkpoint.keep",            \
        "checkpoint.on_failure"
/* And how long it is. A run that goes back to checkpoints goes back to those that are due. */
static const char *const may_change[] = {"checkpoint.every", "train.length", DECIDES_NO_BIT, NULL};
static const char *const *const may_change_back = may_change + 1;

/* What is there before the first step. */
static const char *const started[] = {"config.yaml", "log.txt", "lock"};
enum { STARTED = sizeof started / sizeof *started };

static const char *inside(Folder *folder, const char *name)
{
    return arena_text(&folder->arena, "%s/%s", folder->path, name);
}

static Err lock(Folder *folder)
{
    const char *path = inside(folder, "lock");
    Err held = file_lock(path, 0, &folder->lock);
    if (!held)
        return NULL;
    log_info("waiting up to %.0f s: %s", lock_patience, err_text(held));
    err_free(held);
    TRY(file_lock(path, lock_patience, &folder->lock));
    if (file_exists(path))
        return NULL;
    file_unlock(folder->lock); /* the other job has discarded the folder */
    TRY(file_make_directory(inside(folder, "checkpoints")));
    return file_lock(path, 0, &folder->lock);
}

static void note_what_is_there(Folder *folder)
{
    folder->missing = file_missing(inside(folder, "checkpoints"), &folder->arena);
    for (int i = 0; i < STARTED; i++)
        folder->made[i] = !file_exists(inside(folder, started[i]));
}

void folder_discard(Folder *folder)
{
    for (int i = 0; folder->locked && i < STARTED; i++)
        if (folder->made[i])
            remove(inside(folder, started[i]));
    if (folder->locked && folder->missing)
        file_remove_empty(inside(folder, "checkpoints"), folder->missing);
}

static Err claim(Folder *folder, const RunOptions *options)
{
    note_what_is_there(folder);
    TRY(file_make_directory(inside(folder, "checkpoints")));
    TRY(lock(folder));
    folder->locked = true;
    if (!options->resume && file_exists(inside(folder, "metrics.csv")))
        FAIL(STATUS_USER,
             "%s holds a run already: go on with --resume, or name another directory "
             "with --run",
             folder->path);
    if (options->resume)
        TRY(checkpoint_newest(folder->path, &folder->arena, &folder->checkpoint));
    if (options->resume && !folder->checkpoint && !options->quiet)
        log_info("%s has no checkpoint yet: starting at step 0", folder->path);
    if (!options->quiet)
        folder->log = fopen(inside(folder, "log.txt"), "a");
    log_to(folder->log);
    return NULL;
}

Err folder_open(Folder *folder, const Comm *comm, const Config *config, const RunOptions *options)
{
    *folder = (Folder){0};
    folder->path = options->directory ? options->directory
                                      : arena_text(&folder->arena, "runs/%s", config->name);
    TRY(comm_agree(comm, comm->rank == 0 ? claim(folder, options) : NULL));
    folder->checkpoint = comm_broadcast_text(comm, folder->checkpoint, &folder->arena);
    return NULL;
}

/* Complete, and nothing more is asked for (where the last checkpoint was damaged since, its steps
 * are to be made again); or of another length, which is all that may differ. */
static void note_finished(Folder *folder, Conf *now, Conf *then, int64_t step)
{
    static const char *const nothing[] = {"checkpoint.every", DECIDES_NO_BIT, NULL};
    const char *a, *b;
    if (!conf_difference(now, then, nothing, &a, &b))
        folder->finished = summary_read_line(folder->path, step, &folder->arena);
    else
        log_wrapped_warning(
            2,
            "train.length was %s, now it is %s: the schedule follows the new length from "
            "here on, so this is no longer a run of either length alone",
            b, a);
}

static Err compare(Folder *folder, Config *config)
{
    Checkpoint saved;
    Conf *then = NULL;
    Err err = checkpoint_open(&saved, folder->checkpoint);
    if (!err)
        err = conf_parse(&then, folder->checkpoint, saved.config, NULL, 0);
    if (!err) {
        const char *now_value, *then_value;
        bool back = config->divergence.answer == DIVERGED_BACK;
        const char *key = conf_difference(config->conf, then, back ? may_change_back : may_change,
                                          &now_value, &then_value);
        if (key)
            err = ERR(STATUS_USER,
                      "%s was trained with %s: %s, now it is %s; a run can only go on as it was "
                      "(--from starts a new run with its weights)",
                      folder->checkpoint, key, then_value, now_value);
        else
            note_finished(folder, config->conf, then, saved.step);
    }
    conf_free(then);
    checkpoint_close(&saved);
    return err;
}

static Err settle(Folder *folder, Config *config)
{
    if (folder->checkpoint)
        TRY(compare(folder, config));
    const char *text = conf_text(config->conf);
    if (folder->finished)
        return NULL;
    remove(inside(folder, "summary.json"));
    return file_replace(inside(folder, "config.yaml"), text, strlen(text));
}

Err folder_settle(Folder *folder, const Comm *comm, Config *config)
{
    TRY(comm_agree(comm, comm->rank == 0 ? settle(folder, config) : NULL));
    folder->finished = comm_broadcast_text(comm, folder->finished, &folder->arena);
    return NULL;
}

void folder_close(Folder *folder)
{
    if (folder->log) {
        log_to(NULL);
        fclose(folder->log);
    }
    if (folder->locked)
        file_unlock(folder->lock);
    arena_free(&folder->arena);
    *folder = (Folder){0};
}
