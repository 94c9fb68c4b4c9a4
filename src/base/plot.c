/* Drawing a curve into a small canvas of characters. */
#include "base/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 60, ROWS = 10, LABEL = 9 };

/* Row 0 is the bottom one, where y is 0. */
typedef struct Canvas {
    char cell[ROWS][COLUMNS + 1];
} Canvas;

static double highest(const Plot *plot)
{
    double top = 0;
    for (int64_t i = 0; i < plot->count; i++)
        top = fmax(top, plot->y[i]);
    return top > 0 ? top : 1;
}

static void draw_column(Canvas *canvas, const Plot *plot, int column, double top)
{
    int64_t lo = plot->count * column / COLUMNS, hi = plot->count * (column + 1) / COLUMNS;
    double least = plot->y[lo], most = plot->y[lo];
    for (int64_t i = lo; i < hi; i++) {
        least = fmin(least, plot->y[i]);
        most = fmax(most, plot->y[i]);
    }
    int bottom = (int)floor(least / top * (ROWS - 1) + 0.5);
    int upper = (int)floor(most / top * (ROWS - 1) + 0.5);
    for (int row = bottom; row <= upper; row++)
        canvas->cell[row][column] = '*';
}

static int trimmed(const char *text)
{
    int length = (int)strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* A label that is centred on `at`, as far as the line goes. */
static void put(char *line, int at, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4g", value);
    int length = (int)strlen(text), start = at - length / 2;
    start = start < 0 ? 0 : start + length > COLUMNS ? COLUMNS - length : start;
    memcpy(line + start, text, (size_t)length);
}

/* "0                 15                  30", and the name of the axis under it. */
static const char *x_axis(const Plot *plot, Arena *arena)
{
    char line[COLUMNS + 1] = "", rule[COLUMNS + 1] = "";
    memset(rule, '-', COLUMNS);
    memset(line, ' ', COLUMNS);
    put(line, 0, plot->from);
    put(line, COLUMNS / 2, (plot->from + plot->to) / 2);
    put(line, COLUMNS, plot->to);
    int middle = COLUMNS / 2 + (int)strlen(plot->x_name) / 2;
    return arena_text(arena, "%*s +%s\n%*s  %s\n%*s  %*s", LABEL, "", rule, LABEL, "", line, LABEL,
                      "", middle, plot->x_name);
}

const char *plot_text(const Plot *plot, Arena *arena)
{
    Canvas canvas;
    double top = highest(plot);
    memset(&canvas, ' ', sizeof canvas);
    for (int row = 0; row < ROWS; row++)
        canvas.cell[row][COLUMNS] = '\0';
    for (int column = 0; plot->count > 0 && column < COLUMNS; column++)
        draw_column(&canvas, plot, column, top);
    const char *text = arena_text(arena, "%*s\n", LABEL, plot->y_name);
    for (int row = ROWS - 1; row >= 0; row--) {
        char label[32] = "";
        if (row % 3 == 0)
            snprintf(label, sizeof label, "%.3g", top * row / (ROWS - 1));
        text = arena_text(arena, "%s%*s |%.*s\n", text, LABEL, label, trimmed(canvas.cell[row]),
                          canvas.cell[row]);
    }
    return arena_text(arena, "%s%s", text, x_axis(plot, arena));
}
