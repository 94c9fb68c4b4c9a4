/* The heart of the claim: the sum's bits belong to the number of leaves alone. Every number of
 * ranks is played here in one process: a local tree for each rank, then the tree where their
 * leftover subtrees meet, as dist/reduce does it. */
#include "dist/tree.h"

#include "base/cut.h"
#include "base/mem.h"
#include "leaves.h"
#include "unit.h"

enum { RANKS = 13, LEAVES = 33, N = 67 };

static Real *leaves; /* [LEAVES][N] */

static bool same_bits(const Real *a, const Real *b)
{
    return memcmp(a, b, N * sizeof *a) == 0;
}

static void expected_sum(int64_t count, Real *sum)
{
    for (int64_t i = 0; i < N; i++)
        sum[i] = leaves_sum(leaves, N, i, 0, count);
}

/* A tree and the memory for its vectors. */
typedef struct Grove {
    Tree tree;
    Real *memory;
} Grove;

static void grove_open(Grove *grove, int vectors)
{
    grove->memory = mem_alloc(vectors * N, sizeof(Real));
    tree_build(&grove->tree, tree_add_reals, N, grove->memory, N * sizeof(Real), vectors);
}

static void grove_close(Grove *grove)
{
    tree_free(&grove->tree);
    mem_free(grove->memory);
}

/* A rank writes its leaves one after the other, with no more vectors than planned. */
static void grow_locally(Grove *grove, int64_t lo, int64_t hi)
{
    grove_open(grove, plan_vectors(lo, hi));
    for (int64_t m = lo; m < hi; m++) {
        Real *leaf = tree_take(&grove->tree);
        memcpy(leaf, leaves + m * N, N * sizeof *leaf);
        tree_push(&grove->tree, (Subtree){m, 1}, leaf, true);
    }
}

/* The sum of `count` leaves on `ranks` ranks. */
static void sum_on_ranks(int64_t count, int ranks, Real *sum)
{
    Grove local[RANKS], meeting;
    grove_open(&meeting, PLAN_SUBTREES);
    for (int r = 0; r < ranks; r++) {
        grow_locally(&local[r], cut(count, r, ranks), cut(count, r + 1, ranks));
        for (int i = 0; i < local[r].tree.count; i++)
            tree_push(&meeting.tree, local[r].tree.stack[i].subtree, local[r].tree.stack[i].sum,
                      false);
    }
    memcpy(sum, tree_fold(&meeting.tree), N * sizeof *sum);
    for (int r = 0; r < ranks; r++)
        grove_close(&local[r]);
    grove_close(&meeting);
}

