/* Brackets, and who is promoted in them. */
#include "lab/halving.h"

#include <math.h>
#include <stddef.h>

static int64_t power(int64_t eta, int exponent)
{
    int64_t result = 1;
    while (exponent-- > 0)
        result = result > INT64_MAX / 64 / eta ? INT64_MAX / 64 : result * eta;
    return result;
}

int halving_rungs(double ratio, int64_t eta)
{
    int rungs = 1;
    while (rungs < HALVING_RUNGS && (double)power(eta, rungs - 1) < ratio)
        rungs++;
    return rungs;
}

int64_t halving_size(int rungs, int64_t eta, int bracket)
{
    int left = rungs - bracket;
    return (rungs * power(eta, left - 1) + left - 1) / left;
}

int64_t halving_deal(int rungs, int64_t eta, int brackets, int64_t trials, Bracket *dealt)
{
    int64_t count = 0;
    for (int64_t first = 0; first < trials; count++) {
        int rung = (int)(count % brackets);
        int64_t size = halving_size(rungs, eta, rung), left = trials - first;
        size = size < left ? size : left;
        if (dealt)
            dealt[count] = (Bracket){first, size, rung};
        first += size;
    }
    return count;
}

static int better(double a, double b)
{
    return a < b || (isnan(b) && !isnan(a));
}

void halving_rank(const double *values, int64_t count, int64_t *order)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t k = i;
        for (; k > 0 && better(values[i], values[order[k - 1]]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

int64_t halving_promoted(const double *values, const int64_t *order, int64_t count, int64_t eta)
{
    int64_t most = count / eta > 0 ? count / eta : 1, promoted = 0;
    while (promoted < most && promoted < count && !isnan(values[order[promoted]]))
        promoted++;
    return promoted;
}
