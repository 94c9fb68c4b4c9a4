/* Axes of a sweep, and points in a space. */
#include "lab/grid.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>

static Conf *conf;
static Grid grid;

/* Reads a sweep; its error's text, or NULL. */
static bool reads(const char *text)
{
    conf_free(conf);
    conf = NULL;
    CU_ASSERT_FATAL(!conf_parse(&conf, "test.yaml", text, NULL, 0));
    Err err = grid_read(&grid, conf);
    bool fine = !err;
    err_free(err);
    return fine;
}

static bool sets(int64_t number, int index, const char *text)
{
    Arena arena = {0};
    GridTrial trial = grid_trial(&grid, number, &arena);
    bool same = index < trial.set_count && strcmp(trial.sets[index], text) == 0;
    arena_free(&arena);
    return same;
}

static void order(void)
{
    CU_ASSERT_FATAL(
        reads("{seed: 5, sweep: {batch.global: [10, 20], how: [{label: a, optimizer.lr: "
              "1}, {optimizer.lr: 2, batch.micro: 9}], seeds: 3}}"));
    CU_ASSERT(grid.trials == 12 && grid_columns(&grid) == 3);
    CU_ASSERT_STRING_EQUAL(grid_column(&grid, 1), "how");
    CU_ASSERT(sets(0, 0, "batch.global=10") && sets(0, 1, "optimizer.lr=1") &&
              sets(0, 2, "seed=5"));
    CU_ASSERT(sets(1, 2, "seed=6") && sets(3, 1, "optimizer.lr=2") &&
              sets(6, 0, "batch.global=20"));
    Arena arena = {0};
    CU_ASSERT_STRING_EQUAL(grid_trial(&grid, 0, &arena).cells[1], "a");
    CU_ASSERT_STRING_EQUAL(grid_trial(&grid, 3, &arena).cells[1],
                           "{optimizer.lr: 2, batch.micro: 9}");
    CU_ASSERT_STRING_EQUAL(grid_label(&grid, 11, &arena),
                           "global 20, how {optimizer.lr: 2, batch.micro: 9}, seed 7");
    arena_free(&arena);
}

static void named_like_a_key(void)
{
    CU_ASSERT_FATAL(reads("{sweep: {batch: [{label: 8, batch.global: 8, train.length: 1 epoch}], "
                          "optimizer: [{type: sgd, lr: 1}, {type: adam}]}}"));
    CU_ASSERT(sets(0, 0, "batch.global=8") && sets(0, 1, "train.length=1 epoch"));
    CU_ASSERT(sets(0, 2, "optimizer={type: sgd, lr: 1}") && grid.trials == 2);
}

static void samples(void)
{
    CU_ASSERT_FATAL(
        reads("{sweep: {batch.global: [1, 2, 3], optimizer.lr: [4, 5], seeds: [7, 8]}}"));
    int64_t found = 0;
    for (int64_t t = 0; t < grid.trials; t++)
        found += grid_is_sample(&grid, t);
    CU_ASSERT(grid.trials == 12 && found == 4);
    CU_ASSERT(grid.seeds[1] == 8);
}

