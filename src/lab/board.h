/* Board: what all trials are doing, on one screen. A trial that is over has a line that stays; the
 * trials under way stand below, redrawn in place. Elsewhere than on a terminal only the lines that
 * stay are written. Rank 0 of all draws; figures come from the desk. */
#ifndef LAB_BOARD_H
#define LAB_BOARD_H

#include "dist/comm_desk.h"
#include "lab/grid.h"

/* A trial's figures on the desk. */
enum { BOARD_STATE, BOARD_STEP, BOARD_LENGTH, BOARD_VALUE };
_Static_assert(BOARD_VALUE + 1 == DESK_FIGURES, "an entry of the desk");

typedef enum TrialState {
    TRIAL_WAITS,
    TRIAL_RUNS,     /* value: the loss */
    TRIAL_DONE,     /* value: accuracy, or loss where there is none */
    TRIAL_TARGET,   /* the same: it has reached its target */
    TRIAL_DIVERGED, /* value: nothing */
    TRIAL_PAUSED,   /* as done, until it is promoted */
    TRIAL_BEFORE    /* over before this sweep began: no line */
} TrialState;

typedef struct Board {
    const Grid *grid;
    const char *value; /* what the figure is: "test accuracy" */
    bool *told;        /* [trials] its line stands */
    int64_t over;
    int lines; /* on the screen that are to be drawn again */
    bool terminal, silent;
    double drawn; /* on term_clock: when last */
} Board;

void board_open(Board *board, const Grid *grid);
void board_close(Board *board);
/* A trial that had its line goes on: it will have another. */
void board_again(Board *board, int64_t trial);
/* Draws what the figures [trials][DESK_FIGURES] say, at most some times a second unless `now`. */
void board_draw(Board *board, const double *figures, bool now);

#endif
