/* Brackets, and who is promoted in them. */
#include "lab/halving.h"

#include "unit.h"

#include <math.h>

/* Table 1 of Li et al. 2018: R = 81, eta = 3. */
static void as_published(void)
{
    static const int64_t size[5] = {81, 34, 15, 8, 5};
    static const int64_t way[4] = {34, 11, 3, 1};
    CU_ASSERT(halving_rungs(81, 3) == 5);
    for (int b = 0; b < 5; b++)
        CU_ASSERT(halving_size(5, 3, b) == size[b]);
    double value[34];
    int64_t order[34], count = 34;
    for (int i = 0; i < 34; i++)
        value[i] = i;
    halving_rank(value, 34, order);
    for (int i = 0; i < 4; i++, count = halving_promoted(value, order, count, 3))
        CU_ASSERT(count == way[i]);
}

static void rungs(void)
{
    CU_ASSERT(halving_rungs(0.5, 3) == 1 && halving_rungs(1, 3) == 1);
    CU_ASSERT(halving_rungs(1.5, 3) == 2 && halving_rungs(3, 3) == 2 && halving_rungs(3.1, 3) == 3);
    CU_ASSERT(halving_rungs(1e300, 100) == HALVING_RUNGS);
}

static void dealt(void)
{
    Bracket b[8];
    CU_ASSERT(halving_deal(3, 2, 3, 10, NULL) == 3);
    CU_ASSERT(halving_deal(3, 2, 3, 12, b) == 4); /* 4, 3, 3, and 2 of 4 */
    CU_ASSERT(b[0].count == 4 && b[1].count == 3 && b[2].count == 3 && b[3].count == 2);
    CU_ASSERT(b[3].first == 10 && b[2].rung == 2 && b[3].rung == 0);
    CU_ASSERT(halving_deal(3, 2, 1, 9, b) == 3);
    CU_ASSERT(b[1].first == 4 && b[1].rung == 0 && b[2].count == 1);
}

static void ranked(void)
{
    const double value[6] = {3, NAN, 1, 3, -2, NAN};
    static const int64_t expected[6] = {4, 2, 0, 3, 1, 5};
    int64_t order[6];
    halving_rank(value, 6, order);
    for (int i = 0; i < 6; i++)
        CU_ASSERT(order[i] == expected[i]);
    CU_ASSERT(halving_promoted(value, order, 6, 3) == 2);
    CU_ASSERT(halving_promoted(value, order, 6, 100) == 1);
}

static void none(void)
{
    const double value[3] = {NAN, NAN, NAN}, one[3] = {NAN, 5, NAN};
    int64_t order[3];
    halving_rank(value, 3, order);
    CU_ASSERT(halving_promoted(value, order, 3, 2) == 0);
    halving_rank(one, 3, order);
    CU_ASSERT(order[0] == 1 && halving_promoted(one, order, 3, 1) == 1);
}

static const Promise promises[] = {
    {"brackets are those of the paper", as_published},
    {"rungs are the least times powers of eta below the length, and the length", rungs},
    {"trials are dealt to brackets in turns, the last may be smaller", dealt},
    {"the best go first, equals in order, what diverged last", ranked},
    {"what diverged is never promoted", none},
    {0}};

int main(void)
{
    return unit_run("halving", promises);
}
