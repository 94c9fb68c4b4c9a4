/* The order through windows, and reading in order: permutations, windows, pure functions. */
#include "data/stream.h"

#include "base/cut.h"
#include "base/rng.h"
#include "data/reader.h"
#include "scratch.h"
#include "unit.h"

#include <hdf5.h>

/* rows, rows held out (at least), chunk, window, first chunk held out */
typedef struct Shape {
    int64_t rows, held_out, chunk, window, first;
} Shape;

static const Shape shapes[] = {
    {100, 0, 7, 30, 0}, {100, 13, 7, 30, 0},      {96, 8, 8, 8, 0},      {97, 0, 1, 96, 0},
    {97, 90, 1, 5, 0},  {1000, 100, 16, 200, 0},  {1000, 1, 16, 999, 0}, {1024, 0, 64, 512, 0},
    {5, 0, 2, 4, 0},    {1000, 100, 16, 200, 20}, {97, 14, 7, 30, 11}};
enum { SHAPES = sizeof shapes / sizeof *shapes, EPOCHS = 4 };

static Stream build(const Shape *s, uint64_t seed)
{
    Stream stream = stream_build(s->rows, s->chunk, s->window, seed);
    stream_hold_out(&stream, s->first, (s->held_out + s->chunk - 1) / s->chunk, 1);
    return stream;
}

static int64_t row_at(Stream *s, int64_t position)
{
    return stream_row(s, stream_place(s, position));
}

/* Rows met wrongly: those of the epoch once, those held out never. */
static int64_t misses(Stream *s, int64_t epoch)
{
    int64_t wrong = 0;
    uint8_t *seen = mem_alloc(s->rows, 1);
    for (int64_t i = 0; i < s->rows - s->n; i++)
        seen[stream_held_out(s, i)]++;
    for (int64_t i = 0; i < s->n; i++)
        seen[row_at(s, epoch * s->n + i)]++;
    for (int64_t row = 0; row < s->rows; row++)
        wrong += seen[row] != 1;
    mem_free(seen);
    return wrong;
}

static void permutation(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Stream s = build(&shapes[i], 3);
        CU_ASSERT(s.rows - s.n >= shapes[i].held_out &&
                  s.rows - s.n < shapes[i].held_out + s.chunk);
        CU_ASSERT_EQUAL((s.rows - s.n) % s.chunk, 0);
        for (int64_t epoch = 0; epoch < EPOCHS; epoch++)
            CU_ASSERT_EQUAL(misses(&s, epoch), 0);
    }
}

static void windows(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Stream s = build(&shapes[i], 3);
        int64_t wrong = 0, here = 0, least = s.n, most = 0;
        for (int64_t g = 0; g < EPOCHS * s.n; g++) {
            StreamPlace place = stream_place(&s, g);
            int64_t lo, hi, row = stream_row(&s, place);
            here++;
            if (g + 1 == EPOCHS * s.n || stream_window(&s, g + 1) != place.window) {
                least = here < least ? here : least;
                most = here > most ? here : most;
                wrong += g + 1 < EPOCHS * s.n && stream_window(&s, g + 1) != place.window + 1;
                here = 0;
            }
            stream_rows(&s, place.window, place.slot / s.chunk, &lo, &hi);
            wrong += place.slot >= stream_most(&s) || row != lo + place.slot % s.chunk ||
                     row >= hi || place.slot / s.chunk >= stream_chunks(&s, place.window);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(least, stream_least(&s));
        CU_ASSERT(most <= shapes[i].window && stream_most(&s) <= shapes[i].window);
    }
}

static void pure(void)
{
    for (int i = 0; i < SHAPES; i++) {
        Stream forth = build(&shapes[i], 3), back = build(&shapes[i], 3);
        int64_t wrong = 0, *row = mem_alloc(EPOCHS * forth.n, sizeof *row);
        for (int64_t g = 0; g < EPOCHS * forth.n; g++)
            row[g] = row_at(&forth, g);
        for (int64_t g = EPOCHS * forth.n - 1; g >= 0; g--)
            wrong += row_at(&back, g) != row[g];
        CU_ASSERT_EQUAL(wrong, 0);
        mem_free(row);
    }
}

/* Positions at which two orders agree. */
static int64_t agreements(Stream *a, int64_t from_a, Stream *b, int64_t from_b)
{
    int64_t same = 0;
    for (int64_t i = 0; i < a->n; i++)
        same += row_at(a, from_a + i) == row_at(b, from_b + i);
    return same;
}

