/* Planted faults. */
#include "train/fault.h"

#include "train/signals.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const stages[] = {"compute",  "evaluate", "save", "read",
                                     "backward", "update",   "slot", "statistic"};

/* Whether one is planted here, and of which kind. */
static bool is_planted(FaultStage stage, int64_t step, int rank, char kind[16])
{
    const char *plan = getenv("LOCKSTEP_FAULT");
    char where[16];
    long long at;
    int who;
    return plan && sscanf(plan, "%15[a-z]@%15[a-z]:%lld:%d", kind, where, &at, &who) == 4 &&
           strcmp(where, stages[stage]) == 0 && at == step && who == rank;
}

bool fault_flips(FaultStage what, int64_t step, int rank)
{
    char kind[16];
    return is_planted(what, step, rank, kind) && strcmp(kind, "flip") == 0;
}

Err fault_at(FaultStage stage, int64_t step, int rank)
{
    char kind[16];
    if (!is_planted(stage, step, rank, kind))
        return NULL;
    if (strcmp(kind, "error") == 0)
        FAIL(STATUS_FAILED, "step %lld: rank %d met the fault planted in %s", (long long)step, rank,
             stages[stage]);
    if (strcmp(kind, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(kind, "stop") == 0)
        raise(SIGUSR1);
    if (strcmp(kind, "slow") == 0)
        nanosleep(&(struct timespec){1, 200000000}, NULL);
    while (strcmp(kind, "wait") == 0 && !signals_seen())
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    while (strcmp(kind, "hang") == 0)
        pause();
    return NULL;
}

void fault_spoil(int64_t step, int64_t leaf, Real *gradient)
{
    const char *plan = getenv("LOCKSTEP_FAULT");
    long long at, which;
    if (plan && sscanf(plan, "nan@leaf:%lld:%lld", &at, &which) == 2 && at == step && which == leaf)
        *gradient = (Real)NAN;
}