static void any_ranks(void)
{
    int wrong = 0;
    for (int64_t count = 1; count <= LEAVES; count++)
        for (int ranks = 1; ranks <= RANKS; ranks++) {
            Real expected[N], sum[N];
            expected_sum(count, expected);
            sum_on_ranks(count, ranks, sum);
            wrong += !same_bits(sum, expected);
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void add(Real *sum, const Real *more)
{
    for (int i = 0; i < N; i++)
        sum[i] += more[i];
}

/* What most programs do: each rank adds up its leaves, then the ranks' sums are added. */
static void naive_sum(int64_t count, int ranks, Real *sum)
{
    memset(sum, 0, N * sizeof *sum);
    for (int r = 0; r < ranks; r++) {
        Real own[N] = {0};
        for (int64_t m = cut(count, r, ranks); m < cut(count, r + 1, ranks); m++)
            add(own, leaves + m * N);
        add(sum, own);
    }
}

static void naive_differs(void)
{
    int pairs = 0, differ = 0;
    for (int64_t count = 1; count <= LEAVES; count++)
        for (int ranks = 2; ranks <= RANKS; ranks++, pairs++) {
            Real alone[N], sum[N];
            naive_sum(count, 1, alone);
            naive_sum(count, ranks, sum);
            differ += !same_bits(sum, alone);
        }
    CU_ASSERT(differ > pairs * 2 / 3); /* most of them: the leaves are hard to sum */
    CU_ASSERT(differ < pairs);         /* one leaf a rank is the order of one rank */
}

/* Some of the vectors pushed are the tree's own, as `own` has it by bits; the others are lent. */
static void push_mixed(Tree *tree, int64_t count, uint64_t own)
{
    for (int64_t m = 0; m < count; m++) {
        const Real *vector = leaves + m * N;
        if (own >> m & 1)
            vector = memcpy(tree_take(tree), vector, N * sizeof *vector);
        tree_push(tree, (Subtree){m, 1}, vector, own >> m & 1);
    }
}

static void operands_commute(void)
{
    enum { MOST = 9 };
    int wrong = 0;
    Grove grove;
    grove_open(&grove, PLAN_SUBTREES);
    for (int64_t count = 1; count <= MOST; count++)
        for (uint64_t own = 0; own < (uint64_t)1 << count; own++) {
            Real expected[N];
            expected_sum(count, expected);
            tree_reset(&grove.tree);
            push_mixed(&grove.tree, count, own);
            wrong += !same_bits(tree_fold(&grove.tree), expected);
            wrong += grove.tree.spare_count < PLAN_SUBTREES - 1; /* all others came back */
        }
    CU_ASSERT_EQUAL(wrong, 0);
    grove_close(&grove);
}

static void lent_is_kept(void)
{
    Real *before = memcpy(mem_alloc(LEAVES * N, sizeof *before), leaves, LEAVES * N * sizeof(Real));
    Grove grove;
    grove_open(&grove, PLAN_SUBTREES);
    for (int64_t count = 1; count <= LEAVES; count++) {
        tree_reset(&grove.tree);
        push_mixed(&grove.tree, count, count % 3 ? 0 : 0x5555555555);
        const Real *sum = tree_fold(&grove.tree);
        CU_ASSERT((count == 1) == (sum == leaves)); /* one leaf: the lent vector itself */
    }
    CU_ASSERT(memcmp(before, leaves, LEAVES * N * sizeof(Real)) == 0);
    mem_free(before);
    grove_close(&grove);
}

static void nothing(void)
{
    Grove grove;
    grove_open(&grove, 1);
    CU_ASSERT_PTR_NULL(tree_fold(&grove.tree));
    grove_close(&grove);
}

static void scalars(void)
{
    enum { WIDTH = 8 };
    double all[LEAVES * WIDTH], memory[PLAN_SUBTREES * WIDTH];
    for (int i = 0; i < LEAVES * WIDTH; i++)
        all[i] = leaf_value(i / WIDTH, i % WIDTH);
    Tree tree;
    tree_build(&tree, tree_add_doubles, WIDTH, memory, WIDTH * sizeof(double), PLAN_SUBTREES);
    for (int64_t count = 1; count <= LEAVES; count++) {
        tree_reset(&tree);
        for (int64_t m = 0; m < count; m++)
            tree_push(&tree, (Subtree){m, 1}, all + m * WIDTH, false);
        const double *sum = tree_fold(&tree);
        for (int64_t i = 0; i < WIDTH; i++)
            CU_ASSERT(sum[i] == leaves_sum_double(all, WIDTH, i, 0, count));
    }
    tree_free(&tree);
}

static const Promise promises[] = {
    {"the sum has the same bits on 1 to 13 ranks, for 1 to 33 leaves", any_ranks},
    {"sums by rank, as MPI makes them, do differ: the test has teeth", naive_differs},
    {"which operand is overwritten does not show in the sum", operands_commute},
    {"a vector that was lent to the tree is never written", lent_is_kept},
    {"no leaves have no sum", nothing},
    {"scalars in double go through the same tree", scalars},
    {0}};

int main(void)
{
    leaves = leaves_make(LEAVES, N);
    int status = unit_run("tree", promises);
    mem_free(leaves);
    return status;
}
