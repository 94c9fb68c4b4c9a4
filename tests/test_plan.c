/* The arithmetic of ownership: every rank can say what every other owns, so it had better be right
 * for all of them. Everything is compared with a slow, obvious answer. */
#include "dist/plan.h"

#include "base/cut.h"
#include "base/mem.h"
#include "base/real.h"
#include "unit.h"

enum { MOST = 40 }; /* leaves, and ranks */

static bool power_of_two(int64_t n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

static void cut_is_fair(void)
{
    static const int64_t sizes[] = {0, 1, 2, 7, 64, 1000, 60000, (int64_t)1 << 40};
    int wrong = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int64_t k = 1; k <= 100; k++) {
            int64_t n = sizes[s];
            wrong += cut(n, 0, k) != 0 || cut(n, k, k) != n;
            for (int64_t i = 0; i < k; i++) {
                int64_t size = cut(n, i + 1, k) - cut(n, i, k);
                wrong += size < n / k || size > n / k + 1;
            }
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void subtrees_cover(void)
{
    Subtree trees[PLAN_SUBTREES];
    int wrong = 0;
    for (int64_t lo = 0; lo <= 100; lo++)
        for (int64_t hi = lo; hi <= 100; hi++) {
            int count = plan_subtrees(lo, hi, trees), most = 0;
            int64_t at = lo;
            for (int i = 0; i < count; i++) {
                wrong += trees[i].first != at || !power_of_two(trees[i].leaves) ||
                         trees[i].first % trees[i].leaves != 0;
                at += trees[i].leaves;
            }
            while ((int64_t)1 << most < hi - lo + 1)
                most++;
            wrong += at != hi || count > 2 * most;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static bool are_siblings(Subtree left, Subtree right)
{
    return left.leaves == right.leaves && left.first % (2 * left.leaves) == 0;
}

static void subtrees_merged(void)
{
    Subtree trees[PLAN_SUBTREES];
    int wrong = 0;
    for (int64_t lo = 0; lo <= 100; lo++)
        for (int64_t hi = lo; hi <= 100; hi++) {
            int count = plan_subtrees(lo, hi, trees);
            for (int i = 0; i + 1 < count; i++)
                wrong += are_siblings(trees[i], trees[i + 1]);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    int64_t far = (int64_t)1 << 40;
    CU_ASSERT_EQUAL(plan_subtrees(far - 1, far + 2, trees), 2);
    CU_ASSERT(trees[1].first == far && trees[1].leaves == 2);
}

/* Takes the leaves of [lo, hi) one by one, as a rank does; the most vectors held at a time. */
static int most_held(int64_t lo, int64_t hi)
{
    Subtree held[MOST + 1];
    int count = 0, most = 0;
    for (int64_t m = lo; m < hi; m++) {
        held[count++] = (Subtree){m, 1};
        most = count > most ? count : most;
        for (; count > 1 && are_siblings(held[count - 2], held[count - 1]); count--)
            held[count - 2].leaves *= 2;
    }
    return most;
}

static void vectors_suffice(void)
{
    int wrong = 0;
    for (int64_t lo = 0; lo <= MOST; lo++)
        for (int64_t hi = lo; hi <= MOST; hi++)
            wrong += plan_vectors(lo, hi) != most_held(lo, hi);
    CU_ASSERT_EQUAL(wrong, 0);
    for (int64_t leaves = 1; leaves <= MOST; leaves++)
        for (int64_t ranks = 1; ranks <= MOST; ranks++) {
            int most = 0;
            for (int64_t r = 0; r < ranks; r++) {
                int held = most_held(cut(leaves, r, ranks), cut(leaves, r + 1, ranks));
                most = held > most ? held : most;
            }
            wrong += plan_most_vectors(leaves, ranks) != most;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* A Comm of `groups` groups with so many members in turn: 3, 1, 3, 1 and so on. */
static Comm make_comm(int groups, int even, int odd)
{
    Comm comm = {.groups = groups, .group_first = mem_alloc(groups + 1, sizeof(int))};
    for (int g = 0; g < groups; g++) {
        comm.group_first[g] = comm.size;
        comm.size += g % 2 ? odd : even;
    }
    comm.group_first[groups] = comm.size;
    return comm;
}

/* By the words of the header, group by group. */
static bool is_aligned(const Comm *comm, int64_t leaves)
{
    int64_t first_size = 0;
    for (int g = 0; g < comm->groups; g++) {
        Subtree trees[PLAN_SUBTREES];
        int64_t lo, hi;
        plan_group(comm, g, leaves, &lo, &hi);
        if (plan_subtrees(lo, hi, trees) != 1)
            return false;
        first_size = g == 0 ? trees[0].leaves : first_size;
        if (trees[0].leaves != first_size)
            return false;
    }
    return power_of_two(comm->groups);
}

static void aligned(void)
{
    int wrong = 0, found = 0;
    for (int groups = 1; groups <= 9; groups++)
        for (int even = 1; even <= 4; even++)
            for (int odd = 1; odd <= 4; odd++) {
                Comm comm = make_comm(groups, even, odd);
                for (int64_t leaves = 1; leaves <= MOST; leaves++) {
                    bool is = plan_aligned(&comm, leaves);
                    wrong += is != is_aligned(&comm, leaves);
                    found += is;
                }
                mem_free(comm.group_first);
            }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(found > 100);
}

static void groups_own_their_ranks(void)
{
    Comm comm = make_comm(4, 3, 2);
    int wrong = 0;
    for (int64_t leaves = 0; leaves <= MOST; leaves++)
        for (int g = 0; g < comm.groups; g++) {
            int64_t lo, hi, first = comm.group_first[g], next = comm.group_first[g + 1];
            plan_group(&comm, g, leaves, &lo, &hi);
            wrong += lo != cut(leaves, first, comm.size) || hi != cut(leaves, next, comm.size);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    mem_free(comm.group_first);
}

static void blocks_restart(void)
{
    enum { PARTS = 6 };
    static const int64_t sizes[PARTS] = {3000, 1, 1024, 17, 1025, 2048};
    Extent extents[PARTS];
    int64_t at = 0, expected[] = {0, 1024, 2048, -1, -1, -1, -1, 1024, -1, 1024}, wrong = 0;
    static const int part[] = {0, 0, 0, 1, 2, 3, 4, 4, 5, 5};
    for (int i = 0; i < PARTS; i++) {
        extents[i] = (Extent){at, sizes[i]};
        at += round_up(sizes[i], LINE_REALS);
    }
    Blocks blocks;
    blocks_build(&blocks, extents, PARTS, at);
    CU_ASSERT_EQUAL_FATAL(blocks.count, 10);
    for (int b = 0; b < 10; b++) {
        int64_t inside = expected[b] < 0 ? 0 : expected[b];
        wrong += blocks.part[b] != part[b];
        wrong += blocks.start[b] != extents[part[b]].offset + inside;
        wrong += blocks.start[b] % LINE_REALS != 0;
        wrong += blocks.start[b + 1] <= blocks.start[b];
        wrong += blocks.start[b + 1] - blocks.start[b] > BLOCK_REALS;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(blocks.start[10], at);
    blocks_free(&blocks);
    CU_ASSERT_PTR_NULL(blocks.start);
}

static const Promise promises[] = {
    {"cut gives contiguous parts whose sizes differ by at most one, in 64 bits", cut_is_fair},
    {"a share is complete subtrees, in order, without gaps, at most 2 log2(n + 1)", subtrees_cover},
    {"no two subtrees that are left are siblings, however far out they lie", subtrees_merged},
    {"a rank has exactly the vectors that its leaves need at the worst moment", vectors_suffice},
    {"a group's leaves are those of its ranks, from the first to the last", groups_own_their_ranks},
    {"aligned means: a power of two of groups, each with one whole subtree, all equal", aligned},
    {"blocks of 1024 are counted from the start of each tensor", blocks_restart},
    {0}};

int main(void)
{
    return unit_run("plan", promises);
}
