/* cut: ownership is arithmetic. Part i of k of n things is [cut(n,i,k), cut(n,i+1,k)): contiguous,
 * sizes differ by at most one, and any rank can say what any other owns. (After p4est.) */
#ifndef BASE_CUT_H
#define BASE_CUT_H

#include <stdint.h>

/* First thing of part i when n things are cut into k parts; cut(n,k,k) == n. n * i < 2^63. */
static inline int64_t cut(int64_t n, int64_t i, int64_t k)
{
    return n * i / k;
}

/* n rounded up to a multiple of unit. */
static inline int64_t round_up(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

#endif
