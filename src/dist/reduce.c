/* Rounds of the reduction: the local tree, the board where ranks publish, the fold in a group. */
#include "dist/reduce_inside.h"

#include "base/cut.h"
#include "base/mem.h"
#include "dist/flag.h"

#include <string.h>

/* What a rank says of one of its subtrees. */
typedef struct Said {
    int64_t slot; /* which of its vectors */
    double scalars[REDUCE_SCALARS];
} Said;

/* What a rank says in a round. The board holds an entry for every rank of the job, twice: a rank
 * that is a round ahead writes into the other half. */
typedef struct Entry {
    Word word;
    Said said[];
} Entry;

/* Rounds that a member has completed, each on a cache line of its own. */
typedef struct Signal {
    Flag published;
    Flag gathered; /* by member 0: the other groups' entries */
    Flag applied;
    Flag met; /* meetings */
} Signal;

static Signal *signal_of(const Reduce *r, int member)
{
    return (Signal *)r->signals.base + member;
}

static Entry *entry_of(const Reduce *r, int rank)
{
    size_t half = (size_t)r->comm->size * r->entry * (r->round & 1);
    return (Entry *)((char *)r->board.base + half + (size_t)rank * r->entry);
}

static Real *slot_of(const Reduce *r, int member, int64_t slot)
{
    return (Real *)((char *)r->vectors_window.base + (size_t)member * r->part +
                    (size_t)slot * (size_t)r->stride);
}

