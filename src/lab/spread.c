/* Sums of first and second order. */
#include "lab/spread.h"

#include <math.h>
#include <stdlib.h>

void spread_add(Spread *spread, double value)
{
    if (!isfinite(value))
        return;
    if (spread->n++ == 0)
        spread->first = value;
    spread->sum += value - spread->first;
    spread->squares += (value - spread->first) * (value - spread->first);
}

double spread_mean(const Spread *spread)
{
    return spread->n ? spread->first + spread->sum / spread->n : NAN;
}

double spread_deviation(const Spread *spread)
{
    double n = spread->n, about = spread->squares - spread->sum * spread->sum / n;
    return n < 2 ? NAN : sqrt(about > 0 ? about / (n - 1) : 0);
}

const char *spread_figure(double mean, double deviation, Arena *arena)
{
    if (isnan(deviation))
        return isnan(mean) ? "" : arena_text(arena, "%.5g", mean);
    if (deviation == 0 || fabs(mean) >= 1e6 || deviation < 1e-9)
        return arena_text(arena, "%.4g \xC2\xB1 %.2g", mean, deviation);
    int decimals = 1 - (int)floor(log10(deviation));
    decimals = decimals < 0 ? 0 : decimals;
    return arena_text(arena, "%.*f \xC2\xB1 %.*f", decimals, mean, decimals, deviation);
}

const char *spread_text(const Spread *spread, Arena *arena)
{
    return spread_figure(spread_mean(spread), spread_deviation(spread), arena);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double spread_median(double *values, int64_t n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}
