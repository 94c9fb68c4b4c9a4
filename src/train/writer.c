/* The writer's thread, and how a save is handed to it.
 *
 * Thread and run share the image, the paths and `err`. While `busy`, which changes under the mutex,
 * they are the thread's, else the run's; the run looks at `failed` alone without the mutex. */
#include "train/writer.h"

#include "base/file.h"
#include "base/log.h"
#include "base/seal.h"
#include "train/fault.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

struct Writer {
    Saving saving;
    Arena kept;
    const char *folder, *best_path;
    Buffer image;
    bool sealed;
    bool owed; /* the image is of the best state, and best.h5 is not it yet */
    /* The save in flight. */
    Arena arena;
    int64_t step, anchor;
    unsigned as;
    const char *step_path;
    Err err;
    atomic_bool failed; /* err is there, for those who do not wait */
    /* The thread. */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool running;
    bool busy, stop;
};

/* ---- what is told ---- */

static void clear_line(const Writer *w)
{
    if (w->saving.term)
        term_clear(w->saving.term);
}

static void warn(const Writer *w, Err err)
{
    if (!err)
        return;
    clear_line(w);
    log_warning("step %" PRId64 " is not saved: %s", w->step, err_text(err));
    err_free(err);
}

/* With `warns` what a disk does is a warning. A state that is not finite is no fault of it. */
static Err pass(const Writer *w, Err err)
{
    if (!w->saving.warns || err_status(err) != STATUS_FAILED)
        return err;
    warn(w, err);
    return NULL;
}

/* ---- the thread ---- */

/* Rows, and best.h5 if that is what the image is for. Nobody need wait for its seal. */
static Err write_best(Writer *w)
{
    if (!w->sealed)
        seal_buffer(&w->image);
    w->sealed = true;
    TRY(metrics_sync(w->saving.metrics));
    if (!w->owed)
        return NULL;
    TRY(file_replace(w->best_path, w->image.bytes, w->image.size));
    w->owed = false;
    return NULL;
}

/* best.h5 comes first: a run that is resumed from the step's own file does not evaluate that step
 * again, and would not know that it was the best. */
static Err write_files(Writer *w)
{
    TRY(fault_at(FAULT_SAVE, w->step, 0));
    TRY(write_best(w));
    if (!(w->as & SAVE_STEP))
        return NULL;
    TRY(file_replace(w->step_path, w->image.bytes, w->image.size));
    checkpoint_prune(w->saving.run, w->saving.keep, w->anchor);
    return NULL;
}

static void *write_saves(void *argument)
{
    Writer *w = argument;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->busy && !w->stop)
            pthread_cond_wait(&w->wake, &w->mutex);
        if (!w->busy)
            break;
        pthread_mutex_unlock(&w->mutex);
        Err err = write_files(w);
        pthread_mutex_lock(&w->mutex);
        w->err = err;
        atomic_store(&w->failed, err != NULL);
        w->busy = false;
        pthread_cond_signal(&w->done);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* ---- open and close ---- */

Writer *writer_open(const Saving *saving)
{
    Writer *w = mem_alloc(1, sizeof *w);
    w->saving = *saving;
    w->folder = arena_text(&w->kept, "%s/checkpoints", saving->run);
    w->best_path = arena_text(&w->kept, "%s/best.h5", w->folder);
    buffer_reserve(&w->image, checkpoint_room(saving->state, saving->config));
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    pthread_cond_init(&w->done, NULL);
    w->running = pthread_create(&w->thread, NULL, write_saves, w) == 0;
    if (!w->running)
        log_warning("no thread to write checkpoints with: the run waits for each");
    return w;
}

void writer_close(Writer *w)
{
    if (!w)
        return;
    if (w->running) {
        pthread_mutex_lock(&w->mutex);
        w->stop = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    pthread_cond_destroy(&w->done);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    warn(w, w->err);
    buffer_free(&w->image);
    arena_free(&w->arena);
    arena_free(&w->kept);
    mem_free(w);
}

/* ---- a save ---- */

static void hand_over(Writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->busy = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

/* The folder is there, and in it room for the image: before anything is written. What is replaced
 * stays until its successor has its name; best.h5 then makes room for the step's own file. */
static Err make_ready(Writer *w)
{
    int64_t need = (int64_t)w->image.size + (w->sealed ? 0 : SEAL_BYTES);
    bool both = w->owed && w->as & SAVE_STEP;
    if (!file_is_directory(w->folder)) {
        TRY(file_make_directory(w->folder));
        clear_line(w);
        log_warning("%s was gone, with all checkpoints in it; it is made again", w->folder);
    }
    return file_check_space(w->folder, "a checkpoint",
                            both && !file_exists(w->best_path) ? 2 * need : need);
}

/* The rows so far are with the system before the thread syncs them. */
static Err prepare(Writer *w)
{
    TRY(metrics_flush(w->saving.metrics));
    return make_ready(w);
}

/* A best state is not forgotten because it could not be saved: the state that comes now is another
 * one, but the image is still that one. */
static Err pay_best(Writer *w)
{
    TRY(prepare(w));
    return write_best(w);
}

static Err begin(Writer *w, unsigned as)
{
    const Saving *saving = &w->saving;
    w->step = saving->state->step;
    w->as = 0;
    if (w->owed && !(as & SAVE_BEST))
        TRY(pay_best(w));
    TRY(checkpoint_compose(saving->state, saving->normal, saving->config, saving->fingerprint,
                           &w->image));
    w->sealed = false;
    w->owed = as & SAVE_BEST;
    arena_free(&w->arena);
    w->anchor = saving->returns ? saving->state->control.setback.anchor : -1;
    w->step_path = checkpoint_path(saving->run, w->step, &w->arena);
    w->as = as;
    TRY(prepare(w));
    if (!w->running)
        return write_files(w);
    hand_over(w);
    return NULL;
}

static Err wait_for(Writer *w)
{
    pthread_mutex_lock(&w->mutex);
    while (w->busy)
        pthread_cond_wait(&w->done, &w->mutex);
    Err err = w->err;
    w->err = NULL;
    atomic_store(&w->failed, false);
    pthread_mutex_unlock(&w->mutex);
    return err;
}

Err writer_join(Writer *w)
{
    return pass(w, wait_for(w));
}

Err writer_save(Writer *w, unsigned as)
{
    TRY(writer_join(w));
    return pass(w, begin(w, as));
}

Err writer_finish(Writer *w, unsigned as)
{
    TRY(writer_join(w));
    TRY(begin(w, as));
    return wait_for(w);
}

bool writer_failed(Writer *w)
{
    if (!w || !atomic_load(&w->failed))
        return false;
    if (w->saving.warns)
        warn(w, wait_for(w));
    return !w->saving.warns;
}

bool writer_busy(Writer *w)
{
    pthread_mutex_lock(&w->mutex);
    bool busy = w->busy;
    pthread_mutex_unlock(&w->mutex);
    return busy;
}
