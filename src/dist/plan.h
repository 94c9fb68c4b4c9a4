/* Plan: who owns what, as arithmetic that every rank can do for every other.
 *
 * Leaves (micro-batches) belong to ranks in contiguous shares; what a rank is left with after it
 * has merged its own leaves is a short list of complete subtrees. The vector is cut into blocks of
 * 1024 elements, counted from the start of each tensor, so that norms, slices and messages never
 * depend on the number of ranks. */
#ifndef DIST_PLAN_H
#define DIST_PLAN_H

#include "dist/comm.h"

#include <stdint.h>

enum { BLOCK_REALS = 1024, PLAN_SUBTREES = 64 };

/* A complete subtree of the reduction: leaves [first, first + leaves), leaves a power of two and
 * first a multiple of it. */
typedef struct Subtree {
    int64_t first, leaves;
} Subtree;

/* The subtrees that are left of the leaves [lo, hi) when siblings have merged: at most
 * PLAN_SUBTREES, in index order. Returns how many. */
int plan_subtrees(int64_t lo, int64_t hi, Subtree *subtrees);
/* The most vectors a rank holds at a time while it merges the leaves [lo, hi). */
int plan_vectors(int64_t lo, int64_t hi);
/* The same over all ranks of `leaves` leaves on `ranks` ranks. */
int plan_most_vectors(int64_t leaves, int64_t ranks);
/* Whether the shares of all groups are whole subtrees of one size, a power of two of them: then
 * recursive halving and doubling is the tree. */
bool plan_aligned(const Comm *comm, int64_t leaves);
/* The leaves of a group: [*lo, *hi). */
void plan_group(const Comm *comm, int group, int64_t leaves, int64_t *lo, int64_t *hi);

/* One tensor's place in the vector. */
typedef struct Extent {
    int64_t offset, size; /* elements; offset a multiple of LINE_REALS */
} Extent;

typedef struct Blocks {
    int64_t count;
    int64_t *start; /* [count + 1] first element of each block; the last is the vector's extent */
    int *part;      /* [count] which of the extents */
} Blocks;

/* Cuts the extents, which are given in ascending order of offset, into blocks. */
void blocks_build(Blocks *blocks, const Extent *extents, int count, int64_t vector_extent);
void blocks_free(Blocks *blocks);

#endif
