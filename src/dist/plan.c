/* Ownership arithmetic: subtrees, shares and blocks. */
#include "dist/plan.h"

#include "base/cut.h"
#include "base/err.h"
#include "base/mem.h"

/* The largest complete subtree that begins at `first` and ends by `hi`. */
static int64_t largest_at(int64_t first, int64_t hi)
{
    int64_t leaves = 1;
    while (first % (2 * leaves) == 0 && first + 2 * leaves <= hi)
        leaves *= 2;
    return leaves;
}

int plan_subtrees(int64_t lo, int64_t hi, Subtree *subtrees)
{
    int count = 0;
    for (int64_t at = lo; at < hi; at += subtrees[count++].leaves) {
        CHECK(count < PLAN_SUBTREES, "more than %d subtrees", PLAN_SUBTREES);
        subtrees[count] = (Subtree){at, largest_at(at, hi)};
    }
    return count;
}

/* While the last leaf of [lo, n) is written, the rank holds that leaf and the subtrees of
 * [lo, n - 1). */
int plan_vectors(int64_t lo, int64_t hi)
{
    Subtree subtrees[PLAN_SUBTREES];
    int most = 0;
    for (int64_t n = lo + 1; n <= hi; n++) {
        int held = plan_subtrees(lo, n - 1, subtrees) + 1;
        most = held > most ? held : most;
    }
    return most;
}

int plan_most_vectors(int64_t leaves, int64_t ranks)
{
    int most = 0;
    for (int64_t r = 0; r < ranks; r++) {
        int held = plan_vectors(cut(leaves, r, ranks), cut(leaves, r + 1, ranks));
        most = held > most ? held : most;
    }
    return most;
}

void plan_group(const Comm *comm, int group, int64_t leaves, int64_t *lo, int64_t *hi)
{
    *lo = cut(leaves, comm->group_first[group], comm->size);
    *hi = cut(leaves, comm->group_first[group + 1], comm->size);
}

static bool power_of_two(int64_t n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

bool plan_aligned(const Comm *comm, int64_t leaves)
{
    int64_t share = leaves / comm->groups;
    if (leaves % comm->groups != 0 || !power_of_two(comm->groups) || !power_of_two(share))
        return false;
    for (int g = 0; g < comm->groups; g++) {
        int64_t lo, hi;
        plan_group(comm, g, leaves, &lo, &hi);
        if (lo != g * share || hi != lo + share)
            return false;
    }
    return true;
}

void blocks_build(Blocks *blocks, const Extent *extents, int count, int64_t vector_extent)
{
    *blocks = (Blocks){0};
    for (int i = 0; i < count; i++)
        blocks->count += (extents[i].size + BLOCK_REALS - 1) / BLOCK_REALS;
    blocks->start = mem_alloc(blocks->count + 1, sizeof *blocks->start);
    blocks->part = mem_alloc(blocks->count + 1, sizeof *blocks->part);
    int64_t b = 0;
    for (int i = 0; i < count; i++)
        for (int64_t at = 0; at < extents[i].size; at += BLOCK_REALS, b++) {
            blocks->start[b] = extents[i].offset + at;
            blocks->part[b] = i;
        }
    blocks->start[b] = vector_extent;
}

void blocks_free(Blocks *blocks)
{
    mem_free(blocks->start);
    mem_free(blocks->part);
    *blocks = (Blocks){0};
}
