/* Leaves that are hard to sum, and their sum by the book. Elements differ from leaf to leaf by up
 * to six orders of magnitude and in sign, so that any other order of additions shows.
 *
 * leaves_sum is the tree once more, from its definition and not by a binary counter: n leaves are
 * cut at the largest power of two below n. */
#ifndef TESTS_LEAVES_H
#define TESTS_LEAVES_H

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"

#include <math.h>

/* Element i of leaf m: its sign and its size are drawn. A third fills the last bit of a double too.
 */
static inline double leaf_value(int64_t m, int64_t i)
{
    Draw draw = rng_draw(11, 99, (uint64_t)m, (uint64_t)i);
    double orders = 6 * log2(10) * rng_unit(draw.word[1]);
    return ldexp(2 * rng_unit(draw.word[0]) - 1, (int)orders) / 3;
}

/* `leaves` vectors of n elements, one after the other. */
static inline Real *leaves_make(int64_t leaves, int64_t n)
{
    Real *all = mem_alloc(leaves * n, sizeof *all);
    for (int64_t m = 0; m < leaves; m++)
        for (int64_t i = 0; i < n; i++)
            all[m * n + i] = (Real)leaf_value(m, i);
    return all;
}

static inline int64_t leaves_left(int64_t count)
{
    int64_t left = 1;
    while (2 * left < count)
        left *= 2;
    return left;
}

/* The tree's sum of element i of the leaves [first, first + count). */
static inline Real leaves_sum(const Real *leaves, int64_t n, int64_t i, int64_t first,
                              int64_t count)
{
    if (count == 1)
        return leaves[first * n + i];
    int64_t left = leaves_left(count);
    Real a = leaves_sum(leaves, n, i, first, left);
    Real b = leaves_sum(leaves, n, i, first + left, count - left);
    return a + b;
}

/* The same of doubles. */
static inline double leaves_sum_double(const double *leaves, int64_t n, int64_t i, int64_t first,
                                       int64_t count)
{
    if (count == 1)
        return leaves[first * n + i];
    int64_t left = leaves_left(count);
    double a = leaves_sum_double(leaves, n, i, first, left);
    double b = leaves_sum_double(leaves, n, i, first + left, count - left);
    return a + b;
}

#endif
