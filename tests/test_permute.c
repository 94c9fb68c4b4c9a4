/* The keyed bijection: it is one, of any n, and it mixes. */
#include "data/permute.h"

#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <stdbool.h>

static bool is_bijection(const Permute *p)
{
    uint8_t *seen = mem_alloc(p->n, 1);
    bool is_one = true;
    for (int64_t i = 0; i < p->n && is_one; i++) {
        int64_t to = permute(p, i);
        is_one = to >= 0 && to < p->n && !seen[to];
        if (is_one)
            seen[to] = 1;
    }
    mem_free(seen);
    return is_one;
}

static void small_ones(void)
{
    int64_t wrong = 0;
    for (int64_t n = 1; n <= 300; n++)
        for (uint64_t epoch = 0; epoch < 5; epoch++) {
            Permute p = permute_build(n, 1, RNG_ORDER, epoch);
            wrong += !is_bijection(&p);
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void large_ones(void)
{
    static const int64_t sizes[] = {60000, 65535, 65536, 65537, 1000003, 1 << 20, (1 << 20) + 1};
    for (int i = 0; i < 7; i++) {
        Permute p = permute_build(sizes[i], 7, RNG_SPLIT, 0);
        CU_ASSERT(is_bijection(&p));
    }
}

static void huge_range(void)
{
    Permute p = permute_build((int64_t)1 << 40, 7, RNG_ORDER, 3);
    for (int64_t i = 0; i < 1000; i++) {
        int64_t to = permute(&p, i << 30);
        CU_ASSERT(to >= 0 && to < p.n);
    }
}

/* How many of n indices the two orders send to the same place. */
static int64_t agreements(const Permute *a, const Permute *b)
{
    int64_t same = 0;
    for (int64_t i = 0; i < a->n; i++)
        same += permute(a, i) == permute(b, i);
    return same;
}

static void keys_differ(void)
{
    int64_t n = 10000;
    Permute p = permute_build(n, 1, RNG_ORDER, 0), again = permute_build(n, 1, RNG_ORDER, 0);
    Permute others[] = {permute_build(n, 2, RNG_ORDER, 0), permute_build(n, 1, RNG_SPLIT, 0),
                        permute_build(n, 1, RNG_ORDER, 1)};
    CU_ASSERT_EQUAL(agreements(&p, &again), n);
    for (int i = 0; i < 3; i++) /* 1 is expected of unrelated orders; 10 or more: once in 10^7 */
        CU_ASSERT(agreements(&p, &others[i]) < 10);
}

/* Each index should come first, second, ... equally often over the keys: chi-square over all
 * (index, place) pairs of a small range. */
static void places_are_even(void)
{
    enum { N = 13, KEYS = 26000 };
    int count[N][N] = {{0}};
    for (uint64_t key = 0; key < KEYS; key++) {
        Permute p = permute_build(N, 5, RNG_ORDER, key);
        for (int i = 0; i < N; i++)
            count[i][permute(&p, i)]++;
    }
    double expected = (double)KEYS / N, chi = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            chi += (count[i][j] - expected) * (count[i][j] - expected) / expected;
    double freedom = (N - 1) * (N - 1);
    CU_ASSERT(fabs(chi - freedom) < 5 * sqrt(2 * freedom)); /* five standard deviations */
}

/* Neighbours should not stay neighbours, nor one batch come from one part of the file. */
static void neighbours_part(void)
{
    int64_t n = 60000, near = 0;
    Permute p = permute_build(n, 1, RNG_ORDER, 0);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t step = permute(&p, i) - permute(&p, (i + 1) % n);
        near += step >= -10 && step <= 10;
        sum += (double)(i - n / 2) * (double)(permute(&p, i) - n / 2);
    }
    CU_ASSERT(near < 20 + 60); /* 20 expected */
    double correlation = sum / ((double)n * (double)n * (double)n / 12);
    CU_ASSERT(fabs(correlation) < 5 / sqrt((double)n));
}

/* An order that changes makes every recorded run another one. */
static void recorded(void)
{
    static const int64_t expected[] = {19196, 40117, 1724, 19417};
    Permute p = permute_build(60000, 1, RNG_ORDER, 0);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(permute(&p, i), expected[i]);
}

static const Promise promises[] = {
    {"every n up to 300 is permuted one to one", small_ones},
    {"so are n next to powers of two, and large ones", large_ones},
    {"the range may be larger than 32 bits", huge_range},
    {"seed, purpose and number each make another order, and only they do", keys_differ},
    {"over the keys, each index takes each place equally often", places_are_even},
    {"neighbours do not stay together", neighbours_part},
    {"the order of seed 1, epoch 0 is the recorded one", recorded},
    {0},
};

int main(void)
{
    return unit_run("permute", promises);
}
