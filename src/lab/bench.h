/* Benchmarks: how fast each kernel is here, as a share of what this machine can do: products
 * against its own matrix product, everything else against a copy of memory, measured in turns. */
#ifndef LAB_BENCH_H
#define LAB_BENCH_H

#include "nn/layer.h"

#include <stdbool.h>

enum { BENCH_FORWARD, BENCH_INPUT, BENCH_WEIGHT, BENCH_PARTS };

/* One layer. Rates in GF/s, or in GB/s of what must pass through memory; 0: there is no such part.
 */
typedef struct BenchRow {
    char what[64];
    bool product;             /* else its limit is memory */
    double rate[BENCH_PARTS]; /* of the forward pass, the gradients of input and of weights */
    double limit;             /* GF/s of the matrix product, GB/s of the copy, in the same rounds */
} BenchRow;

/* Measures the next row of the table; *at counts them, from 0. false: there is none left. `lanes`
 * 0: 128 for dense layers, 64 for the others. */
bool bench_next(int *at, int lanes, BenchRow *row);

/* Whether a layer is a product of matrices, with sgemm for its limit; else memory is. */
bool bench_is_product(const Layer *layer);

#endif
