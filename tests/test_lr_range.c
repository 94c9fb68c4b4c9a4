/* The range test's reading of a curve that is known. */
#include "lab/lr_range.h"

#include "unit.h"

#include <math.h>

enum { STEPS = 4000 };
static double rate[STEPS], loss[STEPS], smooth[STEPS], slope[STEPS];
static const LrRange range = {1e-5, 10, STEPS};

/* Falls from 2.3 to 0.3, most steeply at rate 1e-3, and explodes at about 1. */
static double loss_at(double r)
{
    return 2.3 - 2 / (1 + exp(-2 * (log(r) - log(1e-3)))) + pow(r, 4);
}

static LrCurve make(double (*at)(double r))
{
    LrCurve curve = {.rate = rate, .loss = loss, .smooth = smooth, .slope = slope, .diverged = NAN};
    for (int64_t i = 0; i < STEPS; i++)
        if (!lr_curve_add(&curve, lr_range_rate(&range, i), at(lr_range_rate(&range, i))))
            break;
    lr_curve_conclude(&curve);
    return curve;
}

/* The average runs 50 steps of 4000 behind: 17 % of a rate. */
static bool near(double value, double truth)
{
    return value > truth / 1.05 && value < truth * 1.3;
}

static void grid(void)
{
    CU_ASSERT_DOUBLE_EQUAL(lr_range_rate(&range, 0), 1e-5, 1e-18);
    CU_ASSERT_DOUBLE_EQUAL(lr_range_rate(&range, STEPS - 1), 10, 1e-9);
    double a = lr_range_rate(&range, 7) / lr_range_rate(&range, 6);
    CU_ASSERT_DOUBLE_EQUAL(a, lr_range_rate(&range, 3001) / lr_range_rate(&range, 3000), 1e-12);
}

static void suggestions(void)
{
    LrCurve curve = make(loss_at);
    CU_ASSERT(near(curve.steepest, 1e-3));
    /* The least loss: where 4 r^4 meets the slope of the logistic, 4e-6 / r^2. */
    CU_ASSERT(near(curve.tenth, 0.01));
    /* Four times 0.3: r^4 = 0.9. */
    CU_ASSERT(curve.diverged > 0.9 && curve.diverged < 1.3);
    CU_ASSERT(curve.count < STEPS);
}

static void average(void)
{
    LrCurve curve = {.rate = rate, .loss = loss, .smooth = smooth, .slope = slope};
    lr_curve_add(&curve, 1, 2);
    lr_curve_add(&curve, 2, 4);
    CU_ASSERT_DOUBLE_EQUAL(smooth[0], 2, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(smooth[1], (0.98 * 0.02 * 2 + 0.02 * 4) / (1 - 0.98 * 0.98), 1e-12);
}

static double rising(double r)
{
    return 1 + r;
}

static double exploding(double r)
{
    return r < 1e-2 ? 2 - 100 * r : INFINITY;
}

static void never_falls(void)
{
    LrCurve curve = make(rising);
    CU_ASSERT(isnan(curve.steepest) && isnan(curve.tenth));
    CU_ASSERT(curve.diverged > 3);
}

static void infinite(void)
{
    LrCurve curve = make(exploding);
    CU_ASSERT(near(curve.diverged, 1e-2));
    CU_ASSERT(curve.tenth < 1e-3 && curve.steepest <= 1e-2);
    CU_ASSERT(isfinite(curve.slope[curve.count - 1]));
}

static const Promise promises[] = {
    {"rates lie evenly in the logarithm, ends included", grid},
    {"the three suggestions of a known curve are found", suggestions},
    {"the moving average is corrected for its beginning", average},
    {"a loss that never falls suggests nothing", never_falls},
    {"a loss that becomes infinite ends the test there", infinite},
    {0}};

int main(void)
{
    return unit_run("lr_range", promises);
}
