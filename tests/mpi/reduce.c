/* dist/reduce under mpirun, for reduce.sh: on every number of ranks up to those that are there,
 * with every exchange, with groups of two and of three ranks made by LOCKSTEP_GROUP, in one bucket
 * and, by LOCKSTEP_BUCKET, in several, leaves becoming ready part by part, the sum of
 * 1 to 33 leaves is compared bit by bit with the tree's definition (leaves.h). Ranks count what is
 * wrong; rank 0 says `ok - sentence` or `not ok - sentence`. */
#include "base/cut.h"
#include "dist/reduce_inside.h"
#include "leaves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_LEAVES = 33, MOST_PARTS = 40, PARTS = 5 };

typedef struct Setting {
    const char *name;
    Exchange exchange;
    const char *group;  /* LOCKSTEP_GROUP */
    const char *bucket; /* LOCKSTEP_BUCKET */
} Setting;

static const Setting settings[] = {
    {"groups that share memory", EXCHANGE_AUTO, "0", "0"},
    {"messages", EXCHANGE_MESSAGES, "0", "0"},
    {"messages in buckets", EXCHANGE_MESSAGES, "0", "3000"},
    {"groups of two", EXCHANGE_AUTO, "2", "0"},
    {"groups of two, buckets", EXCHANGE_AUTO, "2", "3000"},
    {"groups of three", EXCHANGE_AUTO, "3", "3000"},
    {"groups of four", EXCHANGE_AUTO, "4", "9000"},
};

/* Tensors of odd sizes; `slim` ones follow a large one as biases do, so that half of the blocks is
 * not half of the elements; with few elements there are fewer blocks than ranks. */
typedef struct Layout {
    const char *name;
    int large, slim;
} Layout;

static const Layout layouts[] = {{"one block", 0, 1}, {"odd sizes", 5000, 5}, {"slim", 9000, 24}};

typedef struct Vectors {
    Blocks blocks;
    int64_t extent;
    Real *leaves, *sum; /* [MOST_LEAVES][extent], [extent] */
    double *scalars;    /* [MOST_LEAVES][REDUCE_SCALARS] */
} Vectors;

static void vectors_open(Vectors *v, const Layout *layout)
{
    Extent extents[MOST_PARTS];
    int count = 0;
    *v = (Vectors){0};
    for (int i = layout->large ? -1 : 0; i < layout->slim; i++, count++) {
        int64_t size = i < 0 ? layout->large : i % 3 ? 1 + 2 * i : 16 + 300 * (i % 2);
        extents[count] = (Extent){v->extent, size};
        v->extent += round_up(size, LINE_REALS);
    }
    blocks_build(&v->blocks, extents, count, v->extent);
    v->leaves = leaves_make(MOST_LEAVES, v->extent);
    v->sum = mem_alloc(v->extent, sizeof *v->sum);
    v->scalars = mem_alloc(MOST_LEAVES * REDUCE_SCALARS, sizeof *v->scalars);
    for (int64_t i = 0; i < MOST_LEAVES * REDUCE_SCALARS; i++)
        v->scalars[i] = leaf_value(i, 7);
}

static void vectors_close(Vectors *v)
{
    blocks_free(&v->blocks);
    mem_free(v->leaves);
    mem_free(v->sum);
    mem_free(v->scalars);
}

static void vectors_sum(Vectors *v, int64_t leaves)
{
    for (int64_t i = 0; i < v->extent; i++)
        v->sum[i] = leaves_sum(v->leaves, v->extent, i, 0, leaves);
}

/* What a round is checked against, on one rank. */
typedef struct Check {
    const Comm *comm;
    const Vectors *v;
    double *applied; /* [blocks] how often, by this rank */
    int64_t wrong;
} Check;

static void check_block(void *context, int64_t block, const Real *sum)
{
    Check *check = context;
    const int64_t *start = check->v->blocks.start;
    size_t bytes = (size_t)(start[block + 1] - start[block]) * sizeof(Real);
    check->applied[block]++;
    check->wrong += memcmp(sum, check->v->sum + start[block], bytes) != 0;
}

static void push_leaves(Reduce *reduce, const Vectors *v, bool vectors, int64_t lo, int64_t hi)
{
    for (int64_t m = lo; m < hi; m++) {
        Real *leaf = vectors ? reduce_leaf(reduce) : NULL;
        for (int part = 0; vectors && part < PARTS; part++) {
            int64_t at = cut(v->extent, part, PARTS), end = cut(v->extent, part + 1, PARTS);
            memcpy(leaf + at, v->leaves + m * v->extent + at, (size_t)(end - at) * sizeof *leaf);
            reduce_ready(reduce, end);
        }
        reduce_push(reduce, m, leaf, v->scalars + m * REDUCE_SCALARS);
    }
}

static void come_late(const Comm *comm, int round)
{
    struct timespec late = {0, 200000};
    if (round % comm->size == comm->rank)
        nanosleep(&late, NULL);
}

/* A step that nobody applies. One rank is late in leaving: the others must not write their next
 * leaves where it still merges the old ones. */
