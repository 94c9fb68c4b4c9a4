/* What a step does with its leaves, without the leaves' own work, and the same by MPI_Allreduce:
 *
 *                  ours                                      MPI
 *     before       a leaf written where the round wants it   a vector of this rank's own written
 *     barrier      all ranks begin together
 *     timed        agree, fold each block out of all leaves  MPI_Allreduce in place,
 *                  into the shared weights, finish           update of this rank's own weights
 *
 * The four measurements, both ways with the update and without, take turns, so that whatever
 * disturbs the machine disturbs all of them. A leaf is written anew each time, as the backward pass
 * does: what lies in which cache is part of the cost. Its values are small whole numbers, whose sum
 * is exact in any order, so that both results can be checked. */
#include "lab/bench_exchange.h"

#include "base/mem.h"
#include "base/term.h"
#include "dist/reduce.h"
#include "lab/spread.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_ROUNDS = 3, MOST_ROUNDS = 1000 };

static const int64_t smallest = 64 << 10;
static const Real rate = (Real)0.001;

typedef struct Stage {
    const Comm *comm;
    int64_t n;
    Blocks blocks;
    int64_t leaves;
    Reduce *reduce;
    Window window;
    Real *weights;      /* [n] the group's */
    Real *vector, *own; /* [n] for MPI: the leaf that becomes the sum, this rank's weights */
} Stage;

static Err stage_open(Stage *s, const Comm *comm, int64_t bytes)
{
    *s = (Stage){.comm = comm, .n = bytes / (int64_t)sizeof(Real), .leaves = comm->size};
    Extent whole = {0, s->n};
    Leaves planned = {1, &s->leaves};
    blocks_build(&s->blocks, &whole, 1, s->n);
    TRY(comm_window(comm, "the weights", (size_t)bytes, &s->window));
    TRY(reduce_open(&s->reduce, comm, &s->blocks, REDUCE_TREE, planned, s->leaves));
    s->weights = s->window.base;
    s->vector = mem_alloc(s->n, sizeof *s->vector);
    s->own = mem_alloc(s->n, sizeof *s->own);
    return NULL;
}

static void stage_close(Stage *s)
{
    reduce_close(s->reduce);
    comm_window_free(&s->window);
    blocks_free(&s->blocks);
    mem_free(s->vector);
    mem_free(s->own);
}

static void write_leaf(const Stage *s, Real *leaf)
{
    for (int64_t i = 0; i < s->n; i++)
        leaf[i] = (Real)((i & 15) + s->comm->rank);
}

static void check_sum(const Stage *s, const Real *sum)
{
    int64_t ranks = s->comm->size, wrong = 0;
    for (int64_t i = 0; i < s->n; i++)
        wrong += sum[i] != (Real)(ranks * (i & 15) + ranks * (ranks - 1) / 2);
    CHECK(wrong == 0, "%lld of %lld sums are wrong", (long long)wrong, (long long)s->n);
}

/* ---- both ways ---- */

static void update(Real *w, const Real *sum, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        w[i] -= rate * sum[i];
}

static void update_block(void *context, int64_t block, const Real *sum)
{
    const Stage *s = context;
    const int64_t *start = s->blocks.start;
    update(s->weights + start[block], sum, start[block + 1] - start[block]);
}

/* The sum alone is to be whole in every rank's reach. Where a rank is a group of its own it lies
 * in the rank's memory before it is applied. */
static void store_block(void *context, int64_t block, const Real *sum)
{
    const Stage *s = context;
    const int64_t *start = s->blocks.start;
    memcpy(s->weights + start[block], sum, (size_t)(start[block + 1] - start[block]) * sizeof *sum);
}

static void leave_block(void *context, int64_t block, const Real *sum)
{
    (void)context, (void)block, (void)sum;
}

static ReduceApply *sum_alone(const Comm *comm)
{
    return comm->members > 1 ? store_block : leave_block;
}

static double by_tree(Stage *s, ReduceApply *apply)
{
    int64_t lo, hi;
    double scalars[REDUCE_SCALARS] = {0};
    reduce_begin(s->reduce, s->leaves, true, &lo, &hi);
    Real *leaf = reduce_leaf(s->reduce);
    write_leaf(s, leaf);
    reduce_push(s->reduce, lo, leaf, scalars);
    comm_barrier(s->comm);
    double begun = term_clock();
    reduce_agree(s->reduce, (Word){0, INT32_MAX}, scalars);
    reduce_apply(s->reduce, apply, s);
    reduce_finish(s->reduce);
    return term_clock() - begun;
}

static double by_mpi(Stage *s, bool updates)
{
    write_leaf(s, s->vector);
    comm_barrier(s->comm);
    double begun = term_clock();
    comm_allreduce(s->comm, s->vector, s->n);
    if (updates)
        update(s->own, s->vector, s->n);
    return term_clock() - begun;
}

/* ---- rounds ---- */

/* The same on all ranks. */
static double slowest(const Comm *comm, double seconds)
{
    return (double)comm_max(comm, (int64_t)(seconds * 1e9)) / 1e9;
}

static void one_round(Stage *s, double time[BENCH_WAYS][2])
{
    ReduceApply *const apply[] = {sum_alone(s->comm), update_block};
    for (int updates = 0; updates < 2; updates++) {
        time[BENCH_OURS][updates] = slowest(s->comm, by_tree(s, apply[updates]));
        time[BENCH_MPI][updates] = slowest(s->comm, by_mpi(s, updates));
    }
}

/* Whether there is another round is decided by what all ranks know. */
static void run_rounds(Stage *s, double seconds, BenchExchange *result)
{
    double(*times)[2][MOST_ROUNDS] = mem_alloc(BENCH_WAYS, sizeof *times), time[BENCH_WAYS][2];
    one_round(s, time); /* to warm up */
    double begun = term_clock();
    int n = 0;
    while (n < MOST_ROUNDS &&
           (n < LEAST_ROUNDS || slowest(s->comm, term_clock() - begun) < seconds)) {
        one_round(s, time);
        for (int way = 0; way < BENCH_WAYS; way++)
            for (int updates = 0; updates < 2; updates++)
                times[way][updates][n] = time[way][updates];
        n++;
    }
    result->rounds = n;
    for (int way = 0; way < BENCH_WAYS; way++) {
        result->update[way] = spread_median(times[way][1], n);
        result->sum[way] = spread_median(times[way][0], n);
    }
    mem_free(times);
}

Err bench_exchange(const Comm *comm, int size, double seconds, BenchExchange *result)
{
    Stage stage;
    *result = (BenchExchange){.bytes = smallest << 2 * size};
    Err err = stage_open(&stage, comm, result->bytes);
    if (!err) {
        run_rounds(&stage, seconds, result);
        by_tree(&stage, store_block);
        check_sum(&stage, stage.weights);
        by_mpi(&stage, false);
        check_sum(&stage, stage.vector);
    }
    stage_close(&stage);
    return err;
}
