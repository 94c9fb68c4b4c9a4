/* One channel of a picture, as a View shows it. Few pictures stay where they are in training, so
 * this has to be cheap beside the gather: a whole plane is copied at once, its rows slid along one
 * line, and what has slid over into the neighbouring rows is cleared afterwards.
 *
 *     dx = 1    a b c       b c d    the plane as one line,       b c 0    the last column
 *               d e f  ->   e f g    one pixel to the left   ->   e f 0    is cleared
 *               g h i       h i .                                 h i 0
 *
 * A mirrored plane is copied row by row. */
#include "data/dataset_inside.h"

#include <string.h>

/* Values that are turned round at once: a fixed number, for which compilers have a shuffle. */
enum { TURN = 16 };

/* `size` is a constant wherever this is expanded: of bytes, or of Reals. */
static inline void turn(const char *restrict from, char *restrict to, size_t size)
{
    for (int i = 0; i < TURN; i++)
        memcpy(to + (size_t)i * size, from + (size_t)(TURN - 1 - i) * size, size);
}

/* A row back to front. The last pieces overlap: the same values once more. */
static inline void turn_row(const char *restrict from, char *restrict to, int width, size_t size)
{
    if (width < TURN) {
        for (int x = 0; x < width; x++)
            memcpy(to + (size_t)x * size, from + (size_t)(width - 1 - x) * size, size);
        return;
    }
    for (int x = 0; x < width; x += TURN) {
        int first = x + TURN <= width ? x : width - TURN;
        turn(from + (size_t)(width - TURN - first) * size, to + (size_t)first * size, size);
    }
}

static inline int larger(int a, int b)
{
    return a > b ? a : b;
}

static inline void show(const View *view, int height, int width, const char *restrict from,
                        char *restrict to, size_t size)
{
    size_t row = (size_t)width * size;
    int lo = larger(0, -view->dy), rows = height - larger(view->dy, -view->dy);
    int right = view->mirrored ? view->dx : -view->dx; /* how far columns go that way */
    const char *source = from + (size_t)(lo + view->dy) * row;
    char *target = to + (size_t)lo * row + (ptrdiff_t)right * (ptrdiff_t)size;
    if (!view->mirrored)
        memcpy(target, source, (size_t)rows * row);
    else
        for (int y = 0; y < rows; y++)
            turn_row(source + (size_t)y * row, target + (size_t)y * row, width, size);
    memset(to, 0, (size_t)lo * row);
    memset(to + (size_t)(lo + rows) * row, 0, (size_t)(height - lo - rows) * row);
    int begin = right > 0 ? 0 : width + right, end = right > 0 ? right : width;
    for (int x = begin; x < end; x++)
        for (int y = lo; y < lo + rows; y++)
            memset(to + (size_t)y * row + (size_t)x * size, 0, size);
}

void view_bytes(const View *view, int height, int width, const uint8_t *from, uint8_t *to)
{
    show(view, height, width, (const char *)from, (char *)to, sizeof *to);
}

void view_reals(const View *view, int height, int width, const Real *from, Real *to)
{
    show(view, height, width, (const char *)from, (char *)to, sizeof *to);
}
