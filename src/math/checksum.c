/* The two sums in registers as wide as the machine's; the columns are the same eight on all. */
#include "math/checksum.h"

#include "math/lanes.h"

#include <string.h>

enum { COLUMNS = LINE_BYTES / sizeof(uint64_t), PARTS = LINE_BYTES / VECTOR_BYTES };

typedef uint64_t Words __attribute__((vector_size(VECTOR_BYTES), aligned(VECTOR_BYTES), may_alias));

/* Factors with no pattern in them: digits of the golden ratio, pi and e, and of other generators.
 */
static const uint64_t odd[COLUMNS] = {0x9e3779b97f4a7c15, 0x243f6a8885a308d3, 0xb7e151628aed2a6b,
                                      0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93,
                                      0xa0761d6478bd642f, 0x589965cc75374cc3};
static const uint64_t even[COLUMNS] = {0x13198a2e03707344, 0xa4093822299f31d0, 0xeb44accab455d164,
                                       0x9c6e6877736c46e2, 0x2127599bf4325c36, 0x880355f21e6d1964,
                                       0x72be5d74f27b896e, 0x165667b19e3779f8};

static uint64_t stir(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9fb21c651e98df25;
    return x ^ x >> 29;
}

/* Lines 0, 2, 4, ... and lines 1, 3, 5, ... in sums of their own, since each addition waits for the
 * one before it. In pairs of lines, the weights count pairs. */
uint64_t checksum_lines(const void *first, int64_t lines)
{
    const Words *x = first;
    Words sum[PARTS] = {0}, odd_sum[PARTS] = {0}, weighted[PARTS] = {0}, odd_weighted[PARTS] = {0};
    uint64_t sums[COLUMNS], weights[COLUMNS], all = 0;
    int64_t pairs = lines / 2;
    for (int64_t i = 0; i < pairs; i++, x += 2 * PARTS)
        for (int k = 0; k < PARTS; k++) {
            sum[k] += x[k];
            odd_sum[k] += x[PARTS + k];
            weighted[k] += sum[k];
            odd_weighted[k] += odd_sum[k];
        }
    for (int k = 0; k < PARTS; k++) {
        weighted[k] = 2 * (weighted[k] + odd_weighted[k]) - odd_sum[k];
        sum[k] += odd_sum[k];
    }
    for (int k = 0; k < PARTS && lines % 2; k++) {
        sum[k] += x[k];
        weighted[k] += sum[k];
    }
    memcpy(sums, sum, sizeof sums);
    memcpy(weights, weighted, sizeof weights);
    for (int c = 0; c < COLUMNS; c++)
        all += odd[c] * sums[c] + even[c] * weights[c];
    return stir(all);
}

uint64_t checksum_keyed(uint64_t checksum, uint64_t key)
{
    return stir(checksum + odd[0] * key);
}
