/* Shares and rates. A rank's time is all of the wall's since the run began, so the shares of a row
 * add up to what has passed since the row before. */
#include "train/pace.h"

#include "base/log.h"
#include "math/gemm.h"
#include "math/limit.h"

#include <math.h>
#include <stdio.h>

Pace pace_now(const Comm *comm, Watch *watch, double seconds, double samples)
{
    Pace pace = {.seconds = seconds, .samples = samples};
    watch_shares(watch, pace.share);
    comm_merge(comm, pace.share, SHARE_COUNT);
    for (int share = 0; share < SHARE_COUNT; share++)
        pace.share[share] /= comm->size;
    return pace;
}

Pace pace_since(const Pace *now, const Pace *before)
{
    Pace pace = {.seconds = now->seconds - before->seconds,
                 .samples = now->samples - before->samples};
    for (int share = 0; share < SHARE_COUNT; share++)
        pace.share[share] = now->share[share] - before->share[share];
    return pace;
}

double pace_rate(const Pace *pace)
{
    return pace->seconds > 0 ? pace->samples / pace->seconds : 0;
}

/* Sums are rounded, not shares: so these add up to 100. */
void pace_log(const Pace *pace, double epoch)
{
    char line[128], where[16] = "";
    double all = 0, sum = 0;
    int at = 0;
    for (int share = 0; share < SHARE_COUNT; share++)
        all += pace->share[share];
    for (int share = 0; share < SHARE_COUNT && all > 0; share++) {
        double before = sum;
        sum += 100 * pace->share[share] / all;
        at += snprintf(line + at, sizeof line - (size_t)at, "%s%s %.0f%%", share ? ", " : "",
                       share_names[share], round(sum) - round(before));
    }
    if (!isnan(epoch))
        snprintf(where, sizeof where, "%.2f", epoch);
    if (all > 0)
        log_info("%6s  %-62s%8.0f", where, line, pace_rate(pace));
}

Speed speed_measure(const Comm *comm, double flops, double seconds)
{
    static const double least = 1, measured = 0.2; /* seconds */
    comm_broadcast(comm, &seconds, sizeof seconds, 0);
    if (seconds < least)
        return (Speed){NAN, NAN};
    comm_barrier(comm);
    double limit = limit_rate(measured);
    comm_merge(comm, &limit, 1);
    return (Speed){flops / seconds / comm->size / 1e9, limit / comm->size};
}

double speed_share(const Speed *speed)
{
    return speed->gflops / speed->limit;
}

void speed_log(const Speed *speed)
{
    const char *better = gemm_better_kernels();
    if (isnan(speed->gflops))
        return;
    log_wrapped(2, "speed: %.3g GF/s a rank in steps, %.2f of %s's %.3g (OpenBLAS, %s kernels%s%s)",
                speed->gflops, speed_share(speed),
                sizeof(Real) == sizeof(float) ? "sgemm" : "dgemm", speed->limit, gemm_kernels(),
                better ? "; faster with OPENBLAS_CORETYPE=" : "", better ? better : "");
}
