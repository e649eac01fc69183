/* elementary_inline.h: exp, log and log1p as code to be inlined into the kernels of any
 * level (kernel.h): no table, no branch, no call, lanes independent of each other, so a
 * loop over them is a loop of vector instructions. Special values are blended in at the
 * end.
 *
 * log: x = 2^k m, sqrt(1/2) <= m < sqrt(2), f = m - 1, s = f / (2 + f), and
 *     log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + z Q(z)),   z = s^2,
 * the form of W. Kahan and K. C. Ng (fdlibm), which has one rounding that counts. Q is a
 * minimax polynomial (Remez) with an error of 2^-58.
 * exp: x = k ln2 + r, |r| <= ln2 / 2, exp(r) = (1 + r) + r^2 E(r), E minimax to 2^-61;
 * what rounding r and 1 + r lost is carried along.
 *
 * Integers stay below 2^52 and are made real by putting them into the low bits of 2^52:
 * AVX2 has neither a conversion of int64 nor an arithmetic shift. The rounding mode is
 * the default one, to nearest. */
#ifndef PSN_MATH_ELEMENTARY_INLINE_H
#define PSN_MATH_ELEMENTARY_INLINE_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "math/kernel.h"

#define PSN_LN2_HI 0x1.62e42fefp-1 /* 33 bits: exact times any exponent */
#define PSN_LN2_LO 0x1.473de6af278edp-34
#define PSN_LOG2_E 0x1.71547652b82fep+0

