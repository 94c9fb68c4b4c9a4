/* The ring of blocks. */
#include "data/reader.h"

#include "base/cut.h"
#include "base/mem.h"

void reader_open(Reader *reader, const Dataset *dataset, const Sampler *sampler, int64_t window)
{
    *reader = (Reader){.dataset = dataset, .sampler = sampler};
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t chunk = dataset_file_chunk(dataset, sampler_part(sampler, part));
        reader->block[part] = stream_chunk(chunk ? chunk : 1, dataset_row_bytes(dataset), window);
    }
}

void reader_close(Reader *reader)
{
    mem_free(reader->x);
    *reader = (Reader){0};
}

void reader_reserve(Reader *reader, int64_t samples)
{
    int64_t most = 0;
    for (Part part = 0; part < PART_COUNT; part++) {
        int64_t room = round_up(samples, reader->block[part]) + reader->block[part];
        if (!dataset_streamed(reader->dataset, sampler_part(reader->sampler, part)))
            continue;
        reader->room[part] = room;
        most = room > most ? room : most;
    }
    mem_free(reader->x);
    reader->x = mem_alloc(most * dataset_row_bytes(reader->dataset), 1);
    reader->lo = reader->hi = 0;
}

int64_t reader_place(const Reader *reader, Part part, int64_t i)
{
    return i % reader->room[part];
}

/* From reader->hi to the end of its block, or to `end`. */
static Err read_block(Reader *reader, int64_t end)
{
    Part part = reader->part;
    int64_t lo = reader->hi, hi = (lo / reader->block[part] + 1) * reader->block[part];
    hi = hi < end ? hi : end;
    int64_t row = sampler_part_row(reader->sampler, part, lo);
    char *to =
        (char *)reader->x + reader_place(reader, part, lo) * dataset_row_bytes(reader->dataset);
    TRY(dataset_read(reader->dataset, sampler_part(reader->sampler, part), row, row + hi - lo, to));
    reader->hi = hi;
    int64_t kept = hi - reader->room[part];
    reader->lo = reader->lo > kept ? reader->lo : kept;
    return NULL;
}

Err reader_take(Reader *reader, Part part, int64_t lo, int64_t hi, int64_t end)
{
    CHECK(hi <= end && hi - lo <= reader->room[part] - reader->block[part],
          "%lld samples are asked of a reader of %lld", (long long)(hi - lo),
          (long long)reader->room[part]);
    if (part != reader->part || lo < reader->lo || lo > reader->hi) {
        reader->part = part;
        reader->lo = reader->hi = lo;
    }
    while (reader->hi < hi)
        TRY(read_block(reader, end));
    return NULL;
}
