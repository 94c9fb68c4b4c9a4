/* The exchange by size: how long a step's sum takes through our reduction, as against
 * MPI_Allreduce, measured in turns on the same vectors. */
#ifndef LAB_BENCH_EXCHANGE_H
#define LAB_BENCH_EXCHANGE_H

#include "dist/comm.h"

/* Our tree, or MPI_Allreduce. */
enum { BENCH_OURS, BENCH_MPI, BENCH_WAYS };

/* A vector of one size, a leaf a rank. Seconds of the slowest rank: medians of the rounds. */
typedef struct BenchExchange {
    int64_t bytes;
    int rounds;
    double update[BENCH_WAYS]; /* the sum, and an update of all weights by it */
    double sum[BENCH_WAYS];    /* the sum alone, whole and within every rank's reach */
} BenchExchange;

enum { BENCH_SIZES = 6 };

/* Measures size number `size` < BENCH_SIZES (64 KB, four times as much each, 64 MB) for about so
 * many seconds. STATUS_USER where shared memory is too small. Collective. */
Err bench_exchange(const Comm *comm, int size, double seconds, BenchExchange *result);

#endif
