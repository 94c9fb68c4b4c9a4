/* The order of a training part that is taken through a window: chunks are shuffled, then samples
 * within a window of chunks.
 *
 *     file      | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |8     chunks of `chunk` rows, the last of the rest
 *     kept          | 1 | 2 | 3 | 4 |   | 6 | 7 |8     0 and 5, whole chunks, are for validation
 *     epoch e   | 6   2   1 | 7   3   4   8 |          chunks in a keyed order, cut into windows
 *     window    | a permutation of its samples  |
 *
 * All of it is a pure function of (shape of the file, data.window, seed, split_seed, position):
 * never of ranks, nor of the machine's memory, nor of whether the samples lie in memory or on disk.
 * Any position can be asked for alone, so a resume has nothing to restore. The file's last, short
 * chunk is the last of every epoch, so that a chunk's place in its window is a product. */
#ifndef DATA_STREAM_H
#define DATA_STREAM_H

#include "data/permute.h"

typedef struct Stream {
    int64_t rows;        /* of the file */
    int64_t chunk;       /* rows of a chunk, but for the file's last */
    int64_t most;        /* chunks of a window */
    int64_t first, held; /* chunks [first, first + held) of the split are held out */
    int64_t n;           /* samples of an epoch */
    int64_t chunks;      /* of an epoch */
    int64_t windows;     /* of an epoch */
    uint64_t seed;
    Permute split;
    /* Of the epoch and the window asked for last: caches, not states. */
    Permute order, inside;
    int64_t epoch, window;
} Stream;

/* A sample's window, counted from the start of the run, and its slot there. */
typedef struct StreamPlace {
    int64_t window, slot;
} StreamPlace;

/* Rows of a chunk: whole chunks of the file (of `file_chunk` rows; 1 where it has none), up to 1 MB
 * and a sixteenth of the window, but at least one; `row_bytes` is a row in memory. */
int64_t stream_chunk(int64_t file_chunk, int64_t row_bytes, int64_t window);
/* For windows of up to `window` >= `chunk` samples, `window` < rows. Nothing is held out. */
Stream stream_build(int64_t rows, int64_t chunk, int64_t window, uint64_t seed);
/* Holds out the whole chunks [first, first + held) of a keyed split; one must be left. */
void stream_hold_out(Stream *stream, int64_t first, int64_t held, uint64_t split_seed);

int64_t stream_window(const Stream *stream, int64_t position);
StreamPlace stream_place(Stream *stream, int64_t position);
/* Row of the file in a slot of a window. */
int64_t stream_row(Stream *stream, StreamPlace place);

/* Chunks of a window, and the rows [*lo, *hi) of its k-th, which begin at slot k * chunk. */
int64_t stream_chunks(const Stream *stream, int64_t window);
void stream_rows(Stream *stream, int64_t window, int64_t k, int64_t *lo, int64_t *hi);
/* Samples of the smallest window, and slots of the largest. */
int64_t stream_least(const Stream *stream);
int64_t stream_most(const Stream *stream);

/* Row of the i-th sample held out, and of the i-th that is not: chunk after chunk. */
int64_t stream_held_out(const Stream *stream, int64_t i);
int64_t stream_kept(const Stream *stream, int64_t i);

#endif
