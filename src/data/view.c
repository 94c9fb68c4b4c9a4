/* One channel of a picture, as a View shows it. Few pictures stay where they are in training, so
 * this has to be cheap beside the gather: a whole plane is copied at once, its rows slid along one
 * line, and what has slid over into the neighbouring rows is cleared afterwards.
 *
 *     dx = 1    a b c       b c d    the plane as one line,       b c 0    the last column
 *               d e f  ->   e f g    one pixel to the left   ->   e f 0    is cleared
 *               g h i       h i .                                 h i 0
 *
 * A mirrored plane is copied row by row, and so is one whose border reflects it. Flips and shifts
 * that follow one another are one move where that is the same. */
#include "data/view.h"

#include "base/err.h"
#include "math/elementary.h"

#include <stddef.h>
#include <string.h>

/* Values that are turned round at once: a fixed number, for which compilers have a shuffle. */
enum { TURN = 16 };

/* `size` is a constant wherever this is expanded: of bytes, or of Reals. */
static inline void turn_round(const char *restrict from, char *restrict to, size_t size)
{
    for (int i = 0; i < TURN; i++)
        memcpy(to + (size_t)i * size, from + (size_t)(TURN - 1 - i) * size, size);
}

/* A row back to front. The last pieces overlap: the same values once more. */
static inline void mirror_row(const char *restrict from, char *restrict to, int width, size_t size)
{
    if (width < TURN) {
        for (int x = 0; x < width; x++)
            memcpy(to + (size_t)x * size, from + (size_t)(width - 1 - x) * size, size);
        return;
    }
    for (int x = 0; x < width; x += TURN) {
        int first = x + TURN <= width ? x : width - TURN;
        turn_round(from + (size_t)(width - TURN - first) * size, to + (size_t)first * size, size);
    }
}

static inline int larger(int a, int b)
{
    return a > b ? a : b;
}

static inline void slide(const Move *move, int height, int width, const char *restrict from,
                         char *restrict to, size_t size)
{
    size_t row = (size_t)width * size;
    int lo = larger(0, -move->dy), rows = height - larger(move->dy, -move->dy);
    int right = move->mirrored ? move->dx : -move->dx; /* how far columns go that way */
    const char *source = from + (size_t)(lo + move->dy) * row;
    char *target = to + (size_t)lo * row + (ptrdiff_t)right * (ptrdiff_t)size;
    if (!move->mirrored)
        memcpy(target, source, (size_t)rows * row);
    else
        for (int y = 0; y < rows; y++)
            mirror_row(source + (size_t)y * row, target + (size_t)y * row, width, size);
    memset(to, 0, (size_t)lo * row);
    memset(to + (size_t)(lo + rows) * row, 0, (size_t)(height - lo - rows) * row);
    int begin = right > 0 ? 0 : width + right, end = right > 0 ? right : width;
    for (int x = begin; x < end; x++)
        for (int y = lo; y < lo + rows; y++)
            memset(to + (size_t)y * row + (size_t)x * size, 0, size);
}

