/* A data set in memory, for tests: loaded in two ranges a part, as two ranks would, and normalised
 * block by block, as train/ does. */
#ifndef TESTS_LOADED_H
#define TESTS_LOADED_H

#include "base/mem.h"
#include "data/dataset.h"

/* An open data set and the memory it lies in. */
typedef struct Loaded {
    Dataset *dataset;
    void *memory;
} Loaded;

static inline Err load(Loaded *loaded, const char *path)
{
    *loaded = (Loaded){0};
    TRY(dataset_open(&loaded->dataset, path));
    loaded->memory = mem_alloc(dataset_bytes(loaded->dataset), 1);
    dataset_place(loaded->dataset, loaded->memory);
    for (Part part = PART_TRAIN; part < PART_COUNT; part++) {
        int64_t count = dataset_count(loaded->dataset, part); /* in two ranges, as two ranks do */
        if (count == 0)
            continue;
        TRY(dataset_fill(loaded->dataset, part, count / 3, count));
        TRY(dataset_fill(loaded->dataset, part, 0, count / 3));
    }
    dataset_loaded(loaded->dataset);
    return NULL;
}

static inline void unload(Loaded *loaded)
{
    dataset_close(loaded->dataset);
    mem_free(loaded->memory);
}

static inline Normal normal_make(const Dataset *dataset, NormalMode mode)
{
    int count = normal_count(dataset, mode);
    return (Normal){.mode = mode,
                    .count = count,
                    .shift = mem_alloc(count, sizeof(Real)),
                    .scale = mem_alloc(count, sizeof(Real))};
}

static inline void normal_free(Normal *normal)
{
    mem_free(normal->shift);
    mem_free(normal->scale);
}

/* Over the training rows, block by block as train/ does. */
static inline Normal normal_measure(const Dataset *dataset, NormalMode mode)
{
    Normal normal = normal_make(dataset, mode);
    int64_t rows = dataset_count(dataset, PART_TRAIN);
    double *sums = mem_alloc(normal.count * NORMAL_SUMS, sizeof *sums);
    double *block = mem_alloc(normal.count * NORMAL_SUMS, sizeof *block);
    for (int64_t lo = 0; lo < rows; lo += NORMAL_BLOCK) {
        int64_t row[NORMAL_BLOCK];
        int n = 0;
        while (n < NORMAL_BLOCK && lo + n < rows) {
            row[n] = lo + n;
            n++;
        }
        normal_block(dataset, mode, row, n, lo ? block : sums);
        if (lo)
            normal_fold(mode, normal.count, sums, block);
    }
    normal_finish(dataset, &normal, sums, rows);
    mem_free(sums);
    mem_free(block);
    return normal;
}

#endif
