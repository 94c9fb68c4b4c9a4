/* What the two ways to sum a bucket (between_aligned.c, between_pieces.c) share with between.c. */
#ifndef DIST_BETWEEN_INSIDE_H
#define DIST_BETWEEN_INSIDE_H

#include "dist/reduce_inside.h"

static inline int64_t element(const Reduce *r, int64_t block)
{
    return r->blocks->start[block];
}

/* Lines from the column's start in the bucket to `block`. */
static inline int64_t lines_to(const Reduce *r, const Bucket *b, int64_t block)
{
    return (element(r, block) - element(r, b->first_block)) / LINE_REALS;
}

/* The subtrees that are left of a group's leaves in this round. */
int between_subtrees(const Reduce *reduce, int group, Subtree *subtrees);
/* The group's subtree i over the column's part of a bucket, when it has been started. */
Real *between_partial(const Reduce *reduce, const Bucket *bucket, int i);
/* Where the column's sum of a bucket comes to lie: over the group's first subtree. */
static inline Real *total_of(const Reduce *r, const Bucket *b)
{
    return between_partial(r, b, 0);
}

/* A bucket's messages: `start` posts the first ones, `go_on` says that those posted are complete,
 * and posts the next, until the bucket is done. */
void aligned_start(Reduce *reduce, Bucket *bucket);
void aligned_go_on(Reduce *reduce, Bucket *bucket);
void pieces_start(Reduce *reduce, Bucket *bucket);
void pieces_go_on(Reduce *reduce, Bucket *bucket);

#endif
