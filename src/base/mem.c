/* Checked, aligned, zeroed memory, the buffer and the arena. */
#include "base/mem.h"

#include "base/cut.h"
#include "base/err.h"
#include "base/real.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(int64_t count, size_t size)
{
    CHECK(count >= 0 && (size == 0 || (uint64_t)count <= SIZE_MAX / 2 / size),
          "a request for %lld x %zu bytes of memory", (long long)count, size);
    size_t bytes = (size_t)round_up(count * (int64_t)size + (count == 0), LINE_BYTES);
    void *memory = aligned_alloc(LINE_BYTES, bytes);
    CHECK(memory, "out of memory: %.1f MB wanted", (double)bytes / 1e6);
    return memset(memory, 0, bytes);
}

void mem_free(void *memory)
{
    free(memory);
}

void buffer_reserve(Buffer *buffer, size_t room)
{
    if (room <= buffer->room)
        return;
    void *larger = mem_alloc((int64_t)room, 1);
    if (buffer->size)
        memcpy(larger, buffer->bytes, buffer->size);
    mem_free(buffer->bytes);
    *buffer = (Buffer){larger, buffer->size, room};
}

void buffer_free(Buffer *buffer)
{
    mem_free(buffer->bytes);
    *buffer = (Buffer){0};
}

/* Under sanitizers each piece is an allocation of its own: they see who writes past it. */
#ifdef LOCKSTEP_SANITIZED
enum { CHUNK_BYTES = 0 };
#else
enum { CHUNK_BYTES = 16 << 10 };
#endif

struct ArenaChunk {
    struct ArenaChunk *older;
    size_t used, size; /* bytes of `memory` */
    _Alignas(LINE_BYTES) char memory[];
};

void *arena_take(Arena *arena, int64_t count, size_t size)
{
    CHECK(count >= 0 && (size == 0 || (uint64_t)count <= SIZE_MAX / 4 / size),
          "a request for %lld x %zu bytes of memory", (long long)count, size);
    size_t bytes = (size_t)round_up(count * (int64_t)size, LINE_BYTES);
    struct ArenaChunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->used < bytes) {
        size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        chunk = mem_alloc((int64_t)(sizeof *chunk + room), 1);
        chunk->older = arena->chunk;
        chunk->size = room;
        arena->chunk = chunk;
    }
    void *taken = chunk->memory + chunk->used;
    chunk->used += bytes;
    return taken;
}

char *arena_text(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_take(arena, length + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_free(Arena *arena)
{
    while (arena->chunk) {
        struct ArenaChunk *older = arena->chunk->older;
        mem_free(arena->chunk);
        arena->chunk = older;
    }
}
