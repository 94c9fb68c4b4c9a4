/* A keyed bijection of [0, n): the order of an epoch without a stored permutation. A balanced
 * Feistel network on the smallest even-bit power of two >= n, walked until it lands inside [0, n)
 * (cycle walking, Black and Rogaway 2002). Any index can be asked for alone, by anybody. */
#ifndef DATA_PERMUTE_H
#define DATA_PERMUTE_H

#include <stdint.h>

enum { PERMUTE_ROUNDS = 8 };

typedef struct Permute {
    int64_t n;
    int half; /* bits of each half */
    uint64_t key[PERMUTE_ROUNDS];
} Permute;

/* The bijection of [0, n) for (seed, purpose, number), such as (seed, RNG_ORDER, epoch). */
Permute permute_build(int64_t n, uint64_t seed, uint64_t purpose, uint64_t number);
int64_t permute(const Permute *p, int64_t index);

#endif
