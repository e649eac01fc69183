/* number_parse.c: decimal text to numbers, correctly rounded to nearest even.
 *
 * A decimal is w x 10^q with up to 19 digits in w. Four ways, the cheapest that is
 * certain: w and 10^|q| exact doubles: one operation rounds once (Clinger 1990); |q| <=
 * 27: 5^|q| fits 64 bits, so product or quotient is exact in 128 bits; any q: the product
 * with a 128-bit approximation of 10^q, unless its error reaches the kept bits (Lemire
 * 2021, with 27 powers 5^27a instead of all 651); else: the quotient of two big integers,
 * bit by bit (a few microseconds). More than 19 digits: if w and w + 1 round to the same
 * double, that is the answer. */
#include "base/number.h"

#include <float.h>
#include <string.h>
#include "base/bigint.h"

enum {
    NUMBER_DIGITS = 19,       /* 10^19 - 1 fits 64 bits */
    NUMBER_EXACT_DIGITS = 800 /* more cannot decide a rounding, but being there can */
};

typedef struct number_decimal {
    const char *digits, *end; /* mantissa as written, point and leading zeros included */
    uint64_t w;               /* its first 19 significant digits */
    int64_t q;                /* value = w x 10^q, more if cut */
    int64_t count;            /* significant digits */
    int cut;
} number_decimal;

static int number_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

int psn_parse_int(const char *text, size_t length, int64_t *out)
{
    const char *at = text, *end = text + length;
    int negative = length > 0 && *at == '-';
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + (uint64_t)negative;
    if (length > 0 && (*at == '-' || *at == '+')) at++;
    if (at == end) return 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)(*at - '0');
        if (digit > 9 || value > (limit - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 1;
}

/* inf, infinity and nan in any case. */
static int number_parse_word(const char *text, size_t length, double *out)
{
    static const char *const words[] = {"inf", "infinity", "nan"};
    char lower[8];
    if (length < 3 || length > sizeof lower) return 0;
    for (size_t i = 0; i < length; i++) lower[i] = (char)(text[i] | 0x20);
    for (size_t i = 0; i < 3; i++) {
        if (length == strlen(words[i]) && memcmp(lower, words[i], length) == 0) {
            *out = i == 2 ? (double)__builtin_nanf("") : (double)__builtin_inff();
            return 1;
        }
    }
    return 0;
}

/* Reads the first 19 significant digits again, when there are more. */
static void number_cut(number_decimal *decimal, char point, int64_t fraction)
{
    int taken = 0;
    int64_t significant = 0;
    decimal->w = 0;
    for (const char *at = decimal->digits; at < decimal->end; at++) {
        if (*at == point) continue;
        if (significant == 0 && *at == '0') continue;
        significant++;
        if (taken < NUMBER_DIGITS) {
            decimal->w = decimal->w * 10 + (uint64_t)(*at - '0');
            taken++;
        } else if (*at != '0') {
            decimal->cut = 1;
        }
    }
    decimal->count = significant;
    decimal->q = significant - taken - fraction;
}

/* A decimal exponent; far beyond any double it stays at 10^15. */
static const char *number_read_exponent(const char *at, const char *end, int64_t *out)
{
    int negative = 0;
    int64_t value = 0;
    if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    if (at == end || !number_is_digit(*at)) return NULL;
    for (; at < end && number_is_digit(*at); at++) {
        if (value < 1000000000000000) value = value * 10 + (*at - '0');
    }
    *out = negative ? -value : value;
    return at;
}

static int number_read(const char *at, const char *end, char point, number_decimal *out)
{
    uint64_t w = 0;
    int64_t fraction = 0, exponent = 0;
    *out = (number_decimal){.digits = at};
    for (; at < end && number_is_digit(*at); at++) w = w * 10 + (uint64_t)(*at - '0');
    int64_t count = at - out->digits;
    if (at < end && *at == point) {
        const char *first = ++at;
        for (; at < end && number_is_digit(*at); at++) w = w * 10 + (uint64_t)(*at - '0');
        fraction = at - first;
        count += fraction;
    }
    if (count == 0) return 0;
    out->end = at;
    out->w = w;
    out->q = -fraction;
    out->count = count;
    if (count > NUMBER_DIGITS) number_cut(out, point, fraction);
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = number_read_exponent(at + 1, end, &exponent);
        if (at == NULL) return 0;
    }
    out->q += exponent;
    return at == end;
}

