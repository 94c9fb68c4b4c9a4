/* Lines of trials. */
#include "lab/board.h"

#include "base/log.h"
#include "base/term.h"

#include <stdio.h>

enum { WIDTH = 79, LABEL = 44, RUNNING_MOST = 20 };
static const double redraw_seconds = 0.5;

void board_open(Board *board, const Grid *grid)
{
    *board = (Board){.grid = grid,
                     .told = mem_alloc(grid->trials, sizeof(bool)),
                     .terminal = term_is_terminal(),
                     .silent = log_level_now() < LOG_INFO};
}

void board_close(Board *board)
{
    mem_free(board->told);
    *board = (Board){0};
}

void board_again(Board *board, int64_t trial)
{
    board->over -= board->told[trial];
    board->told[trial] = false;
}

/* "   7  optimizer.lr 0.1, seed 2                     " */
static void print_label(const Board *board, int64_t trial, Arena *arena)
{
    printf("%5lld  %-*.*s ", (long long)trial, LABEL, LABEL, grid_label(board->grid, trial, arena));
}

static void tell_end(Board *board, int64_t trial, const double *figure, Arena *arena)
{
    TrialState state = (TrialState)figure[BOARD_STATE];
    board->told[trial] = true;
    board->over++;
    if (state == TRIAL_BEFORE || board->silent)
        return;
    print_label(board, trial, arena);
    if (state == TRIAL_DIVERGED)
        printf("diverged at step %.0f\n", figure[BOARD_STEP] + 1);
    else
        printf("%8.5g after %.0f steps%s\n", figure[BOARD_VALUE], figure[BOARD_STEP],
               state == TRIAL_TARGET   ? " *"
               : state == TRIAL_PAUSED ? ", paused"
                                       : "");
}

static void clear(Board *board)
{
    if (board->lines)
        printf("\033[%dA\033[J", board->lines);
    board->lines = 0;
}

static void draw_running(Board *board, const double *figures, Arena *arena)
{
    int64_t trials = board->grid->trials;
    for (int64_t t = 0; t < trials && board->lines < RUNNING_MOST; t++) {
        const double *figure = figures + t * DESK_FIGURES;
        if ((TrialState)figure[BOARD_STATE] != TRIAL_RUNS)
            continue;
        double length = figure[BOARD_LENGTH] > 0 ? figure[BOARD_LENGTH] : 1;
        print_label(board, t, arena);
        printf("%3.0f%%  loss %.4g\n", 100 * figure[BOARD_STEP] / length, figure[BOARD_VALUE]);
        board->lines++;
    }
    printf("%lld of %lld trials are over\n", (long long)board->over, (long long)trials);
    board->lines++;
}

void board_draw(Board *board, const double *figures, bool now)
{
    double time = term_clock();
    if (!now && time - board->drawn < redraw_seconds)
        return;
    Arena arena = {0};
    board->drawn = time;
    clear(board);
    for (int64_t t = 0; t < board->grid->trials; t++)
        if (!board->told[t] && (TrialState)figures[t * DESK_FIGURES + BOARD_STATE] > TRIAL_RUNS)
            tell_end(board, t, figures + t * DESK_FIGURES, &arena);
    if (board->terminal && !board->silent && board->over < board->grid->trials)
        draw_running(board, figures, &arena);
    fflush(stdout);
    arena_free(&arena);
}