PSN_INLINE uint64_t psn_bits_of_real(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

PSN_INLINE double psn_real_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* c ? a : b, by bits: gcc makes branches of the operator where compares may trap. */
PSN_INLINE double psn_inline_choose(int c, double a, double b)
{
    const uint64_t mask = -(uint64_t)c;
    return psn_real_of_bits((psn_bits_of_real(a) & mask) | (psn_bits_of_real(b) & ~mask));
}

/* x > 0 and normal as 2^(biased - 1023) * m with m in sqrt(1/2) .. sqrt(2). */
PSN_INLINE double psn_inline_split(double x, uint64_t *biased)
{
    const uint64_t half_root = 0x3fe6a09e00000000, one = 0x3ff0000000000000;
    const uint64_t moved = psn_bits_of_real(x) + (one - half_root);
    *biased = moved >> 52;
    return psn_real_of_bits((moved & 0x000fffffffffffff) + half_root);
}

/* biased - 1023 as a double. */
PSN_INLINE double psn_inline_exponent(uint64_t biased)
{
    return psn_real_of_bits(biased | 0x4330000000000000) - (0x1p52 + 1023);
}

/* k ln2 + log(1 + f) + tail, tail much smaller than 1 ulp of the sum or f. */
PSN_INLINE double psn_inline_log_sum(double k, double f, double s, double tail)
{
    const double z = s * s, w = z * z;
    const double q01 = fma(z, 0x1.999999997fc76p-2, 0x1.5555555555593p-1);
    const double q23 = fma(z, 0x1.c71c51f8b4eb7p-3, 0x1.2492494204529p-2);
    const double q45 = fma(z, 0x1.39a158020d36fp-3, 0x1.74664288ae111p-3);
    const double q456 = fma(w, 0x1.2f0977ffd9818p-3, q45);
    const double q = fma(w * w, q456, fma(w, q23, q01));
    const double half_square = 0.5 * f * f;
    const double small = fma(s, fma(z, q, half_square), fma(k, PSN_LN2_LO, tail));
    return fma(k, PSN_LN2_HI, f - (half_square - small));
}

PSN_INLINE double psn_inline_log(double x)
{
    const int subnormal = x < DBL_MIN;
    const double scaled = x * 0x1p54;
    const double shift = psn_inline_choose(subnormal, 54.0, 0.0);
    uint64_t biased;
    const double f =
        psn_inline_split(psn_inline_choose(subnormal, scaled, x), &biased) - 1.0;
    const double k = psn_inline_exponent(biased) - shift;
    double result = psn_inline_log_sum(k, f, f / (2.0 + f), 0.0);
    result = psn_inline_choose(x > DBL_MAX, x, result);
    result = psn_inline_choose(x > 0.0, result, -INFINITY);
    return psn_inline_choose(x >= 0.0, result, NAN);
}

/* log(u) of u = 1 + x rounded, plus what the rounding lost over u. Of 1 / m the first two
 * digits are enough, a parabola; exact at f = 0, so that a tiny x comes back as it is. */
PSN_INLINE double psn_inline_log1p(double x)
{
    const double u = 1.0 + x, back = u - 1.0;
    const double lost = (1.0 - (u - back)) + (x - back);
    uint64_t biased;
    const double f = psn_inline_split(u, &biased) - 1.0;
    const double unscale = psn_real_of_bits((2047 - biased) << 52); /* 2^(1 - k) */
    const double tail = lost * unscale * fma(f, fma(f, 0.4725, -0.538), 0.5);
    const double k = psn_inline_exponent(biased);
    double result = psn_inline_log_sum(k, f, f / (2.0 + f), tail);
    result = psn_real_of_bits(psn_bits_of_real(result) |
                              (psn_bits_of_real(x) & 0x8000000000000000));
    result = psn_inline_choose(x > DBL_MAX, x, result);
    result = psn_inline_choose(x > -1.0, result, -INFINITY);
    return psn_inline_choose(x >= -1.0, result, NAN);
}

/* k and the rest of x + tail; |x| < 1000. `rest` + `*rest_low` = x + tail - k ln2. */
PSN_INLINE double psn_inline_reduce(double x, double tail, double *shifted,
                                    double *rest_low)
{
    const double magic = 0x1.8p52;
    *shifted = fma(x, PSN_LOG2_E, magic);
    const double k = *shifted - magic;
    const double high = fma(-k, PSN_LN2_HI, x), low = fma(k, PSN_LN2_LO, -tail);
    const double rest = high - low;
    *rest_low = (high - rest) - low;
    return rest;
}

/* exp(r) - 1 - r for |r| <= 0.35, + low. */
PSN_INLINE double psn_inline_exp_bend(double r, double low)
{
    const double z = r * r, w = z * z;
    const double c01 = fma(r, 0x1.5555555555557p-3, 0.5);
    const double c23 = fma(r, 0x1.11111111100d5p-7, 0x1.5555555555558p-5);
    const double c45 = fma(r, 0x1.a01a01abebc0cp-13, 0x1.6c16c16c151f2p-10);
    const double c67 = fma(r, 0x1.71de0225b757ep-19, 0x1.a01a01acfeb80p-16);
    const double c89 = fma(r, 0x1.af4e0219b1de0p-26, 0x1.27e4ccc4518ffp-22);
    const double top = fma(z, 0x1.1f8b5cdc4b20fp-29, c89);
    const double sum = fma(w, fma(w, top, fma(z, c67, c45)), fma(z, c23, c01));
    return fma(z, sum, low);
}

/* exp(x + tail). 2^k in two factors, so that results below DBL_MIN come out right. */
PSN_INLINE double psn_inline_exp_sum(double x, double tail)
{
    double bounded = psn_inline_choose(x > 710.0, 710.0, x);
    bounded = psn_inline_choose(bounded < -746.0, -746.0, bounded);
    double shifted, low;
    const double r = psn_inline_reduce(bounded, tail, &shifted, &low);
    const double start = 1.0 + r, rounded = (1.0 - start) + r;
    const double power = start + (psn_inline_exp_bend(r, low) + rounded);
    const uint64_t k = psn_bits_of_real(shifted) - (0x4338000000000000 - 2048);
    const uint64_t first = k >> 1, second = k - first;
    const double scaled = power * psn_real_of_bits((first - 1) << 52) *
                          psn_real_of_bits((second - 1) << 52);
    return psn_inline_choose(x == x, scaled, NAN);
}

PSN_INLINE double psn_inline_exp(double x)
{
    return psn_inline_exp_sum(x, 0.0);
}

#endif
