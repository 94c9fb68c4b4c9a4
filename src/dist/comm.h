/* Comm: the ranks of a run and all that they say to each other; the only door to MPI.
 *
 * A group is the ranks that share memory. Ranks are numbered group by group, so a group's ranks
 * (and with them its micro-batches) are contiguous:
 *
 *     group     0              1
 *     rank      0   1   2      3   4        size 5, groups 2
 *     member    0   1   2      0   1
 *     column    0   1   -      0   1        as many columns as the smallest group has members
 *
 * Between groups, column k is exchanged by member k of each group. Everything here that says
 * Collective must be called by all ranks of the Comm, in the same order. An MPI failure ends the
 * job (MPI's own error handler); there is no such Err. */
#ifndef DIST_COMM_H
#define DIST_COMM_H

#include "base/err.h"
#include "base/mem.h"
#include "base/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Exchange {
    EXCHANGE_AUTO,    /* what shares memory is a group */
    EXCHANGE_SHARED,  /* the same, and an error where the ranks do not all share memory */
    EXCHANGE_MESSAGES /* every rank a group of its own: one machine tests both paths */
} Exchange;

typedef struct Comm {
    int rank, size; /* size 0: this process is not among the ranks */
    int group, groups;
    int member, members; /* this rank inside its group; the group's size */
    int columns;         /* the smallest group's size */
    int neighbours;      /* groups on this rank's host, its own included */
    bool crowded;        /* a group has more ranks than its host has cores */
    int *group_first;    /* [groups + 1] first rank of each group */
    struct CommInside *inside;
} Comm;

/* From now on, until it is called again, nobody may keep the others waiting for more than `times`
 * 60 s (LOCKSTEP_MEET in the environment; 0: no limit), or the job ends: for where no watchdog
 * looks on. 0 times: no limit. Not collective. */
void comm_limit(int times);
/* Starts and ends MPI, under that limit. After comm_stop nothing may follow but `return status`. */
void comm_start(int *argc, char ***argv);
void comm_stop(void);
/* All processes, every one a group of its own until comm_divide; the limit ends. Collective over
 * all. */
void comm_world(Comm *comm);
/* The first `ranks` of the parent's ranks as a Comm with groups; the others get size 0.
 * Collective over parent. STATUS_USER for `shared` where memory is not shared by all. For tests,
 * the environment's LOCKSTEP_GROUP=n makes groups of at most n of the ranks that share memory. */
Err comm_divide(const Comm *parent, int ranks, Exchange exchange, Comm *comm);
/* The parent's ranks that name the same part, each a group of its own as in comm_world; below 0: in
 * no part, and size 0. Collective over parent. */
void comm_part(const Comm *parent, int part, Comm *comm);
void comm_free(Comm *comm);

/* The same Err on every rank: that of the lowest rank that has one, or NULL. Takes over `err`.
 * Collective. */
Err comm_agree(const Comm *comm, Err err);
/* The bytes of rank `root` on every rank. Collective. */
void comm_broadcast(const Comm *comm, void *bytes, size_t size, int root);
/* The bytes of rank `from` to rank 0, the others do nothing. Collective over the two. */
void comm_bring(const Comm *comm, void *bytes, size_t size, int from);
/* Rank 0's text (or NULL) on every rank; the others' in their arena. Collective. */
const char *comm_broadcast_text(const Comm *comm, const char *text, Arena *arena);
/* Maximum over ranks. Collective. */
int64_t comm_max(const Comm *comm, int64_t value);
/* Fills gaps: every element is set on one rank and 0 on the others; afterwards it is set on all.
 * Exact, because x + 0 is. Or adds up counts: sums of whole numbers below 2^53 are exact in any
 * order; or times, of which nobody wants the last bits. Collective. */
void comm_merge(const Comm *comm, double *values, int64_t count);
/* Every rank's bytes on every rank: those of rank r begin at all + r * size. Collective. */
void comm_share(const Comm *comm, const void *mine, size_t size, void *all);
/* Collective. */
void comm_barrier(const Comm *comm);
/* A barrier at which ranks that wait leave their cores to others; for long waits. Collective. */
void comm_rest(const Comm *comm);
/* Waits for the group's ranks alone. Collective over the group. */
void comm_group_barrier(const Comm *comm);

/* Memory that a group's ranks share, zeroed and touched; base is a multiple of 4096. `bytes` is the
 * same on all ranks of a group. STATUS_USER naming need, have and cure when /dev/shm is too small.
 * Collective. */
typedef struct Window {
    void *base;
    size_t bytes;
    void *inside;
} Window;
Err comm_window(const Comm *comm, const char *what, size_t bytes, Window *window);
/* Collective over the group. */
void comm_window_free(Window *window);
enum { WINDOW_PAGE = 4096 };

/* The column's exchanges, by member k < columns of each group, all with counts in lines of
 * LINE_BYTES, so that an int reaches 128 GB. `peer` is a group's number. */

/* Messages that are posted together. Those of one tag between two ranks meet in the order posted;
 * nothing is decided by the order in which they arrive. */
typedef struct Messages {
    int tag, count, room;
    void *inside;
} Messages;
/* Room for so many at a time, under a tag of its own. Not collective. */
void messages_open(Messages *messages, int room, int tag);
void messages_close(Messages *messages);
void messages_send(Messages *messages, const Comm *comm, int peer, const void *lines,
                   int64_t count);
void messages_receive(Messages *messages, const Comm *comm, int peer, void *lines, int64_t count);
/* Whether all that were posted are complete (then there are none); moves them on. */
bool messages_done(Messages *messages);
void messages_wait(Messages *messages);
/* Everybody's part of `lines`: part q is [first[q], first[q+1]), given by group q. Collective over
 * the column. */
void column_gather(const Comm *comm, void *lines, const int64_t *first);
/* MPI's own sum over all ranks, in place: `reduce: mpi`. Collective. */
void comm_allreduce(const Comm *comm, Real *vector, int64_t count);

/* Ends the job at once, from any thread. */
_Noreturn void comm_abort(int status);

#endif
