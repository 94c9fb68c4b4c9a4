/* The watchdog's words and its thread, and the clock.
 *
 * A word changes whenever its rank enters a phase or begins a micro-batch. The limit for a phase is
 * a multiple of the step's: start-up and saving may take longer. A rank that waits in the exchange
 * is never the culprit while another one stands still elsewhere; only when nothing in the group has
 * moved for much longer is the missing rank on another host, whose own watchdog is gone too. Then
 * groups speak in turn, so that the first one's word ends the others before theirs.
 *
 * MPI_Abort asks the host's daemon to have all ranks ended, and the daemon asks mpirun: behind a
 * cut link nobody answers. So every rank's thread looks whether the job has been given up, and
 * leaves by itself a little later. */
#include "train/watch.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/term.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    RING = 31,
    MEDIAN_STEPS = 20,
    TURNS = 8,   /* for groups to speak in */
    PATIENCE = 5 /* seconds that mpirun has to end a job that was given up */
};

typedef struct WatchWord {
    _Alignas(LINE_BYTES) _Atomic uint64_t beat;
    _Atomic int64_t step;
    _Atomic int phase;
} WatchWord;

typedef struct Seen {
    uint64_t beat;
    double since;
} Seen;

struct Watch {
    const Comm *comm;
    /* The clock: */
    WatchPhase phase, interrupted; /* now; what a wait has interrupted */
    int64_t at;                    /* the step that `phase` is of */
    double since;
    double spent[PHASE_COUNT];
    Trace *trace; /* or NULL */
    /* The watchdog: */
    double seconds;
    Window window;
    WatchWord *words; /* [members]; one more, whose beat says that the job is given up; NULL: there
                         is no watchdog */
    /* Durations of this rank's last steps; written by it, read by the thread. */
    _Atomic float durations[RING];
    _Atomic int recorded;
    double step_began;
    int64_t step;
    double nap, given_up; /* the time when this rank's thread saw it; 0: not yet */
    /* The thread; member 0's looks at all words. */
    bool running;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
    Seen *seen;
};

static const struct {
    const char *name;
    double limits; /* times the step's limit */
    Share share;
} phases[PHASE_COUNT] = {
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
        seconds[phases[phase].share] += watch->spent[phase];
}

void watch_trace(Watch *watch, const Net *net)
{
    const char *names[PHASE_COUNT];
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        names[phase] = phases[phase].name;
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
    if (watch->trace)
        trace_layer(watch->trace, layer, backward);
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

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double step_limit(Watch *watch)
{
    float sorted[RING];
    int n = atomic_load(&watch->recorded);
    n = n < RING ? n : RING;
    for (int i = 0; i < n; i++)
        sorted[i] = atomic_load(&watch->durations[i]);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    double median = n ? sorted[n / 2] : 0;
    return median * MEDIAN_STEPS > watch->seconds ? median * MEDIAN_STEPS : watch->seconds;
}

/* A rank that waits in the exchange may wait for another host. */
static bool is_exchange(int phase)
{
    return phase == PHASE_EXCHANGE || phase == PHASE_WAITING;
}

static WatchWord *given_up(const Watch *watch)
{
    return &watch->words[watch->comm->members];
}

static _Noreturn void end_job(const Watch *watch, int member, double still)
{
    const WatchWord *word = &watch->words[member];
    int phase = atomic_load(&word->phase);
    bool others = is_exchange(phase) && watch->comm->groups > 1;
    char host[256] = "?";
    gethostname(host, sizeof host - 1);
    fprintf(stderr,
            "lockstep: watchdog: rank %d on %s has %s for %.0f s (step %lld, %s)%s; "
            "the job ends\n",
            watch->comm->group_first[watch->comm->group] + member, host,
            others ? "waited for other hosts" : "not moved", still,
            (long long)atomic_load(&word->step), phases[phase].name,
            others ? ": a host or the network is gone" : "");
    atomic_store(&given_up(watch)->beat, 1);
    alarm(2 * PATIENCE); /* should MPI_Abort itself wait for somebody */
    comm_abort(STATUS_FAILED);
}

/* Groups that wait for each other take turns, two naps each. */
static double turn(const Watch *watch, int phase)
{
    int group = watch->comm->group < TURNS ? watch->comm->group : TURNS;
    return is_exchange(phase) ? 2 * watch->nap * group : 0;
}

/* One look at all words. */
static void look(Watch *watch)
{
    double now = term_clock(), limit = step_limit(watch);
    for (int m = 0; m < watch->comm->members; m++) {
        uint64_t beat = atomic_load_explicit(&watch->words[m].beat, memory_order_acquire);
        if (beat != watch->seen[m].beat)
            watch->seen[m] = (Seen){beat, now};
        double still = now - watch->seen[m].since;
        int phase = atomic_load(&watch->words[m].phase);
        if (still > limit * phases[phase].limits + turn(watch, phase))
            end_job(watch, m, still);
    }
}

/* Leaves when the job was given up a while ago and nobody came to end this rank. */
static void leave_in_time(Watch *watch)
{
    if (atomic_load(&given_up(watch)->beat) == 0)
        return;
    if (watch->given_up == 0)
        watch->given_up = term_clock();
    else if (term_clock() - watch->given_up > PATIENCE)
        _exit(STATUS_FAILED);
}

static void *guard(void *argument)
{
    Watch *watch = argument;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->stop) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        int64_t nanoseconds = until.tv_nsec + (int64_t)(watch->nap * 1e9);
        until.tv_sec += nanoseconds / 1000000000;
        until.tv_nsec = nanoseconds % 1000000000;
        pthread_cond_timedwait(&watch->wake, &watch->mutex, &until);
        if (watch->stop)
            break;
        leave_in_time(watch);
        if (watch->seen)
            look(watch);
    }
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

Err watch_open(Watch **out, const Comm *comm, double seconds)
{
    Watch *watch = *out = mem_alloc(1, sizeof *watch);
    watch->comm = comm;
    watch->since = term_clock();
    if (seconds <= 0)
        return NULL;
    watch->seconds = seconds;
    watch->nap = seconds / 10 < 1 ? seconds / 10 : 1;
    watch->step = -1;
    TRY(comm_window(comm, "the watchdog", sizeof(WatchWord) * (size_t)(comm->members + 1),
                    &watch->window));
    watch->words = watch->window.base;
    if (comm->member == 0)
        watch->seen = mem_alloc(comm->members, sizeof *watch->seen);
    for (int m = 0; watch->seen && m < comm->members; m++)
        watch->seen[m].since = term_clock();
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_cond_init(&watch->wake, NULL);
    watch->running = pthread_create(&watch->thread, NULL, guard, watch) == 0;
    if (!watch->running)
        log_warning("no thread for the watchdog: a rank that hangs will not be noticed");
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
