/* elementary.c: the elementary functions, with the same bits on every level. exp, log and
 * log1p are in elementary_inline.h; here are the two that no kernel needs.
 *
 * expm1: 2^k (1 + r + b) - 1 as a sum of the parts 2^k, -1, 2^k r, 2^k b in which nothing
 * is lost but the last rounding.
 * pow: exp(y log x), with log x and the product to 106 bits less a few (an error of one
 * part in 2^65 of log x, times at most 710, stays below 1/8 ulp). */
#include "math/elementary.h"

#include "math/elementary_inline.h"

/* high + low, low at most half an ulp of high. */
typedef struct elementary_pair {
    double high, low;
} elementary_pair;

/* Knuth's exact sum. */
PSN_INLINE elementary_pair elementary_add(double a, double b)
{
    const double sum = a + b, back = sum - a;
    return (elementary_pair){sum, (a - (sum - back)) + (b - back)};
}

/* Exact product but for the low parts' own. */
PSN_INLINE elementary_pair elementary_multiply(elementary_pair a, elementary_pair b)
{
    const double product = a.high * b.high;
    const double error = fma(a.high, b.high, -product);
    return (elementary_pair){product, fma(a.high, b.low, fma(a.low, b.high, error))};
}

PSN_INLINE double elementary_inline_expm1(double x)
{
    double bounded = x > 710.0 ? 710.0 : x;
    bounded = bounded < -40.0 ? -40.0 : bounded;
    double shifted, low;
    const double r = psn_inline_reduce(bounded, 0.0, &shifted, &low);
    const double bend = psn_inline_exp_bend(r, low);
    /* Half of everything: 2^1024 is not a number, 2^1023 is. */
    const uint64_t k = psn_bits_of_real(shifted) - (0x4338000000000000 - 1022);
    const double half = psn_real_of_bits(k << 52);
    const elementary_pair start = elementary_add(half, -0.5);
    const elementary_pair sum = elementary_add(start.high, half * r);
    double result = 2.0 * (sum.high + fma(half, bend, sum.low + start.low));
    result = fabs(x) < 0x1p-54 ? x : result;
    return x == x ? result : NAN;
}

/* log of a finite x > 0. With s in two parts, 2 atanh(s) = 2 s + s z (2/3 + z P(z)). */
PSN_INLINE elementary_pair elementary_log_pair(double x)
{
    const int subnormal = x < DBL_MIN;
    uint64_t biased;
    const double m = psn_inline_split(subnormal ? x * 0x1p54 : x, &biased);
    const double k = psn_inline_exponent(biased) - (subnormal ? 54.0 : 0.0);
    const double f = m - 1.0, below = m + 1.0, below_low = m - (below - 1.0);
    elementary_pair s = {f / below, 0.0};
    s.low = fma(-s.high, below_low, fma(-s.high, below, f)) / below;
    const elementary_pair z = elementary_multiply(s, s);
    double p = 0x1.0e462a9e3a4ebp-3;
    p = fma(p, z.high, 0x1.0f7f8c5698601p-3);
    p = fma(p, z.high, 0x1.3b1eefe8558a1p-3);
    p = fma(p, z.high, 0x1.745ce9ceb516bp-3);
    p = fma(p, z.high, 0x1.c71c722da0409p-3);
    p = fma(p, z.high, 0x1.2492492457ae3p-2);
    p = fma(p, z.high, 0x1.9999999999b31p-2);
    elementary_pair a = elementary_add(0x1.5555555555555p-1, z.high * p);
    a.low += 0x1.5555555555555p-55;
    const elementary_pair t = elementary_multiply(s, elementary_multiply(z, a));
    const elementary_pair whole = elementary_add(k * PSN_LN2_HI, 2.0 * s.high);
    const elementary_pair sum = elementary_add(whole.high, t.high);
    const double low = fma(k, PSN_LN2_LO, fma(2.0, s.low, t.low + whole.low)) + sum.low;
    const double high = sum.high + low;
    return (elementary_pair){high, low - (high - sum.high)};
}

/* 1 for odd integers, 2 for even ones (infinity is even), 0 for others. */
PSN_INLINE int elementary_parity(double y)
{
    if (y != floor(y)) return 0;
    return 0.5 * y == floor(0.5 * y) ? 2 : 1;
}

PSN_INLINE double elementary_pow_finite(double x, double y)
{
    const double bound = 0x1p70; /* beyond it the result is 0, 1 or infinite anyway */
    double power = y > bound ? bound : y;
    power = power < -bound ? -bound : power;
    const elementary_pair log_x = elementary_log_pair(x);
    const double high = power * log_x.high;
    const double low = fma(power, log_x.high, -high) + power * log_x.low;
    return psn_inline_exp_sum(high, fabs(high) < 800.0 ? low : 0.0);
}

/* The cases of C11 F.10.4.4. */
PSN_INLINE double elementary_inline_pow(double x, double y)
{
    const double size = fabs(x);
    const int parity = elementary_parity(y);
    if (x == 1.0 || y == 0.0) return 1.0;
    if (x != x || y != y) return NAN;
    if (x < 0.0 && size <= DBL_MAX && parity == 0) return NAN;
    double result;
    if (fabs(y) > DBL_MAX)
        result = size == 1.0 ? 1.0 : (size > 1.0) == (y > 0.0) ? INFINITY : 0.0;
    else if (size == 0.0 || size > DBL_MAX)
        result = (size == 0.0) == (y < 0.0) ? INFINITY : 0.0;
    else
        result = elementary_pow_finite(size, y);
    return signbit(x) && parity == 1 ? -result : result;
}

#define PSN_TEMPLATE "math/elementary_kernel.inc"
#include "math/kernel_levels.h"

typedef double elementary_single(double);
typedef void elementary_array(double *, const double *, int64_t);

static elementary_single *const elementary_exps[] = PSN_KERNEL_TABLE(elementary_exp);
static elementary_single *const elementary_expm1s[] = PSN_KERNEL_TABLE(elementary_expm1);
static elementary_single *const elementary_logs[] = PSN_KERNEL_TABLE(elementary_log);
static elementary_single *const elementary_log1ps[] = PSN_KERNEL_TABLE(elementary_log1p);
static double (*const elementary_pows[])(double,
                                         double) = PSN_KERNEL_TABLE(elementary_pow);
static elementary_array *const elementary_exp_arrays[] =
    PSN_KERNEL_TABLE(elementary_exp_array);
static elementary_array *const elementary_log_arrays[] =
    PSN_KERNEL_TABLE(elementary_log_array);
static elementary_array *const elementary_log1p_arrays[] =
    PSN_KERNEL_TABLE(elementary_log1p_array);

double psn_exp(double x)
{
    return elementary_exps[psn_simd_level()](x);
}

double psn_expm1(double x)
{
    return elementary_expm1s[psn_simd_level()](x);
}

double psn_log(double x)
{
    return elementary_logs[psn_simd_level()](x);
}

double psn_log1p(double x)
{
    return elementary_log1ps[psn_simd_level()](x);
}

double psn_pow(double x, double y)
{
    return elementary_pows[psn_simd_level()](x, y);
}

void psn_exp_array(double *out, const double *x, int64_t count)
{
    elementary_exp_arrays[psn_simd_level()](out, x, count);
}

void psn_log_array(double *out, const double *x, int64_t count)
{
    elementary_log_arrays[psn_simd_level()](out, x, count);
}

void psn_log1p_array(double *out, const double *x, int64_t count)
{
    elementary_log1p_arrays[psn_simd_level()](out, x, count);
}
