/* The exchange between groups, column by column: member k of each group sums column k, a fixed
 * range of blocks, with its peers in the other groups.
 *
 * Aligned (every group's share is one whole subtree, a power of two of them): recursive halving
 * with the neighbour first adds in exactly the tree's order, then doubling spreads the sum:
 *
 *     group   0         1         2         3
 *             |<- half->|         |<- half->|        0+1            2+3
 *             |<------ quarter ------>|              (0+1)+(2+3)
 *
 * Any other case: every group sends each piece of its leftover subtrees to the piece's owner, who
 * folds them in the same order; two to four times the volume, the same bits. */
#include "dist/reduce_inside.h"

#include "base/cut.h"
#include "base/mem.h"
#include "math/vec.h"

#include <string.h>

static int64_t element(const Reduce *r, int64_t block)
{
    return r->blocks->start[block];
}

/* Lines from the column's start to `block`. */
static int64_t lines_to(const Reduce *r, int64_t block)
{
    return (element(r, block) - element(r, r->between.first_block)) / LINE_REALS;
}

static int group_subtrees(const Reduce *r, int group, Subtree *subtrees)
{
    int64_t lo, hi;
    plan_group(r->comm, group, r->leaves, &lo, &hi);
    return plan_subtrees(lo, hi, subtrees);
}

/* Who folds what: the column's blocks are cut evenly over the groups. */
static void cut_pieces(Reduce *r)
{
    Between *w = &r->between;
    int64_t count = w->end_block - w->first_block;
    w->piece = mem_alloc(r->comm->groups + 1, sizeof *w->piece);
    w->line = mem_alloc(r->comm->groups + 1, sizeof *w->line);
    for (int q = 0; q <= r->comm->groups; q++) {
        w->piece[q] = w->first_block + cut(count, q, r->comm->groups);
        w->line[q] = lines_to(r, w->piece[q]);
    }
}

/* The most subtrees that one group has, and that all have together, in any round. */
static void count_subtrees(Reduce *r, int *most, int *total)
{
    Subtree subtrees[PLAN_SUBTREES];
    *most = *total = 1;
    for (int i = 0; i < r->planned.count; i++) {
        int sum = 0;
        r->leaves = r->planned.leaves[i];
        for (int q = 0; q < r->comm->groups; q++) {
            int count = group_subtrees(r, q, subtrees);
            sum += count;
            *most = count > *most ? count : *most;
        }
        *total = sum > *total ? sum : *total;
    }
}

void between_open(Reduce *r)
{
    const Comm *comm = r->comm;
    Between *w = &r->between;
    if (comm->member >= comm->columns)
        return;
    w->first_block = cut(r->blocks->count, comm->member, comm->columns);
    w->end_block = cut(r->blocks->count, comm->member + 1, comm->columns);
    w->column = element(r, w->end_block) - element(r, w->first_block);
    cut_pieces(r);

    int total, most;
    count_subtrees(r, &most, &total);
    int64_t piece = (w->line[comm->group + 1] - w->line[comm->group]) * LINE_REALS;
    int64_t half = w->column; /* by blocks: half of them can hold nearly all elements */
    w->partials = mem_alloc(w->column * most, sizeof(Real));
    w->received = mem_alloc(piece * total > half ? piece * total : half, sizeof(Real));
    w->total = mem_alloc(w->column, sizeof(Real));
    w->sources = mem_alloc(total + 1, sizeof *w->sources);
    column_reserve(comm, most * comm->groups + total);
}

void between_close(Reduce *r)
{
    Between *w = &r->between;
    mem_free(w->piece);
    mem_free(w->line);
    mem_free(w->partials);
    mem_free(w->received);
    mem_free(w->total);
    mem_free(w->sources);
    *w = (Between){0};
}

/* The group's subtrees over this column, from its members' subtrees: what is left when siblings
 * have merged across members. Block by block, in cache. */
static int fold_partials(Reduce *r, Real *into)
{
    Between *w = &r->between;
    int count = 0;
    for (int64_t b = w->first_block; b < w->end_block; b++) {
        int64_t at = element(r, b), n = element(r, b + 1) - at;
        tree_reset(&r->fold);
        r->fold.n = n;
        for (int i = 0; i < r->source_count; i++)
            tree_push(&r->fold, r->sources[i].subtree, r->sources[i].vector + at, false);
        count = r->fold.count;
        for (int i = 0; i < count; i++)
            memcpy(into + i * w->column + (at - element(r, w->first_block)), r->fold.stack[i].sum,
                   (size_t)n * sizeof(Real));
    }
    return count;
}

