/* When saves are due by the clock. The clock is the test's. */
#include "train/interval.h"

#include "unit.h"

#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

/* 2 minutes a save, a failure every 20 hours: every 69.28 minutes. */
static void formula(void)
{
    CU_ASSERT(near(interval_young(2, 100), 20));
    CU_ASSERT(near(interval_young(120, 72000) / 60, 69.28203230275509));
    CU_ASSERT_EQUAL(interval_young(0, 86400), 0);
    CU_ASSERT(near(interval_young(4, 86400), 2 * interval_young(1, 86400)));
}

/* No other interval costs less, by the sum that the formula makes least: saving, and half an
 * interval's work for each failure. */
static void optimum(void)
{
    const double cost = 3, mtbf = 5000, best = interval_young(cost, mtbf);
    for (double t = best / 8; t <= 8 * best; t *= 1.1)
        CU_ASSERT(cost / best + best / 2 / mtbf <= cost / t + t / 2 / mtbf + 1e-12);
}

static void first(void)
{
    Interval interval = {.mtbf = 1000};
    for (int step = 1; step < 10; step++)
        CU_ASSERT(!interval_due(&interval, step, false));
    CU_ASSERT(interval_due(&interval, 10, false));
}

static void then_by_clock(void)
{
    Interval interval = {.mtbf = 1000};
    interval_note(&interval, 100, 100.2); /* every 20 s */
    CU_ASSERT(near(interval.told, 20));
    CU_ASSERT(!interval_due(&interval, 120.1, false));
    CU_ASSERT(interval_due(&interval, 120.21, false));
    CU_ASSERT(!interval_due(&interval, 130, true)); /* not while the writer is at it */
    CU_ASSERT(interval_due(&interval, 140, false));
}

static void told_again(void)
{
    Interval interval = {.mtbf = 1000};
    CU_ASSERT(interval_note(&interval, 0, 1));
    CU_ASSERT(!interval_note(&interval, 50, 51));
    CU_ASSERT(!interval_note(&interval, 100, 100.2)); /* a mean of 0.6 s */
    CU_ASSERT(near(interval.cost, 0.6));
    CU_ASSERT(interval_note(&interval, 200, 210));
    CU_ASSERT(near(interval.told, interval_young(5.3, 1000)));
}

static void not_asked_for(void)
{
    Interval interval = {0};
    for (int step = 1; step < 100; step++)
        CU_ASSERT(!interval_due(&interval, 1e6 * step, false));
    CU_ASSERT(!interval_note(&interval, 0, 1));
}

static const Promise promises[] = {
    {"the interval is Young's square root of twice the cost times the time between failures",
     formula},
    {"it is the one that costs least", optimum},
    {"the first save, to be measured, is due after ten steps", first},
    {"the next one an interval later, and never while the writer is busy", then_by_clock},
    {"the interval is told at first, and again when it has doubled or halved", told_again},
    {"without `auto` nothing is due by the clock", not_asked_for},
    {0}};

int main(void)
{
    return unit_run("interval", promises);
}