static void leave_round(Reduce *reduce, const Check *check, int64_t leaves, int round)
{
    int64_t lo, hi;
    double scalars[REDUCE_SCALARS];
    reduce_begin(reduce, leaves, true, &lo, &hi);
    push_leaves(reduce, check->v, true, lo, hi);
    reduce_agree(reduce, (Word){WORD_DIVERGED, check->comm->rank}, scalars);
    come_late(check->comm, round);
    reduce_leave(reduce);
}

/* The rounds of training and of evaluation. A rank past the others must not disturb them: one of
 * them, another in each round, comes late. */
static void one_round(Reduce *reduce, Check *check, int64_t leaves, bool vectors, int round)
{
    const Comm *comm = check->comm;
    const Vectors *v = check->v;
    int64_t lo, hi;
    double scalars[REDUCE_SCALARS];
    reduce_begin(reduce, leaves, vectors, &lo, &hi);
    check->wrong += lo != cut(leaves, comm->rank, comm->size);
    check->wrong += hi != cut(leaves, comm->rank + 1, comm->size);
    come_late(comm, round);
    push_leaves(reduce, v, vectors, lo, hi);
    Word all = reduce_agree(reduce, (Word){0, INT32_MAX}, scalars);
    check->wrong += all.flags != 0 || all.failed != INT32_MAX;
    for (int64_t i = 0; i < REDUCE_SCALARS; i++)
        check->wrong += scalars[i] != leaves_sum_double(v->scalars, REDUCE_SCALARS, i, 0, leaves);
    if (!vectors)
        return;
    reduce_apply(reduce, check_block, check);
    reduce_finish(reduce);
}

/* Rounds of one number of leaves, and of another in between, as when the batch grows. */
static int64_t check_sums(const Comm *comm, Vectors *v, int64_t leaves)
{
    Reduce *reduce;
    Check check = {comm, v, mem_alloc(v->blocks.count, sizeof(double)), 0};
    int64_t other = MOST_LEAVES + 1 - leaves, both[] = {leaves, other};
    Leaves planned = {2, both};
    Err err = reduce_open(&reduce, comm, &v->blocks, REDUCE_TREE, planned, MOST_LEAVES);
    CHECK(!err, "%s", err_text(err));
    vectors_sum(v, leaves);
    one_round(reduce, &check, leaves, true, 0);
    one_round(reduce, &check, leaves, true, 1);
    leave_round(reduce, &check, leaves, (int)leaves);
    one_round(reduce, &check, other, false, 2);
    vectors_sum(v, other);
    leave_round(reduce, &check, other, (int)leaves);
    one_round(reduce, &check, other, true, 3);
    vectors_sum(v, leaves);
    one_round(reduce, &check, leaves, true, 4);
    reduce_close(reduce);
    comm_merge(comm, check.applied, v->blocks.count);
    for (int64_t b = 0; b < v->blocks.count; b++) /* by one rank of every group, in each round */
        check.wrong += check.applied[b] != 4.0 * comm->groups;
    mem_free(check.applied);
    return check.wrong;
}

/* What ranks say beside the vectors: every set of failing ranks, and two flags from either end. */
static int64_t check_words(const Comm *comm, Vectors *v)
{
    enum { LEAVES = 5 };
    int64_t leaves = LEAVES;
    Leaves planned = {1, &leaves};
    Reduce *reduce;
    int64_t wrong = 0, lo, hi;
    double scalars[REDUCE_SCALARS];
    Err err = reduce_open(&reduce, comm, &v->blocks, REDUCE_TREE, planned, LEAVES);
    CHECK(!err, "%s", err_text(err));
    for (int set = 0; set < 1 << comm->size; set++) {
        bool fails = set >> comm->rank & 1;
        int lowest = 0;
        while (set && !(set >> lowest & 1))
            lowest++;
        reduce_begin(reduce, LEAVES, true, &lo, &hi);
        push_leaves(reduce, v, true, lo, fails ? (lo + hi) / 2 : hi);
        Word mine = {fails ? WORD_FAILED : 0, fails ? comm->rank : INT32_MAX};
        mine.flags |= (comm->rank == 0 ? WORD_STOP : 0) |
                      (comm->rank == comm->size - 1 && set % 2 ? WORD_TIME : 0);
        Word all = reduce_agree(reduce, mine, scalars);
        wrong += all.flags !=
                 (WORD_STOP | (set ? WORD_FAILED : 0u) | (set % 2 ? (uint32_t)WORD_TIME : 0u));
        wrong += all.failed != (set ? lowest : INT32_MAX);
    }
    reduce_close(reduce);
    return wrong;
}

/* Where every rank is a group of its own, the first bucket is under way when the rank has written
 * it, long before the leaf is done. */
