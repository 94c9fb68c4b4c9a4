/* The progress line: in place on a terminal, with share done, rate and time left; elsewhere (a log
 * file, a pipe) a plain line now and then. Whoever prints another line clears it first. */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Term {
    const char *what; /* "epoch 3/10" */
    const char *unit; /* "samples" */
    int64_t first;    /* where this process began: the rate counts from here */
    int64_t total;
    double begun;      /* seconds on term_clock */
    double drawn;      /* when last */
    int64_t milestone; /* elsewhere than on a terminal: the next plain line is due here */
    bool terminal, silent, shown;
} Term;

/* Begins a line for units first..total. Silent where the log is. */
void term_begin(Term *term, const char *what, const char *unit, int64_t first, int64_t total);
/* `done` of the total so far, with a short remark ("loss 0.412"). Cheap enough for every step: it
 * redraws at most ten times a second (terminal) or at every tenth of the total (elsewhere). */
void term_progress(Term *term, int64_t done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Takes the line off the screen, for a line of text or for good. */
void term_clear(Term *term);
/* Whether standard output reaches a terminal; sees through mpirun's pseudo-terminals. */
bool term_is_terminal(void);
/* Seconds on the monotonic clock. */
double term_clock(void);

#endif
