/* The blocks of all ranks, in waves. */
#include "train/feed_normal.h"

#include "base/cut.h"
#include "base/mem.h"

#include <string.h>

static int64_t block_end(const Feed *feed, int64_t block)
{
    int64_t end = (block + 1) * NORMAL_BLOCK;
    return end < feed->sampler.n ? end : feed->sampler.n;
}

/* The sums of one block, of those up to block `last` that this rank measures in a row. */
static Err measure_block(Feed *feed, NormalMode mode, int64_t block, int64_t last, double *sums)
{
    int64_t lo = block * NORMAL_BLOCK, hi = block_end(feed, block), place[NORMAL_BLOCK];
    bool streamed = dataset_streamed(feed->data, PART_TRAIN);
    if (streamed)
        TRY(reader_take(&feed->reader, PART_TRAIN, lo, hi, block_end(feed, last)));
    for (int64_t i = lo; i < hi; i++)
        place[i - lo] =
            streamed ? reader_place(&feed->reader, PART_TRAIN, i) : sampler_kept(&feed->sampler, i);
    if (streamed)
        normal_block_of(feed->data, mode, feed->reader.x, place, (int)(hi - lo), sums);
    else
        normal_block(feed->data, mode, place, (int)(hi - lo), sums);
    watch_phase(feed->watch, 0, PHASE_START);
    return NULL;
}

/* Waves bound the memory that the blocks' sums take; they do not show in the result. */
static Err measure(Feed *feed, const Comm *comm, NormalMode mode)
{
    enum { WAVE = 64 };
    int count = normal_count(feed->data, mode);
    int64_t width = (int64_t)count * NORMAL_SUMS, blocks = 0;
    Err err = NULL;
    if (mode != NORMAL_NONE) {
        blocks = (feed->sampler.n + NORMAL_BLOCK - 1) / NORMAL_BLOCK;
        err = dataset_read_pivot(feed->data);
        reader_reserve(&feed->reader, NORMAL_BLOCK);
    }
    double *sums = mem_alloc(width, sizeof *sums);
    double *wave = mem_alloc(WAVE * width, sizeof *wave);
    for (int64_t first = 0; first < blocks; first += WAVE) {
        int64_t in_wave = blocks - first < WAVE ? blocks - first : WAVE;
        memset(wave, 0, (size_t)(WAVE * width) * sizeof *wave);
        int64_t end = cut(in_wave, comm->rank + 1, comm->size);
        for (int64_t b = cut(in_wave, comm->rank, comm->size); b < end && !err; b++)
            err = measure_block(feed, mode, first + b, first + end - 1, wave + b * width);
        comm_merge(comm, wave, in_wave * width);
        for (int64_t b = 0; b < in_wave; b++) {
            if (first + b == 0)
                memcpy(sums, wave, (size_t)width * sizeof *sums);
            else
                normal_fold(mode, count, sums, wave + b * width);
        }
    }
    if (!err)
        normal_finish(feed->data, &feed->normal, sums, feed->sampler.n);
    mem_free(sums);
    mem_free(wave);
    reader_reserve(&feed->reader, 0);
    return err;
}

Err feed_normal(Feed *feed, const Comm *comm, const Normalize *wanted, const Normal *given)
{
    NormalMode mode = given ? given->mode : wanted->mode;
    if (!given && wanted->count)
        TRY(normalize_mode(wanted, feed->data, &mode));
    int count = normal_count(feed->data, mode);
    feed->normal =
        (Normal){mode, count, mem_alloc(count, sizeof(Real)), mem_alloc(count, sizeof(Real))};
    if (!given && wanted->count)
        normalize_fill(wanted, &feed->normal);
    else if (!given)
        return measure(feed, comm, mode);
    if (!given)
        return NULL;
    if (given->count != count)
        FAIL(STATUS_USER, "%s: the checkpoint normalises %d features, the data has %d",
             dataset_path(feed->data), given->count, count);
    memcpy(feed->normal.shift, given->shift, (size_t)count * sizeof(Real));
    memcpy(feed->normal.scale, given->scale, (size_t)count * sizeof(Real));
    return NULL;
}
