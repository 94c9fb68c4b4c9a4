/* Which rows are held out, and which are trained on: every row is one or the other, once. */
#include "base/cut.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/sampler.h"
#include "unit.h"

#include <string.h>

/* Counts each row that is held out, and 100 for each that an epoch trains on. */
static void count_rows(Sampler *s, int64_t rows, int *count)
{
    memset(count, 0, (size_t)rows * sizeof *count);
    for (int64_t i = 0; i < s->held_out; i++)
        count[sampler_held_out(s, i)]++;
    for (int64_t g = 3 * s->n; g < 4 * s->n; g++)
        count[sampler_row(s, g)] += 100;
}

static int64_t count_of(const int *count, int64_t rows, int value)
{
    int64_t found = 0;
    for (int64_t row = 0; row < rows; row++)
        found += count[row] == value;
    return found;
}

static void splits(void)
{
    enum { ROWS = 103 };
    int count[ROWS];
    for (int64_t held_out = 0; held_out < ROWS; held_out += 17) {
        Sampler s = sampler_build(ROWS, held_out, 5, 1);
        count_rows(&s, ROWS, count);
        CU_ASSERT_EQUAL(count_of(count, ROWS, 1), held_out);
        CU_ASSERT_EQUAL(count_of(count, ROWS, 100), ROWS - held_out);
    }
}

static void folds(void)
{
    enum { ROWS = 103 };
    static const int64_t numbers[] = {2, 5, 10, ROWS};
    int count[ROWS], times[ROWS];
    for (int k = 0; k < 4; k++) {
        int64_t of = numbers[k];
        memset(times, 0, sizeof times);
        for (int64_t fold = 0; fold < of; fold++) {
            Sampler s = sampler_fold(ROWS, fold, of, 5, 1);
            int64_t size = cut(ROWS, fold + 1, of) - cut(ROWS, fold, of);
            count_rows(&s, ROWS, count);
            CU_ASSERT_EQUAL(s.n, ROWS - size);
            CU_ASSERT_EQUAL(count_of(count, ROWS, 1), size);
            CU_ASSERT_EQUAL(count_of(count, ROWS, 100), ROWS - size);
            for (int row = 0; row < ROWS; row++)
                times[row] += count[row] == 1;
        }
        CU_ASSERT_EQUAL(count_of(times, ROWS, 1), ROWS);
    }
}

/* Fold `fold` of `of` is a range of one permutation, which split_seed alone decides. */
static void fold_rows(void)
{
    int64_t wrong = 0;
    Permute split = permute_build(103, 9, RNG_SPLIT, 0);
    for (int64_t fold = 0; fold < 4; fold++) {
        Sampler s = sampler_fold(103, fold, 4, 5, 9), seeded = sampler_fold(103, fold, 4, 6, 9);
        for (int64_t i = 0; i < s.held_out; i++) {
            wrong += sampler_held_out(&s, i) != permute(&split, cut(103, fold, 4) + i);
            wrong += sampler_held_out(&s, i) != sampler_held_out(&seeded, i);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const Promise promises[] = {
    {"an epoch trains on each row that is not held out, once", splits},
    {"the folds partition the rows, and each leaves all the others to train on", folds},
    {"a fold is a range of the permutation by split_seed, whatever the seed", fold_rows},
    {0},
};

int main(void)
{
    return unit_run("sampler", promises);
}
