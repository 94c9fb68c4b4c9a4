/* Elementary functions: an exact range reduction, then a polynomial by Horner's rule.
 *
 *     exp     x = k ln 2 + r, |r| <= ln 2 / 2       exp x = 2^k (Taylor series of exp r)
 *     log     x = 2^k m, m in [sqrt 1/2, sqrt 2)    log x = k ln 2 + 2 atanh((m - 1) / (m + 1))
 *     sin     x = k pi/2 + r, |r| <= pi / 4         Taylor series of sin or cos, by k mod 4
 *     erf     |x| <= 1: Taylor series; beyond: 1 - exp(-x^2) P(t) / (1 + 2|x|),
 *             t = (|x| - a) / (|x| + a)             Shepherd and Laframboise 1981's form of erfc
 *
 * Constants that are multiplied by k (ln 2, pi/2) come in parts, the leading ones with so few bits
 * that the product is exact (Cody and Waite 1980). The tables of coefficients are the series' own;
 * at these small arguments a minimax polynomial would save one term. Only P is fitted: through
 * (1 + 2x) exp(x^2) erfc(x) at the Chebyshev points of the range. */
#include "math/elementary.h"

#include <math.h> /* INFINITY and NAN, no function */
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* 1 / n!, of exp, sin and cos. */
static const double inverse_factorial[] = {
    1.0,
    1.0,
    1.0 / 2,
    1.0 / 6,
    1.0 / 24,
    1.0 / 120,
    1.0 / 720,
    1.0 / 5040,
    1.0 / 40320,
    1.0 / 362880,
    1.0 / 3628800,
    1.0 / 39916800,
    1.0 / 479001600,
    1.0 / 6227020800,
    1.0 / 87178291200,
    1.0 / 1307674368000,
    1.0 / 20922789888000,
    1.0 / 355687428096000,
};
/* 1 / (2n + 1), of atanh. */
static const double inverse_odd[] = {
    1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
    1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21,
};
/* (-1)^n / (n! (2n + 1)), of erf(x) = 2 / sqrt(pi) x (...)(x^2). */
static const double erf_series[] = {
    1.0,
    -1.0 / 3,
    1.0 / 10,
    -1.0 / 42,
    1.0 / 216,
    -1.0 / 1320,
    1.0 / 9360,
    -1.0 / 75600,
    1.0 / 685440,
    -1.0 / 6894720,
    1.0 / 76204800,
    -1.0 / 918086400,
    1.0 / 11975040000,
    -1.0 / 168129561600,
    1.0 / 2528170444800,
    -1.0 / 40537905408000,
    1.0 / 690452066304000,
    -1.0 / 12449059983360000,
    1.0 / 236887827111936000,
};
/* pi / 2; the first three parts have 33 bits each, so k may have 20. */
static const double half_pi[] = {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69,
                                 0x1.b839a252049c1p-104};

/* The degrees leave less than a quarter ulp at the end of the reduced range. */
enum { DOUBLE_EXP_DEGREE = 13, DOUBLE_LOG_DEGREE = 10, DOUBLE_SIN_TERMS = 9 };
enum { DOUBLE_MANTISSA_BITS = 52, DOUBLE_EXPONENT_BIAS = 1023 };
#define INVERSE_LN2      0x1.71547652b82fep0
#define DOUBLE_LN2_HIGH  0x1.62e42feep-1 /* 32 bits */
#define DOUBLE_LN2_LOW   0x1.a39ef35793c76p-33
#define DOUBLE_SQRT_HALF 0x1.6a09e667f3bcdp-1
#define DOUBLE_NORMAL    0x1p-1022
#define DOUBLE_LIFT      54       /* x 2^LIFT is normal for any subnormal x */
#define DOUBLE_ROUND     0x1.8p52 /* t + ROUND has round(t) in its lowest bits */
#define DOUBLE_EXP_MIN   -746.0   /* exp(x) is 0 from here down, */
#define DOUBLE_EXP_MAX   710.0    /* infinite from here up, */
#define DOUBLE_EXPM1_MIN -40.0    /* lost beside 1 from here down */
#define TWO_BY_ROOT_PI   0x1.20dd750429b6dp0
#define ERF_CENTRE       2.5 /* the `a` of erf */

