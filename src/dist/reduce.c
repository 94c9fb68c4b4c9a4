/* Rounds of the reduction: the local tree, and the board where ranks publish. What becomes of the
 * vectors then is in reduce_apply.c. */
#include "dist/reduce_inside.h"

#include "base/cut.h"
#include "base/mem.h"
#include "dist/flag.h"

#include <string.h>

/* A share of n leaves leaves at most 2 log2(n + 1) subtrees; one more leaf may be apart. */
static int most_subtrees(int64_t leaves, int ranks)
{
    int64_t share = (leaves + ranks - 1) / ranks;
    int log = 1;
    while ((int64_t)1 << log < share + 1)
        log++;
    return 2 * log + 1;
}

static int64_t vector_stride(int64_t extent)
{
    return round_up(extent * (int64_t)sizeof(Real), LINE_BYTES);
}

static int slots_for(Leaves leaves, int ranks)
{
    int most = 1;
    for (int i = 0; i < leaves.count; i++) {
        int slots = plan_most_vectors(leaves.leaves[i], ranks);
        most = slots > most ? slots : most;
    }
    return most;
}

static int64_t most_leaves(Leaves leaves)
{
    int64_t most = 0;
    for (int i = 0; i < leaves.count; i++)
        most = leaves.leaves[i] > most ? leaves.leaves[i] : most;
    return most;
}

static bool is_planned(Leaves leaves, int64_t count)
{
    for (int i = 0; i < leaves.count; i++)
        if (leaves.leaves[i] == count)
            return true;
    return false;
}

int64_t reduce_bytes(const Comm *comm, int64_t extent, Leaves leaves)
{
    int64_t part = round_up(vector_stride(extent) * slots_for(leaves, comm->size), WINDOW_PAGE);
    return part * comm->members;
}

static Err open_windows(Reduce *r)
{
    const Comm *comm = r->comm;
    size_t bytes = (size_t)reduce_bytes(comm, r->extent, r->planned);
    r->part = bytes / (size_t)comm->members;
    TRY(comm_window(comm, "the gradients", bytes, &r->vectors_window));
    r->entry =
        (size_t)round_up((int64_t)(sizeof(Entry) + (size_t)r->subtrees * sizeof(Said)), LINE_BYTES);
    TRY(comm_window(comm, "the board", 2 * r->entry * (size_t)comm->size, &r->board));
    return comm_window(comm, "the signals", sizeof(Signal) * (size_t)comm->members, &r->signals);
}

static void build_trees(Reduce *r)
{
    enum { SCALARS = REDUCE_SCALARS, BLOCK = BLOCK_REALS, TEMPORARIES = PLAN_SUBTREES };
    size_t scalar_stride = SCALARS * sizeof(double), block_stride = BLOCK * sizeof(Real);
    r->local_scalar_memory = mem_alloc(TEMPORARIES, scalar_stride);
    r->fold_scalar_memory = mem_alloc(TEMPORARIES, scalar_stride);
    r->fold_memory = mem_alloc(TEMPORARIES, block_stride);
    tree_build(&r->local, tree_add_reals, r->extent, slot_of(r, r->comm->member, 0),
               (size_t)r->stride, r->slots);
    tree_build(&r->local_scalars, tree_add_doubles, SCALARS, r->local_scalar_memory, scalar_stride,
               TEMPORARIES);
    tree_build(&r->fold, tree_add_reals, BLOCK, r->fold_memory, block_stride, TEMPORARIES);
    tree_build(&r->fold_scalars, tree_add_doubles, SCALARS, r->fold_scalar_memory, scalar_stride,
               TEMPORARIES);
}

/* The blocks that this rank applies: a slice of all. */
static void own_slice(Reduce *r)
{
    const Comm *comm = r->comm;
    r->range[0].first_block = cut(r->blocks->count, comm->member, comm->members);
    r->range[0].end_block = cut(r->blocks->count, comm->member + 1, comm->members);
    r->ranges = 1;
}

