/* Random, Halton's, and Bayesian proposals. Of the two usual kinds of the latter, this is the
 * Gaussian process with expected improvement, not TPE: with the tens of trials that training runs
 * allow, it learns more from each than ratios of densities do, it has no random choices of its own,
 * and what it expects can be checked against formulas. */
#include "lab/propose.h"

#include "base/rng.h"
#include "lab/gp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double rounded(double unit)
{
    double at = floor(unit * 1e6 + 0.5) / 1e6;
    return at < 0 ? 0 : at > 0.999999 ? 0.999999 : at;
}

void propose_random(const Space *space, uint64_t seed, int64_t index, double *at)
{
    for (int i = 0; i < space->count; i++)
        at[i] =
            rounded(rng_unit(rng_draw(seed, RNG_TRIALS, (uint64_t)i, 1 + (uint64_t)index).word[0]));
}

void propose_halton(const Space *space, uint64_t seed, int64_t index, double *at)
{
    for (int i = 0; i < space->count; i++)
        at[i] = rounded(space_halton(seed, index, i));
}

int64_t propose_beginning(const Space *space)
{
    return 4 + 2 * (int64_t)space->count;
}

/* ---- what the process sees ---- */

enum { CHOICES_MOST = GP_DIMENSIONS - SPACE_MOST };

/* A choice has a dimension for each value, or, of very many, its number has one. */
static int dimensions(const Space *space)
{
    int count = 0;
    for (int i = 0; i < space->count; i++) {
        const Param *param = &space->param[i];
        bool spread = param->kind == SCALE_CHOICE && count + param->high <= CHOICES_MOST;
        count += spread ? (int)param->high : 1;
    }
    return count;
}

/* Any two values of a choice are as far from each other as the ends of a range. */
static void look(const Space *space, const double *at, double *x)
{
    int count = 0;
    for (int i = 0; i < space->count; i++) {
        const Param *param = &space->param[i];
        double place = space_place(param, at[i]);
        if (param->kind != SCALE_CHOICE) {
            x[count++] = place;
        } else if (count + param->high <= CHOICES_MOST) {
            for (int k = 0; k < (int)param->high; k++)
                x[count++] = k == (int)place ? sqrt(0.5) : 0;
        } else {
            x[count++] = place / param->high;
        }
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Finite values; what is far worse than the middle of them is only bad, and as bad as what
 * diverged: where the good ones are, its size says nothing. False: all diverged. */
static bool tame(const double *value, int64_t count, double *tamed)
{
    double *sorted = mem_alloc(count, sizeof *sorted);
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            sorted[n++] = value[i];
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    double best = n ? sorted[0] : 0, middle = n ? sorted[n / 2] : 0;
    double most = n ? fmin(sorted[n - 1], middle + (middle - best)) : 0;
    for (int64_t i = 0; i < count; i++)
        tamed[i] = isfinite(value[i]) && value[i] < most ? value[i] : most;
    mem_free(sorted);
    return n > 0;
}

/* ---- where it looks next ---- */

typedef struct Look {
    const Space *space;
    Gp gp;
    int64_t known; /* points that have values; the others are of this round */
    uint64_t seed; /* of the candidates */
    double least;  /* that is to be improved on */
    double best;   /* expected improvement, of what follows; below 0: there is none yet */
    double at[SPACE_MOST];
    double x[GP_DIMENSIONS];
} Look;

/* The trials of a round keep a hundredth of a range between them: nearer ones tell the same. */
static bool is_taken(const Look *l, const double *x)
{
    static const double apart = 0.01;
    const Gp *gp = &l->gp;
    for (int i = 0; i < gp->count; i++) {
        double most = 0;
        for (int d = 0; d < gp->dimensions; d++)
            most = fmax(most, fabs(gp->x[(int64_t)i * gp->dimensions + d] - x[d]));
        if (most == 0 || (i >= l->known && most < apart))
            return true;
    }
    return false;
}

static void consider(Look *l, const double *at)
{
    double x[GP_DIMENSIONS], mean, deviation;
    look(l->space, at, x);
    if (is_taken(l, x))
        return;
    gp_predict(&l->gp, x, &mean, &deviation);
    double improvement = gp_improvement(mean, deviation, l->least);
    if (improvement <= l->best)
        return;
    l->best = improvement;
    memcpy(l->at, at, (size_t)l->space->count * sizeof *at);
    memcpy(l->x, x, sizeof x);
}

/* Candidates first .. first + count - 1 of the sequence: in a box of this width around `centre`, or
 * everywhere (NULL). */
static void search(Look *l, int64_t first, int count, const double *centre, double width)
{
    double at[SPACE_MOST], middle[SPACE_MOST];
    for (int d = 0; centre && d < l->space->count; d++)
        middle[d] = centre[d];
    for (int i = 0; i < count; i++) {
        for (int d = 0; d < l->space->count; d++) {
            double unit = space_halton(l->seed, first + i, d);
            at[d] = rounded(centre ? middle[d] + width * (unit - 0.5) : unit);
        }
        consider(l, at);
    }
}

/* The known point of which least is expected; and how little that is. */
static int64_t incumbent(Look *l)
{
    int64_t best = 0;
    l->least = INFINITY;
    for (int64_t i = 0; i < l->gp.count; i++) {
        double mean, deviation;
        gp_predict(&l->gp, l->gp.x + i * l->gp.dimensions, &mean, &deviation);
        if (mean < l->least && i < l->known)
            best = i;
        l->least = fmin(l->least, mean);
    }
    return best;
}

static void pick(Look *l, const double *known)
{
    enum { WIDE = 1000, NEAR = 200 };
    const double *centre = known + incumbent(l) * l->space->count;
    l->best = -1;
    search(l, 0, WIDE, NULL, 1);
    search(l, WIDE, NEAR, centre, 0.2);
    search(l, WIDE + NEAR, NEAR, centre, 0.05);
    if (l->best < 0)
        return;
    search(l, WIDE + 2 * NEAR, NEAR, l->at, 0.1);
    search(l, WIDE + 3 * NEAR, NEAR, l->at, 0.02);
}

void propose_bayes(const Space *space, uint64_t seed, const double *known, const double *value,
                   int64_t count, int width, double *at)
{
    Look l = {.space = space, .known = count};
    int across = dimensions(space);
    double *x = mem_alloc(count * across, sizeof *x), *tamed = mem_alloc(count, sizeof *tamed);
    bool any = tame(value, count, tamed);
    for (int64_t i = 0; i < count; i++)
        look(space, known + i * space->count, x + i * across);
    gp_open(&l.gp, (int)count + width, across);
    if (any)
        gp_fit(&l.gp, x, tamed, (int)count);
    for (int64_t i = 0; i < width; i++) {
        Draw draw = rng_draw(seed, RNG_TRIALS, SPACE_MOST, (uint64_t)(count + i));
        l.seed = draw.word[0];
        l.best = -1;
        if (any)
            pick(&l, known);
        if (l.best < 0) /* nothing is known, or all is */
            propose_halton(space, seed, count + i, l.at);
        else
            gp_believe(&l.gp, l.x);
        memcpy(at + i * space->count, l.at, (size_t)space->count * sizeof *at);
    }
    gp_close(&l.gp);
    mem_free(tamed);
    mem_free(x);
}