/* A positive number between two doubles: sig x 2^exponent with the top bit of sig set,
 * and a bit more if sticky. */
typedef struct number_binary {
    uint64_t sig;
    int64_t exponent;
    int sticky;
} number_binary;

/* To the nearest double, ties to even; 0 if it does not fit. */
static int number_round(number_binary value, double *out)
{
    int64_t top = value.exponent + 63;
    if (top > 1023) return 0;
    int64_t shift = top >= -1022 ? 11 : 11 - 1022 - top;
    uint64_t kept = shift < 64 ? value.sig >> shift : 0, bits;
    if (shift <= 64) {
        uint64_t half = (uint64_t)1 << (shift - 1);
        uint64_t rest = shift < 64 ? value.sig & (2 * half - 1) : value.sig;
        kept += rest > half || (rest == half && (value.sticky || (kept & 1)));
    }
    /* The hidden bit of a normal number adds 1 to its exponent; a carry does so too. */
    bits = top >= -1022 ? ((uint64_t)(top + 1022) << 52) + kept : kept;
    if (bits >= (uint64_t)0x7ff << 52) return 0;
    memcpy(out, &bits, sizeof bits);
    return 1;
}

static number_binary number_of_128(unsigned __int128 value, int64_t exponent)
{
    int zeros = value >> 64 ? __builtin_clzll((uint64_t)(value >> 64))
                            : 64 + __builtin_clzll((uint64_t)value);
    value <<= zeros;
    return (number_binary){(uint64_t)(value >> 64), exponent + 64 - zeros,
                           (uint64_t)value != 0};
}

static const uint64_t number_pow5[28] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};

/* |q| <= 27: exact. */
static number_binary number_exact_128(uint64_t w, int64_t q)
{
    if (q >= 0) return number_of_128((unsigned __int128)w * number_pow5[q], q);
    int zeros = __builtin_clzll(w), down = __builtin_clzll(number_pow5[-q]);
    uint64_t divisor = number_pow5[-q] << down;
    unsigned __int128 dividend = (unsigned __int128)(w << zeros) << 63;
    uint64_t quotient = (uint64_t)(dividend / divisor);
    int sticky = dividend - (unsigned __int128)quotient * divisor != 0;
    int64_t exponent = q - 63 - zeros + down;
    int left = __builtin_clzll(quotient); /* 0 or 1 */
    return (number_binary){quotient << left, exponent - left, sticky};
}

/* 5^27a = (high 2^64 + low) x 2^exponent, rounded down. */
typedef struct number_power {
    uint64_t high, low;
    int32_t exponent;
} number_power;

enum { NUMBER_STEP = 27, NUMBER_POWER_BIAS = 14 };

