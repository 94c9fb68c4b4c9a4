/* Memory: one checked, aligned, zeroed allocation; a buffer that is used again; an arena for many
 * small things that live and die together. Running out is not an error that anybody can handle:
 * CHECK ends the job. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* `count` zeroed things of `size` bytes, aligned to 64 bytes. Never NULL, also for count 0. */
void *mem_alloc(int64_t count, size_t size);
void mem_free(void *memory);

/* Bytes that are kept to be used again: the first `size` of [room] are. A zeroed Buffer is an empty
 * one. */
typedef struct Buffer {
    void *bytes;
    size_t size, room;
} Buffer;

/* Room for at least so many bytes; those in use stay, and move where there was less. */
void buffer_reserve(Buffer *buffer, size_t room);
void buffer_free(Buffer *buffer);

/* Grows in chunks and never moves what it gave out. A zeroed Arena is an empty one. */
typedef struct Arena {
    struct ArenaChunk *chunk;
} Arena;

/* `count` zeroed things of `size` bytes, aligned to 64 bytes, freed with the arena. */
void *arena_take(Arena *arena, int64_t count, size_t size);
/* A printf text in the arena. */
char *arena_text(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(Arena *arena);

#endif