static int64_t check_early(const Comm *comm, Vectors *v)
{
    int64_t leaves = comm->size, lo, hi;
    Leaves planned = {1, &leaves};
    Check check = {comm, v, mem_alloc(v->blocks.count, sizeof(double)), 0};
    double scalars[REDUCE_SCALARS];
    Reduce *reduce;
    Err err = reduce_open(&reduce, comm, &v->blocks, REDUCE_TREE, planned, leaves);
    CHECK(!err, "%s", err_text(err));
    vectors_sum(v, leaves);
    reduce_begin(reduce, leaves, true, &lo, &hi);
    Real *leaf = reduce_leaf(reduce);
    memcpy(leaf, v->leaves + lo * v->extent, (size_t)v->extent * sizeof *leaf);
    const Bucket *first = &reduce->between.bucket[0], *last = first + reduce->between.buckets - 1;
    int64_t end = v->blocks.start[first->end];
    reduce_ready(reduce, end - 1);
    check.wrong += comm->groups > 1 && first->phase != BUCKET_WAITS;
    reduce_ready(reduce, end);
    check.wrong += comm->groups > 1 && first->phase == BUCKET_WAITS;
    check.wrong += comm->groups > 1 && (last == first || last->phase != BUCKET_WAITS);
    reduce_push(reduce, lo, leaf, v->scalars);
    reduce_agree(reduce, (Word){0, INT32_MAX}, scalars);
    reduce_apply(reduce, check_block, &check);
    reduce_finish(reduce);
    reduce_close(reduce);
    mem_free(check.applied);
    return check.wrong;
}

/* Shared memory: aligned, zeroed, and what one member writes its neighbour reads. */
static int64_t check_windows(const Comm *comm)
{
    static const size_t sizes[] = {64, 4096, 5000, 300000};
    int64_t wrong = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        Window window;
        Err err = comm_window(comm, "a test", sizes[s], &window);
        CHECK(!err, "%s", err_text(err));
        unsigned char *bytes = window.base;
        wrong += (uintptr_t)bytes % WINDOW_PAGE != 0 || window.bytes != sizes[s];
        for (size_t i = 0; i < sizes[s]; i++)
            wrong += bytes[i] != 0;
        comm_group_barrier(comm);
        bytes[comm->member] = (unsigned char)(1 + comm->rank);
        comm_group_barrier(comm);
        int next = (comm->member + 1) % comm->members;
        wrong += bytes[next] != 1 + comm->group_first[comm->group] + next;
        comm_group_barrier(comm);
        comm_window_free(&window);
    }
    return wrong;
}

/* Ranks are numbered group by group, whoever sits where. */
static int64_t check_numbers(const Comm *comm, const Setting *setting, int ranks)
{
    int most = atoi(setting->group);
    int64_t wrong = comm->size != ranks;
    wrong += comm->rank != comm->group_first[comm->group] + comm->member;
    wrong += comm->members != comm->group_first[comm->group + 1] - comm->group_first[comm->group];
    if (setting->exchange == EXCHANGE_MESSAGES)
        most = 1;
    wrong += comm->groups != (most ? (ranks + most - 1) / most : 1);
    for (int g = 0; g < comm->groups; g++)
        wrong += comm->group_first[g + 1] - comm->group_first[g] < comm->columns;
    return wrong;
}

/* One line for all ranks. */
static int say(const Comm *world, int64_t wrong, const char *setting, int ranks, const char *what)
{
    wrong = comm_max(world, wrong);
    if (world->rank == 0)
        printf("%s - %s on %d ranks, %s\n", wrong ? "not ok" : "ok", what, ranks, setting);
    return wrong != 0;
}

static int check_setting(const Comm *world, const Setting *setting, int ranks)
{
    Comm comm;
    int failures = 0;
    int64_t wrong[4] = {0};
    bool early = setting->exchange == EXCHANGE_MESSAGES && atoi(setting->bucket);
    setenv("LOCKSTEP_GROUP", setting->group, 1);
    setenv("LOCKSTEP_BUCKET", setting->bucket, 1);
    Err err = comm_divide(world, ranks, setting->exchange, &comm);
    CHECK(!err, "%s", err_text(err));
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts && comm.size; l++) {
        Vectors v;
        vectors_open(&v, &layouts[l]);
        for (int64_t leaves = 1; leaves <= MOST_LEAVES; leaves++)
            wrong[0] += check_sums(&comm, &v, leaves);
        wrong[1] += l == 0 ? check_words(&comm, &v) : 0;
        wrong[3] += early && l > 0 ? check_early(&comm, &v) : 0;
        vectors_close(&v);
    }
    if (comm.size)
        wrong[2] = check_windows(&comm) + check_numbers(&comm, setting, ranks);
    comm_free(&comm);
    failures += say(world, wrong[0], setting->name, ranks, "the sum has the tree's bits");
    failures += say(world, wrong[1], setting->name, ranks, "all hear what each rank says");
    failures += say(world, wrong[2], setting->name, ranks, "windows are pages, ranks in order");
    if (early)
        failures += say(world, wrong[3], setting->name, ranks, "what is final is under way early");
    return failures;
}

int main(int argc, char **argv)
{
    int failures = 0;
    Comm world;
    comm_start(&argc, &argv);
    comm_world(&world);
    for (int ranks = 1; ranks <= world.size; ranks++)
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
            if (atoi(settings[s].group) < ranks && (ranks > 1 || s == 0))
                failures += check_setting(&world, &settings[s], ranks);
    comm_free(&world);
    comm_stop();
    return failures != 0;
}