/* The same for Lanes of Real. */
#ifdef REAL_IS_DOUBLE
enum { EXP_DEGREE = DOUBLE_EXP_DEGREE, LOG_DEGREE = DOUBLE_LOG_DEGREE };
enum { MANTISSA_BITS = DOUBLE_MANTISSA_BITS, EXPONENT_BIAS = DOUBLE_EXPONENT_BIAS };
#define LN2_HIGH  DOUBLE_LN2_HIGH
#define LN2_LOW   DOUBLE_LN2_LOW
#define SQRT_HALF DOUBLE_SQRT_HALF
#define NORMAL    DOUBLE_NORMAL
#define LIFT      DOUBLE_LIFT
#define ROUND     DOUBLE_ROUND
#define EXP_MIN   DOUBLE_EXP_MIN
#define EXP_MAX   DOUBLE_EXP_MAX
#define EXPM1_MIN DOUBLE_EXPM1_MIN
#define ERF_MAX   6.0 /* 1 from here up */
enum { ERF_SERIES_DEGREE = 18, ERFC_DEGREE = 15 };
static const double erfc_fit[] = {
    /* within 5e-18 of erfc on [1, 6] */
    1.26483818436686152,     -0.122356763082404778,     -0.0990245395736280701,
    0.157629919023337697,    -0.102967056035466318,     0.0327608932600746392,
    0.000931892676764353251, -0.00438207806652359875,   0.000491868955928752861,
    0.000632119792405670487, -0.0000885176980613195174, -0.000113480482756487695,
    6.53000351179483917e-6,  0.000022486979484803388,   1.64000014245926331e-6,
    -3.67206528448836611e-6,
};
#else
enum { EXP_DEGREE = 7, LOG_DEGREE = 5 };
enum { MANTISSA_BITS = 23, EXPONENT_BIAS = 127 };
#define LN2_HIGH  0x1.63p-1f /* 9 bits */
#define LN2_LOW   -0x1.bd0106p-13f
#define SQRT_HALF 0x1.6a09e6p-1f
#define NORMAL    0x1p-126f
#define LIFT      25
#define ROUND     0x1.8p23f
#define EXP_MIN   -104.0f
#define EXP_MAX   89.0f
#define EXPM1_MIN -20.0f
#define ERF_MAX   4.0f
enum { ERF_SERIES_DEGREE = 10, ERFC_DEGREE = 6 };
static const double erfc_fit[] = {
    /* within 4e-9 of erfc on [1, 4] */
    1.26483816,    -0.122356416,  -0.099018237,   0.1576080574,
    -0.1032339177, 0.03283382915, 0.004031085029,
};
#endif

/* Scalars. */

INLINE uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE double double_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE double polynomial(const double *coefficients, int degree, double x)
{
    double sum = coefficients[degree];
    for (int n = degree - 1; n >= 0; n--)
        sum = sum * x + coefficients[n];
    return sum;
}

/* 2^k for exponents of normal numbers. */
INLINE double power_of_two(int64_t k)
{
    return double_of_bits((uint64_t)(k + DOUBLE_EXPONENT_BIAS) << DOUBLE_MANTISSA_BITS);
}

/* The integer nearest to x, |x| < 2^51; any integer for NaN. */
INLINE int64_t round_bits(double x)
{
    return (int64_t)(double_bits(x + DOUBLE_ROUND) - double_bits(DOUBLE_ROUND));
}

double elementary_exp(double x)
{
    if (!(x >= DOUBLE_EXP_MIN && x <= DOUBLE_EXP_MAX))
        return x < 0 ? 0 : x > 0 ? INFINITY : x;
    int64_t k = round_bits(x * INVERSE_LN2);
    double r = (x - k * DOUBLE_LN2_HIGH) - k * DOUBLE_LN2_LOW;
    double p = polynomial(inverse_factorial, DOUBLE_EXP_DEGREE, r);
    int64_t half = k / 2; /* 2^k itself may be beyond the normal numbers */
    return p * power_of_two(half) * power_of_two(k - half);
}

double elementary_log(double x)
{
    if (!(x > 0 && x < INFINITY))
        return x == 0 ? -INFINITY : x < 0 ? NAN : x;
    int lift = x < DOUBLE_NORMAL ? DOUBLE_LIFT : 0;
    int64_t bits = (int64_t)double_bits(x * power_of_two(lift));
    int64_t k = (bits - (int64_t)double_bits(DOUBLE_SQRT_HALF)) >> DOUBLE_MANTISSA_BITS;
    double m = double_of_bits((uint64_t)bits - ((uint64_t)k << DOUBLE_MANTISSA_BITS));
    double s = (m - 1) / (m + 1);
    double log_m = 2 * s * polynomial(inverse_odd, DOUBLE_LOG_DEGREE, s * s);
    k -= lift;
    return k * DOUBLE_LN2_HIGH + (log_m + k * DOUBLE_LN2_LOW);
}

/* sin(x + shift pi/2). An odd quarter turn makes it a cosine, two of them turn the sign. */
static double sine(double x, int shift)
{
    int64_t k = round_bits(x * (1 / half_pi[0]));
    double r = x;
    for (int part = 0; part < 4; part++)
        r -= k * half_pi[part];
    int64_t quarter = k + shift;
    int odd = !(quarter & 1);
    double sum = 0;
    for (int n = DOUBLE_SIN_TERMS - 1; n >= 0; n--)
        sum = inverse_factorial[2 * n + odd] - r * r * sum;
    if (odd)
        sum *= r;
    return quarter & 2 ? -sum : sum;
}

double elementary_sin(double x)
{
    return sine(x, 0);
}

double elementary_cos(double x)
{
    return sine(x, 1);
}

double elementary_pow(double x, double y)
{
    return x == 0 ? 0 : elementary_exp(y * elementary_log(x));
}

/* Lanes. Where a scalar branches, lanes select. */

