/* A flag in shared memory: one rank raises it to a round, others wait for that. Release and
 * acquire: what was written before the raise is seen after the wait.
 *
 * A waiter spins for as long as the others are likely to take, then sleeps until it is woken. (It
 * does not yield in a loop: on a machine with other work, a yield costs a whole time slice.) */
#ifndef DIST_FLAG_H
#define DIST_FLAG_H

#include "base/real.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Flag {
    _Alignas(LINE_BYTES) _Atomic uint32_t round; /* alone on its line; wraps around */
    _Atomic uint32_t sleepers;
} Flag;

/* Raises the flag to `round`, which is at most 2^31 ahead of it, and wakes whoever sleeps. */
void flag_raise(Flag *flag, uint32_t round);
/* Whether the flag is at `round` or past it. */
bool flag_reached(Flag *flag, uint32_t round);
/* Until the flag is at `round` or past it. `crowded`: there are more ranks than cores, so that the
 * one waited for may need this core. */
void flag_await(Flag *flag, uint32_t round, bool crowded);

#endif
