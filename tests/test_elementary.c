/* The promise of math/elementary.h: errors in ulp against libm's long double functions, over dense
 * samples of each function's range, evenly spaced and spaced by exponent; and the limits. */
#include "math/elementary.h"

#include "unit.h"

#include <float.h>
#include <math.h>

enum { SAMPLES = 1 << 19, ULP_LIMIT = 4 };

static long double sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

/* The distance of neighbours at x for a type with so many bits and so small a normal number. */
static long double ulp(long double x, int bits, int min_exponent)
{
    int exponent;
    frexpl(x, &exponent);
    return ldexpl(1, (exponent > min_exponent ? exponent : min_exponent) - bits);
}

static long double error_of_double(double got, long double want)
{
    return fabsl(got - want) / ulp(want, DBL_MANT_DIG, DBL_MIN_EXP);
}

static long double error_of_real(Real got, long double want)
{
#ifdef REAL_IS_DOUBLE
    return error_of_double(got, want);
#else
    return fabsl(got - want) / ulp(want, FLT_MANT_DIG, FLT_MIN_EXP);
#endif
}

/* Sample i: even ones evenly within [low, high], odd ones of either sign from 2^tiny up to the
 * range's end, evenly by exponent. */
static double sample(int i, double low, double high, double tiny)
{
    double t = i / (double)SAMPLES;
    if (i % 2 == 0)
        return low + (high - low) * t;
    double big = i % 4 == 1 ? high : low;
    if (big == 0)
        big = high;
    return copysign(exp2(tiny + (log2(fabs(big)) - tiny) * t), big);
}

typedef struct Scalar {
    const char *name;
    double (*ours)(double);
    long double (*truth)(long double);
    double low, high, tiny;
} Scalar;

static const Scalar scalars[] = {
    {"exp", elementary_exp, expl, -744, 709.7, -60},
    {"log", elementary_log, logl, 0, 4, -1073},
    {"log", elementary_log, logl, 0, DBL_MAX, -1073},
    {"sin", elementary_sin, sinl, -10, 10, -60},
    {"cos", elementary_cos, cosl, -10, 10, -60},
    {"sin", elementary_sin, sinl, -0x1p20, 0x1p20, -60},
    {"cos", elementary_cos, cosl, -0x1p20, 0x1p20, -60},
};

static void scalars_are_accurate(void)
{
    for (size_t f = 0; f < sizeof scalars / sizeof *scalars; f++) {
        const Scalar *s = &scalars[f];
        long double worst = 0;
        for (int i = 1; i < SAMPLES; i++) {
            double x = sample(i, s->low, s->high, s->tiny);
            long double error = error_of_double(s->ours(x), s->truth(x));
            worst = error > worst ? error : worst;
        }
        if (!(worst <= ULP_LIMIT))
            printf("%s: %.2Lf ulp\n", s->name, worst);
        CU_ASSERT(worst <= ULP_LIMIT);
    }
}

typedef struct Lanewise {
    const char *name;
    Lanes (*ours)(Lanes);
    long double (*truth)(long double);
    double low, high, tiny;
} Lanewise;

#ifdef REAL_IS_DOUBLE
enum { SUBNORMAL = -1073, EXP_LOW = -744, EXP_HIGH = 709 };
#define REAL_MAX DBL_MAX
#else
enum { SUBNORMAL = -148, EXP_LOW = -103, EXP_HIGH = 88 };
#define REAL_MAX FLT_MAX
#endif

static const Lanewise lanewise[] = {
    {"exp", lanes_exp, expl, EXP_LOW, EXP_HIGH, -60},
    {"expm1", lanes_expm1, expm1l, EXP_LOW, EXP_HIGH, SUBNORMAL},
    {"expm1", lanes_expm1, expm1l, -2, 2, -30},
    {"log", lanes_log, logl, 0, 4, SUBNORMAL},
    {"log", lanes_log, logl, 0, REAL_MAX, SUBNORMAL},
    {"tanh", lanes_tanh, tanhl, -20, 20, SUBNORMAL},
    {"tanh", lanes_tanh, tanhl, -2, 2, -30},
    {"sigmoid", lanes_sigmoid, sigmoid, EXP_LOW, EXP_HIGH, -60},
    {"erf", lanes_erf, erfl, -8, 8, -60},
    {"erf", lanes_erf, erfl, -1.5, 1.5, SUBNORMAL},
};

