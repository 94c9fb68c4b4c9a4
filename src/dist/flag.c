/* Waiting in shared memory. Sleeping is Linux's futex; elsewhere a waiter yields. */
#define _DEFAULT_SOURCE /* syscall */
#include "dist/flag.h"

#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <time.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { TURNS = 100, SPIN_NANOSECONDS = 300000 };

bool flag_reached(Flag *flag, uint32_t round)
{
    return (int32_t)(atomic_load_explicit(&flag->round, memory_order_acquire) - round) >= 0;
}

/* Sleeps unless the flag has moved from `seen`. A second is only a precaution. */
static void sleep_on(Flag *flag, uint32_t seen)
{
#ifdef __linux__
    struct timespec patience = {.tv_sec = 1};
    syscall(SYS_futex, &flag->round, FUTEX_WAIT, seen, &patience, NULL, 0);
#else
    (void)flag, (void)seen;
    sched_yield();
#endif
}

static void wake(Flag *flag)
{
#ifdef __linux__
    syscall(SYS_futex, &flag->round, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
#else
    (void)flag;
#endif
}

/* Either the waker sees the sleeper's count, or the sleeper sees the waker's round: both sides
 * write, then read, sequentially consistent. */
void flag_raise(Flag *flag, uint32_t round)
{
    atomic_store(&flag->round, round);
    if (atomic_load(&flag->sleepers))
        wake(flag);
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool spin(Flag *flag, uint32_t round, bool crowded)
{
    int64_t end = crowded ? 0 : nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int turn = 0; turn < TURNS; turn++)
            if (flag_reached(flag, round))
                return true;
    } while (!crowded && nanoseconds() < end);
    return false;
}

void flag_await(Flag *flag, uint32_t round, bool crowded)
{
    if (flag_reached(flag, round) || spin(flag, round, crowded))
        return;
    atomic_fetch_add(&flag->sleepers, 1);
    for (;;) {
        uint32_t seen = atomic_load(&flag->round);
        if ((int32_t)(seen - round) >= 0)
            break;
        sleep_on(flag, seen);
    }
    atomic_fetch_sub(&flag->sleepers, 1);
}