static void keyed(void)
{
    const Shape shape = {10000, 1000, 16, 1000, 0};
    Stream a = build(&shape, 3), b = build(&shape, 4);
    CU_ASSERT(agreements(&a, 0, &a, a.n) < 40);
    CU_ASSERT(agreements(&a, 0, &b, 0) < 40);
    int64_t wrong = 0;
    for (int64_t i = 0; i < a.rows - a.n; i++)
        wrong += stream_held_out(&a, i) != stream_held_out(&b, i);
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Chunks, and places in a window, are drawn anew for each epoch. */
static void drawn_anew(void)
{
    const Shape shape = {10000, 1000, 16, 1000, 0};
    Stream s = build(&shape, 3);
    int64_t chunks_kept = 0, slots_kept = 0, low = 0;
    for (int64_t w = 0; w < s.windows; w++)
        for (int64_t k = 0; k < stream_chunks(&s, w); k++) {
            int64_t first, second, hi;
            stream_rows(&s, w, k, &first, &hi);
            stream_rows(&s, w + s.windows, k, &second, &hi);
            chunks_kept += first == second;
            low += w == 0 && first < s.rows / 2;
        }
    for (int64_t i = 0; i < s.n; i++)
        slots_kept += stream_place(&s, i).slot == stream_place(&s, s.n + i).slot;
    CU_ASSERT(chunks_kept < 20 && slots_kept < 60);
    CU_ASSERT(low > 12 && low < 50); /* of 62 chunks: from all over the file */
}

static void chunks(void)
{
    CU_ASSERT_EQUAL(stream_chunk(1, 784, 1 << 20), (1 << 20) / 784);
    CU_ASSERT_EQUAL(stream_chunk(1000, 784, 1 << 20), 1000);
    CU_ASSERT_EQUAL(stream_chunk(100, 784, 1 << 20), 1300);
    CU_ASSERT_EQUAL(stream_chunk(2000, 784, 1 << 20), 2000);
    CU_ASSERT_EQUAL(stream_chunk(1, 784, 160), 10);
    CU_ASSERT_EQUAL(stream_chunk(1, 1 << 21, 100), 1);
    CU_ASSERT_EQUAL(stream_chunk(1, 4, 5), 1);
}

/* ---- reading in order ---- */

/* A file of `rows` rows of bytes in /train, of which those from `from` on are written: value f of
 * row r is (r * 31 + f) % 251. The others are holes. */
static void write_rows(const char *path, int64_t rows, int64_t features, int64_t from)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t dims[] = {(hsize_t)rows, (hsize_t)features}, start[] = {(hsize_t)from, 0};
    hsize_t count[] = {(hsize_t)(rows - from), (hsize_t)features};
    hid_t space = H5Screate_simple(2, dims, NULL), part = H5Screate_simple(2, count, NULL);
    hid_t column = H5Screate_simple(1, dims, NULL);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    H5Gclose(H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    hid_t x = H5Dcreate2(file, "/train/x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    hid_t y =
        H5Dcreate2(file, "/train/y", H5T_STD_U8LE, column, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    uint8_t *bytes = mem_alloc((rows - from) * features, 1);
    for (int64_t i = 0; i < (rows - from) * features; i++)
        bytes[i] = (uint8_t)(((from + i / features) * 31 + i % features) % 251);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    H5Dwrite(x, H5T_NATIVE_UINT8, part, space, H5P_DEFAULT, bytes);
    mem_free(bytes);
    uint8_t *labels = mem_alloc(rows, 1);
    H5Dwrite(y, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels);
    mem_free(labels);
    H5Dclose(x);
    H5Dclose(y);
    H5Sclose(space);
    H5Sclose(part);
    H5Sclose(column);
    H5Pclose(list);
    H5Fclose(file);
}

/* Values of row `row` that are not what write_rows wrote. */
static int64_t wrong_values(const uint8_t *x, int64_t row, int64_t features)
{
    int64_t wrong = 0;
    for (int64_t f = 0; f < features; f++)
        wrong += x[f] != (row * 31 + f) % 251;
    return wrong;
}

/* Values of the samples [lo, hi) that a reader gives wrongly. */
static int64_t wrong_taken(Reader *reader, Part part, int64_t lo, int64_t hi, int64_t end)
{
    int64_t wrong = 0, features = dataset_row_bytes(reader->dataset);
    CU_ASSERT_FATAL(fine(reader_take(reader, part, lo, hi, end)));
    CU_ASSERT(reader->hi <= end);
    for (int64_t i = lo; i < hi; i++)
        wrong += wrong_values((uint8_t *)reader->x + reader_place(reader, part, i) * features,
                              sampler_part_row(reader->sampler, part, i), features);
    return wrong;
}

/* Samples [lo, hi) of a part, `at_once` at a time, and then back again, by a reader. */
static int64_t wrong_samples(Dataset *dataset, const Sampler *sampler, Part part, int64_t window,
                             int64_t lo, int64_t hi, int64_t at_once)
{
    Reader reader;
    int64_t wrong = 0;
    reader_open(&reader, dataset, sampler, window);
    reader_reserve(&reader, at_once);
    for (int64_t at = lo; at < hi; at += at_once)
        wrong += wrong_taken(&reader, part, at, at + at_once < hi ? at + at_once : hi, hi);
    for (int64_t at = hi - at_once; at >= lo; at -= at_once)
        wrong += wrong_taken(&reader, part, at, at + at_once, hi);
    reader_close(&reader);
    return wrong;
}

static void in_order(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "data.h5");
    Dataset *dataset;
    write_rows(path, 1000, 10, 0);
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, path)));
    dataset_stream(dataset, PART_TRAIN);
    CU_ASSERT_EQUAL(dataset_bytes(dataset), round_up(4000, 64));
    Stream stream = stream_build(1000, stream_chunk(1, 10, 200), 200, 1);
    stream_hold_out(&stream, 3, 9, 1);
    Sampler windowed = sampler_windowed(&stream), whole = {0};
    static const int64_t sizes[] = {1, 8, 12, 13, 100};
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(wrong_samples(dataset, &windowed, PART_TRAIN, 200, 0, stream.n, sizes[i]),
                        0);
        CU_ASSERT_EQUAL(wrong_samples(dataset, &windowed, PART_TRAIN, 200, 77, 333, sizes[i]), 0);
        CU_ASSERT_EQUAL(wrong_samples(dataset, &windowed, PART_VALIDATION, 200, 5, 100, sizes[i]),
                        0);
        CU_ASSERT_EQUAL(wrong_samples(dataset, &whole, PART_TRAIN, 200, 0, 1000, sizes[i]), 0);
    }
    dataset_close(dataset);
    scratch_remove(&scratch);
}