INLINE Lanes lanes_polynomial(const double *coefficients, int degree, Lanes x)
{
    Lanes sum = lanes_of((Real)coefficients[degree]);
    for (int n = degree - 1; n >= 0; n--)
        sum = sum * x + (Real)coefficients[n];
    return sum;
}

INLINE Lanes lanes_clamp(Lanes x, Real min, Real max) /* NaN passes through */
{
    x = lanes_select(lanes_less(x, lanes_of(min)), lanes_of(min), x);
    return lanes_select(lanes_less(lanes_of(max), x), lanes_of(max), x);
}

INLINE LanesInt lanes_sign(Lanes x)
{
    return (LanesInt)x & (LanesInt)lanes_of((Real)-0.0);
}

INLINE Lanes lanes_power_of_two(LanesInt k)
{
    return (Lanes)((k + EXPONENT_BIAS) << MANTISSA_BITS);
}

/* x = k ln 2 + r. The integer k is read off the low bits of t. */
INLINE LanesInt lanes_reduce(Lanes x, Lanes *r)
{
    Lanes t = x * (Real)INVERSE_LN2 + ROUND;
    Lanes k = t - ROUND;
    *r = (x - k * LN2_HIGH) - k * LN2_LOW;
    return (LanesInt)t - (LanesInt)lanes_of(ROUND);
}

Lanes lanes_exp(Lanes x)
{
    Lanes r;
    LanesInt k = lanes_reduce(lanes_clamp(x, EXP_MIN, EXP_MAX), &r);
    Lanes p = lanes_polynomial(inverse_factorial, EXP_DEGREE, r);
    LanesInt half = k >> 1;
    return p * lanes_power_of_two(half) * lanes_power_of_two(k - half);
}

/* 2^k (exp(r) - 1) + (2^k - 1), half of it first: 2^k may be beyond the range. */
Lanes lanes_expm1(Lanes x)
{
    Lanes r;
    LanesInt k = lanes_reduce(lanes_clamp(x, EXPM1_MIN, EXP_MAX), &r);
    Lanes p = r * lanes_polynomial(inverse_factorial + 1, EXP_DEGREE - 1, r);
    Lanes half = lanes_power_of_two(k - 1);
    return 2 * (half * p + (half - (Real)0.5));
}

Lanes lanes_log(Lanes x)
{
    LanesInt subnormal = lanes_less(x, lanes_of(NORMAL));
    LanesInt bits = (LanesInt)lanes_select(subnormal, x * ((int64_t)1 << LIFT), x);
    LanesInt k = (bits - (LanesInt)lanes_of(SQRT_HALF)) >> MANTISSA_BITS;
    Lanes m = (Lanes)(bits - (k << MANTISSA_BITS));
    Lanes s = (m - 1) / (m + 1);
    Lanes log_m = 2 * s * lanes_polynomial(inverse_odd, LOG_DEGREE, s * s);
    Lanes e = __builtin_convertvector(k - (subnormal & LIFT), Lanes);
    Lanes log_x = e * LN2_HIGH + (log_m + e * LN2_LOW);
    Lanes limit =
        lanes_select(lanes_less(x, lanes_of(0)), lanes_of(NAN), x); /* inf and NaN are their own */
    limit = lanes_select(x == 0, lanes_of(-INFINITY), limit);
    LanesInt finite = lanes_less(lanes_of(0), x) & lanes_less(x, lanes_of(INFINITY));
    return lanes_select(finite, log_x, limit);
}

/* With t = exp(-2|x|) - 1: tanh |x| = -t / (t + 2), without cancellation anywhere. */
Lanes lanes_tanh(Lanes x)
{
    Lanes size = (Lanes)((LanesInt)x ^ lanes_sign(x));
    Lanes t = lanes_expm1(-2 * size);
    return (Lanes)((LanesInt)(-t / (t + 2)) | lanes_sign(x));
}

/* With e = exp(-|x|), which cannot overflow: 1 / (1 + e), and e / (1 + e) for negative x. */
Lanes lanes_sigmoid(Lanes x)
{
    Lanes e = lanes_exp((Lanes)((LanesInt)x | (LanesInt)lanes_of((Real)-0.0)));
    return lanes_select(lanes_less(x, lanes_of(0)), e, lanes_of(1)) / (1 + e);
}

/* Both ways in all lanes, then each takes its own. */
Lanes lanes_erf(Lanes x)
{
    Lanes size = (Lanes)((LanesInt)x ^ lanes_sign(x));
    Lanes near = lanes_clamp(size, 0, 1), far = lanes_clamp(size, 1, ERF_MAX);
    Lanes series = lanes_polynomial(erf_series, ERF_SERIES_DEGREE, near * near);
    Lanes t = (far - (Real)ERF_CENTRE) / (far + (Real)ERF_CENTRE);
    Lanes erfc = lanes_exp(-far * far) * lanes_polynomial(erfc_fit, ERFC_DEGREE, t) / (1 + 2 * far);
    Lanes erf =
        lanes_select(lanes_less(lanes_of(1), size), 1 - erfc, (Real)TWO_BY_ROOT_PI * near * series);
    return (Lanes)((LanesInt)erf | lanes_sign(x));
}
