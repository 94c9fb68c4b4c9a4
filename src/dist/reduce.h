/* Reduce: the sum of all leaves on all ranks, in the tree's order, and the word that travels with
 * it. One round:
 *
 *     reduce_begin    so many leaves; this rank's share is [*lo, *hi)
 *     reduce_leaf     where to write the next leaf           }
 *     reduce_ready    so much of it is written, optional     } for each own leaf
 *     reduce_push     it is written; here are its scalars    }
 *     reduce_agree    all ranks publish; all see the same flags and the same scalar sums
 *     reduce_apply    this rank's blocks of the sum, one by one, to be applied to the shared state
 *                     or, where a norm of the sum is needed first: reduce_keep, which also keeps
 *                     the blocks, reduce_meet, and reduce_again, which goes through them again
 *     reduce_finish   everybody in the group has applied
 *     or, after reduce_agree: reduce_leave, and nothing is applied
 *
 * Inside a group each rank folds its slice straight out of its neighbours' leftover subtrees, block
 * by block in cache: no copy of the vector is ever summed or gathered. Between groups the columns
 * exchange, bucket by bucket (see between.c), as soon as a group's last leaves are ready up to
 * there. A round for scalars alone (evaluation) ends with reduce_agree. */
#ifndef DIST_REDUCE_H
#define DIST_REDUCE_H

#include "dist/tree.h"

enum { REDUCE_SCALARS = 16 };

/* One word a rank: the OR of flags, and the lowest rank that failed or diverged. */
enum {
    WORD_FAILED = 1,
    WORD_STOP = 2,
    WORD_TIME = 4,
    WORD_CHANGED = 8, /* memory is not as it was left, or not alike in all groups */
    WORD_SAVE = 16,   /* a checkpoint is due by the clock */
    WORD_DIVERGED = 32
};
typedef struct Word {
    uint32_t flags;
    int32_t failed; /* rank, INT32_MAX: none */
} Word;

typedef enum ReduceKind { REDUCE_TREE, REDUCE_MPI } ReduceKind;

typedef struct Reduce Reduce; /* `scalars` below: REDUCE_SCALARS of them */

/* The numbers of leaves that rounds with vectors have: memory is planned for each of them. */
typedef struct Leaves {
    int count; /* at least 1 */
    const int64_t *leaves;
} Leaves;

/* For vectors of `blocks`, rounds of any of `leaves` leaves with vectors and of up to
 * `scalar_leaves` without. REDUCE_MPI sums with MPI_Allreduce instead: other bits at other rank
 * counts; to show what the guarantee costs. Blocks and leaves stay the caller's. Collective. */
Err reduce_open(Reduce **reduce, const Comm *comm, const Blocks *blocks, ReduceKind kind,
                Leaves leaves, int64_t scalar_leaves);
/* Collective over the group. */
void reduce_close(Reduce *reduce);
/* From now on `wait(context, true)` is called where a wait for other ranks begins and
 * `wait(context, false)` where it ends. Messages between groups are no wait, but what all of them
 * agree on is. */
typedef void ReduceWait(void *context, bool begins);
void reduce_on_wait(Reduce *reduce, ReduceWait *wait, void *context);
/* Shared memory a group needs for its leaf vectors, in bytes. */
int64_t reduce_bytes(const Comm *comm, int64_t extent, Leaves leaves);

void reduce_begin(Reduce *reduce, int64_t leaves, bool vectors, int64_t *lo, int64_t *hi);
Real *reduce_leaf(Reduce *reduce);
/* The first `elements` of the leaf being written are final, and the caller's no longer: the sum may
 * come to lie there. What can be exchanged meanwhile is moved on. Not collective. */
void reduce_ready(Reduce *reduce, int64_t elements);
/* What this rank says of its blocks of the shared state: the sum of it over a group's ranks should
 * be the same in every group. Where it is not, reduce_agree adds WORD_FAILED and WORD_CHANGED. 0 in
 * rounds in which nothing is said. */
void reduce_say(Reduce *reduce, uint64_t digest);
/* `leaf` from reduce_leaf, NULL in a round without vectors. */
void reduce_push(Reduce *reduce, int64_t index, const Real *leaf, const double *scalars);
/* After it the round may be left, by all ranks alike: what is under way then is ended by the next
 * reduce_begin or reduce_close. A rank that failed may have pushed fewer leaves than its share; its
 * flags say so and nobody reads them. scalars: the sums. Collective. */
Word reduce_agree(Reduce *reduce, Word mine, double *scalars);
/* Leaves a round with vectors after reduce_agree when others are to follow: what is under way is
 * ended before anybody in the group writes another leaf. Collective. */
void reduce_leave(Reduce *reduce);
typedef void ReduceApply(void *context, int64_t block, const Real *sum);
/* Collective. */
void reduce_apply(Reduce *reduce, ReduceApply *apply, void *context);
void reduce_keep(Reduce *reduce, ReduceApply *apply, void *context);
/* Room for reduce_keep, which must be there first. Not collective. */
void reduce_reserve(Reduce *reduce);
/* The same blocks once more, in this round. Not collective. */
void reduce_again(Reduce *reduce, ReduceApply *apply, void *context);
/* This rank's blocks, which are the same in all rounds, without a sum. Not collective. */
void reduce_own(Reduce *reduce, ReduceApply *apply, void *context);
/* Until the whole group is here: what was written before is seen after. Collective over the
 * group. */
void reduce_meet(Reduce *reduce);
/* Collective over the group. */
void reduce_finish(Reduce *reduce);

#endif