static void cut_off(void)
{
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "data.h5");
    Dataset *dataset;
    uint8_t *rows = mem_alloc(100 * 1000, 1);
    write_rows(path, 1000, 1000, 0);
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, path)));
    CU_ASSERT(fine(dataset_read(dataset, PART_TRAIN, 700, 800, rows)));
    CU_ASSERT_EQUAL(truncate(path, 500000), 0);
    Err err = dataset_read(dataset, PART_TRAIN, 700, 800, rows);
    CU_ASSERT(err && strstr(err_text(err), "data.h5: /train/x"));
    CU_ASSERT(refused(err, STATUS_USER, "rows 700 to 799 cannot be read"));
    dataset_close(dataset);
    mem_free(rows);
    scratch_remove(&scratch);
}

/* 3 GB of which the disk holds the last rows alone. */
static void huge(void)
{
    enum { ROWS = 3000000, FEATURES = 1000, LAST = 100 };
    Scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "data.h5");
    Dataset *dataset;
    Sampler whole = {0};
    write_rows(path, ROWS, FEATURES, ROWS - LAST);
    CU_ASSERT_FATAL(fine(dataset_open(&dataset, path)));
    CU_ASSERT_EQUAL(dataset_count(dataset, PART_TRAIN), ROWS);
    CU_ASSERT(dataset_bytes(dataset) > (int64_t)ROWS * FEATURES);
    dataset_stream(dataset, PART_TRAIN);
    CU_ASSERT_EQUAL(wrong_samples(dataset, &whole, PART_TRAIN, ROWS, ROWS - LAST, ROWS, 64), 0);
    dataset_close(dataset);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"an epoch is each row once, and none that is held out, in whole chunks", permutation},
    {"samples come out of the window that their position names", windows},
    {"any position can be asked for alone", pure},
    {"epochs and seeds differ, the split does not", keyed},
    {"each epoch draws its chunks and the places in its windows anew", drawn_anew},
    {"a chunk is whole chunks of the file, no larger than it must be", chunks},
    {"a part is read in order, forth and back, and never past the end", in_order},
    {"a file that is cut off while it is read is told with data set and rows", cut_off},
    {"a data set of more than 2^31 values is read to its end", huge},
    {0}};

int main(void)
{
    return unit_run("stream", promises);
}
