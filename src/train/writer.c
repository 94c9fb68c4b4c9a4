/* The writer's thread, and how a save is handed to it.
 *
 * Thread and run share the image, the paths and `err`. While `busy`, which changes under the mutex,
 * they are the thread's, else the run's; the run looks at `failed` alone without the mutex. */
#include "train/writer.h"

#include "base/file.h"
#include "base/log.h"
#include "base/seal.h"
#include "train/fault.h"

#include <pthread.h>
#include <stdatomic.h>

struct Writer {
    Saving saving;
    Buffer image;
    /* The save in flight. */
    Arena arena;
    int64_t step, anchor;
    const char *best, *step_path; /* NULL: not under this name */
    Err err;
    atomic_bool failed; /* err is there, for those who do not wait */
    /* The thread. */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool running;
    bool busy, stop;
};

/* ---- the thread ---- */

/* best.h5 comes first: a run that is resumed from the step's own file does not evaluate that step
 * again, and would not know that it was the best. */
static Err write_files(Writer *w)
{
    const Saving *saving = &w->saving;
    TRY(fault_at(FAULT_SAVE, w->step, 0));
    TRY(metrics_sync(saving->metrics));
    seal_buffer(&w->image);
    if (w->best)
        TRY(file_replace(w->best, w->image.bytes, w->image.size));
    if (!w->step_path)
        return NULL;
    TRY(file_replace(w->step_path, w->image.bytes, w->image.size));
    checkpoint_prune(saving->run, saving->keep, w->anchor);
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

/* ---- the run ---- */

Writer *writer_open(const Saving *saving)
{
    Writer *w = mem_alloc(1, sizeof *w);
    w->saving = *saving;
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
    err_free(w->err);
    buffer_free(&w->image);
    arena_free(&w->arena);
    mem_free(w);
}

static void hand_over(Writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->busy = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

Err writer_save(Writer *w, unsigned as)
{
    const Saving *saving = &w->saving;
    TRY(writer_join(w));
    TRY(metrics_flush(saving->metrics));
    TRY(checkpoint_compose(saving->state, saving->normal, saving->config, saving->fingerprint,
                           &w->image));
    arena_free(&w->arena);
    w->step = saving->state->step;
    w->anchor = saving->returns ? saving->state->control.setback.anchor : -1;
    w->best = as & SAVE_BEST ? arena_text(&w->arena, "%s/checkpoints/best.h5", saving->run) : NULL;
    w->step_path = as & SAVE_STEP ? checkpoint_path(saving->run, w->step, &w->arena) : NULL;
    if (!w->running)
        return write_files(w);
    hand_over(w);
    return NULL;
}

Err writer_join(Writer *w)
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

bool writer_failed(const Writer *w)
{
    return w && atomic_load(&w->failed);
}
