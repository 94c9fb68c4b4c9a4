/* Positions into windows, windows into chunks, chunks into rows. */
#include "data/stream.h"

#include "base/cut.h"
#include "base/err.h"
#include "base/rng.h"

static const int64_t CHUNK_BYTES = 1 << 20; /* far more than a seek costs, far less than a window */
enum { WINDOW_CHUNKS = 16 };                /* fewer would be a poor shuffle */

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t stream_chunk(int64_t file_chunk, int64_t row_bytes, int64_t window)
{
    int64_t rows = least_of(CHUNK_BYTES / row_bytes, window / WINDOW_CHUNKS);
    return file_chunk * (rows > file_chunk ? rows / file_chunk : 1);
}

/* Whole chunks of an epoch: all but the file's last, short one. */
static int64_t whole_chunks(const Stream *s)
{
    return s->rows / s->chunk - s->held;
}

Stream stream_build(int64_t rows, int64_t chunk, int64_t window, uint64_t seed)
{
    CHECK(chunk > 0 && chunk <= window && window < rows, "chunks of %lld in windows of %lld",
          (long long)chunk, (long long)window);
    Stream s = {.rows = rows, .chunk = chunk, .most = window / chunk, .seed = seed};
    stream_hold_out(&s, 0, 0, 0);
    return s;
}

void stream_hold_out(Stream *s, int64_t first, int64_t held, uint64_t split_seed)
{
    s->first = first;
    s->held = held;
    CHECK(whole_chunks(s) > 0, "%lld chunks held out of %lld rows", (long long)held,
          (long long)s->rows);
    s->n = s->rows - held * s->chunk;
    s->chunks = whole_chunks(s) + (s->rows % s->chunk > 0);
    s->windows = (s->chunks + s->most - 1) / s->most;
    s->split = permute_build(s->rows / s->chunk, split_seed, RNG_SPLIT, 0);
    s->epoch = s->window = -1;
}

/* The j-th chunk of the split that is not held out. */
static int64_t kept_chunk(const Stream *s, int64_t j)
{
    return permute(&s->split, j < s->first ? j : s->held + j);
}

/* The chunk of an epoch with which its window w begins. */
static int64_t first_chunk(const Stream *s, int64_t w)
{
    return cut(s->chunks, w, s->windows);
}

/* The window of an epoch that holds its chunk j: the last w with first_chunk(w) <= j. */
static int64_t window_of(const Stream *s, int64_t j)
{
    return ((j + 1) * s->windows - 1) / s->chunks;
}

static int64_t samples_of(const Stream *s, int64_t w)
{
    return least_of(first_chunk(s, w + 1) * s->chunk, s->n) - first_chunk(s, w) * s->chunk;
}

int64_t stream_window(const Stream *s, int64_t position)
{
    return position / s->n * s->windows + window_of(s, position % s->n / s->chunk);
}

StreamPlace stream_place(Stream *s, int64_t position)
{
    StreamPlace place = {.window = stream_window(s, position)};
    int64_t w = place.window % s->windows;
    if (place.window != s->window) {
        s->inside = permute_build(samples_of(s, w), s->seed, RNG_WINDOW, (uint64_t)place.window);
        s->window = place.window;
    }
    place.slot = permute(&s->inside, position % s->n - first_chunk(s, w) * s->chunk);
    return place;
}

/* The file's chunk that is the j-th of an epoch. */
static int64_t chunk_of(Stream *s, int64_t epoch, int64_t j)
{
    if (j == whole_chunks(s))
        return s->rows / s->chunk;
    if (epoch != s->epoch) {
        s->order = permute_build(whole_chunks(s), s->seed, RNG_CHUNKS, (uint64_t)epoch);
        s->epoch = epoch;
    }
    return kept_chunk(s, permute(&s->order, j));
}

int64_t stream_row(Stream *s, StreamPlace place)
{
    int64_t j = first_chunk(s, place.window % s->windows) + place.slot / s->chunk;
    return chunk_of(s, place.window / s->windows, j) * s->chunk + place.slot % s->chunk;
}

int64_t stream_chunks(const Stream *s, int64_t window)
{
    int64_t w = window % s->windows;
    return first_chunk(s, w + 1) - first_chunk(s, w);
}

void stream_rows(Stream *s, int64_t window, int64_t k, int64_t *lo, int64_t *hi)
{
    *lo = stream_row(s, (StreamPlace){window, k * s->chunk});
    *hi = least_of(*lo + s->chunk, s->rows);
}

int64_t stream_least(const Stream *s)
{
    int64_t least = s->n;
    for (int64_t w = 0; w < s->windows; w++)
        least = least_of(least, samples_of(s, w));
    return least;
}

int64_t stream_most(const Stream *s)
{
    return (s->chunks + s->windows - 1) / s->windows * s->chunk;
}

int64_t stream_held_out(const Stream *s, int64_t i)
{
    return permute(&s->split, s->first + i / s->chunk) * s->chunk + i % s->chunk;
}

int64_t stream_kept(const Stream *s, int64_t i)
{
    int64_t j = i / s->chunk;
    int64_t chunk = j == whole_chunks(s) ? s->rows / s->chunk : kept_chunk(s, j);
    return chunk * s->chunk + i % s->chunk;
}