static const number_power number_powers[] = {
    {0x9ecffc31d586abc0u, 0x9ac0936257d9c76cu, -1005}, /* 5^-378 */
    {0x8049a4ac0c5811aeu, 0x205b896d777d6278u, -942},  /* 5^-351 */
    {0xcf42894a5dce35eau, 0x52064cac828675b9u, -880},  /* 5^-324 */
    {0xa76c582338ed2621u, 0xaf2af2b80af6f24eu, -817},  /* 5^-297 */
    {0x873e4f75e2224e68u, 0x5a7744a6e804a291u, -754},  /* 5^-270 */
    {0xda7f5bf590966848u, 0xaf39a475506a899eu, -692},  /* 5^-243 */
    {0xb080392cc4349decu, 0xbd8d794d96aacfb3u, -629},  /* 5^-216 */
    {0x8e938662882af53eu, 0x547eb47b7282ee9cu, -566},  /* 5^-189 */
    {0xe65829b3046b0afau, 0x0cb4a5a3112a5112u, -504},  /* 5^-162 */
    {0xba121a4650e4ddebu, 0x92f34d62616ce413u, -441},  /* 5^-135 */
    {0x964e858c91ba2655u, 0x3a6a07f8d510f86fu, -378},  /* 5^-108 */
    {0xf2d56790ab41c2a2u, 0xfae27299423fb9c3u, -316},  /* 5^-81 */
    {0xc428d05aa4751e4cu, 0xaa97e14c3c26b886u, -253},  /* 5^-54 */
    {0x9e74d1b791e07e48u, 0x775ea264cf55347du, -190},  /* 5^-27 */
    {0x8000000000000000u, 0x0000000000000000u, -127},  /* 5^0 */
    {0xcecb8f27f4200f3au, 0x0000000000000000u, -65},   /* 5^27 */
    {0xa70c3c40a64e6c51u, 0x999090b65f67d924u, -2},    /* 5^54 */
    {0x86f0ac99b4e8dafdu, 0x69a028bb3ded71a3u, 61},    /* 5^81 */
    {0xda01ee641a708de9u, 0xe80e6f4820cc9495u, 123},   /* 5^108 */
    {0xb01ae745b101e9e4u, 0x5ec05dcff72e7f8fu, 186},   /* 5^135 */
    {0x8e41ade9fbebc27du, 0x14588f13be847307u, 249},   /* 5^162 */
    {0xe5d3ef282a242e81u, 0x8f1668c8a86da5fau, 311},   /* 5^189 */
    {0xb9a74a0637ce2ee1u, 0x6d953e2bd7173692u, 374},   /* 5^216 */
    {0x95f83d0a1fb69cd9u, 0x4abdaf101564f98eu, 437},   /* 5^243 */
    {0xf24a01a73cf2dccfu, 0xbc633b39673c8cecu, 499},   /* 5^270 */
    {0xc3b8358109e84f07u, 0x0a862f80ec4700c8u, 562},   /* 5^297 */
    {0x9e19db92b4e31ba9u, 0x6c07a2c26a8346d1u, 625},   /* 5^324 */
};

/* The upper 128 bits, normalised, of the product of a 128-bit and a normalised 64-bit
 * number, rounded down; *exponent grows by what was dropped. */
static unsigned __int128 number_multiply(unsigned __int128 a, uint64_t b,
                                         int64_t *exponent)
{
    unsigned __int128 low = (unsigned __int128)(uint64_t)a * b;
    unsigned __int128 high = (a >> 64) * b + (low >> 64);
    *exponent += 64;
    if (high >> 127) return high;
    *exponent -= 1;
    return high << 1 | ((uint64_t)low >> 63);
}

/* Any q the table reaches. The three steps round down by less than 16 units in the last
 * of 128 bits together; 0 if that could reach the upper 64. A tie cannot be missed: for
 * |q| > 27 no w below 2^64 lies half way between two doubles. */
static int number_approximate(uint64_t w, int64_t q, number_binary *out)
{
    int64_t step = (q + NUMBER_STEP * NUMBER_POWER_BIAS) / NUMBER_STEP;
    int64_t rest = q + NUMBER_STEP * NUMBER_POWER_BIAS - step * NUMBER_STEP;
    const number_power *power = &number_powers[step];
    int64_t exponent = q + power->exponent;
    int zeros = __builtin_clzll(number_pow5[rest]);
    unsigned __int128 product = (unsigned __int128)power->high << 64 | power->low;
    product = number_multiply(product, number_pow5[rest] << zeros, &exponent);
    exponent -= zeros;
    zeros = __builtin_clzll(w);
    product = number_multiply(product, w << zeros, &exponent);
    exponent -= zeros;
    *out = (number_binary){(uint64_t)(product >> 64), exponent + 64, 1};
    return (uint64_t)product <= UINT64_MAX - 16;
}

