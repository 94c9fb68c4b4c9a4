/* The ranks meet. Where hosts cannot reach each other, or a rank is stopped, the first collective
 * waits for ever, and before the watchdog nothing looks on. (Open MPI connects when first needed;
 * with an address that every host has, such as a container bridge's, a host finds itself there
 * instead of the other.) */
#include "dist/comm.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct timespec due;
static unsigned limit; /* seconds */

/* A rank that was stopped itself, alone or with the whole job, is late. */
static bool is_late(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - due.tv_sec) + 1e-9 * (double)(now.tv_nsec - due.tv_nsec) > 0.5;
}

/* Also in the signal's handler: for a late rank it begins anew. If the others have given it up, the
 * launcher will end it. */
static void begin(void)
{
    clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += limit;
    alarm(limit);
}

static void not_met(int number)
{
    static const char text[] = "lockstep: the ranks cannot reach each other; the job ends. One of "
                               "them is stopped, or the\n"
                               "  network between the hosts has to be named, as in `--mca "
                               "btl_tcp_if_include 10.0.0.0/24`\n"
                               "  (launch/README.md)\n";
    (void)number;
    if (is_late()) {
        begin();
        return;
    }
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written; /* without a stderr there is nothing more to do */
    _exit(STATUS_FAILED);
}

/* As the launcher has it: MPI need not have begun. */
static int rank_of_job(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return atoi(getenv(names[i]));
    return 0;
}

/* Rank 0 speaks first, so that its word ends the others before theirs. */
void comm_limit(int times)
{
    enum { SECONDS = 60, TURNS = 8 };
    const char *text = getenv("LOCKSTEP_MEET");
    int rank = rank_of_job(), most = text ? atoi(text) : SECONDS;
    bool begins = times > 0 && most > 0;
    alarm(0);
    limit = begins ? (unsigned)(times * most + (rank < TURNS ? rank : TURNS)) : 0;
    signal(SIGALRM, begins ? not_met : SIG_DFL);
    begin();
}
