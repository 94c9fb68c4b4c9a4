/* A bucket between groups whose shares are whole subtrees, a power of two of them: recursive
 * halving with the neighbour first adds in exactly the tree's order, then doubling spreads the sum.
 *
 *     group   0         1         2         3
 *             |<- half->|         |<- half->|        0+1            2+3
 *             |<------ quarter ------>|              (0+1)+(2+3)
 *
 * Stages 0 .. levels - 1 halve, levels .. 2 levels - 1 double. */
#include "dist/between_inside.h"

#include "base/cut.h"
#include "math/vec.h"

static int level_count(const Reduce *r)
{
    int levels = 0;
    while (1 << levels < r->comm->groups)
        levels++;
    return levels;
}

/* Sends the lines of blocks [give[0], give[1]) to a peer and receives those of `take`. */
static void swap(Reduce *r, Bucket *b, int peer, const Real *from, const int64_t give[2],
                 Real *into, const int64_t take[2])
{
    int64_t give_at = lines_to(r, b, give[0]), take_at = lines_to(r, b, take[0]);
    messages_receive(&b->messages, r->comm, peer, into, lines_to(r, b, take[1]) - take_at);
    messages_send(&b->messages, r->comm, peer, from + give_at * LINE_REALS,
                  lines_to(r, b, give[1]) - give_at);
}

/* Halves what is ours with the peer of this level: the lower group keeps the lower half. */
static void post_half(Reduce *r, Bucket *b, int level)
{
    int peer = r->comm->group ^ (1 << level);
    int64_t lo = b->lo[level], hi = b->hi[level], middle = lo + cut(hi - lo, 1, 2);
    bool lower = r->comm->group < peer;
    int64_t keep[2] = {lower ? lo : middle, lower ? middle : hi};
    int64_t give[2] = {lower ? middle : lo, lower ? hi : middle};
    b->lo[level + 1] = keep[0];
    b->hi[level + 1] = keep[1];
    swap(r, b, peer, total_of(r, b), give, b->received, keep);
}

static void add_half(Reduce *r, Bucket *b, int level)
{
    int64_t at = lines_to(r, b, b->lo[level + 1]) * LINE_REALS;
    int64_t end = lines_to(r, b, b->hi[level + 1]) * LINE_REALS;
    Real *mine = total_of(r, b) + at;
    vec_add(mine, mine, b->received, end - at);
}

/* Back up: what this rank held at each level, and its peer the rest. */
static void post_rest(Reduce *r, Bucket *b, int level)
{
    int peer = r->comm->group ^ (1 << level);
    bool lower = r->comm->group < peer;
    int64_t give[2] = {b->lo[level + 1], b->hi[level + 1]};
    int64_t take[2] = {lower ? give[1] : b->lo[level], lower ? b->hi[level] : give[0]};
    Real *total = total_of(r, b);
    swap(r, b, peer, total, give, total + lines_to(r, b, take[0]) * LINE_REALS, take);
}

static void post_aligned(Reduce *r, Bucket *b)
{
    int levels = level_count(r);
    if (b->stage < levels)
        post_half(r, b, b->stage);
    else if (b->stage < 2 * levels)
        post_rest(r, b, 2 * levels - 1 - b->stage);
    else
        b->phase = BUCKET_DONE;
}

void aligned_start(Reduce *r, Bucket *b)
{
    b->lo[0] = b->first_block;
    b->hi[0] = b->end_block;
    post_aligned(r, b);
}

void aligned_go_on(Reduce *r, Bucket *b)
{
    if (b->stage < level_count(r))
        add_half(r, b, b->stage);
    b->stage++;
    post_aligned(r, b);
}
