/* The progress line. On a terminal it is rewritten in place; elsewhere every tenth of the total
 * makes one plain line, so that a log file stays short and whole. */
#include "base/term.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const double redraw_seconds = 0.1;
enum { MILESTONES = 10, LINE = 256, DEFAULT_COLUMNS = 80 };

double term_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* mpirun gives rank 0 a pseudo-terminal even when its own output goes to a file. Its own output is
 * what counts, and it is our parent on the host where rank 0 runs. */
bool term_is_terminal(void)
{
    if (!isatty(STDOUT_FILENO))
        return false;
    if (!getenv("OMPI_COMM_WORLD_SIZE"))
        return true;
    char link[64], target[256];
    snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_COLUMNS;
}

void term_begin(Term *term, const char *what, const char *unit, int64_t first, int64_t total)
{
    *term = (Term){.what = what, .unit = unit, .first = first, .total = total};
    term->begun = term_clock();
    term->terminal = term_is_terminal();
    term->silent = log_level_now() < LOG_INFO;
    term->milestone = first + (total - first + MILESTONES - 1) / MILESTONES;
}

static void time_text(char *text, size_t size, double seconds)
{
    int s = seconds < 0 ? 0 : (int)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, size, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, size, "%d:%02d", s / 60, s % 60);
}

/* "epoch 3/10  41%  38200 samples/s  0:12 left  loss 0.412" */
static void compose(const Term *term, int64_t done, const char *remark, char *line, size_t size)
{
    double elapsed = term_clock() - term->begun;
    double rate = elapsed > 0 ? (double)(done - term->first) / elapsed : 0;
    char left[32] = "-:--";
    if (rate > 0)
        time_text(left, sizeof left, (double)(term->total - done) / rate);
    snprintf(line, size, "%s  %3d%%  %.0f %s/s  %s left  %s", term->what,
             (int)(100 * done / (term->total > 0 ? term->total : 1)), rate, term->unit, left,
             remark);
}

void term_progress(Term *term, int64_t done, const char *format, ...)
{
    if (term->silent)
        return;
    double now = term_clock();
    if (term->terminal ? now - term->drawn < redraw_seconds : done < term->milestone)
        return;
    term->drawn = now;
    char remark[LINE / 2], line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(remark, sizeof remark, format, arguments);
    va_end(arguments);
    compose(term, done, remark, line, sizeof line);
    if (term->terminal) {
        printf("\r%.*s\033[K", columns() - 1, line);
        term->shown = true;
    } else {
        int64_t tenth = (term->total - term->first + MILESTONES - 1) / MILESTONES;
        while (tenth > 0 && term->milestone <= done)
            term->milestone += tenth;
        printf("%s\n", line);
    }
    fflush(stdout);
}

void term_clear(Term *term)
{
    if (term->shown) {
        fputs("\r\033[K", stdout);
        fflush(stdout);
    }
    term->shown = false;
}
