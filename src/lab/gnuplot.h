/* Charts as SVG, drawn by gnuplot, whose only door this is. gnuplot gets numbers and no text of
 * anybody's: names stand in legends, beside the picture. What it draws has its colours from the
 * page, as the properties --s1 to --s8 (series), --grid and --soft (text): so it follows light and
 * dark. */
#ifndef LAB_GNUPLOT_H
#define LAB_GNUPLOT_H

#include "base/err.h"
#include "lab/chart.h"

/* The marks that charts refer to, once in a page. */
extern const char gnuplot_marks[];

/* Whether gnuplot can be started. */
bool gnuplot_there(void);
/* The chart as an <svg> element in its arena; "" where it has no points. STATUS_FAILED with what
 * gnuplot says. */
Err gnuplot_draw(const Chart *chart, const char **svg);

#endif
