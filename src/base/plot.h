/* A curve as text, for a terminal: plain ASCII, 60 x 10 characters and labelled axes, no wider than
 * 80 columns. */
#ifndef BASE_PLOT_H
#define BASE_PLOT_H

#include "base/mem.h"

typedef struct Plot {
    const double *y; /* [count] finite, at equal distances; none below 0 */
    int64_t count;
    double from, to;    /* of the x axis */
    const char *x_name; /* "epochs" */
    const char *y_name; /* "rate" */
} Plot;

/* A column shows all values that fall into it, from the lowest to the highest. In the arena, lines
 * without trailing blanks, the last one without its end. */
const char *plot_text(const Plot *plot, Arena *arena);

#endif
