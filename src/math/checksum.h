/* Checksum: 64 bits of a stretch of memory, twenty times as fast as XXH3 comes from a shared
 * library: for what is looked at again and again while it is in cache. With x[i] the words of line
 * i, eight columns side by side,
 *
 *     sum      = x[0] + x[1] + ... + x[n-1]                  modulo 2^64
 *     weighted = n x[0] + (n-1) x[1] + ... + 1 x[n-1]        the sum of the sums on the way
 *     checksum = odd . sum + even . weighted, stirred        eight odd numbers, eight even ones
 *
 * A change of bits inside one word is found for certain: its odd part of the sum's difference meets
 * an odd factor. Changes of several words are missed where they fall together, by one chance in
 * 2^64. It is no defence against anybody who means it. The value does not depend on the CPU. */
#ifndef MATH_CHECKSUM_H
#define MATH_CHECKSUM_H

#include "base/real.h"

#include <stdint.h>

/* Of `lines` lines of LINE_BYTES, which begin at a multiple of it. */
uint64_t checksum_lines(const void *first, int64_t lines);
/* A checksum under a key: what is added up over many keys does not cancel when two are swapped. */
uint64_t checksum_keyed(uint64_t checksum, uint64_t key);

#endif
