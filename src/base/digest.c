/* XXH3-64 through xxHash: its only door. */
#include "base/digest.h"

#include "base/err.h"

#include <xxhash.h>

/* Digest is xxHash's own state under our name. */
static XXH3_state_t *state_of(const Digest *digest)
{
    return (XXH3_state_t *)digest;
}

Digest *digest_open(void)
{
    XXH3_state_t *state = XXH3_createState();
    CHECK(state, "out of memory for a digest");
    XXH3_64bits_reset(state);
    return (Digest *)state;
}

void digest_close(Digest *digest)
{
    XXH3_freeState(state_of(digest));
}

void digest_start(Digest *digest)
{
    XXH3_64bits_reset(state_of(digest));
}

void digest_add(Digest *digest, const void *bytes, size_t size)
{
    XXH3_64bits_update(state_of(digest), bytes, size);
}

uint64_t digest_value(const Digest *digest)
{
    return XXH3_64bits_digest(state_of(digest));
}

uint64_t digest_bytes(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}
