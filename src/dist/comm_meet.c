/* The ranks meet. Where hosts cannot reach each other, the first collective waits for ever, and
 * nothing else looks on yet. (Open MPI connects when first needed; with an address that every host
 * has, such as a container bridge's, a host finds itself there instead of the other.) */
#include "dist/comm_inside.h"

#include <mpi.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void not_met(int number)
{
    static const char text[] =
        "lockstep: the ranks cannot reach each other; the job ends. Name the network between the\n"
        "  hosts, as in `--mca btl_tcp_if_include 10.0.0.0/24` (launch/README.md)\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written; /* without a stderr there is nothing more to do */
    _exit(STATUS_FAILED);
}

/* Rank 0 speaks first, so that its word ends the others before theirs. */
void comm_limit_meeting(bool begins)
{
    enum { SECONDS = 60, TURNS = 8 };
    const char *text = getenv("LOCKSTEP_MEET");
    int rank, most = text ? atoi(text) : SECONDS;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    signal(SIGALRM, begins ? not_met : SIG_DFL);
    alarm(begins && most > 0 ? (unsigned)(most + (rank < TURNS ? rank : TURNS)) : 0);
}