/* The place in [0, size) that is seen at `at`, up to size - 1 outside: 2 1 [0 1 2 3] 2 1 */
static inline int reflected(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

static inline void reflect(const Move *move, int height, int width, const char *restrict from,
                           char *restrict to, size_t size)
{
    int lo = larger(0, -move->dx), hi = width - larger(0, move->dx);
    for (int y = 0; y < height; y++, to += (size_t)width * size) {
        const char *row = from + (size_t)reflected(y + move->dy, height) * (size_t)width * size;
        memcpy(to + (size_t)lo * size, row + (size_t)(lo + move->dx) * size,
               (size_t)(hi - lo) * size);
        for (int x = 0; x < lo; x++)
            memcpy(to + (size_t)x * size, row + (size_t)reflected(x + move->dx, width) * size,
                   size);
        for (int x = hi; x < width; x++)
            memcpy(to + (size_t)x * size, row + (size_t)reflected(x + move->dx, width) * size,
                   size);
    }
}

/* A place between four pixels, and how much each of them counts there. */
typedef struct Between {
    int y, x;    /* the upper left one */
    double b, r; /* the share of the lower two, and of the right two */
} Between;

static inline Between look_up(const Move *move, int height, int width, int y, int x)
{
    double cy = (height - 1) / 2.0, cx = (width - 1) / 2.0, v = y - cy, u = x - cx;
    double at_y = move->sine * u + move->cosine * v + cy;
    double at_x = move->cosine * u - move->sine * v + cx;
    Between at = {(int)at_y - (at_y < 0), (int)at_x - (at_x < 0), 0, 0}; /* rounded down, almost */
    at.b = at_y - at.y;
    at.r = at_x - at.x;
    return at;
}

static inline double corner(const void *from, size_t size, int height, int width, int y, int x)
{
    if (y < 0 || x < 0 || y >= height || x >= width)
        return 0;
    return size == 1 ? ((const uint8_t *)from)[y * width + x]
                     : (double)((const Real *)from)[y * width + x];
}

static inline void turn(const Move *move, int height, int width, const void *from, void *to,
                        size_t size)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            Between at = look_up(move, height, width, y, x);
            double upper = corner(from, size, height, width, at.y, at.x) * (1 - at.r) +
                           corner(from, size, height, width, at.y, at.x + 1) * at.r;
            double lower = corner(from, size, height, width, at.y + 1, at.x) * (1 - at.r) +
                           corner(from, size, height, width, at.y + 1, at.x + 1) * at.r;
            double value = upper * (1 - at.b) + lower * at.b;
            if (size == 1)
                ((uint8_t *)to)[y * width + x] = (uint8_t)(value + 0.5);
            else
                ((Real *)to)[y * width + x] = (Real)value;
        }
}

/* The two places take turns, so that the last move ends in `to`. */
static inline void show(const View *view, int height, int width, const void *from, void *to,
                        void *spare, size_t size)
{
    for (int k = 0; k < view->count; k++) {
        const Move *move = &view->move[k];
        void *next = (view->count - 1 - k) % 2 ? spare : to;
        if (move->turns)
            turn(move, height, width, from, next, size);
        else if (move->border == BORDER_REFLECT)
            reflect(move, height, width, from, next, size);
        else
            slide(move, height, width, from, next, size);
        from = next;
    }
}

void view_bytes(const View *view, int height, int width, const uint8_t *from, uint8_t *to,
                uint8_t *spare)
{
    show(view, height, width, from, to, spare, sizeof *to);
}

void view_reals(const View *view, int height, int width, const Real *from, Real *to, Real *spare)
{
    show(view, height, width, from, to, spare, sizeof *to);
}

/* ---- adding moves ---- */

static void add(View *view, Move move)
{
    CHECK(view->count < VIEW_MOVES, "a view of more than %d moves", VIEW_MOVES);
    view->move[view->count++] = move;
}

/* The last move, if it is a shift with zeros; a mirrored one comes after its shift. */
static Move *last_slide(View *view)
{
    Move *last = view->count ? &view->move[view->count - 1] : NULL;
    return last && !last->turns && last->border == BORDER_ZERO ? last : NULL;
}

void view_shift(View *view, int dy, int dx, Border border)
{
    Move *last = last_slide(view);
    if (dy == 0 && dx == 0)
        return;
    if (last && last->dy == 0 && last->dx == 0 && border == BORDER_ZERO) {
        last->dy = dy;
        last->dx = last->mirrored ? -dx : dx; /* a shift is made before it is mirrored */
    } else {
        add(view, (Move){.dy = dy, .dx = dx, .border = border});
    }
}

void view_mirror(View *view)
{
    Move *last = last_slide(view);
    if (last)
        last->mirrored ^= true;
    else
        add(view, (Move){.mirrored = true});
}

void view_turn(View *view, double degrees)
{
    static const double radian = 0x1.1df46a2529d39p-6; /* pi / 180 */
    if (degrees != 0)
        add(view, (Move){.turns = true,
                         .cosine = elementary_cos(degrees * radian),
                         .sine = elementary_sin(degrees * radian)});
}