static void scales(void)
{
    Arena arena = {0};
    CU_ASSERT_FATAL(
        reads("{sweep: {points: {count: 200, optimizer.lr: {log: [0.01, 1]}, optimizer.momentum: "
              "{log_distance_to_1: [0.01, 0.5]}, batch.micro: {integer: [3, 5]}, optimizer.type: "
              "{choice: [sgd, adam]}}}}"));
    int seen[3] = {0}, adam = 0, low = 0;
    for (int64_t t = 0; t < grid.trials; t++) {
        GridTrial trial = grid_trial(&grid, t, &arena);
        double lr = atof(trial.cells[0]), momentum = atof(trial.cells[1]);
        int micro = atoi(trial.cells[2]);
        CU_ASSERT_FATAL(lr >= 0.01 && lr <= 1 && momentum >= 0.5 && momentum <= 0.99);
        CU_ASSERT_FATAL(micro >= 3 && micro <= 5);
        seen[micro - 3]++;
        low += lr < 0.1;
        adam += strcmp(trial.cells[3], "adam") == 0;
    }
    CU_ASSERT(abs(low - 100) <= 4 && abs(adam - 100) <= 8);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(abs(seen[i] - 67) <= 8);
    const Param *lr = &grid.space.param[0], *momentum = &grid.space.param[1];
    CU_ASSERT_DOUBLE_EQUAL(space_unit(lr, 0.1), 0.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(space_unit(momentum, 0.99), 0, 1e-9);
    arena_free(&arena);
}

/* Every tenth of a range has its tenth of 200 points, nearly; random ones would miss by 4. */
static void even(void)
{
    for (int d = 0; d < SPACE_MOST; d++) {
        int count[10] = {0}, worst = 0;
        for (int64_t i = 0; i < 200; i++)
            count[(int)(10 * space_halton(3, i, d))]++;
        for (int i = 0; i < 10; i++)
            worst = abs(count[i] - 20) > worst ? abs(count[i] - 20) : worst;
        CU_ASSERT(worst <= (d < 6 ? 3 : 8));
    }
    CU_ASSERT(space_halton(3, 0, 0) != space_halton(4, 0, 0));
    CU_ASSERT(space_halton(3, 0, 0) == space_halton(3, 0, 0));
}

/* Folds inside the points, seeds inside the folds; what is held out, instead of data.validation. */
static void folds(void)
{
    Arena arena = {0};
    CU_ASSERT_FATAL(reads("{seed: 4, sweep: {optimizer.lr: [0.1, 0.2], folds: 3, seeds: 2}}"));
    CU_ASSERT_EQUAL(grid.trials, 12);
    CU_ASSERT_EQUAL_FATAL(grid_columns(&grid), 3);
    CU_ASSERT_STRING_EQUAL(grid_column(&grid, 1), "fold");
    CU_ASSERT_STRING_EQUAL(grid_column(&grid, 2), "seed");
    for (int64_t t = 0; t < grid.trials; t++) {
        GridTrial trial = grid_trial(&grid, t, &arena);
        const char *fold = arena_text(&arena, "%lld", (long long)(t / 2 % 3));
        CU_ASSERT_STRING_EQUAL(trial.cells[0], t < 6 ? "0.1" : "0.2");
        CU_ASSERT_STRING_EQUAL(trial.cells[1], fold);
        CU_ASSERT_STRING_EQUAL(trial.cells[2], t % 2 ? "5" : "4");
        CU_ASSERT_EQUAL_FATAL(trial.set_count, 4);
        CU_ASSERT_STRING_EQUAL(trial.sets[1], "data.validation=0");
        CU_ASSERT_STRING_EQUAL(trial.sets[2],
                               arena_text(&arena, "data.fold={of: 3, held_out: %s}", fold));
        CU_ASSERT_EQUAL(grid_is_sample(&grid, t), t % 6 == 0);
    }
    arena_free(&arena);
    CU_ASSERT(!reads("{sweep: {folds: 1}}"));
    CU_ASSERT(!reads("{sweep: {folds: [2, 3]}}"));
    CU_ASSERT(!reads("{sweep: {folds: many}}"));
    CU_ASSERT(!reads("{sweep: {folds: 2, data.validation: [1, 2]}}"));
    CU_ASSERT(!reads("{sweep: {folds: 2, v: [{label: a, data.validation: 1}]}}"));
    CU_ASSERT(
        !reads("{sweep: {folds: 2, points: {count: 2, data.validation: {integer: [1, 9]}}}}"));
    CU_ASSERT(reads("{sweep: {v: [{label: a, data.validation: 1}]}}"));
    CU_ASSERT(!reads("{sweep: {folds: 2, fold: [{label: a, optimizer.lr: 1}]}}"));
    CU_ASSERT(reads("{sweep: {fold: [{label: a, optimizer.lr: 1}]}}"));
}

static void refused(void)
{
    CU_ASSERT(!reads("{seed: 1}"));
    CU_ASSERT(!reads("{sweep: {optimizer.lr: []}}"));
    CU_ASSERT(!reads("{sweep: {optimiser.lr: [1]}}"));
    CU_ASSERT(!reads("{sweep: {how: [{label: a}]}}"));
    CU_ASSERT(!reads("{sweep: {how: [{optimiser.lr: 1}]}}"));
    CU_ASSERT(!reads("{sweep: {seeds: 0}}"));
    CU_ASSERT(!reads("{sweep: {seeds: []}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3}}}"));
    CU_ASSERT(!reads("{sweep: {points: {optimizer.lr: {log: [1, 2]}}}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3, optimizer.lr: {log: [0, 2]}}}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3, optimizer.lr: {lgo: [1, 2]}}}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3, optimizer.lr: 1}}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3, batch.micro: {integer: [1.5, 3]}}}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 3, optimizer.momentum: {log_distance_to_1: [0.1, "
                     "2]}}}}"));
    CU_ASSERT(!reads("{sweep: {ranks_per_trial: 0}}"));
    conf_free(conf);
    conf = NULL;
}

static void nothing_twice(void)
{
    CU_ASSERT(!reads("{sweep: {batch.global: [8, 16, 8]}}"));
    CU_ASSERT(!reads("{sweep: {a: [{label: x, batch.global: 8}, {label: x, batch.global: 9}]}}"));
    CU_ASSERT(!reads("{sweep: {a: [{batch.global: 8}, {batch.global: 8}]}}"));
    CU_ASSERT(!reads("{sweep: {seeds: [3, 3]}}"));
    CU_ASSERT(reads("{sweep: {a: [{label: x, batch.global: 8}, {label: y, batch.global: 8}]}}"));
}

static void seeds_are_its_own(void)
{
    CU_ASSERT(!reads("{sweep: {seed: [1, 2]}}"));
    CU_ASSERT(!reads("{sweep: {a: [{label: x, seed: 3, optimizer.lr: 1}]}}"));
    CU_ASSERT(!reads("{sweep: {points: {count: 2, seed: {integer: [1, 9]}}}}"));
    CU_ASSERT(reads("{sweep: {seeds: [1, 2]}}"));
}

static const Promise promises[] = {
    {"trials are numbered with the last axis fastest and the seeds inside", order},
    {"cases may stand under a name that is a key, too", named_like_a_key},
    {"the samples have every value of every axis", samples},
    {"a point's values lie in their ranges, evenly on their scales", scales},
    {"the points fill every tenth of a range", even},
    {"an axis has no value, label or seed twice", nothing_twice},
    {"what sets the seed is seeds alone", seeds_are_its_own},
    {"folds are an axis inside all others but the seeds", folds},
    {"what is no sweep is refused", refused},
    {0}};

int main(void)
{
    return unit_run("grid", promises);
}
