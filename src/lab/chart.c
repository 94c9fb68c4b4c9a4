/* Points are kept in arrays of the room that was asked for. */
#include "lab/chart.h"

#include "lab/spread.h"

#include <math.h>
#include <stdlib.h>

enum { DASHES = 5 };

Chart chart_begin(const char *title, const char *x_name, int room, Arena *arena)
{
    return (Chart){.title = title,
                   .x_name = x_name,
                   .series = arena_take(arena, room, sizeof(Series)),
                   .room = room,
                   .arena = arena};
}

Series *chart_series(Chart *chart, const char *name, int style, Mark mark, int64_t points)
{
    Series *s = &chart->series[chart->count++];
    *s = (Series){.name = name,
                  .style = style,
                  .mark = mark,
                  .room = points,
                  .x = arena_take(chart->arena, points, sizeof *s->x),
                  .y = arena_take(chart->arena, points, sizeof *s->y),
                  .deviation = arena_take(chart->arena, points, sizeof *s->deviation)};
    return s;
}

void series_add(Series *series, double x, double y, double deviation)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    series->x[series->count] = x;
    series->y[series->count] = y;
    series->deviation[series->count++] = isfinite(deviation) ? deviation : 0;
}

/* Widens [least, most], which is there if *any, by a value. */
static void widen(double value, double floor, bool *any, double *least, double *most)
{
    if (value <= floor)
        return;
    *least = *any && *least < value ? *least : value;
    *most = *any && *most > value ? *most : value;
    *any = true;
}

bool chart_range(const Chart *chart, bool of_y, double floor, double *least, double *most)
{
    bool any = false;
    if (of_y && chart->framed) {
        *least = chart->frame[0];
        *most = chart->frame[1];
        return true;
    }
    for (int i = 0; i < chart->count; i++) {
        const Series *s = &chart->series[i];
        for (int64_t k = 0; k < s->count; k++) {
            double value = of_y ? s->y[k] : s->x[k], bar = of_y ? s->deviation[k] : 0;
            widen(value - bar, floor, &any, least, most);
            widen(value + bar, floor, &any, least, most);
        }
    }
    return any;
}

void chart_log_y(Chart *chart, double times)
{
    double least, most;
    if (chart_range(chart, true, -INFINITY, &least, &most) && least > 0 && most >= times * least)
        chart->log_y = true;
}

void chart_frame_y(Chart *chart)
{
    enum { LEAST = 8 }; /* of fewer values there are hardly quartiles */
    int64_t n = 0, all = 0;
    for (int i = 0; i < chart->count; i++)
        all += chart->series[i].count;
    if (chart->log_y || all < LEAST)
        return;
    double *y = arena_take(chart->arena, all, sizeof *y), *frame = chart->frame;
    for (int i = 0; i < chart->count; i++)
        for (int64_t k = 0; k < chart->series[i].count; k++)
            y[n++] = chart->series[i].y[k];
    spread_median(y, n); /* which sorts them */
    double low = y[n / 4], high = y[n - 1 - n / 4], reach = 3 * (high - low);
    frame[0] = frame[1] = y[n / 2];
    for (int i = 0; i < chart->count; i++) {
        const Series *s = &chart->series[i];
        for (int64_t k = 0; k < s->count; k++) {
            if (s->y[k] < low - reach || s->y[k] > high + reach) {
                chart->framed = reach > 0;
                continue;
            }
            frame[0] = fmin(frame[0], s->y[k] - s->deviation[k]);
            frame[1] = fmax(frame[1], s->y[k] + s->deviation[k]);
        }
    }
}

/* In the order of --s1, --s2, ...; when all are used, again with dashes. */
const char *series_dashes(const Series *series)
{
    static const char *const dashes[DASHES] = {"none", "6,3", "2,3", "9,3,2,3", "12,4"};
    if (series->dashed)
        return dashes[1];
    return series->style ? dashes[(series->style - 1) / CHART_COLOURS % DASHES] : dashes[0];
}

const char *series_colour(const Series *series, Arena *arena)
{
    if (series->style == 0)
        return "var(--soft)";
    return arena_text(arena, "var(--s%d)", (series->style - 1) % CHART_COLOURS + 1);
}