Err reduce_open(Reduce **reduce, const Comm *comm, const Blocks *blocks, ReduceKind kind,
                Leaves leaves, int64_t scalar_leaves)
{
    int64_t most = most_leaves(leaves);
    Reduce *r = *reduce = mem_alloc(1, sizeof *r);
    r->comm = comm;
    r->blocks = blocks;
    r->kind = kind;
    r->planned = leaves;
    r->extent = blocks->start[blocks->count];
    r->stride = vector_stride(r->extent);
    r->slots = slots_for(leaves, comm->size);
    r->subtrees = most_subtrees(scalar_leaves > most ? scalar_leaves : most, comm->size);
    TRY(open_windows(r));
    build_trees(r);
    r->sources = mem_alloc((int64_t)comm->members * r->subtrees, sizeof *r->sources);
    r->entry_line = mem_alloc(comm->groups + 1, sizeof *r->entry_line);
    for (int g = 0; g <= comm->groups; g++)
        r->entry_line[g] = comm->group_first[g] * (int64_t)(r->entry / LINE_BYTES);
    if (is_between(r))
        between_open(r);
    else
        own_slice(r);
    comm_barrier(comm);
    return NULL;
}

/* A round that was left early (a failure, of which all have heard): the messages under way are
 * received, whatever is in them. */
static void settle(Reduce *r)
{
    for (int i = 0; r->pending && i < r->ranges; i++)
        between_complete(r, i);
    r->pending = false;
}

void reduce_close(Reduce *r)
{
    if (!r)
        return;
    settle(r);
    between_close(r);
    tree_free(&r->local);
    tree_free(&r->local_scalars);
    tree_free(&r->fold);
    tree_free(&r->fold_scalars);
    mem_free(r->local_scalar_memory);
    mem_free(r->fold_memory);
    mem_free(r->fold_scalar_memory);
    mem_free(r->sources);
    mem_free(r->kept);
    mem_free(r->entry_line);
    comm_window_free(&r->signals);
    comm_window_free(&r->board);
    comm_window_free(&r->vectors_window);
    mem_free(r);
}

/* ---- a round ---- */

void reduce_begin(Reduce *r, int64_t leaves, bool vectors, int64_t *lo, int64_t *hi)
{
    CHECK(!vectors || is_planned(r->planned, leaves), "a round of %lld leaves was not planned for",
          (long long)leaves);
    settle(r);
    r->leaves = leaves;
    r->vectors = vectors;
    r->pending = vectors && is_between(r);
    r->round++;
    tree_reset(&r->local);
    tree_reset(&r->local_scalars);
    *lo = cut(leaves, r->comm->rank, r->comm->size);
    *hi = cut(leaves, r->comm->rank + 1, r->comm->size);
    r->share = *hi - *lo;
    r->pushed = 0;
    r->digest = 0;
    r->announced = false;
    r->last = NULL;
    if (r->pending)
        between_begin(r);
}

static int64_t slot_number(const Reduce *r, const void *vector)
{
    return ((const char *)vector - (const char *)r->local.all[0]) / r->stride;
}

Real *reduce_leaf(Reduce *r)
{
    Real *leaf = tree_take(&r->local);
    if (r->pushed < r->share - 1)
        return leaf;
    Said *said = entry_of(r, r->comm->rank)->said;
    for (int i = 0; i < r->local.count; i++, said++)
        said->slot = slot_number(r, r->local.stack[i].own);
    said->slot = slot_number(r, leaf);
    r->announced = true;
    return leaf;
}

void reduce_push(Reduce *r, int64_t index, const Real *leaf, const double *scalars)
{
    double *own = tree_take(&r->local_scalars);
    memcpy(own, scalars, REDUCE_SCALARS * sizeof *own);
    tree_push(&r->local_scalars, (Subtree){index, 1}, own, true);
    if (++r->pushed == r->share)
        r->last = leaf;
    else if (r->vectors)
        tree_push(&r->local, (Subtree){index, 1}, leaf, true);
}

/* Final buckets, as the flag counts them. */
static uint32_t ready_count(const Reduce *r, int buckets)
{
    return r->round * BUCKETS + (uint32_t)buckets;
}

void reduce_ready(Reduce *r, int64_t elements)
{
    Between *w = &r->between;
    if (!r->pending || r->pushed < r->share - 1)
        return;
    int ready = w->ready;
    while (ready < w->buckets - 1 && r->blocks->start[w->bucket[ready].end] <= elements)
        ready++;
    if (ready > w->ready)
        flag_raise(&signal_of(r, r->comm->member)->ready, ready_count(r, ready));
    w->ready = ready;
    between_progress(r);
}

bool reduce_is_ready(Reduce *r, int member, int buckets)
{
    return flag_reached(&signal_of(r, member)->ready, ready_count(r, buckets));
}

void reduce_await_ready(Reduce *r, int member, int buckets)
{
    flag_await(&signal_of(r, member)->ready, ready_count(r, buckets), r->comm->crowded);
}

/* A rank that failed has fewer leaves: its neighbours may read some of its memory, and nobody what
 * comes of it. */
