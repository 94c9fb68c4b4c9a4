/* What watch.c (the words, the clock) and watch_guard.c (the thread) share. */
#ifndef TRAIN_WATCH_INSIDE_H
#define TRAIN_WATCH_INSIDE_H

#include "train/watch.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RING = 31 }; /* steps whose times are remembered */

typedef struct WatchWord {
    _Alignas(LINE_BYTES) _Atomic uint64_t beat;
    _Atomic int64_t step;
    _Atomic int phase;
    _Atomic int layer; /* that is done: i + 1 forward, -(i + 1) backward; 0: none in this phase */
    _Atomic uint64_t pulse; /* looks of the rank's thread */
    _Atomic int telling;    /* the thread is at its file, which may take long */
} WatchWord;

/* What a thread has seen of a word, and since when. */
typedef struct Seen {
    uint64_t beat, pulse;
    double since, pulsed;
} Seen;

struct Watch {
    const Comm *comm;
    /* The clock: */
    WatchPhase phase, interrupted; /* now; what a wait has interrupted */
    int64_t at;                    /* the step that `phase` is of */
    double since;
    double spent[PHASE_COUNT];
    Trace *trace;                /* or NULL */
    _Atomic(const Net *) layers; /* whose names are told; or NULL */
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
    /* The thread; that of the first member that runs looks at all words. */
    bool running;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
    Seen *seen;        /* [members] */
    int file;          /* whose time says that this rank lives; -1: none */
    double told, woke; /* the last time, of the file; of the thread */
};

typedef struct PhaseKind {
    const char *name;
    double limits; /* times the step's limit */
    Share share;
} PhaseKind;
extern const PhaseKind watch_phases[PHASE_COUNT];

/* The thread of each rank, given its Watch; until `stop`. */
void *watch_guard(void *watch);

#endif
