/* From the leaves to their sum, block by block: where the subtrees of a group's members lie, the
 * fold of a block straight out of them, and the going through this rank's blocks. */
#include "dist/reduce_inside.h"

#include "base/cut.h"
#include "base/mem.h"

#include <string.h>

void reduce_merge(Reduce *r, const Source *sources, int count, int64_t at, int64_t n)
{
    tree_reset(&r->fold);
    r->fold.n = n;
    for (int i = 0; i < count; i++)
        tree_push(&r->fold, sources[i].subtree, sources[i].vector + at, false);
}

const Real *reduce_fold(Reduce *r, const Source *sources, int count, int64_t at, int64_t n)
{
    reduce_merge(r, sources, count, at, n);
    return tree_fold(&r->fold);
}

/* The subtrees of a rank's vectors in this round: see Said. */
static int share_vectors(const Reduce *r, int rank, Subtree *subtrees)
{
    int64_t lo = cut(r->leaves, rank, r->comm->size), hi = cut(r->leaves, rank + 1, r->comm->size);
    if (lo == hi)
        return 0;
    int count = plan_subtrees(lo, hi - 1, subtrees);
    subtrees[count++] = (Subtree){hi - 1, 1};
    return count;
}

void reduce_find_sources(Reduce *r)
{
    Subtree subtrees[PLAN_SUBTREES];
    r->source_count = 0;
    for (int m = 0; m < r->comm->members; m++) {
        int rank = r->comm->group_first[r->comm->group] + m;
        int count = share_vectors(r, rank, subtrees);
        for (int i = 0; i < count; i++)
            r->sources[r->source_count++] =
                (Source){subtrees[i], slot_of(r, m, entry_of(r, rank)->said[i].slot)};
    }
}

/* `reduce: mpi`: the whole sum of all ranks, in whatever order MPI likes. */
static const Real *sum_by_mpi(Reduce *r)
{
    if (r->last)
        tree_push(&r->local, (Subtree){r->leaves, 1}, r->last, true);
    Real *sum = (Real *)tree_fold(&r->local);
    if (!sum)
        sum = memset(tree_take(&r->local), 0, (size_t)r->stride);
    comm_allreduce(r->comm, sum, r->extent);
    return sum;
}

/* Applies a range of blocks; with `keep`, the folded sum is kept there. */
static void go_through(Reduce *r, Range *range, ReduceApply *apply, void *context, Real *keep)
{
    int64_t first = r->blocks->start[range->first_block];
    for (int64_t b = range->first_block; b < range->end_block; b++) {
        int64_t at = r->blocks->start[b], n = r->blocks->start[b + 1] - at;
        const Real *sum = range->total ? range->total + (at - first)
                                       : reduce_fold(r, r->sources, r->source_count, at, n);
        if (keep)
            sum = memcpy(keep + (at - first), sum, (size_t)n * sizeof *sum);
        apply(context, b, sum);
    }
    range->total = keep ? keep : range->total;
}

/* For the first time in a round. While a range is applied, the ones behind it are under way. */
static void go_through_all(Reduce *r, ReduceApply *apply, void *context, Real *keep)
{
    if (r->kind == REDUCE_MPI)
        r->range[0].total = sum_by_mpi(r) + r->blocks->start[r->range[0].first_block];
    else if (!r->pending) {
        reduce_find_sources(r);
        r->range[0].total = NULL;
    }
    for (int i = 0; i < r->ranges; i++) {
        if (r->pending)
            between_complete(r, i);
        go_through(r, &r->range[i], apply, context, r->range[i].total ? NULL : keep);
    }
    r->pending = false;
}

void reduce_apply(Reduce *r, ReduceApply *apply, void *context)
{
    go_through_all(r, apply, context, NULL);
}

/* Several groups, and MPI, have the whole sum in memory in any case. */
void reduce_reserve(Reduce *r)
{
    const int64_t *start = r->blocks->start;
    const Range *range = &r->range[0];
    if (r->comm->groups == 1 && r->kind == REDUCE_TREE)
        r->kept = mem_alloc(start[range->end_block] - start[range->first_block], sizeof(Real));
}

void reduce_keep(Reduce *r, ReduceApply *apply, void *context)
{
    go_through_all(r, apply, context, r->kept);
}

void reduce_again(Reduce *r, ReduceApply *apply, void *context)
{
    for (int i = 0; i < r->ranges; i++)
        go_through(r, &r->range[i], apply, context, NULL);
}

void reduce_own(Reduce *r, ReduceApply *apply, void *context)
{
    for (int i = 0; i < r->ranges; i++)
        for (int64_t b = r->range[i].first_block; b < r->range[i].end_block; b++)
            apply(context, b, NULL);
}
