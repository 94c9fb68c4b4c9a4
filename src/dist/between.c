/* The exchange between groups, column by column: member k of each group sums its part of every
 * bucket with its peers in the other groups.
 *
 *     bucket       0             1             2         .. in backward order, so that the first
 *     column    0  |  1       0  |  1       0  |  1         ones are final, and under way, while
 *             |-----|-----| |-----|-----| |-----|-----|     the pass still computes the last
 *
 * A bucket waits until the last leaves of all members are final in it; then the group's subtrees
 * over it are folded and messages posted. Whoever is called in between (reduce_ready) moves all
 * buckets on; nobody waits before the leaves are done. The order of additions is by index, never
 * by arrival.
 *
 * Where every group's share is one whole subtree, a power of two of them, a bucket is summed by
 * between_aligned.c; in any other case by between_pieces.c. */
#include "dist/between_inside.h"

#include "base/cut.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_BYTES = 512 << 10, MOST_BYTES = 1 << 20 }; /* of a bucket */

int between_subtrees(const Reduce *r, int group, Subtree *subtrees)
{
    int64_t lo, hi;
    plan_group(r->comm, group, r->leaves, &lo, &hi);
    return plan_subtrees(lo, hi, subtrees);
}

/* ---- laying out ---- */

/* A bucket ends with a tensor where it has the least size, and inside of one at the most. For
 * tests, the environment's LOCKSTEP_BUCKET is both, in bytes; 0: one bucket. */
static void cut_buckets(Reduce *r)
{
    Between *w = &r->between;
    const char *text = getenv("LOCKSTEP_BUCKET");
    int64_t blocks = r->blocks->count, whole = r->extent * (int64_t)sizeof(Real);
    int64_t fair = whole / (BUCKETS / 2) + 1, asked = text ? strtoll(text, NULL, 10) : -1;
    int64_t least = asked > 0 ? asked : LEAST_BYTES, most = asked > 0 ? asked : MOST_BYTES;
    least = least > fair ? least : fair;
    most = most > fair ? most : fair;
    for (int64_t first = 0, b = 1; b <= blocks; b++) {
        int64_t bytes = (element(r, b) - element(r, first)) * (int64_t)sizeof(Real);
        bool ends = b < blocks && r->blocks->part[b] != r->blocks->part[b - 1];
        bool full =
            asked != 0 && w->buckets < BUCKETS - 1 && (bytes >= most || (ends && bytes >= least));
        if (b < blocks && !full)
            continue;
        w->bucket[w->buckets++].end = b;
        first = b;
    }
}