/* 1 and the double; 0 does not fit; -1 not certain. */
static int number_convert(uint64_t w, int64_t q, double *out)
{
    static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    number_binary binary;
    if (w == 0 || q < -343) {
        *out = 0.0; /* below 2^64 x 10^-344, less than half of the smallest double */
        return 1;
    }
    if (q > 308) return 0;
    if (FLT_EVAL_METHOD == 0 && w <= (uint64_t)1 << 53 && q >= -22 && q <= 22) {
        *out = q < 0 ? (double)w / pow10[-q] : (double)w * pow10[q];
        return 1;
    }
    if (q >= -27 && q <= 27) {
        binary = number_exact_128(w, q);
    } else if (!number_approximate(w, q, &binary)) {
        return -1;
    }
    return number_round(binary, out);
}

/* All significant digits, those beyond 800 as one digit 1; *q follows. */
static void number_read_big(const number_decimal *decimal, char point, psn_bigint *out,
                            int64_t *q)
{
    int64_t taken = 0;
    int lost = 0;
    psn_bigint_set(out, 0);
    for (const char *at = decimal->digits; at < decimal->end; at++) {
        if (*at == point || (taken == 0 && *at == '0')) continue;
        if (taken < NUMBER_EXACT_DIGITS) {
            psn_bigint_mul_add(out, 10, (uint32_t)(*at - '0'));
            taken++;
        } else {
            lost |= *at != '0';
        }
    }
    *q = decimal->q - (taken > NUMBER_DIGITS ? taken - NUMBER_DIGITS : 0);
    if (lost) {
        psn_bigint_mul_add(out, 10, 1);
        *q -= 1;
    }
}

/* The exact quotient of digits x 10^q, bit by bit. */
static int number_convert_exact(const number_decimal *decimal, char point, double *out)
{
    psn_bigint value, divisor;
    int64_t q;
    number_binary binary = {0};
    number_read_big(decimal, point, &value, &q);
    psn_bigint_set(&divisor, 1);
    psn_bigint_mul_pow5(q < 0 ? &divisor : &value, q < 0 ? -q : q);
    int64_t shift = psn_bigint_bits(&divisor) - psn_bigint_bits(&value);
    psn_bigint_shift_left(shift < 0 ? &divisor : &value, shift < 0 ? -shift : shift);
    if (psn_bigint_compare(&value, &divisor) < 0) {
        psn_bigint_shift_left(&value, 1);
        shift++;
    }
    for (int bit = 63; bit >= 0; bit--) {
        if (psn_bigint_compare(&value, &divisor) >= 0) {
            psn_bigint_subtract(&value, &divisor);
            binary.sig |= (uint64_t)1 << bit;
        }
        psn_bigint_shift_left(&value, 1);
    }
    binary.sticky = value.count > 0;
    binary.exponent = q - shift - 63;
    return number_round(binary, out);
}

static int number_decide(const number_decimal *decimal, char point, double *out)
{
    double above;
    int state = number_convert(decimal->w, decimal->q, out);
    if (state >= 0 && !decimal->cut) return state;
    if (state == 1 && number_convert(decimal->w + 1, decimal->q, &above) == 1 &&
        above == *out) {
        return 1;
    }
    /* w < 10^19: the value is 0 or too large whatever the digits beyond */
    if (decimal->q < -362) {
        *out = 0.0;
        return 1;
    }
    if (decimal->q > 308) return 0;
    return number_convert_exact(decimal, point, out);
}

int psn_parse_real(const char *text, size_t length, char point, double *out)
{
    const char *at = text, *end = text + length;
    number_decimal decimal;
    double value;
    int negative = length > 0 && *at == '-';
    if (length > 0 && (*at == '-' || *at == '+')) at++;
    if (number_read(at, end, point, &decimal)) {
        if (!number_decide(&decimal, point, &value)) return 0;
    } else if (!number_parse_word(at, (size_t)(end - at), &value)) {
        return 0;
    }
    *out = negative ? -value : value;
    return 1;
}