/* A share of n leaves leaves at most 2 log2(n + 1) subtrees. */
static int most_subtrees(int64_t leaves, int ranks)
{
    int64_t share = (leaves + ranks - 1) / ranks;
    int log = 1;
    while ((int64_t)1 << log < share + 1)
        log++;
    return 2 * log;
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

/* The blocks that this rank applies: its slice, or its column. */
static void own_blocks(Reduce *r)
{
    const Comm *comm = r->comm;
    bool column = comm->groups > 1 && r->kind != REDUCE_MPI;
    int parts = column ? comm->columns : comm->members;
    int part = comm->member < parts ? comm->member : parts; /* a surplus member has none */
    int next = part < parts ? part + 1 : parts;
    r->first_block = cut(r->blocks->count, part, parts);
    r->end_block = cut(r->blocks->count, next, parts);
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
    own_blocks(r);
    if (comm->groups > 1)
        between_open(r);
    comm_barrier(comm);
    return NULL;
}

void reduce_close(Reduce *r)
{
    if (!r)
        return;
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
    r->leaves = leaves;
    r->vectors = vectors;
    r->round++;
    tree_reset(&r->local);
    tree_reset(&r->local_scalars);
    *lo = cut(leaves, r->comm->rank, r->comm->size);
    *hi = cut(leaves, r->comm->rank + 1, r->comm->size);
}

Real *reduce_leaf(Reduce *r)
{
    return tree_take(&r->local);
}

void reduce_push(Reduce *r, int64_t index, const Real *leaf, const double *scalars)
{
    double *own = tree_take(&r->local_scalars);
    memcpy(own, scalars, REDUCE_SCALARS * sizeof *own);
    tree_push(&r->local_scalars, (Subtree){index, 1}, own, true);
    if (r->vectors)
        tree_push(&r->local, (Subtree){index, 1}, leaf, true);
}

static void publish(Reduce *r, Word mine)
{
    Entry *entry = entry_of(r, r->comm->rank);
    entry->word = mine;
    for (int i = 0; i < r->local_scalars.count; i++) {
        Said *said = &entry->said[i];
        memcpy(said->scalars, r->local_scalars.stack[i].sum, sizeof said->scalars);
        if (r->vectors)
            said->slot = ((char *)r->local.stack[i].own - (char *)r->local.all[0]) / r->stride;
    }
    flag_raise(&signal_of(r, r->comm->member)->published, r->round);
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

Word reduce_agree(Reduce *r, Word mine, double *scalars)
{
    publish(r, mine);
    gather(r);
    Word all = {0, INT32_MAX};
    for (int rank = 0; rank < r->comm->size; rank++) {
        Word theirs = entry_of(r, rank)->word;
        all.flags |= theirs.flags;
        all.failed = theirs.failed < all.failed ? theirs.failed : all.failed;
    }
    if (!(all.flags & WORD_FAILED))
        fold_scalars(r, scalars);
    return all;
}

/* ---- the vectors ---- */

const Real *reduce_fold(Reduce *r, const Source *sources, int count, int64_t at, int64_t n)
{
    tree_reset(&r->fold);
    r->fold.n = n;
    for (int i = 0; i < count; i++)
        tree_push(&r->fold, sources[i].subtree, sources[i].vector + at, false);
    return tree_fold(&r->fold);
}

/* Where the subtrees of all members lie. */
static void find_sources(Reduce *r)
{
    Subtree subtrees[PLAN_SUBTREES];
    r->source_count = 0;
    for (int m = 0; m < r->comm->members; m++) {
        int rank = r->comm->group_first[r->comm->group] + m;
        int count = share_subtrees(r, rank, subtrees);
        for (int i = 0; i < count; i++)
            r->sources[r->source_count++] =
                (Source){subtrees[i], slot_of(r, m, entry_of(r, rank)->said[i].slot)};
    }
}

/* The whole sum of this rank's blocks in memory: its column's with several groups, MPI's with
 * `reduce: mpi`; NULL where the blocks are still to be folded, one by one. */
static const Real *sum_blocks(Reduce *r)
{
    if (r->kind == REDUCE_MPI) {
        Real *sum = (Real *)tree_fold(&r->local); /* whatever order MPI likes */
        if (!sum)
            sum = memset(tree_take(&r->local), 0, (size_t)r->stride);
        comm_allreduce(r->comm, sum, r->extent);
        return sum;
    }
    find_sources(r);
    if (r->comm->groups == 1 || r->first_block == r->end_block)
        return NULL;
    between_sum(r);
    return r->between.total - r->blocks->start[r->first_block];
}

static void go_through(Reduce *r, ReduceApply *apply, void *context, Real *keep)
{
    for (int64_t b = r->first_block; b < r->end_block; b++) {
        int64_t at = r->blocks->start[b], n = r->blocks->start[b + 1] - at;
        const Real *sum =
            r->total ? r->total + at : reduce_fold(r, r->sources, r->source_count, at, n);
        if (keep)
            sum = memcpy(keep + at, sum, (size_t)n * sizeof *sum);
        apply(context, b, sum);
    }
}

void reduce_apply(Reduce *r, ReduceApply *apply, void *context)
{
    r->total = sum_blocks(r);
    go_through(r, apply, context, NULL);
}

/* Several groups, and MPI, have the whole sum in memory in any case. */
void reduce_reserve(Reduce *r)
{
    const int64_t *start = r->blocks->start;
    if (r->comm->groups == 1 && r->kind == REDUCE_TREE)
        r->kept = mem_alloc(start[r->end_block] - start[r->first_block], sizeof(Real));
}

void reduce_keep(Reduce *r, ReduceApply *apply, void *context)
{
    r->total = sum_blocks(r);
    Real *kept = r->kept && !r->total ? r->kept - r->blocks->start[r->first_block] : NULL;
    go_through(r, apply, context, kept);
    r->total = kept ? kept : r->total;
}

void reduce_again(Reduce *r, ReduceApply *apply, void *context)
{
    go_through(r, apply, context, NULL);
}

void reduce_meet(Reduce *r)
{
    r->meetings++;
    flag_raise(&signal_of(r, r->comm->member)->met, r->meetings);
    for (int m = 0; m < r->comm->members; m++)
        flag_await(&signal_of(r, m)->met, r->meetings, r->comm->crowded);
}

void reduce_finish(Reduce *r)
{
    flag_raise(&signal_of(r, r->comm->member)->applied, r->round);
    for (int m = 0; m < r->comm->members; m++)
        flag_await(&signal_of(r, m)->applied, r->round, r->comm->crowded);
}
