/* Digest: XXH3-64 over a stream of bytes; the only door to xxHash. The digest of a run is taken
 * over its parameters, then its statistics, in layer order, without padding. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

typedef struct Digest Digest; /* a stream under way; reused by digest_start */

Digest *digest_open(void);
void digest_close(Digest *digest);
void digest_start(Digest *digest);
void digest_add(Digest *digest, const void *bytes, size_t size);
uint64_t digest_value(const Digest *digest);
/* The digest of one block of bytes. */
uint64_t digest_bytes(const void *bytes, size_t size);

#endif
