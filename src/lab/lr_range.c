/* The curve of losses over rates, and what it suggests. */
#include "lab/lr_range.h"

#include <math.h>

static const double kept = 0.98, too_high = 4;
enum { SKIPPED = 10, SIDES = 40 }; /* a tenth of the steps; windows of a slope on either side */

double lr_range_rate(const LrRange *range, int64_t i)
{
    return range->from * pow(range->to / range->from, (double)i / (double)(range->steps - 1));
}

/* The least smoothed loss so far, the curve's beginning left out: there the average is of few. */
static int64_t least(const LrCurve *curve)
{
    int64_t best = 0;
    for (int64_t i = 1; i < curve->count; i++)
        if (curve->smooth[i] < curve->smooth[best])
            best = i;
    return best;
}

bool lr_curve_add(LrCurve *curve, double rate, double loss)
{
    int64_t i = curve->count++;
    curve->rate[i] = rate;
    curve->loss[i] = loss;
    /* smooth[i] x (1 - kept^(i + 1)) is the plain average that starts from 0. */
    double before = i ? curve->smooth[i - 1] * (1 - pow(kept, (double)i)) : 0;
    curve->smooth[i] = (kept * before + (1 - kept) * loss) / (1 - pow(kept, (double)(i + 1)));
    if (isfinite(loss) && curve->smooth[i] <= too_high * curve->smooth[least(curve)])
        return true;
    curve->diverged = rate;
    return false;
}

/* Over ln rate, between neighbours far enough apart that noise does not decide. */
static double slope_at(const LrCurve *curve, int64_t i)
{
    int64_t side = curve->count / SIDES + 1;
    int64_t lo = i > side ? i - side : 0;
    int64_t hi = i + side < curve->count ? i + side : curve->count - 1;
    return (curve->smooth[hi] - curve->smooth[lo]) / log(curve->rate[hi] / curve->rate[lo]);
}

void lr_curve_conclude(LrCurve *curve)
{
    int64_t first = curve->count / SKIPPED;
    curve->steepest = curve->tenth = NAN;
    if (!isfinite(curve->smooth[curve->count - 1]))
        curve->count--; /* its rate is `diverged` */
    if (curve->count < 3)
        return;
    int64_t bottom = least(curve), steepest = -1;
    for (int64_t i = 0; i < curve->count; i++) {
        curve->slope[i] = slope_at(curve, i);
        if (i >= first && i <= bottom && curve->slope[i] < 0 &&
            (steepest < 0 || curve->slope[i] < curve->slope[steepest]))
            steepest = i;
    }
    if (steepest < 0)
        return; /* it never fell */
    curve->steepest = curve->rate[steepest];
    curve->tenth = curve->rate[bottom] / 10;
}

static Err make_steps(Engine *e, const LrRange *range, LrCurve *curve)
{
    bool more = true;
    for (int64_t i = 0; i < range->steps && more; i++) {
        Word all;
        Result result;
        Word mine = {0, INT32_MAX};
        double rate = lr_range_rate(range, i);
        Err err = step_run(e, rate, false, mine, &all, &result);
        if (err && err_status(err) != STATUS_DIVERGED)
            return err;
        more = lr_curve_add(curve, rate, err ? INFINITY : result.loss);
        err_free(err);
    }
    return NULL;
}

Err lr_range_sweep(Engine *engine, const LrRange *range, Arena *arena, LrCurve *curve)
{
    *curve = (LrCurve){.diverged = NAN, .batch = engine->global, .factor = engine->schedule.factor};
    curve->rate = arena_take(arena, range->steps, sizeof(double));
    curve->loss = arena_take(arena, range->steps, sizeof(double));
    curve->smooth = arena_take(arena, range->steps, sizeof(double));
    curve->slope = arena_take(arena, range->steps, sizeof(double));
    TRY(make_steps(engine, range, curve));
    lr_curve_conclude(curve);
    return NULL;
}

Err lr_range_run(const Comm *comm, const Config *config, const LrRange *range, Arena *arena,
                 LrCurve *curve)
{
    Engine engine;
    Err err = engine_open(&engine, comm, config, NULL);
    if (!err)
        err = lr_range_sweep(&engine, range, arena, curve);
    engine_close(&engine);
    return err;
}
