/* The watchdog's thread.
 *
 * The limit for a phase is a multiple of the step's: start-up and saving may take longer. A rank
 * that waits in the exchange is never the culprit while another one stands still elsewhere; only
 * when nothing in the group has moved for much longer is the missing rank on another host, whose
 * own watchdog is gone too. Then groups speak in turn, so that the first one's word ends the others
 * before theirs.
 *
 * Every rank's thread counts its looks in the rank's word. A rank whose thread is silent, too, is
 * stopped (SIGSTOP, a debugger, a page that never comes) whatever its phase: it is named first,
 * after a step's limit. If it is the group's first rank, the next one has taken over the looking.
 * A thread that has slept too long itself, because all were stopped, blames nobody for that time.
 *
 * MPI_Abort asks the host's daemon to have all ranks ended, and the daemon asks mpirun: behind a
 * cut link nobody answers. So every rank's thread looks whether the job has been given up, and
 * leaves by itself a little later. */
#include "train/watch_inside.h"

#include "base/host.h"
#include "base/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MEDIAN_STEPS = 20,
    TURNS = 8,   /* for groups to speak in */
    PATIENCE = 5 /* seconds that mpirun has to end a job that was given up */
};

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

/* What the rank is in, behind its phase's name: ", 01_dense forward". */
static void name_layer(const Watch *watch, int layer, char *text, size_t room)
{
    const Net *net = atomic_load(&watch->layers);
    int next = layer > 0 ? layer : -layer - 2; /* from 0 */
    *text = '\0';
    if (!net || layer == 0 || next < 0)
        return;
    if (next >= net->layer_count)
        snprintf(text, room, ", the loss");
    else
        snprintf(text, room, ", %s %s", net->layers[next].name, layer > 0 ? "forward" : "backward");
}

static _Noreturn void end_job(const Watch *watch, int member, double still, bool stopped)
{
    const WatchWord *word = &watch->words[member];
    int phase = atomic_load(&word->phase);
    bool others = !stopped && is_exchange(phase) && watch->comm->groups > 1;
    char host[256], layer[256];
    host_name(host, sizeof host);
    name_layer(watch, atomic_load(&word->layer), layer, sizeof layer);
    fprintf(stderr,
            "lockstep: watchdog: rank %d on %s has %s for %.0f s (step %lld, %s%s)%s; "
            "the job ends\n",
            watch->comm->group_first[watch->comm->group] + member, host,
            stopped  ? "been stopped"
            : others ? "waited for other hosts"
                     : "not moved",
            still, (long long)atomic_load(&word->step), watch_phases[phase].name, layer,
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

/* What has changed since the last look; after a long sleep of our own nothing has been silent. */
static void read_words(Watch *watch, double now)
{
    bool slept = now - watch->woke > watch->seconds / 4 + watch->nap;
    atomic_fetch_add(&watch->words[watch->comm->member].pulse, 1);
    for (int m = 0; m < watch->comm->members; m++) {
        Seen *seen = &watch->seen[m];
        uint64_t beat = atomic_load_explicit(&watch->words[m].beat, memory_order_acquire);
        uint64_t pulse = atomic_load_explicit(&watch->words[m].pulse, memory_order_relaxed);
        seen->since = slept || beat != seen->beat ? now : seen->since;
        seen->pulsed = slept || pulse != seen->pulse ? now : seen->pulsed;
        seen->beat = beat;
        seen->pulse = pulse;
    }
    watch->woke = now;
}

/* Whether no thread of a member before this one runs any more. */
static bool is_first(const Watch *watch, double now)
{
    for (int m = 0; m < watch->comm->member; m++)
        if (now - watch->seen[m].pulsed < watch->seconds / 2)
            return false;
    return true;
}

/* One look at all words: who is stopped, then who stands still. */
static void look(Watch *watch, double now)
{
    double limit = step_limit(watch);
    for (int m = 0; m < watch->comm->members; m++) {
        const Seen *seen = &watch->seen[m];
        double since = seen->since > seen->pulsed ? seen->since : seen->pulsed;
        if (now - since > limit && !atomic_load(&watch->words[m].telling))
            end_job(watch, m, now - since, true);
    }
    for (int m = 0; m < watch->comm->members; m++) {
        double still = now - watch->seen[m].since;
        int phase = atomic_load(&watch->words[m].phase);
        if (still > limit * watch_phases[phase].limits + turn(watch, phase))
            end_job(watch, m, still, false);
    }
}

/* For launch/supervise.sh, which sees no more of a job than its files. A file system that does not
 * answer stops this thread, and a rank that saves there: that is no sign of being stopped. Others
 * look on meanwhile, and the rank has its phase's time. */
static void tell_alive(Watch *watch, double now)
{
    if (watch->file < 0 || now - watch->told < watch->seconds / 4)
        return;
    WatchWord *word = &watch->words[watch->comm->member];
    atomic_store(&word->telling, 1);
    futimens(watch->file, NULL);
    atomic_store(&word->telling, 0);
    watch->told = now;
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

void *watch_guard(void *argument)
{
    Watch *watch = argument;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t nanoseconds = until.tv_nsec + (int64_t)(watch->nap * 1e9);
        until.tv_sec += nanoseconds / 1000000000;
        until.tv_nsec = nanoseconds % 1000000000;
        pthread_cond_timedwait(&watch->wake, &watch->mutex, &until);
        if (watch->stop)
            break;
        leave_in_time(watch);
        double now = term_clock();
        read_words(watch, now);
        if (is_first(watch, now))
            look(watch, now);
        tell_alive(watch, now);
    }
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}
