/* What reduce.c (rounds, and the fold inside a group) and between.c (the exchange between groups)
 * share. */
#ifndef DIST_REDUCE_INSIDE_H
#define DIST_REDUCE_INSIDE_H

#include "dist/reduce.h"

/* A subtree's vector somewhere in memory that we can read. */
typedef struct Source {
    Subtree subtree;
    const Real *vector; /* indexed by element, as the whole vector is */
} Source;

typedef struct Between {
    int64_t first_block, end_block; /* this rank's column */
    int64_t *piece;                 /* [groups + 1] blocks: who folds what of the column */
    Real *partials;                 /* the group's own subtrees, [subtree][column] */
    Real *received;                 /* other groups' subtrees of our piece, or a half to be added */
    Real *total;                    /* the column's sum */
    int64_t column;                 /* elements of the column */
    int64_t *line;                  /* [groups + 1] the pieces in lines of the column */
    Source *sources;                /* all groups' subtrees of our piece */
} Between;

struct Reduce {
    const Comm *comm;
    const Blocks *blocks;
    ReduceKind kind;
    int64_t extent; /* elements of a vector */
    Leaves planned; /* what a round with vectors may have */
    int64_t leaves; /* of this round */
    bool vectors;   /* this round has vectors */
    uint32_t round;
    int subtrees;        /* room for a rank's subtrees in its entry */
    int slots;           /* vectors a rank */
    int64_t stride;      /* bytes from one vector to the next */
    size_t part;         /* bytes of a rank's vectors */
    size_t entry;        /* bytes of a rank's entry on the board */
    int64_t *entry_line; /* [groups + 1] where each group's entries begin, in lines */
    Window vectors_window, board, signals;
    Tree local, local_scalars; /* this rank's leaves */
    Tree fold, fold_scalars;   /* where subtrees meet: one block at a time */
    void *local_scalar_memory, *fold_memory, *fold_scalar_memory;
    Source *sources; /* the group's subtrees */
    int source_count;
    int64_t first_block, end_block; /* that this rank applies */
    Real *kept;                     /* their sums, of reduce_keep in a single group */
    const Real *total;              /* the sum by element, kept in this round: for reduce_again */
    uint32_t meetings;
    Between between;
};

/* Element `at` of the sum of the sources' blocks [at, at + n). In the fold tree's memory or in a
 * source: valid until the next fold. */
const Real *reduce_fold(Reduce *reduce, const Source *sources, int count, int64_t at, int64_t n);

void between_open(Reduce *reduce);
void between_close(Reduce *reduce);
/* Exchanges this rank's column with the other groups; the sum is total[at - first element]. */
void between_sum(Reduce *reduce);

#endif
