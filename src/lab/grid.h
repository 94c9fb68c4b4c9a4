/* A grid of trials, the section `sweep:` of a configuration:
 *
 *     sweep:
 *       batch.global: [256, 1024, 4096]          an axis: any path that --set takes, and its values
 *       scaling:                                 an axis of cases: any name
 *         - {label: none, schedule.scaling: none}             and what each case sets
 *         - {label: linear, schedule.scaling: linear, schedule.warmup: 1 epoch}
 *       points: {count: 16, optimizer.lr: {log: [1e-3, 1]}}   quasi-random points (lab/space.h)
 *       folds: 5                                 each fifth of /train is held out once
 *       seeds: 5                                 seed, seed + 1, ...; or a list of seeds
 *       ranks_per_trial: 1
 *       keep_checkpoints: false
 *
 * Trials are numbered from 0, the seeds fastest, before them the folds, the points, the last axis.
 */
#ifndef LAB_GRID_H
#define LAB_GRID_H

#include "lab/space.h"

typedef struct Axis {
    const char *name; /* a path, or that of the cases */
    Node values;      /* a list */
    int count;
    bool cases;
} Axis;

enum { GRID_AXES = 16 };

typedef struct Grid {
    Axis axis[GRID_AXES];
    int axes;
    Space space;
    Node ranges;    /* the mapping that the space's ranges are entries of */
    int64_t points; /* 0: there is no such axis */
    int64_t folds;  /* 0: there is no such axis */
    int64_t *seeds;
    int seed_count;
    const char *seed_place; /* a path that is set to the seed's place in the list; NULL: none */
    int64_t ranks_per_trial;
    bool keep_checkpoints;
    int64_t trials;
    uint64_t seed; /* of the points: the configuration's */
    double *at;    /* [points][ranges] what a search has proposed, each in [0, 1); NULL: Halton's */
    const char *section; /* "sweep" */
} Grid;

/* Takes an experiment's section out of the document, and the seed that stands beside it into an
 * empty grid. STATUS_USER where there is none, saying what it is expected to have. */
Err grid_take_section(Grid *grid, Conf *conf, const char *name, const char *expected,
                      Node *section);
/* Reads the section out of the document, which has `seed` beside it. STATUS_USER at what is wrong:
 * an axis without values, a case that sets nothing, a key that no configuration has. */
Err grid_read(Grid *grid, Conf *conf);
/* Adds an axis: the entry of a mapping. */
Err grid_add_axis(Grid *grid, Node entry);
/* Adds an entry of the mapping `ranges`, of a key that configurations have, to the space. */
Err grid_add_range(Grid *grid, Node ranges, Node entry);
/* Refuses an axis, a case or a range of what the grid sets itself in every trial, last of all: the
 * seed, what comes with it, and folds. STATUS_USER at its place. */
Err grid_check(const Grid *grid);
/* What the columns of a trial are called: axes, parameters of points, fold, seed. */
#define GRID_FOLD "fold"
int grid_columns(const Grid *grid);
const char *grid_column(const Grid *grid, int column);

/* One trial: what it sets, as for --set, and its value in each column. */
typedef struct GridTrial {
    const char **sets;
    int set_count;
    const char **cells;
} GridTrial;
GridTrial grid_trial(const Grid *grid, int64_t number, Arena *arena);
/* Whether the trial differs from trial 0 on one axis at most: these have every value of every axis.
 * Of points, the first alone, but all that were proposed. */
bool grid_is_sample(const Grid *grid, int64_t number);
/* "global 256, scaling linear, seed 1": of a path its last name. */
const char *grid_label(const Grid *grid, int64_t number, Arena *arena);

#endif