static void lanes_are_accurate(void)
{
    for (size_t f = 0; f < sizeof lanewise / sizeof *lanewise; f++) {
        const Lanewise *l = &lanewise[f];
        long double worst = 0;
        for (int i = LANES; i < SAMPLES; i += LANES) {
            Lanes x;
            for (int lane = 0; lane < LANES; lane++)
                x[lane] = (Real)sample(i + lane, l->low, l->high, l->tiny);
            Lanes y = l->ours(x);
            for (int lane = 0; lane < LANES; lane++) {
                long double error = error_of_real(y[lane], l->truth(x[lane]));
                worst = error > worst ? error : worst;
            }
        }
        if (!(worst <= ULP_LIMIT))
            printf("%s: %.2Lf ulp\n", l->name, worst);
        CU_ASSERT(worst <= ULP_LIMIT);
    }
}

static void powers_are_accurate(void)
{
    for (int i = 1; i < 1000; i++)
        for (double y = -3; y <= 3; y += 0.25) {
            double x = i * 0.01;
            long double want = powl(x, y), scale = 1 + fabsl(y * logl(x));
            CU_ASSERT(error_of_double(elementary_pow(x, y), want) <= ULP_LIMIT * scale);
        }
    CU_ASSERT_EQUAL(elementary_pow(0, 2), 0);
}

static void limits_saturate(void)
{
    CU_ASSERT_EQUAL(elementary_exp(800), INFINITY);
    CU_ASSERT_EQUAL(elementary_exp(INFINITY), INFINITY);
    CU_ASSERT_EQUAL(elementary_exp(-800), 0);
    CU_ASSERT_EQUAL(elementary_exp(-INFINITY), 0);
    CU_ASSERT_EQUAL(elementary_log(0), -INFINITY);
    CU_ASSERT_EQUAL(elementary_log(INFINITY), INFINITY);
    CU_ASSERT(isnan(elementary_log(-1)));

    typedef struct Limit {
        Lanes (*function)(Lanes);
        Real x, y;
    } Limit;
    const Real inf = INFINITY;
    const Limit limits[] = {
        {lanes_exp, 800, inf},   {lanes_exp, inf, inf},    {lanes_exp, -800, 0},
        {lanes_exp, -inf, 0},    {lanes_exp, 0, 1},        {lanes_expm1, 800, inf},
        {lanes_expm1, inf, inf}, {lanes_expm1, -inf, -1},  {lanes_expm1, 0, 0},
        {lanes_log, 0, -inf},    {lanes_log, inf, inf},    {lanes_log, 1, 0},
        {lanes_tanh, inf, 1},    {lanes_tanh, -inf, -1},   {lanes_tanh, 0, 0},
        {lanes_sigmoid, inf, 1}, {lanes_sigmoid, -inf, 0}, {lanes_sigmoid, 0, (Real)0.5},
        {lanes_erf, inf, 1},     {lanes_erf, -inf, -1},    {lanes_erf, 0, 0},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        CU_ASSERT_EQUAL(limits[i].function(lanes_of(limits[i].x))[LANES - 1], limits[i].y);
}

static void not_a_number_stays(void)
{
    Lanes (*const functions[])(Lanes) = {lanes_exp,  lanes_expm1,   lanes_log,
                                         lanes_tanh, lanes_sigmoid, lanes_erf};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        CU_ASSERT(isnan(functions[i](lanes_of(NAN))[0]));
    CU_ASSERT(isnan(lanes_log(lanes_of(-1))[0]));
    CU_ASSERT(isnan(elementary_exp(NAN)) && isnan(elementary_log(NAN)));
    CU_ASSERT(isnan(elementary_sin(NAN)) && isnan(elementary_cos(NAN)));
}

static void lanes_do_not_mix(void)
{
    Lanes x;
    for (int lane = 0; lane < LANES; lane++)
        x[lane] = (Real)(lane * 13 - 100);
    Lanes y = lanes_exp(x);
    for (int lane = 0; lane < LANES; lane++)
        CU_ASSERT_EQUAL(y[lane], lanes_exp(lanes_of(x[lane]))[0]);
}

static const Promise promises[] = {
    {"scalar exp, log, sin and cos are within 4 ulp of the truth", scalars_are_accurate},
    {"exp, expm1, log, tanh, sigmoid and erf of lanes are within 4 ulp", lanes_are_accurate},
    {"pow is as accurate as its exponent allows", powers_are_accurate},
    {"beyond the range, functions saturate", limits_saturate},
    {"not-a-number stays not-a-number", not_a_number_stays},
    {"a lane's result depends on that lane alone", lanes_do_not_mix},
    {0},
};

int main(void)
{
    return unit_run("elementary", promises);
}
