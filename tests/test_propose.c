/* Searches of functions whose least value is known. */
#include "lab/fit.h"
#include "lab/propose.h"
#include "lab/spread.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 10, WIDTH = 4, MOST = 64 };

/* On [-5, 10] x [0, 15]; least 0.397887, at three places. */
static double branin(const double *at)
{
    double x = 15 * at[0] - 5, y = 15 * at[1], pi = 3.14159265358979323846;
    double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
    return a * a + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10;
}

/* On [0, 1]^6; least -3.32237. */
static double hartmann(const double *at)
{
    static const double alpha[4] = {1, 1.2, 3, 3.2},
                        a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}},
                        p[4][6] = {{.1312, .1696, .5569, .0124, .8283, .5886},
                                   {.2329, .4135, .8307, .3736, .1004, .9991},
                                   {.2348, .1451, .3522, .2883, .3047, .6650},
                                   {.4047, .8828, .8732, .5743, .1091, .0381}};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        double inner = 0;
        for (int d = 0; d < 6; d++)
            inner += a[i][d] * (at[d] - p[i][d]) * (at[d] - p[i][d]);
        sum -= alpha[i] * exp(-inner);
    }
    return sum;
}

static Space cube(int dimensions)
{
    Space space = {.count = dimensions};
    for (int d = 0; d < dimensions; d++)
        space.param[d] = (Param){.path = "x", .kind = SCALE_LINEAR, .low = 0, .high = 1};
    return space;
}

typedef enum Method { RANDOM, HALTON, BAYES, METHODS } Method;

static void ask(Method method, const Space *space, uint64_t seed, double *at, const double *value,
                int64_t count)
{
    double *next = at + count * space->count;
    if (method == BAYES && count >= propose_beginning(space)) {
        propose_bayes(space, seed, at, value, count, WIDTH, next);
        return;
    }
    for (int64_t i = 0; i < WIDTH; i++, next += space->count)
        (method == RANDOM ? propose_random : propose_halton)(space, seed, count + i, next);
}

/* The least value of so many trials. */
static double least(Method method, const Space *space, double (*f)(const double *), uint64_t seed,
                    int64_t trials)
{
    double at[MOST * SPACE_MOST], value[MOST], best = INFINITY;
    for (int64_t count = 0; count < trials; count += WIDTH) {
        ask(method, space, seed, at, value, count);
        for (int64_t i = count; i < count + WIDTH; i++) {
            value[i] = f(at + i * space->count);
            best = fmin(best, value[i]);
        }
    }
    return best;
}

/* Mean and standard error over seeds of what lies between the least found and the true one. */
static Estimate regret(Method method, int dimensions, double (*f)(const double *), double floor,
                       int64_t trials)
{
    Space space = cube(dimensions);
    Spread found = {0};
    for (int s = 0; s < SEEDS; s++)
        spread_add(&found, least(method, &space, f, (uint64_t)s + 1, trials) - floor);
    return (Estimate){spread_mean(&found), spread_deviation(&found) / sqrt(SEEDS)};
}

static void compare(const char *name, int dimensions, double (*f)(const double *), double floor,
                    int64_t trials, double most)
{
    static const char *const words[METHODS] = {"random", "halton", "bayes"};
    Estimate found[METHODS];
    for (Method m = 0; m < METHODS; m++) {
        found[m] = regret(m, dimensions, f, floor, trials);
        printf("\n    %s, %d trials, %s: %.4f +- %.4f above the least", name, (int)trials, words[m],
               found[m].value, found[m].error);
    }
    double error = hypot(found[BAYES].error, found[RANDOM].error);
    CU_ASSERT(found[BAYES].value + 3 * error < found[RANDOM].value);
    CU_ASSERT(found[BAYES].value < most);
}

static void on_branin(void)
{
    compare("Branin", 2, branin, 0.397887, 40, 0.1);
}

static void on_hartmann(void)
{
    compare("Hartmann-6", 6, hartmann, -3.32237, 60, 0.5);
}

/* A choice, an integer and a range: the second value, 3, and 0.7 are best. */
static double mixed(const Space *space, const double *at)
{
    int choice = (int)space_place(&space->param[0], at[0]);
    double integer = 1 + 4 * space_place(&space->param[1], at[1]);
    return (choice != 1) * (2 + choice) + fabs(integer - 3) + 4 * fabs(at[2] - 0.7);
}

