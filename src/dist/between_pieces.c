/* A bucket between groups of any shares: every group sends each piece of its leftover subtrees to
 * the piece's owner (stage 0), who folds them in index order and sends the sum to all (stage 1).
 * Two to four times the volume of the aligned case, the same bits. */
#include "dist/between_inside.h"

#include <string.h>

/* All groups' subtrees of our piece, in index order, as they lie when they have been received. With
 * `post`, asks for them. */
static int list_sources(Reduce *r, Bucket *b, bool post)
{
    Between *w = &r->between;
    const Comm *comm = r->comm;
    Subtree subtrees[PLAN_SUBTREES];
    int64_t first = element(r, b->first_block), mine = b->line[comm->group];
    int64_t lines = b->line[comm->group + 1] - mine;
    int total = 0;
    for (int q = 0; q < comm->groups; q++) {
        int count = between_subtrees(r, q, subtrees);
        for (int i = 0; i < count; i++, total++) {
            Real *into = b->received + total * lines * LINE_REALS;
            Real *vector = into - (first + mine * LINE_REALS);
            if (q == comm->group)
                vector = between_partial(r, b, i) - first;
            else if (post)
                messages_receive(&b->messages, comm, q, into, lines);
            w->sources[total] = (Source){subtrees[i], vector};
        }
    }
    return total;
}

void pieces_start(Reduce *r, Bucket *b)
{
    Subtree subtrees[PLAN_SUBTREES];
    list_sources(r, b, true);
    int partials = between_subtrees(r, r->comm->group, subtrees);
    for (int q = 0; q < r->comm->groups; q++)
        for (int i = 0; i < partials && q != r->comm->group; i++)
            messages_send(&b->messages, r->comm, q,
                          between_partial(r, b, i) + b->line[q] * LINE_REALS,
                          b->line[q + 1] - b->line[q]);
}

static void fold_piece(Reduce *r, Bucket *b)
{
    int total = list_sources(r, b, false);
    Real *sum = total_of(r, b) - element(r, b->first_block);
    for (int64_t block = b->piece[r->comm->group]; block < b->piece[r->comm->group + 1]; block++) {
        int64_t at = element(r, block), n = element(r, block + 1) - at;
        memcpy(sum + at, reduce_fold(r, r->between.sources, total, at, n),
               (size_t)n * sizeof(Real));
    }
}

static void post_sums(Reduce *r, Bucket *b)
{
    const int64_t *line = b->line;
    int mine = r->comm->group;
    Real *sum = total_of(r, b);
    for (int q = 0; q < r->comm->groups; q++) {
        if (q == mine)
            continue;
        messages_receive(&b->messages, r->comm, q, sum + line[q] * LINE_REALS,
                         line[q + 1] - line[q]);
        messages_send(&b->messages, r->comm, q, sum + line[mine] * LINE_REALS,
                      line[mine + 1] - line[mine]);
    }
}

void pieces_go_on(Reduce *r, Bucket *b)
{
    if (b->stage++ > 0) {
        b->phase = BUCKET_DONE;
        return;
    }
    fold_piece(r, b);
    post_sums(r, b);
}