/* ---- aligned ---- */

/* Halves [*lo, *hi) with `peer`: the lower group keeps the lower half. */
static void halve(Reduce *r, int peer, int64_t *lo, int64_t *hi)
{
    Between *w = &r->between;
    int64_t middle = *lo + cut(*hi - *lo, 1, 2);
    bool lower = r->comm->group < peer;
    int64_t keep_lo = lower ? *lo : middle, keep_hi = lower ? middle : *hi;
    int64_t give_lo = lower ? middle : *lo, give_hi = lower ? *hi : middle;
    int64_t keep = lines_to(r, keep_lo), kept = lines_to(r, keep_hi) - keep;
    int64_t give = lines_to(r, give_lo), given = lines_to(r, give_hi) - give;
    column_swap(r->comm, peer, w->total + give * LINE_REALS, given, w->received, kept);
    Real *mine = w->total + keep * LINE_REALS;
    vec_add(mine, mine, w->received, kept * LINE_REALS);
    *lo = keep_lo;
    *hi = keep_hi;
}

/* Back up: what this rank held at each level, and its peer the rest. */
static void halve_and_double(Reduce *r)
{
    enum { LEVELS = 32 };
    Between *w = &r->between;
    int64_t lo[LEVELS], hi[LEVELS];
    int level = 0;
    lo[0] = w->first_block;
    hi[0] = w->end_block;
    for (int bit = 1; bit < r->comm->groups; bit *= 2, level++) {
        lo[level + 1] = lo[level];
        hi[level + 1] = hi[level];
        halve(r, r->comm->group ^ bit, &lo[level + 1], &hi[level + 1]);
    }
    for (int bit = r->comm->groups / 2; bit > 0; bit /= 2, level--) {
        bool lower = r->comm->group < (r->comm->group ^ bit);
        int64_t have = lines_to(r, lo[level]), had = lines_to(r, hi[level]) - have;
        int64_t want = lines_to(r, lower ? hi[level] : lo[level - 1]);
        int64_t wanted = lines_to(r, lower ? hi[level - 1] : lo[level]) - want;
        column_swap(r->comm, r->comm->group ^ bit, w->total + have * LINE_REALS, had,
                    w->total + want * LINE_REALS, wanted);
    }
}

/* ---- any other case ---- */

/* Asks for every other group's subtrees of our piece, and lists all groups' in index order. */
static int receive_sources(Reduce *r)
{
    Between *w = &r->between;
    const Comm *comm = r->comm;
    Subtree subtrees[PLAN_SUBTREES];
    int64_t first = element(r, w->first_block), mine = w->line[comm->group];
    int64_t lines = w->line[comm->group + 1] - mine;
    int total = 0;
    for (int q = 0; q < comm->groups; q++) {
        int count = group_subtrees(r, q, subtrees);
        for (int i = 0; i < count; i++, total++) {
            Real *into = w->received + total * lines * LINE_REALS;
            const Real *vector = into - (first + mine * LINE_REALS);
            if (q == comm->group)
                vector = w->partials + i * w->column - first;
            else
                column_receive(comm, q, into, lines);
            w->sources[total] = (Source){subtrees[i], vector};
        }
    }
    return total;
}

static void send_pieces(Reduce *r, int partials)
{
    Between *w = &r->between;
    for (int q = 0; q < r->comm->groups; q++)
        for (int i = 0; i < partials && q != r->comm->group; i++)
            column_send(r->comm, q, w->partials + i * w->column + w->line[q] * LINE_REALS,
                        w->line[q + 1] - w->line[q]);
}

static void exchange_pieces(Reduce *r, int partials)
{
    Between *w = &r->between;
    int total = receive_sources(r);
    send_pieces(r, partials);
    column_wait(r->comm);
    for (int64_t b = w->piece[r->comm->group]; b < w->piece[r->comm->group + 1]; b++) {
        int64_t at = element(r, b), n = element(r, b + 1) - at;
        memcpy(w->total + (at - element(r, w->first_block)),
               reduce_fold(r, w->sources, total, at, n), (size_t)n * sizeof(Real));
    }
    column_gather(r->comm, w->total, w->line);
}

void between_sum(Reduce *r)
{
    Between *w = &r->between;
    if (w->column == 0)
        return; /* more columns than blocks: nobody in this one has anything */
    if (plan_aligned(r->comm, r->leaves)) {
        fold_partials(r, w->total);
        halve_and_double(r);
    } else {
        exchange_pieces(r, fold_partials(r, w->partials));
    }
}