/* This rank's part of a bucket, and who folds what of it. */
static void cut_column(Reduce *r, Bucket *b, int64_t first)
{
    const Comm *comm = r->comm;
    int64_t count = b->end - first;
    b->first_block = first + cut(count, comm->member, comm->columns);
    b->end_block = first + cut(count, comm->member + 1, comm->columns);
    b->piece = mem_alloc(comm->groups + 1, sizeof *b->piece);
    b->line = mem_alloc(comm->groups + 1, sizeof *b->line);
    for (int q = 0; q <= comm->groups; q++) {
        b->piece[q] = b->first_block + cut(b->end_block - b->first_block, q, comm->groups);
        b->line[q] = lines_to(r, b, b->piece[q]);
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
            int count = between_subtrees(r, q, subtrees);
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
    int total, most;
    cut_buckets(r);
    if (comm->member >= comm->columns)
        return;
    count_subtrees(r, &most, &total);
    for (int i = 0; i < w->buckets; i++) {
        Bucket *b = &w->bucket[i];
        cut_column(r, b, i ? w->bucket[i - 1].end : 0);
        b->at = w->column;
        int64_t size = element(r, b->end_block) - element(r, b->first_block);
        int64_t piece = (b->line[comm->group + 1] - b->line[comm->group]) * LINE_REALS;
        int64_t half = size; /* by blocks: half of them can hold nearly all elements */
        w->column += size;
        b->received = mem_alloc(piece * total > half ? piece * total : half, sizeof(Real));
        messages_open(&b->messages, (most + 1) * comm->groups + total, 1 + i);
        r->range[i].first_block = b->first_block;
        r->range[i].end_block = b->end_block;
    }
    r->ranges = w->buckets;
    w->partials = mem_alloc(w->column * most, sizeof(Real));
    w->sources = mem_alloc(total + 1, sizeof *w->sources);
}

void between_close(Reduce *r)
{
    Between *w = &r->between;
    for (int i = 0; i < w->buckets; i++) {
        Bucket *b = &w->bucket[i];
        mem_free(b->piece);
        mem_free(b->line);
        mem_free(b->received);
        messages_close(&b->messages);
    }
    mem_free(w->partials);
    mem_free(w->sources);
    *w = (Between){0};
}

/* ---- a round ---- */

void between_begin(Reduce *r)
{
    Between *w = &r->between;
    w->ready = 0;
    w->aligned = plan_aligned(r->comm, r->leaves);
    w->found = false;
    for (int i = 0; i < w->buckets; i++) {
        Bucket *b = &w->bucket[i];
        b->phase = b->first_block < b->end_block ? BUCKET_WAITS : BUCKET_DONE;
        b->stage = 0;
    }
}

/* Once a round, when all members have said where theirs lie. A rank that is a group of its own has
 * nothing to merge where its subtrees are the group's: they are sent from where they lie, and the
 * sum comes there. */
static void find_subtrees(Reduce *r)
{
    Between *w = &r->between;
    Subtree subtrees[PLAN_SUBTREES];
    if (w->found)
        return;
    reduce_find_sources(r);
    w->merged = r->comm->members == 1 && r->source_count > 0 &&
                r->source_count == between_subtrees(r, r->comm->group, subtrees);
    w->found = true;
}

Real *between_partial(const Reduce *r, const Bucket *b, int i)
{
    return r->between.merged ? r->sources[i].vector + element(r, b->first_block)
                             : r->between.partials + i * r->between.column + b->at;
}

/* The group's subtrees over the column's part of a bucket, from its members' subtrees: what is left
 * when siblings have merged. Block by block, in cache. */
static void fold_block(Reduce *r, const Bucket *b, int64_t block)
{
    const Between *w = &r->between;
    int64_t at = element(r, block), n = element(r, block + 1) - at;
    Real *into = w->partials + b->at + (at - element(r, b->first_block));
    reduce_merge(r, r->sources, r->source_count, at, n);
    for (int i = 0; i < r->fold.count; i++)
        memcpy(into + i * w->column, r->fold.stack[i].sum, (size_t)n * sizeof(Real));
}

static void find_partials(Reduce *r, const Bucket *b)
{
    find_subtrees(r);
    for (int64_t block = b->first_block; !r->between.merged && block < b->end_block; block++)
        fold_block(r, b, block);
}

static void start(Reduce *r, Bucket *b)
{
    b->phase = BUCKET_MOVES;
    find_partials(r, b);
    (r->between.aligned ? aligned_start : pieces_start)(r, b);
}

static void go_on(Reduce *r, Bucket *b)
{
    (r->between.aligned ? aligned_go_on : pieces_go_on)(r, b);
}

static bool group_is_ready(Reduce *r, int buckets)
{
    for (int m = 0; m < r->comm->members; m++)
        if (!reduce_is_ready(r, m, buckets))
            return false;
    return true;
}

void between_progress(Reduce *r)
{
    Between *w = &r->between;
    for (int i = 0; i < w->buckets; i++) {
        Bucket *b = &w->bucket[i];
        if (b->phase == BUCKET_WAITS && !group_is_ready(r, i + 1))
            return; /* nor are those behind it */
        if (b->phase == BUCKET_WAITS)
            start(r, b);
        while (b->phase == BUCKET_MOVES && messages_done(&b->messages))
            go_on(r, b);
    }
}

void between_complete(Reduce *r, int i)
{
    Bucket *b = &r->between.bucket[i];
    for (int m = 0; b->phase == BUCKET_WAITS && m < r->comm->members; m++)
        reduce_await_ready(r, m, i + 1);
    for (between_progress(r); b->phase != BUCKET_DONE; between_progress(r)) {
        messages_wait(&b->messages);
        go_on(r, b);
    }
    r->range[i].total = total_of(r, b);
}
