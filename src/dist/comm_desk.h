/* Desk: where ranks fetch numbered work when they have time for it, and say how far they are. It
 * stands in rank 0's memory; nobody answers there: every rank reads and writes by itself (MPI's
 * one-sided operations), so that no rank waits for another.
 *
 *     numbers    0 .. count - 1, each given out once, in order, until the desk is shut
 *     entries    of each number, DESK_FIGURES figures that its rank has written last; 0 at first
 *
 * Who gets which number depends on time; what is made of it must not. */
#ifndef DIST_COMM_DESK_H
#define DIST_COMM_DESK_H

#include "dist/comm.h"

enum { DESK_FIGURES = 4 };

typedef struct Desk Desk;

/* Collective. */
void desk_open(Desk **desk, const Comm *comm, int64_t count);
void desk_close(Desk *desk);
/* The next number, or -1: there is none. Not collective, as what follows. */
int64_t desk_take(Desk *desk);
/* Numbers that are not given out yet never will be; whether somebody has decided so. */
void desk_shut(Desk *desk);
bool desk_is_shut(Desk *desk);
void desk_write(Desk *desk, int64_t number, const double figures[DESK_FIGURES]);
/* Rank 0 looks at all entries: [count][DESK_FIGURES]. */
const double *desk_read(Desk *desk);
/* A number that was taken is done; how many are not, those that a shut desk keeps left out. */
void desk_done(Desk *desk);
int64_t desk_pending(Desk *desk);
/* Lets others' operations on this rank's memory go on, where the network needs that. */
void desk_serve(Desk *desk);

#endif