static void forget_slots(Reduce *r)
{
    for (int i = 0; i < r->subtrees; i++)
        entry_of(r, r->comm->rank)->said[i].slot = 0;
}

static void publish(Reduce *r, Word mine)
{
    Entry *entry = entry_of(r, r->comm->rank);
    entry->word = mine;
    entry->digest = r->digest;
    for (int i = 0; i < r->local_scalars.count; i++)
        memcpy(entry->said[i].scalars, r->local_scalars.stack[i].sum,
               sizeof entry->said[i].scalars);
    if (!r->announced)
        forget_slots(r);
    if (r->pending)
        flag_raise(&signal_of(r, r->comm->member)->ready, ready_count(r, r->between.buckets));
    flag_raise(&signal_of(r, r->comm->member)->published, r->round);
}

void reduce_on_wait(Reduce *r, ReduceWait *wait, void *context)
{
    r->wait = wait;
    r->wait_context = context;
}

static void tell_wait(const Reduce *r, bool begins)
{
    if (r->wait)
        r->wait(r->wait_context, begins);
}

/* Until every rank's entry of this round is on the board. */
static void gather(Reduce *r)
{
    const Comm *comm = r->comm;
    for (int m = 0; m < comm->members; m++)
        flag_await(&signal_of(r, m)->published, r->round, r->comm->crowded);
    if (comm->groups == 1)
        return;
    if (comm->member == 0) {
        column_gather(comm, entry_of(r, 0), r->entry_line);
        flag_raise(&signal_of(r, 0)->gathered, r->round);
    }
    flag_await(&signal_of(r, 0)->gathered, r->round, r->comm->crowded);
}

/* The subtrees of rank's share in this round. */
static int share_subtrees(const Reduce *r, int rank, Subtree *subtrees)
{
    int64_t lo = cut(r->leaves, rank, r->comm->size), hi = cut(r->leaves, rank + 1, r->comm->size);
    return plan_subtrees(lo, hi, subtrees);
}

static void fold_scalars(Reduce *r, double *scalars)
{
    Subtree subtrees[PLAN_SUBTREES];
    tree_reset(&r->fold_scalars);
    for (int rank = 0; rank < r->comm->size; rank++) {
        int count = share_subtrees(r, rank, subtrees);
        for (int i = 0; i < count; i++)
            tree_push(&r->fold_scalars, subtrees[i], entry_of(r, rank)->said[i].scalars, false);
    }
    memcpy(scalars, tree_fold(&r->fold_scalars), REDUCE_SCALARS * sizeof *scalars);
}

void reduce_say(Reduce *r, uint64_t digest)
{
    r->digest = digest;
}

static bool groups_differ(const Reduce *r)
{
    uint64_t first = 0;
    for (int group = 0; group < r->comm->groups; group++) {
        uint64_t sum = 0;
        for (int rank = r->comm->group_first[group]; rank < r->comm->group_first[group + 1]; rank++)
            sum += entry_of(r, rank)->digest;
        first = group ? first : sum;
        if (sum != first)
            return true;
    }
    return false;
}

Word reduce_agree(Reduce *r, Word mine, double *scalars)
{
    publish(r, mine);
    tell_wait(r, true);
    gather(r);
    tell_wait(r, false);
    Word all = {0, INT32_MAX};
    for (int rank = 0; rank < r->comm->size; rank++) {
        Word theirs = entry_of(r, rank)->word;
        all.flags |= theirs.flags;
        all.failed = theirs.failed < all.failed ? theirs.failed : all.failed;
    }
    if (groups_differ(r))
        all.flags |= WORD_FAILED | WORD_CHANGED;
    if (!(all.flags & WORD_FAILED))
        fold_scalars(r, scalars);
    return all;
}

/* ---- meeting ---- */

void reduce_meet(Reduce *r)
{
    r->meetings++;
    flag_raise(&signal_of(r, r->comm->member)->met, r->meetings);
    tell_wait(r, true);
    for (int m = 0; m < r->comm->members; m++)
        flag_await(&signal_of(r, m)->met, r->meetings, r->comm->crowded);
    tell_wait(r, false);
}

void reduce_leave(Reduce *r)
{
    settle(r);
    reduce_meet(r);
}

void reduce_finish(Reduce *r)
{
    flag_raise(&signal_of(r, r->comm->member)->applied, r->round);
    tell_wait(r, true);
    for (int m = 0; m < r->comm->members; m++)
        flag_await(&signal_of(r, m)->applied, r->round, r->comm->crowded);
    tell_wait(r, false);
}