static Space mixed_space(void)
{
    return (Space){.count = 3,
                   .param = {{.path = "c", .kind = SCALE_CHOICE, .low = 0, .high = 4},
                             {.path = "i", .kind = SCALE_INTEGER, .low = 1, .high = 5},
                             {.path = "x", .kind = SCALE_LINEAR, .low = 0, .high = 1}}};
}

static void of_all_kinds(void)
{
    Space space = mixed_space();
    double at[MOST * SPACE_MOST], value[MOST], best = INFINITY;
    for (int64_t count = 0; count < 32; count += WIDTH) {
        ask(BAYES, &space, 3, at, value, count);
        for (int64_t i = count; i < count + WIDTH; i++) {
            value[i] = i % 7 ? mixed(&space, at + 3 * i) : NAN; /* some diverge */
            best = fmin(best, isnan(value[i]) ? INFINITY : value[i]);
        }
    }
    CU_ASSERT(best < 0.2);
}

static void pure(void)
{
    Space space = mixed_space();
    double at[36], value[12], four[12], two[6], again[12];
    for (int i = 0; i < 12; i++) {
        propose_halton(&space, 1, i, at + 3 * i);
        value[i] = mixed(&space, at + 3 * i);
    }
    propose_bayes(&space, 1, at, value, 12, 4, four);
    propose_bayes(&space, 1, at, value, 12, 4, again);
    propose_bayes(&space, 1, at, value, 12, 2, two);
    CU_ASSERT(memcmp(four, again, sizeof four) == 0 && memcmp(four, two, sizeof two) == 0);
    for (int i = 0; i < 12; i++) {
        CU_ASSERT(four[i] == nearbyint(four[i] * 1e6) / 1e6);
        CU_ASSERT(four[i] >= 0 && four[i] < 1);
    }
}

static void no_twice(void)
{
    Space space = {.count = 1, .param = {{.path = "c", .kind = SCALE_CHOICE, .high = 8}}};
    double at[12] = {0.1, 0.3}, value[2] = {1, 2};
    int seen[8] = {0};
    propose_bayes(&space, 1, at, value, 2, 10, at + 2);
    for (int i = 0; i < 8; i++)
        seen[(int)(8 * at[i])]++;
    for (int i = 0; i < 8; i++)
        CU_ASSERT(seen[i] == 1);
    for (int i = 8; i < 12; i++)
        CU_ASSERT(at[i] >= 0 && at[i] < 1);
}

static void apart(void)
{
    Space space = cube(1); /* all that is known says: at 0.5 */
    double at[12] = {0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.9}, value[8];
    for (int i = 0; i < 8; i++)
        value[i] = (at[i] - 0.51) * (at[i] - 0.51);
    propose_bayes(&space, 1, at, value, 8, 4, at + 8);
    for (int i = 8; i < 12; i++)
        for (int k = 8; k < i; k++)
            CU_ASSERT(fabs(at[i] - at[k]) >= 0.01);
}

static void all_diverged(void)
{
    Space space = cube(2);
    double at[10] = {0.1, 0.1, 0.9, 0.9, 0.5, 0.5}, value[3] = {NAN, NAN, INFINITY}, even[4];
    propose_bayes(&space, 1, at, value, 3, 2, at + 6);
    propose_halton(&space, 1, 3, even);
    propose_halton(&space, 1, 4, even + 2);
    CU_ASSERT(memcmp(at + 6, even, sizeof even) == 0);
}

/* Better and better up to 0.6, where all diverge. */
static void avoids(void)
{
    Space space = cube(1);
    double at[40], value[40], best = 1;
    int beyond = 0;
    for (int64_t count = 0; count < 40; count += WIDTH) {
        ask(BAYES, &space, 1, at, value, count);
        for (int64_t i = count; i < count + WIDTH; i++) {
            value[i] = at[i] > 0.6 ? NAN : 1 - at[i];
            beyond += i >= 8 && at[i] > 0.7;
            best = fmin(best, isnan(value[i]) ? 1 : value[i]);
        }
    }
    CU_ASSERT(beyond <= 3 && best < 0.42);
}

static const Promise promises[] = {
    {"on Branin's function Bayesian proposals beat random ones by 3 standard errors", on_branin},
    {"and on Hartmann's of six dimensions", on_hartmann},
    {"choices, integers and ranges are searched together, also where some diverge", of_all_kinds},
    {"proposals are a function of what is known, each of those before it", pure},
    {"the trials of a round lie apart", apart},
    {"nothing is tried twice before all has been tried", no_twice},
    {"where all diverged the even points go on", all_diverged},
    {"what diverges is found out and left", avoids},
    {0}};

int main(void)
{
    return unit_run("propose", promises);
}
