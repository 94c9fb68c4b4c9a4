/* The section `search:` of a configuration:
 *
 *     search:
 *       method: bayes                      random | halton | bayes | hyperband
 *       trials: 40                         of hyperband may be left out: each bracket once
 *       ranges:
 *         optimizer.lr: {log: [1e-3, 1]}   any path that --set takes (lab/space.h)
 *       metric: validation_loss            or validation_accuracy: of the trial's last evaluation
 *       width: 4                           of bayes: proposals made at a time
 *       least: 1 epoch                     of hyperband: the first rung (lab/halving.h)
 *       eta: 3                             likewise
 *       brackets: 0                        likewise: how many of them; 0: all
 *       seed: 1                            of the proposals; default: the configuration's
 *       ranks_per_trial: 1
 *       keep_checkpoints: false */
#ifndef LAB_SEARCH_PLAN_H
#define LAB_SEARCH_PLAN_H

#include "lab/grid.h"
#include "lab/halving.h"
#include "train/engine.h"

typedef enum SearchMethod {
    SEARCH_RANDOM,
    SEARCH_HALTON,
    SEARCH_BAYES,
    SEARCH_HYPERBAND
} SearchMethod;

typedef struct SearchPlan {
    int method; /* SearchMethod */
    int metric; /* SearchMetric */
    int64_t trials, width, eta, brackets, seed, ranks_per_trial;
    Span least;
    Node ranges;
    bool keep_checkpoints;
    int rungs; /* of hyperband, once a trial has been looked at */
} SearchPlan;

typedef enum SearchMetric { SEARCH_LOSS, SEARCH_ACCURACY } SearchMetric;
/* The metric's name, which is its column in trials.csv. */
const char *search_metric(const SearchPlan *plan);

/* Takes the section out of the document, which has `seed` beside it; the grid gets its ranges and
 * no trials yet. STATUS_USER at what is wrong. */
Err search_plan_read(SearchPlan *plan, Grid *grid, Conf *conf);
/* Trials that have both ends of every range and every value of every choice. */
Grid search_plan_probes(const Grid *grid, Arena *arena);
/* Whether a trial gives what the search decides by, and how many rungs there are: a CrewJudge whose
 * context is the plan. STATUS_USER naming the key. */
Err search_plan_judge(const Engine *engine, void *plan);
/* How many trials there are, with room for their points. */
void search_plan_settle(SearchPlan *plan, Grid *grid, Arena *arena);
/* How far a trial goes that comes to this rung, but for the last. */
Span search_plan_rung(const SearchPlan *plan, int rung);

#endif
