/* Which rows are held out, and which are trained on: every row is one or the other, once. */
#include "base/cut.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/sampler.h"
#include "unit.h"

#include <math.h>
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

/* A sampler of ROWS rows, some held out, whose epochs are of a resampled training set. */
enum { DRAWN = 5000 };
static Sampler resampled(ResampleKind kind, int64_t rows, int64_t of, int64_t number, uint64_t seed)
{
    Sampler s = sampler_fold(DRAWN, 1, 5, seed, 9);
    Resample r = {.kind = kind, .rows = rows, .of = of, .number = number, .seed = 9};
    CU_ASSERT_PTR_NULL(sampler_resample(&s, &r, (Node){0}));
    return s;
}

/* Chance: rows drawn k times are Poisson of mean 1 each, but for the sum. */
static void bootstrap(void)
{
    int count[DRAWN], squares = 0, missed = 0, wrong = 0;
    Sampler s = resampled(RESAMPLE_BOOTSTRAP, 0, 0, 3, 5);
    CU_ASSERT_EQUAL(s.n, DRAWN - s.held_out);
    count_rows(&s, DRAWN, count);
    for (int row = 0; row < DRAWN; row++) {
        int times = count[row] / 100;
        wrong += count[row] % 100 == 1 && times > 0; /* held out and trained on */
        missed += count[row] == 0;
        squares += count[row] % 100 == 0 ? (times - 1) * (times - 1) : 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_DOUBLE_EQUAL(missed / 4000., exp(-1), 3 * 0.005);
    CU_ASSERT_DOUBLE_EQUAL(squares / 4000., 1, 3 * 0.023);
}

/* What a training set holds belongs to split_seed and number: neither seed nor epoch. */
static void bootstrap_number(void)
{
    int once[DRAWN], other[DRAWN], wrong = 0, same = 0;
    Sampler s = resampled(RESAMPLE_BOOTSTRAP, 700, 0, 3, 5);
    count_rows(&s, DRAWN, once);
    CU_ASSERT_EQUAL(s.n, 700);
    Sampler seeded = resampled(RESAMPLE_BOOTSTRAP, 700, 0, 3, 6);
    count_rows(&seeded, DRAWN, other);
    for (int row = 0; row < DRAWN; row++)
        wrong += once[row] != other[row];
    Sampler next = resampled(RESAMPLE_BOOTSTRAP, 700, 0, 4, 5);
    for (int i = 0; i < 700; i++)
        same += sampler_kept(&s, i) == sampler_kept(&next, i);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(same < 5);
}

static void parts(void)
{
    int count[DRAWN], times[DRAWN] = {0}, wrong = 0;
    for (int number = 0; number < 7; number++) {
        Sampler s = resampled(RESAMPLE_SPLIT, 0, 7, number, 5);
        CU_ASSERT_EQUAL(s.n, 4000 / 7);
        count_rows(&s, DRAWN, count);
        for (int row = 0; row < DRAWN; row++) {
            wrong += count[row] > 100 || (count[row] == 101);
            times[row] += count[row];
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(count_of(times, DRAWN, 7), 1000);
    CU_ASSERT_EQUAL(count_of(times, DRAWN, 100), 4000 / 7 * 7);
}

static void too_many_parts(void)
{
    Resample wide = {.kind = RESAMPLE_SPLIT, .rows = 26, .of = 4};
    Resample many = {.kind = RESAMPLE_SPLIT, .of = 104};
    Err err = resample_settle(&wide, (Node){0}, 103);
    CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
    err_free(err);
    err = resample_settle(&many, (Node){0}, 103);
    CU_ASSERT_EQUAL(err_status(err), STATUS_USER);
    err_free(err);
    wide.rows = 25;
    CU_ASSERT_PTR_NULL(resample_settle(&wide, (Node){0}, 103));
}

static const Promise promises[] = {
    {"a bootstrap draws each row that is not held out equally often, by chance", bootstrap},
    {"what it draws belongs to its number, whatever the seed and the epoch", bootstrap_number},
    {"the parts of a split are disjoint, and none has a row that is held out", parts},
    {"parts that want more rows than there are are refused", too_many_parts},
    {"an epoch trains on each row that is not held out, once", splits},
    {"the folds partition the rows, and each leaves all the others to train on", folds},
    {"a fold is a range of the permutation by split_seed, whatever the seed", fold_rows},
    {0},
};

int main(void)
{
    return unit_run("sampler", promises);
}
