/* Windows, the thread that fills them, and the board on which the group's threads meet. */
#include "train/prefetch.h"

#include "base/cut.h"
#include "base/mem.h"
#include "dist/flag.h"
#include "train/fault.h"

#include <pthread.h>
#include <stdio.h>

enum { BUFFERS = 2, WORDS = 1000 };

/* One member's word to its group. */
typedef struct Post {
    Flag loaded;        /* windows [.., loaded) of the run are there, as far as it reads them */
    _Atomic int status; /* of what went wrong; before the flag is raised */
    char text[WORDS];
} Post;

struct Prefetch {
    const Comm *comm;
    const Dataset *dataset;
    int64_t row_bytes, room; /* rows of one buffer */
    Window window, board;
    Post *posts; /* [members] */
    /* The thread, and what it is told. */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool running;
    atomic_bool stop;
    int64_t next;  /* window that the thread reads next; -1: none was asked for yet */
    int64_t last;  /* window that it may read at most */
    Stream stream; /* its own: a stream has caches */
};

int64_t prefetch_bytes(const Dataset *dataset, const Stream *stream)
{
    return BUFFERS * stream_most(stream) * dataset_row_bytes(dataset);
}

int64_t prefetch_row(const Prefetch *p, StreamPlace place)
{
    return place.window % BUFFERS * p->room + place.slot;
}

const void *prefetch_rows(const Prefetch *p)
{
    return p->window.base;
}

/* ---- the thread ---- */

static Err read_chunk(Prefetch *p, int64_t window, int64_t k)
{
    int64_t lo, hi, at = prefetch_row(p, (StreamPlace){window, k * p->stream.chunk});
    stream_rows(&p->stream, window, k, &lo, &hi);
    return dataset_read(p->dataset, PART_TRAIN, lo, hi, (char *)p->window.base + at * p->row_bytes);
}

/* This rank's chunks of a window. */
static Err read_share(Prefetch *p, int64_t window)
{
    int64_t chunks = stream_chunks(&p->stream, window);
    int64_t end = cut(chunks, p->comm->member + 1, p->comm->members);
    TRY(fault_at(FAULT_READ, window, p->comm->rank));
    for (int64_t k = cut(chunks, p->comm->member, p->comm->members); k < end && !p->stop; k++)
        TRY(read_chunk(p, window, k));
    return NULL;
}

/* Takes over `err`. */
static void tell(Prefetch *p, int64_t window, Err err)
{
    Post *own = &p->posts[p->comm->member];
    if (err) {
        snprintf(own->text, sizeof own->text, "%s", err_text(err));
        atomic_store(&own->status, (int)err_status(err));
        err_free(err);
    }
    flag_raise(&own->loaded, (uint32_t)window + 1);
}

/* The window to read next, or -1 when the thread is to end. */
static int64_t next_window(Prefetch *p)
{
    pthread_mutex_lock(&p->mutex);
    while (!p->stop && (p->next < 0 || p->next > p->last))
        pthread_cond_wait(&p->wake, &p->mutex);
    int64_t window = p->stop ? -1 : p->next++;
    pthread_mutex_unlock(&p->mutex);
    return window;
}

static void *read_ahead(void *argument)
{
    Prefetch *p = argument;
    Err err = NULL;
    for (int64_t window = next_window(p); window >= 0 && !err; window = next_window(p)) {
        err = read_share(p, window);
        tell(p, window, err);
    }
    return NULL;
}

/* ---- the rank ---- */

static Err start(Prefetch *p)
{
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->running = pthread_create(&p->thread, NULL, read_ahead, p) == 0;
    if (!p->running)
        FAIL(STATUS_FAILED, "no thread to read %s ahead with", dataset_path(p->dataset));
    return NULL;
}

Err prefetch_open(Prefetch **prefetch, const Comm *comm, const Dataset *dataset,
                  const Stream *stream)
{
    Prefetch *p = *prefetch = mem_alloc(1, sizeof *p);
    p->comm = comm;
    p->dataset = dataset;
    p->stream = *stream;
    p->row_bytes = dataset_row_bytes(dataset);
    p->room = stream_most(stream);
    p->next = p->last = -1;
    TRY(comm_window(comm, "the data's windows", (size_t)prefetch_bytes(dataset, stream),
                    &p->window));
    TRY(comm_window(comm, "the data's board", sizeof(Post) * (size_t)comm->members, &p->board));
    p->posts = p->board.base;
    return comm_agree(comm, start(p));
}

void prefetch_close(Prefetch *p)
{
    if (!p)
        return;
    if (p->running) {
        pthread_mutex_lock(&p->mutex);
        p->stop = true;
        pthread_cond_signal(&p->wake);
        pthread_mutex_unlock(&p->mutex);
        pthread_join(p->thread, NULL);
        pthread_mutex_destroy(&p->mutex);
        pthread_cond_destroy(&p->wake);
    }
    comm_window_free(&p->board);
    comm_window_free(&p->window);
    mem_free(p);
}

static Err fail_like(const Prefetch *p, int member)
{
    const Post *post = &p->posts[member];
    Status status = (Status)atomic_load(&post->status);
    return status == STATUS_DONE ? NULL : ERR(status, "%s", post->text);
}

Err prefetch_step(Prefetch *p, int64_t position, int64_t end)
{
    int64_t now = stream_window(&p->stream, position), last = stream_window(&p->stream, end - 1);
    pthread_mutex_lock(&p->mutex);
    CHECK(p->next <= now + BUFFERS, "a step goes back to window %lld of the data", (long long)now);
    p->next = p->next < 0 ? now : p->next;
    p->last = now + 1 < last ? now + 1 : last;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->mutex);
    return fail_like(p, p->comm->member);
}

Err prefetch_await(Prefetch *p, int64_t window)
{
    for (int m = 0; m < p->comm->members; m++) {
        flag_await(&p->posts[m].loaded, (uint32_t)window + 1, p->comm->crowded);
        TRY(fail_like(p, m));
    }
    return NULL;
}
