/* A curve as text: its size, its axes, and that no value falls out of the picture. */
#include "base/plot.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 60, ROWS = 10, BEFORE = 11 }; /* characters left of the drawing */

/* The lines of a drawing. */
typedef struct Drawn {
    Arena arena;
    char *line[32];
    int count;
} Drawn;

static Drawn draw(const double *y, int64_t count, double to)
{
    Drawn drawn = {0};
    Plot plot = {.y = y, .count = count, .to = to, .x_name = "epochs", .y_name = "rate"};
    char *text = arena_text(&drawn.arena, "%s", plot_text(&plot, &drawn.arena));
    for (char *line = strtok(text, "\n"); line && drawn.count < 32; line = strtok(NULL, "\n"))
        drawn.line[drawn.count++] = line;
    return drawn;
}

/* Whether there is a mark in row 0 (bottom) .. 9 of a column. */
static int marked(const Drawn *drawn, int row, int column)
{
    const char *line = drawn->line[ROWS - row];
    size_t at = (size_t)(BEFORE + column);
    return strlen(line) > at && line[at] == '*';
}

static void fits(void)
{
    double y[500];
    for (int i = 0; i < 500; i++)
        y[i] = 1.2345678e-5 * (1 + cos(i / 40.0));
    Drawn drawn = draw(y, 500, 12345.678);
    CU_ASSERT_EQUAL_FATAL(drawn.count, 1 + ROWS + 3);
    for (int i = 0; i < drawn.count; i++) {
        size_t length = strlen(drawn.line[i]);
        CU_ASSERT(length > 0 && length < 80 && (i == 12 || drawn.line[i][length - 1] != ' '));
        for (const char *c = drawn.line[i]; *c; c++)
            CU_ASSERT(*c >= ' ' && *c <= '~');
    }
    for (int column = 0; column < COLUMNS; column++) {
        int marks = 0;
        for (int row = 0; row < ROWS; row++)
            marks += marked(&drawn, row, column);
        CU_ASSERT(marks > 0);
    }
    arena_free(&drawn.arena);
}

static void axes(void)
{
    static const double y[] = {0, 0.25, 0.5};
    Drawn drawn = draw(y, 3, 90);
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn.line[0], "rate"));
    CU_ASSERT_EQUAL(strncmp(drawn.line[1], "      0.5 |", BEFORE), 0);
    CU_ASSERT_EQUAL(strncmp(drawn.line[ROWS], "        0 |", BEFORE), 0);
    CU_ASSERT_EQUAL(strtol(drawn.line[12], NULL, 10), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn.line[12], " 45 "));
    CU_ASSERT_STRING_EQUAL(drawn.line[12] + strlen(drawn.line[12]) - 3, " 90");
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn.line[13], "epochs"));
    arena_free(&drawn.arena);
}

static void shape(void)
{
    double y[600];
    for (int i = 0; i < 600; i++)
        y[i] = i == 305 ? 9 : 3; /* one value of ten in its column */
    Drawn drawn = draw(y, 600, 1);
    for (int column = 0; column < COLUMNS; column++)
        for (int row = 0; row < ROWS; row++)
            CU_ASSERT_EQUAL(marked(&drawn, row, column), row == 3 || (column == 30 && row > 3));
    arena_free(&drawn.arena);
}

static void few_and_flat(void)
{
    static const double two[] = {1, 0.5}, zero[] = {0, 0, 0};
    Drawn drawn = draw(two, 2, 2);
    CU_ASSERT(marked(&drawn, 9, 0) && marked(&drawn, 9, 29) && !marked(&drawn, 9, 30));
    CU_ASSERT(marked(&drawn, 5, 30) && marked(&drawn, 5, 59));
    arena_free(&drawn.arena);
    drawn = draw(zero, 3, 1);
    CU_ASSERT(marked(&drawn, 0, 0) && marked(&drawn, 0, 59));
    arena_free(&drawn.arena);
}

static const Promise promises[] = {
    {"it is 60 by 10 characters of plain ASCII, with axes, within 80 columns", fits},
    {"the axes are labelled with their names and ranges", axes},
    {"a column shows all values from the lowest to the highest", shape},
    {"a few values are stretched, and zeros are a line", few_and_flat},
    {0}};

int main(void)
{
    return unit_run("plot", promises);
}
