/* The watchdog's words, and the clock.
 *
 * A word changes whenever its rank enters a phase or begins a micro-batch; watch_guard.c looks at
 * them. */
#include "train/watch_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/term.h"

#include <string.h>
#include <time.h>

const PhaseKind watch_phases[PHASE_COUNT] = {
    [PHASE_START] = {"start-up", 10, SHARE_OTHER},
    [PHASE_COMPUTE] = {"compute", 1, SHARE_COMPUTE},
    [PHASE_DATA] = {"reading samples", 2, SHARE_READING},
    [PHASE_EVALUATE] = {"evaluation", 1, SHARE_OTHER},
    [PHASE_SAVE] = {"saving", 10, SHARE_OTHER},
    [PHASE_BETWEEN] = {"between steps", 1, SHARE_OTHER},
    [PHASE_EXCHANGE] = {"the exchange", 3, SHARE_EXCHANGE},
    [PHASE_WAITING] = {"waiting for other ranks", 3, SHARE_WAITING},
};

const char *const share_names[SHARE_COUNT] = {"compute", "waiting", "exchange", "reading", "other"};

/* Tells the watchdog. */
static void note(Watch *watch, int64_t step, WatchPhase phase, double now)
{
    if (phase == PHASE_COMPUTE && step != watch->step) {
        int at = atomic_load_explicit(&watch->recorded, memory_order_relaxed);
        if (watch->step + 1 == step)
            atomic_store(&watch->durations[at % RING], (float)(now - watch->step_began));
        atomic_store(&watch->recorded, at + (watch->step + 1 == step));
        watch->step_began = now;
        watch->step = step;
    }
    WatchWord *word = &watch->words[watch->comm->member];
    atomic_store_explicit(&word->step, step, memory_order_relaxed);
    atomic_store_explicit(&word->phase, (int)phase, memory_order_relaxed);
    atomic_store_explicit(&word->layer, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&word->beat, 1, memory_order_release);
}

static void charge(Watch *watch, double now)
{
    watch->spent[watch->phase] += now - watch->since;
    watch->since = now;
}

void watch_phase(Watch *watch, int64_t step, WatchPhase phase)
{
    if (!watch)
        return;
    double now = term_clock();
    charge(watch, now);
    watch->phase = phase;
    watch->at = step;
    if (watch->trace)
        trace_phase(watch->trace, (int)phase, step, now);
    if (watch->words)
        note(watch, step, phase, now);
}

void watch_wait(void *context, bool begins)
{
    Watch *watch = context;
    if (begins)
        watch->interrupted = watch->phase;
    watch_phase(watch, watch->at, begins ? PHASE_WAITING : watch->interrupted);
}

void watch_shares(Watch *watch, double seconds[SHARE_COUNT])
{
    charge(watch, term_clock());
    memset(seconds, 0, SHARE_COUNT * sizeof *seconds);
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        seconds[watch_phases[phase].share] += watch->spent[phase];
}

void watch_trace(Watch *watch, const Net *net)
{
    const char *names[PHASE_COUNT];
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        names[phase] = watch_phases[phase].name;
    trace_open(&watch->trace, watch->comm, names, PHASE_COUNT, net,
               TRACE_EVENTS / watch->comm->size);
    trace_phase(watch->trace, (int)watch->phase, watch->at, term_clock());
}

void watch_layers(Watch *watch)
{
    if (watch->trace)
        trace_begin_layers(watch->trace);
}

void watch_layer(void *context, int layer, bool backward)
{
    const Watch *watch = context;
    if (watch->words)
        atomic_store_explicit(&watch->words[watch->comm->member].layer,
                              backward ? -(layer + 1) : layer + 1, memory_order_relaxed);
    if (watch->trace)
        trace_layer(watch->trace, layer, backward);
}

void watch_net(Watch *watch, const Net *net)
{
    atomic_store(&watch->layers, net);
}

void watch_alive(Watch *watch, int file)
{
    if (!watch->running)
        return;
    pthread_mutex_lock(&watch->mutex);
    watch->file = file;
    pthread_mutex_unlock(&watch->mutex);
}

void watch_loss(Watch *watch)
{
    if (watch->trace)
        trace_loss(watch->trace);
}

Err watch_traced(Watch *watch, const char *path)
{
    Err err = trace_write(watch->trace, path);
    trace_close(watch->trace);
    watch->trace = NULL;
    return err;
}

/* That is waited for by a clock that nobody sets. */
static void open_wake(Watch *watch)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

Err watch_open(Watch **out, const Comm *comm, double seconds)
{
    Watch *watch = *out = mem_alloc(1, sizeof *watch);
    watch->comm = comm;
    watch->file = -1;
    watch->since = term_clock();
    if (seconds <= 0) {
        comm_limit(0);
        return NULL;
    }
    watch->seconds = seconds;
    watch->nap = seconds / 10 < 1 ? seconds / 10 : 1;
    watch->step = -1;
    TRY(comm_window(comm, "the watchdog", sizeof(WatchWord) * (size_t)(comm->members + 1),
                    &watch->window));
    watch->words = watch->window.base;
    watch->seen = mem_alloc(comm->members, sizeof *watch->seen);
    watch->woke = term_clock();
    for (int m = 0; m < comm->members; m++)
        watch->seen[m].since = watch->seen[m].pulsed = watch->woke;
    pthread_mutex_init(&watch->mutex, NULL);
    open_wake(watch);
    watch->running = pthread_create(&watch->thread, NULL, watch_guard, watch) == 0;
    if (!watch->running)
        log_warning("no thread for the watchdog: a rank that hangs will not be noticed");
    comm_limit(0);
    return NULL;
}

void watch_close(Watch *watch)
{
    if (!watch)
        return;
    if (watch->running) {
        pthread_mutex_lock(&watch->mutex);
        watch->stop = true;
        pthread_cond_signal(&watch->wake);
        pthread_mutex_unlock(&watch->mutex);
        pthread_join(watch->thread, NULL);
        pthread_mutex_destroy(&watch->mutex);
        pthread_cond_destroy(&watch->wake);
    }
    trace_close(watch->trace);
    mem_free(watch->seen);
    comm_window_free(&watch->window);
    mem_free(watch);
}
