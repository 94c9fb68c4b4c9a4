/* The mean of the cost is a moving one: the first save touches memory for the first time, and what
 * a save costs may change with what else the machine does. */
#include "train/interval.h"

#include "base/log.h"

#include <math.h>
#include <stdio.h>

enum { FIRST = 10 }; /* steps before the first save */

double interval_young(double cost, double mtbf)
{
    return sqrt(2 * cost * mtbf);
}

bool interval_due(Interval *interval, double now, bool busy)
{
    if (interval->mtbf <= 0)
        return false;
    interval->steps++;
    if (busy)
        return false;
    if (interval->saves == 0)
        return interval->steps >= FIRST;
    return now - interval->since >= interval_young(interval->cost, interval->mtbf);
}

bool interval_note(Interval *interval, double began, double ended)
{
    double cost = ended - began;
    interval->since = ended;
    interval->cost = interval->saves ? (interval->cost + cost) / 2 : cost;
    interval->saves++;
    double now = interval_young(interval->cost, interval->mtbf);
    if (interval->mtbf <= 0 || (now < 2 * interval->told && now > interval->told / 2))
        return false;
    interval->told = now;
    return true;
}

/* "13 s", "4.5 min", "24 h" */
static const char *duration(char *text, size_t size, double seconds)
{
    static const struct {
        double least, seconds;
        const char *name;
    } units[] = {
        {172800, 86400, "days"}, {7200, 3600, "h"}, {120, 60, "min"}, {1, 1, "s"}, {0, 1e-3, "ms"}};
    size_t at = 0;
    while (seconds < units[at].least)
        at++;
    snprintf(text, size, "%.3g %s", seconds / units[at].seconds, units[at].name);
    return text;
}

void interval_announce(const Interval *interval)
{
    char every[32], cost[32], mtbf[32];
    log_wrapped(2,
                "a checkpoint every %s: saving holds the ranks up for %s, and a failure is "
                "expected every %s (checkpoint.mtbf)",
                duration(every, sizeof every, interval->told),
                duration(cost, sizeof cost, interval->cost),
                duration(mtbf, sizeof mtbf, interval->mtbf));
}
