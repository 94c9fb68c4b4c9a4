/* The yardstick. Values are ordinary small numbers: denormal ones would be slow. */
#include "math/limit.h"

#include "base/mem.h"
#include "base/term.h"
#include "math/gemm.h"

#include <stdint.h>

static Real *take_square(double scale)
{
    int64_t count = (int64_t)LIMIT_SIDE * LIMIT_SIDE;
    Real *values = mem_alloc(count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (Real)(scale * (double)(i % 1009) / 1009 - scale / 2);
    return values;
}

void limit_open(Limit *limit)
{
    *limit = (Limit){take_square(1), take_square(0.5), take_square(0)};
}

void limit_close(Limit *limit)
{
    mem_free(limit->a);
    mem_free(limit->b);
    mem_free(limit->c);
    *limit = (Limit){0};
}

void limit_multiply(Limit *limit)
{
    gemm(false, false, LIMIT_SIDE, LIMIT_SIDE, LIMIT_SIDE, limit->a, LIMIT_SIDE, limit->b,
         LIMIT_SIDE, false, limit->c, LIMIT_SIDE);
}

double limit_flops(void)
{
    return 2.0 * LIMIT_SIDE * LIMIT_SIDE * LIMIT_SIDE;
}

double limit_rate(double seconds)
{
    Limit limit;
    limit_open(&limit);
    limit_multiply(&limit); /* the first one is slow: pages and caches */
    double begun = term_clock(), elapsed = 0;
    int64_t made = 0;
    while (elapsed <= seconds) {
        limit_multiply(&limit);
        made++;
        elapsed = term_clock() - begun;
    }
    limit_close(&limit);
    return limit_flops() * (double)made / elapsed / 1e9;
}
