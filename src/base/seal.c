/* "lockstep", then XXH3-64 of all bytes before, lowest byte first. */
#include "base/seal.h"

#include "base/digest.h"
#include "base/file.h"

#include <string.h>

static const char word[8] = "lockstep";
enum { WORD = sizeof word, SEAL = SEAL_BYTES };

static void seal_of(const void *bytes, size_t size, unsigned char *seal)
{
    uint64_t digest = digest_bytes(bytes, size);
    memcpy(seal, word, WORD);
    for (int i = 0; i < 8; i++)
        seal[WORD + i] = (unsigned char)(digest >> 8 * i);
}

void seal_buffer(Buffer *buffer)
{
    buffer_reserve(buffer, buffer->size + SEAL);
    seal_of(buffer->bytes, buffer->size, (unsigned char *)buffer->bytes + buffer->size);
    buffer->size += SEAL;
}

static Err check(const char *path, const char *bytes, size_t size)
{
    unsigned char seal[SEAL];
    if (size < SEAL || memcmp(bytes + size - SEAL, word, WORD) != 0)
        FAIL(STATUS_USER, "%s: no checkpoint of lockstep, or one whose end is missing", path);
    seal_of(bytes, size - SEAL, seal);
    if (memcmp(bytes + size - SEAL, seal, SEAL) != 0)
        FAIL(STATUS_USER, "%s: damaged: its bytes are not those that were written", path);
    return NULL;
}

Err seal_check(const char *path)
{
    char *bytes;
    size_t size;
    TRY(file_read(path, &bytes, &size));
    Err err = check(path, bytes, size);
    mem_free(bytes);
    return err;
}
