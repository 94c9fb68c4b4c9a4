/* A chart: series of points and how they are to be shown. lab/gnuplot.h draws it, lab/report_html.h
 * sets it into a page with its legend. */
#ifndef LAB_CHART_H
#define LAB_CHART_H

#include "base/mem.h"

#include <stdbool.h>

enum { CHART_COLOURS = 8 };

typedef enum Mark {
    MARK_LINE,
    MARK_THIN, /* a thin line */
    MARK_DOTS, /* a line with its points */
    MARK_POINTS,
    MARK_SQUARES, /* points, too */
    MARK_CROSSES
} Mark;

typedef struct Series {
    const char *name;
    int style; /* 0: the ink; from 1: colour and, when all are used, dashes */
    Mark mark;
    bool dashed;
    int64_t count, room;
    double *x, *y;
    double *deviation; /* bars of y - deviation to y + deviation; NULL: none */
} Series;

typedef struct Chart {
    const char *title;   /* for who cannot see it, too */
    const char *x_name;  /* letters, digits, spaces, dots and underscores are shown */
    bool log_x, log_y;   /* values that are not above 0 are left out */
    const double *ticks; /* of x, or NULL */
    int tick_count;
    bool framed; /* what of y is seen is [frame[0], frame[1]], whatever else there is */
    double frame[2];
    Series *series;
    int count, room;
    Arena *arena; /* of all this */
} Chart;

/* A chart with room for so many series. */
Chart chart_begin(const char *title, const char *x_name, int room, Arena *arena);
/* A new series of up to `points` points. */
Series *chart_series(Chart *chart, const char *name, int style, Mark mark, int64_t points);
/* Adds a point; one that is not finite is left out. deviation NAN or 0: without bars. */
void series_add(Series *series, double x, double y, double deviation);
/* The least and the largest value of all series, on x or, with bars, on y, where a frame has the
 * word; false: there is none above `floor`. */
bool chart_range(const Chart *chart, bool of_y, double floor, double *least, double *most);
/* Takes a logarithmic y axis where all values are above 0 and the largest is so many times the
 * least. */
void chart_log_y(Chart *chart, double times);
/* A frame around the values of a linear y axis that are not far out (Tukey 1977: more than three
 * times the distance of the quartiles beyond them), where some are: runs that have all but diverged
 * would else make one line of all the others. */
void chart_frame_y(Chart *chart);
/* SVG's stroke-dasharray of a series, "none" without dashes; its colour in CSS. */
const char *series_dashes(const Series *series);
const char *series_colour(const Series *series, Arena *arena);

#endif
