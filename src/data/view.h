/* A View: how a picture is seen, as moves that follow one another, each of what the one before it
 * shows, as torchvision's transforms do. Pixels that come in from outside are zeros of the raw
 * picture, which are then normalised like any other; bytes stay bytes, rounded to the nearest. */
#ifndef DATA_VIEW_H
#define DATA_VIEW_H

#include "base/real.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum Border { BORDER_ZERO, BORDER_REFLECT } Border;

/* Unless it turns, pixel (y, x) is pixel (y + dy, x + dx) of the picture, or (y + dy, width - 1 - x
 * + dx) if mirrored; |dy| <= height, |dx| <= width, of a reflected picture less by one. If it
 * turns, pixel (v, u) from the centre is (sine u + cosine v, cosine u - sine v) from the centre,
 * bilinear: counter-clockwise by the angle. */
typedef struct Move {
    bool turns;
    double cosine, sine;
    int dy, dx;
    Border border;
    bool mirrored;
} Move;

enum { VIEW_MOVES = 4 };

/* Zeroed: as it is. */
typedef struct View {
    int count;
    Move move[VIEW_MOVES];
} View;

/* Each adds a move; none, if it would do nothing. */
void view_shift(View *view, int dy, int dx, Border border);
void view_mirror(View *view);
void view_turn(View *view, double degrees);

/* From one plane [height][width] to another, with `spare` for what lies between two moves. Both
 * have room for `width` values before and behind them: these are overwritten. */
void view_bytes(const View *view, int height, int width, const uint8_t *from, uint8_t *to,
                uint8_t *spare);
void view_reals(const View *view, int height, int width, const Real *from, Real *to, Real *spare);

#endif
