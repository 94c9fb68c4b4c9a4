/* The keyed bijection. An index is split into halves (left, right) and goes through
 *
 *     (left, right) -> (right, left ^ mix(right, key[round]))        round = 0 .. 7
 *
 * Each round can be undone, whatever mix is, so the whole is a bijection of [0, 4^half). What falls
 * outside [0, n) is sent through again: on the cycle of the larger bijection that leads from an
 * index below n, the next index below n is met sooner or later, and that is a bijection of [0, n).
 * As 4^half is at most 4 n, no more than four passes are needed on average.
 *
 * The keys are drawn once; the rounds only multiply and shift, because an index is permuted for
 * each sample of each step. */
#include "data/permute.h"

#include "base/err.h"
#include "base/rng.h"

#include <inttypes.h>

Permute permute_build(int64_t n, uint64_t seed, uint64_t purpose, uint64_t number)
{
    CHECK(n > 0 && n <= (int64_t)1 << 60, "an order of %" PRId64 " samples", n);
    Permute p = {.n = n, .half = 1};
    while ((int64_t)1 << 2 * p.half < n)
        p.half++;
    for (int i = 0; i < PERMUTE_ROUNDS; i += 4) {
        Draw draw = rng_draw(seed, purpose, number, (uint64_t)i);
        for (int k = 0; k < 4; k++)
            p.key[i + k] = (uint64_t)draw.word[2 * k] << 32 | draw.word[2 * k + 1];
    }
    return p;
}

/* Murmur3's finalizer: each bit of the result depends on each bit of `half` and of the key. */
static inline uint64_t mix(uint64_t half, uint64_t key)
{
    uint64_t x = half ^ key;
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

/* One pass through the network. */
static inline uint64_t encipher(const Permute *p, uint64_t index)
{
    uint64_t mask = ((uint64_t)1 << p->half) - 1;
    uint64_t left = index >> p->half, right = index & mask;
    for (int i = 0; i < PERMUTE_ROUNDS; i++) {
        uint64_t next = left ^ (mix(right, p->key[i]) & mask);
        left = right;
        right = next;
    }
    return left << p->half | right;
}

int64_t permute(const Permute *p, int64_t index)
{
    uint64_t x = (uint64_t)index;
    do
        x = encipher(p, x);
    while (x >= (uint64_t)p->n);
    return (int64_t)x;
}
