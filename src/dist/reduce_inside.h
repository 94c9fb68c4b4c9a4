/* What reduce.c (rounds), reduce_apply.c (the fold inside a group) and between.c (the exchange
 * between groups) share. */
#ifndef DIST_REDUCE_INSIDE_H
#define DIST_REDUCE_INSIDE_H

#include "dist/flag.h"
#include "dist/reduce.h"

/* A subtree's vector somewhere in memory that we can read. */
typedef struct Source {
    Subtree subtree;
    Real *vector; /* indexed by element, as the whole vector is; written to by its rank alone */
} Source;

/* What a rank says of its i-th subtree: of vectors, the subtrees of all its leaves but the last,
 * and then that one, which is merged with them where the ranks' subtrees meet, so that its parts
 * can be taken as they become final; of scalars, the subtrees of all. */
typedef struct Said {
    int64_t slot; /* which of its vectors */
    double scalars[REDUCE_SCALARS];
} Said;

/* What a rank says in a round. The board holds an entry for every rank of the job, twice: a rank
 * that is a round ahead writes into the other half. */
typedef struct Entry {
    Word word;
    uint64_t digest; /* from reduce_say */
    Said said[];
} Entry;

/* Rounds that a member has completed, each on a cache line of its own. */
typedef struct Signal {
    Flag ready; /* buckets of the last leaf that are final: round * BUCKETS + so many */
    Flag published;
    Flag gathered; /* by member 0: the other groups' entries */
    Flag applied;
    Flag met; /* meetings */
} Signal;

/* The vector is exchanged in buckets, each a range of blocks; of each, every column has a part. */
enum { BUCKETS = 256, LEVELS = 32 };

typedef enum BucketPhase { BUCKET_WAITS, BUCKET_MOVES, BUCKET_DONE } BucketPhase;

typedef struct Bucket {
    int64_t end;                    /* blocks: it begins where the one before it ends */
    int64_t first_block, end_block; /* the column's */
    int64_t at;                     /* elements of the column before it */
    int64_t *piece;                 /* [groups + 1] blocks: who folds what of the column's */
    int64_t *line;                  /* [groups + 1] the pieces in lines from first_block on */
    Real *received;                 /* others' subtrees of our piece, or a half to be added */
    Messages messages;
    BucketPhase phase;                      /* in this round */
    int stage;                              /* of BUCKET_MOVES */
    int64_t lo[LEVELS + 1], hi[LEVELS + 1]; /* aligned: what is ours at each level */
} Bucket;

typedef struct Between {
    Bucket bucket[BUCKETS];
    int buckets;
    int ready;       /* buckets of this rank's last leaf that are final */
    bool aligned;    /* in this round: see between_aligned.c */
    bool found;      /* the group's subtrees; then: */
    bool merged;     /* they lie in this rank's memory, and nothing is to be merged */
    int64_t column;  /* elements of the column in all buckets */
    Real *partials;  /* the group's own subtrees, [subtree][column] */
    Source *sources; /* all groups' subtrees of a piece */
} Between;

/* Blocks that this rank applies, and their sum, which is total[at - element of first_block]; NULL
 * where they are still to be folded, one by one. */
typedef struct Range {
    int64_t first_block, end_block;
    const Real *total;
} Range;

struct Reduce {
    const Comm *comm;
    const Blocks *blocks;
    ReduceKind kind;
    int64_t extent;  /* elements of a vector */
    Leaves planned;  /* what a round with vectors may have */
    int64_t leaves;  /* of this round */
    uint64_t digest; /* of this rank, in this round */
    bool vectors;    /* this round has vectors */
    bool pending;    /* whose exchange between groups is not over */
    uint32_t round;
    int64_t share, pushed; /* leaves: this rank's, and how many of them are there */
    bool announced;        /* where its subtrees lie */
    const Real *last;      /* of this rank's leaves: it is merged where the ranks' subtrees meet */
    int subtrees;          /* room for a rank's sources in its entry */
    int slots;             /* vectors a rank */
    int64_t stride;        /* bytes from one vector to the next */
    size_t part;           /* bytes of a rank's vectors */
    size_t entry;          /* bytes of a rank's entry on the board */
    int64_t *entry_line;   /* [groups + 1] where each group's entries begin, in lines */
    Window vectors_window, board, signals;
    Tree local, local_scalars; /* this rank's leaves */
    Tree fold, fold_scalars;   /* where subtrees meet: one block at a time */
    void *local_scalar_memory, *fold_memory, *fold_scalar_memory;
    Source *sources; /* the group's subtrees */
    int source_count;
    Range range[BUCKETS]; /* one a bucket; a single group has one */
    int ranges;
    Real *kept; /* the sums of reduce_keep in a single group */
    uint32_t meetings;
    ReduceWait *wait; /* or NULL */
    void *wait_context;
    Between between;
};

static inline Signal *signal_of(const Reduce *r, int member)
{
    return (Signal *)r->signals.base + member;
}

static inline Entry *entry_of(const Reduce *r, int rank)
{
    size_t half = (size_t)r->comm->size * r->entry * (r->round & 1);
    return (Entry *)((char *)r->board.base + half + (size_t)rank * r->entry);
}

static inline Real *slot_of(const Reduce *r, int member, int64_t slot)
{
    return (Real *)((char *)r->vectors_window.base + (size_t)member * r->part +
                    (size_t)slot * (size_t)r->stride);
}

/* Merges the siblings among the sources' blocks [at, at + n); what is left stands in r->fold. */
void reduce_merge(Reduce *reduce, const Source *sources, int count, int64_t at, int64_t n);
/* Element `at` of the sum of the sources' blocks [at, at + n). In the fold tree's memory or in a
 * source: valid until the next fold. */
const Real *reduce_fold(Reduce *reduce, const Source *sources, int count, int64_t at, int64_t n);

/* Whether groups exchange columns. */
static inline bool is_between(const Reduce *r)
{
    return r->comm->groups > 1 && r->kind != REDUCE_MPI;
}

/* Until member m's last leaf is final in so many buckets, or whether it is. */
void reduce_await_ready(Reduce *reduce, int member, int buckets);
bool reduce_is_ready(Reduce *reduce, int member, int buckets);
/* Lists where the subtrees of all members lie, as far as they have said so. */
void reduce_find_sources(Reduce *reduce);

void between_open(Reduce *reduce);
void between_close(Reduce *reduce);
/* Before the leaves of a round with vectors. */
void between_begin(Reduce *reduce);
/* Moves on what can be moved. */
void between_progress(Reduce *reduce);
/* Until bucket i has its sum. */
void between_complete(Reduce *reduce, int i);

#endif
