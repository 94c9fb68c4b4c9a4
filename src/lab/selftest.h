/* Self-tests: the two claims, proved on the user's own cluster with the user's own data. Short runs
 * of the same configuration whose digests must be equal after every step. */
#ifndef LAB_SELFTEST_H
#define LAB_SELFTEST_H

#include "dist/comm.h"
#include "train/config.h"

/* Where the short runs come from and go to. */
typedef struct Selftest {
    const Comm *world;
    ConfigSource config;
    int64_t steps;
    const char *directory; /* of the short runs; made and removed */
} Selftest;

/* Trains on 1, 2, .. all ranks, through shared memory and by messages: one digest at every step and
 * one metrics.csv. STATUS_FAILED naming the first step that differs. Collective. */
Err selftest_ranks(const Selftest *test);
/* Stops on all ranks half way, goes on with fewer: the digests and metrics.csv of an undisturbed
 * run. Collective. */
Err selftest_resume(const Selftest *test);

#endif
