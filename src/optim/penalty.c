/* L1, L2 and elastic net; compiled without contraction, as all that works on slices. */
#include "optim/penalty.h"

const Field penalty_fields[] = {
    {"l1", FIELD_REAL, offsetof(Penalty, l1), "0", 0, 1e6, .help = "times the sum of |w|"},
    {"l2", FIELD_REAL, offsetof(Penalty, l2), "0", 0, 1e6, .help = "times half the sum of w^2"},
    {"exact_zeros", FIELD_BOOL, offsetof(Penalty, exact_zeros), "false",
     .help = "l1 by soft threshold after the update, which makes zeros"},
    {0}};

Err penalty_build(Penalty *penalty, Node section)
{
    *penalty = (Penalty){0};
    TRY(conf_fields(section, penalty_fields, penalty));
    if (penalty->exact_zeros && penalty->l1 == 0)
        return conf_fail_key(section, "exact_zeros", "exact_zeros needs an l1 above 0");
    return NULL;
}

bool penalty_any(const Penalty *penalty)
{
    return penalty->l1 > 0 || penalty->l2 > 0;
}

void penalty_gradient(const Penalty *penalty, Real *restrict g, const Real *restrict w, int64_t n)
{
    const Real l1 = penalty->exact_zeros ? 0 : (Real)penalty->l1, l2 = (Real)penalty->l2;
    for (int64_t i = 0; i < n; i++) {
        Real sign = (Real)((w[i] > 0) - (w[i] < 0));
        g[i] += l1 * sign + l2 * w[i];
    }
}

void penalty_threshold(const Penalty *penalty, Real *w, Real rate, int64_t n)
{
    const Real threshold = rate * (Real)penalty->l1;
    for (int64_t i = 0; penalty->exact_zeros && i < n; i++) {
        Real size = w[i] < 0 ? -w[i] : w[i], left = size - threshold;
        w[i] = !(left > 0) ? 0 : w[i] < 0 ? -left : left;
    }
}

double penalty_value(const Penalty *penalty, const Real *w, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += w[i] < 0 ? -(double)w[i] : (double)w[i];
        squares += (double)w[i] * (double)w[i];
    }
    return penalty->l1 * sum + 0.5 * penalty->l2 * squares;
}
