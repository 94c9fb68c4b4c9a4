/* Least squares. The tradeoff is fitted by Gauss and Newton's method in (ln Smin, ln Emin), which
 * keeps both above 0; it starts from the line in 1 / B. */
#include "lab/fit.h"

#include <math.h>

static const Estimate none = {NAN, NAN};

Power fit_power(const double *x, const double *y, int count)
{
    double mx = 0, my = 0, xx = 0, xy = 0, rest = 0;
    for (int i = 0; i < count; i++) {
        mx += log(x[i]) / count;
        my += log(y[i]) / count;
    }
    for (int i = 0; i < count; i++) {
        xx += (log(x[i]) - mx) * (log(x[i]) - mx);
        xy += (log(x[i]) - mx) * (log(y[i]) - my);
    }
    if (count < 2 || xx == 0)
        return (Power){none, NAN};
    double slope = xy / xx;
    for (int i = 0; i < count; i++) {
        double off = log(y[i]) - my - slope * (log(x[i]) - mx);
        rest += off * off;
    }
    return (Power){{slope, count > 2 ? sqrt(rest / (count - 2) / xx) : NAN}, exp(my - slope * mx)};
}

/* ---- steps against batch ---- */

/* Sums over the points of what the two parameters' derivatives and the residuals make. */
typedef struct Normal {
    double ss, se, ee; /* J'J */
    double s, e;       /* J'r */
    double rest;       /* r'r */
} Normal;

/* ln S = ln(Smin + Emin / B): its derivative by ln Smin is the first term's share. */
static Normal normal_at(const double *batch, const double *steps, int count, double smin,
                        double emin)
{
    Normal n = {0};
    for (int i = 0; i < count; i++) {
        double model = smin + emin / batch[i], share = smin / model;
        double off = log(steps[i] / model);
        n.ss += share * share;
        n.se += share * (1 - share);
        n.ee += (1 - share) * (1 - share);
        n.s += share * off;
        n.e += (1 - share) * off;
        n.rest += off * off;
    }
    return n;
}

/* A beginning: through the largest batch, which says Smin, and the smallest, which says Emin. */
static void begin(const double *batch, const double *steps, int count, double *smin, double *emin)
{
    int small = 0, large = 0;
    for (int i = 1; i < count; i++) {
        small = batch[i] < batch[small] ? i : small;
        large = batch[i] > batch[large] ? i : large;
    }
    *smin = steps[large] / 2;
    *emin = steps[small] * batch[small] / 2;
}

/* A step that is too long is halved: far from the answer the tangent misleads. */
static void improve(const double *batch, const double *steps, int count, double *smin, double *emin)
{
    enum { ROUNDS = 200, HALVINGS = 30 };
    for (int round = 0; round < ROUNDS; round++) {
        Normal n = normal_at(batch, steps, count, *smin, *emin);
        double det = n.ss * n.ee - n.se * n.se;
        if (!(det > 0))
            return;
        double ds = (n.ee * n.s - n.se * n.e) / det, de = (n.ss * n.e - n.se * n.s) / det;
        double length = 1;
        for (int i = 0; i < HALVINGS; i++, length /= 2)
            if (normal_at(batch, steps, count, *smin * exp(length * ds), *emin * exp(length * de))
                    .rest <= n.rest)
                break;
        *smin *= exp(length * ds);
        *emin *= exp(length * de);
        if (length * (fabs(ds) + fabs(de)) < 1e-12)
            return;
    }
}

Tradeoff fit_tradeoff(const double *batch, const double *steps, int count)
{
    double smin, emin;
    if (count < 3)
        return (Tradeoff){none, none, none};
    begin(batch, steps, count, &smin, &emin);
    improve(batch, steps, count, &smin, &emin);
    Normal n = normal_at(batch, steps, count, smin, emin);
    double det = n.ss * n.ee - n.se * n.se, variance = n.rest / (count - 2);
    if (!(det > 0))
        return (Tradeoff){none, none, none};
    /* The covariance of the logarithms is variance x (J'J)^-1. */
    double vs = variance * n.ee / det, ve = variance * n.ss / det, c = -variance * n.se / det;
    double critical = emin / smin;
    return (Tradeoff){{smin, smin * sqrt(vs)},
                      {emin, emin * sqrt(ve)},
                      {critical, critical * sqrt(fmax(0, vs + ve - 2 * c))}};
}
