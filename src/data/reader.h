/* A reader: the samples of a part in order, from the file, for evaluation and normalisation. It
 * reads a block ahead of what is asked for and keeps a few, in a ring:
 *
 *     sample i is row (i mod room) of x        room: whole blocks
 *
 * Blocks are the chunks that training goes by, so a packed chunk is unpacked once. */
#ifndef DATA_READER_H
#define DATA_READER_H

#include "data/sampler.h"

typedef struct Reader {
    const Dataset *dataset;
    const Sampler *sampler;
    int64_t block[PART_COUNT]; /* samples of a block */
    int64_t room[PART_COUNT];  /* samples kept at a time */
    void *x;
    Part part; /* [lo, hi) of this part are there */
    int64_t lo, hi;
} Reader;

/* Blocks for windows of `window` samples. Nothing is read. */
void reader_open(Reader *reader, const Dataset *dataset, const Sampler *sampler, int64_t window);
void reader_close(Reader *reader);
/* Makes room for asking for `samples` at a time, of any part that is left on disk. */
void reader_reserve(Reader *reader, int64_t samples);
/* Reads what is missing of samples [lo, hi) of a part that is left on disk, and perhaps more, but
 * none from `end` on. What was asked for before may go. Errors as of dataset_read. */
Err reader_take(Reader *reader, Part part, int64_t lo, int64_t hi, int64_t end);
/* Where sample i, taken last, lies in reader->x. */
int64_t reader_place(const Reader *reader, Part part, int64_t i);

#endif
