/* number_print.c: numbers to decimal text; reals with the fewest digits that read back.
 *
 * A real of magnitude 1e-8 .. 2^53 is tried as n / 10^s with a whole n below 10^15: if
 * the division gives the real back, n is its shortest decimal, since decimals of 15
 * digits never share a double. Else it needs 16 or 17 digits, and value x 10^s is exact
 * in 128 bits: the nearest multiple of 10 is taken if it lies within half a unit of the
 * last place, the nearest whole number if not. Everything else goes through big integers
 * (Steele and White 1990, Dragon4), about a microsecond. The layout is that of Python's
 * repr. */
#include "base/number.h"

#include <math.h>
#include <string.h>
#include "base/bigint.h"

static const char number_pairs[] = "00010203040506070809"
                                   "10111213141516171819"
                                   "20212223242526272829"
                                   "30313233343536373839"
                                   "40414243444546474849"
                                   "50515253545556575859"
                                   "60616263646566676869"
                                   "70717273747576777879"
                                   "80818283848586878889"
                                   "90919293949596979899";

/* Digits of a whole number; returns how many. */
static size_t number_digits(char *out, uint64_t value)
{
    char reversed[20];
    size_t at = sizeof reversed;
    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(reversed + at, number_pairs + 2 * (value % 100), 2);
    }
    if (value >= 10) {
        at -= 2;
        memcpy(reversed + at, number_pairs + 2 * value, 2);
    } else {
        reversed[--at] = (char)('0' + value);
    }
    memcpy(out, reversed + at, sizeof reversed - at);
    return sizeof reversed - at;
}

size_t psn_print_int(char *out, int64_t value)
{
    size_t length = 0;
    if (value < 0) out[length++] = '-';
    length +=
        number_digits(out + length, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    out[length] = '\0';
    return length;
}

static uint64_t number_strip_zeros(uint64_t digits, int *exponent)
{
    static const struct {
        uint64_t power;
        int zeros;
    } steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    for (size_t i = 0; i < 4; i++) {
        uint64_t less = digits / steps[i].power;
        if (less * steps[i].power == digits) {
            digits = less;
            *exponent += steps[i].zeros;
        }
    }
    return digits;
}

static const double number_pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* About the decimal exponent of a positive normal number: right or one too small. */
static int number_log10(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    return (int)((exponent * 78913) >> 18); /* log10(2) x 2^18 */
}

/* value = *digits x 10^*exponent if up to 15 digits do. 1e-8 <= value < 2^53. */
static int number_nice(double value, uint64_t *digits, int *exponent)
{
    int scale = 14 - number_log10(value);
    if (scale > 22) scale = 22;
    if (value * number_pow10[scale] >= 999999999999999.5) scale--;
    uint64_t n = (uint64_t)(value * number_pow10[scale] + 0.5);
    if ((double)n / number_pow10[scale] != value) return 0;
    *exponent = -scale;
    *digits = number_strip_zeros(n, exponent);
    return 1;
}

/* The same for what needs 16 or 17 digits. With value = m 2^-e, value x 10^s is
 * m 5^s 2^(s - e): below 2^118 with one bit for the half unit of the last place. */
static void number_long(double value, uint64_t *digits, int *exponent)
{
    uint64_t bits, pow5 = 1;
    memcpy(&bits, &value, sizeof bits);
    uint64_t m = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
    int e = 1075 - (int)(bits >> 52);
    int scale = 16 - number_log10(value);
    if (scale <= 22 ? value * number_pow10[scale] >= 1e17
                    : value * 1e22 * number_pow10[scale - 22] >= 1e17) {
        scale--;
    }
    for (int i = 0; i < scale; i++) pow5 *= 5;
    int shift =
        e - scale + 2; /* in quarters of a unit: a power of 2 has a nearer below */
    unsigned __int128 exact = (unsigned __int128)(4 * m) * pow5;
    unsigned __int128 above = exact + 2 * (unsigned __int128)pow5;
    unsigned __int128 below =
        exact - (m == (uint64_t)1 << 52 ? 1 : 2) * (unsigned __int128)pow5;
    uint64_t whole = (uint64_t)(exact >> shift);
    uint64_t low = whole / 10 * 10, nearest;
    unsigned __int128 down = exact - ((unsigned __int128)low << shift);
    unsigned __int128 up = ((unsigned __int128)(low + 10) << shift) - exact;
    int closed = (m & 1) == 0; /* ties to even read the ends of the interval back */
    int low_reads = (unsigned __int128)low << shift > below ||
                    (closed && (unsigned __int128)low << shift == below);
    int high_reads = (unsigned __int128)(low + 10) << shift < above ||
                     (closed && (unsigned __int128)(low + 10) << shift == above);
    if (low_reads || high_reads) {
        int take_low = low_reads &&
                       (!high_reads || down < up || (down == up && (low / 10) % 2 == 0));
        nearest = take_low ? low : low + 10;
    } else {
        unsigned __int128 rest = exact - ((unsigned __int128)whole << shift);
        unsigned __int128 half = (unsigned __int128)1 << (shift - 1);
        nearest = whole + (rest > half || (rest == half && (whole & 1)));
    }
    *exponent = -scale;
    *digits = number_strip_zeros(nearest, exponent);
}

/* Dragon4: value = r / s, and half the way to its neighbours is above / s and below / s.
 */
typedef struct number_ratio {
    psn_bigint r, s, above, below;
    int closed; /* the half way points read back as the value */
} number_ratio;

static void number_ratio_start(number_ratio *ratio, double value, int *exponent2)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int raised = (int)(bits >> 52);
    uint64_t m = bits & (((uint64_t)1 << 52) - 1);
    int nearer_below = m == 0 && raised > 1;
    if (raised > 0) m |= (uint64_t)1 << 52;
    int e = (raised > 0 ? raised : 1) - 1075;
    psn_bigint_set(&ratio->r, m);
    psn_bigint_set(&ratio->s, 1);
    psn_bigint_set(&ratio->above, 1);
    psn_bigint_set(&ratio->below, 1);
    psn_bigint_shift_left(&ratio->r, (e > 0 ? e : 0) + 2);
    psn_bigint_shift_left(&ratio->s, (e < 0 ? -e : 0) + 2);
    psn_bigint_shift_left(&ratio->above, (e > 0 ? e : 0) + 1);
    psn_bigint_shift_left(&ratio->below, (e > 0 ? e : 0) + (nearer_below ? 0 : 1));
    ratio->closed = (m & 1) == 0;
    *exponent2 = e + 63 - __builtin_clzll(m);
}

static void number_ratio_times10(number_ratio *ratio)
{
    psn_bigint_mul_add(&ratio->r, 10, 0);
    psn_bigint_mul_add(&ratio->above, 10, 0);
    psn_bigint_mul_add(&ratio->below, 10, 0);
}

static int number_ratio_reaches(const number_ratio *ratio)
{
    psn_bigint sum = ratio->r;
    psn_bigint_add(&sum, &ratio->above);
    int order = psn_bigint_compare(&sum, &ratio->s);
    return order > 0 || (order == 0 && ratio->closed);
}

/* Scales so that 0.1 <= (r + above) / s < 1; returns the power of 10 taken out. */
static int number_ratio_scale(number_ratio *ratio, int exponent2)
{
    int power = (int)(((int64_t)exponent2 * 78913) >> 18); /* may be one too small */
    if (power >= 0) {
        psn_bigint_mul_pow5(&ratio->s, power);
        psn_bigint_shift_left(&ratio->s, power);
    } else {
        psn_bigint *scaled[] = {&ratio->r, &ratio->above, &ratio->below};
        for (size_t i = 0; i < 3; i++) {
            psn_bigint_mul_pow5(scaled[i], -power);
            psn_bigint_shift_left(scaled[i], -power);
        }
    }
    while (number_ratio_reaches(ratio)) {
        psn_bigint_mul_add(&ratio->s, 10, 0);
        power++;
    }
    return power;
}

static void number_big(double value, uint64_t *digits, int *exponent)
{
    number_ratio ratio;
    int exponent2, low, high;
    number_ratio_start(&ratio, value, &exponent2);
    *exponent = number_ratio_scale(&ratio, exponent2);
    *digits = 0;
    do {
        unsigned digit = 0;
        number_ratio_times10(&ratio);
        for (; psn_bigint_compare(&ratio.r, &ratio.s) >= 0; digit++) {
            psn_bigint_subtract(&ratio.r, &ratio.s);
        }
        *digits = *digits * 10 + digit;
        *exponent -= 1;
        int order = psn_bigint_compare(&ratio.r, &ratio.below);
        low = order < 0 || (order == 0 && ratio.closed);
        high = number_ratio_reaches(&ratio);
    } while (!low && !high);
    psn_bigint_shift_left(&ratio.r, 1);
    int half = psn_bigint_compare(&ratio.r, &ratio.s);
    if (high && (!low || half > 0 || (half == 0 && (*digits & 1)))) *digits += 1;
    *digits = number_strip_zeros(*digits, exponent);
}

static size_t number_put(char *out, const char *bytes, size_t count)
{
    memcpy(out, bytes, count);
    return count;
}

static size_t number_put_zeros(char *out, int count)
{
    if (count <= 0) return 0;
    memset(out, '0', (size_t)count);
    return (size_t)count;
}

/* digits x 10^exponent, as 0.00123, 123, 12.3 or 1.23e-05. */
static size_t number_layout(char *out, uint64_t value, int exponent)
{
    char digits[20];
    int count = (int)number_digits(digits, value);
    int point = count + exponent; /* digits before the point */
    size_t length = 0;
    if (point > 16 || point < -3) {
        int power = point - 1;
        out[length++] = digits[0];
        if (count > 1) out[length++] = '.';
        length += number_put(out + length, digits + 1, (size_t)count - 1);
        out[length++] = 'e';
        out[length++] = power < 0 ? '-' : '+';
        if (power < 0) power = -power;
        if (power < 10) out[length++] = '0';
        return length + number_digits(out + length, (uint64_t)power);
    }
    if (point <= 0) {
        length += number_put(out, "0.", 2);
        length += number_put_zeros(out + length, -point);
        return length + number_put(out + length, digits, (size_t)count);
    }
    if (point >= count) {
        length += number_put(out, digits, (size_t)count);
        return length + number_put_zeros(out + length, point - count);
    }
    length += number_put(out, digits, (size_t)point);
    out[length++] = '.';
    return length + number_put(out + length, digits + point, (size_t)(count - point));
}

/* nan, inf and the sign; 0 if `value` was such a word. */
static size_t number_print_word(char *out, double value)
{
    if (isnan(value)) return number_put(out, "nan", 4) - 1;
    if (isinf(value)) {
        return value < 0 ? number_put(out, "-inf", 5) - 1 : number_put(out, "inf", 4) - 1;
    }
    return 0;
}

size_t psn_print_real(char *out, double value)
{
    uint64_t digits;
    int exponent = 0;
    size_t length = number_print_word(out, value);
    if (length > 0) return length;
    if (signbit(value)) {
        out[length++] = '-';
        value = -value;
    }
    if (value < 0x1p53 && value == (double)(uint64_t)value) {
        digits = (uint64_t)value;
    } else if (value >= 0x1p53 || value < 1e-8) {
        number_big(value, &digits, &exponent);
    } else if (value >= 1e15 || !number_nice(value, &digits, &exponent)) {
        number_long(value, &digits, &exponent);
    }
    length += number_layout(out + length, digits, exponent);
    out[length] = '\0';
    return length;
}

/* The whole number m 2^e with e >= 0. */
static size_t number_print_big(char *out, uint64_t m, int e)
{
    psn_bigint rest;
    uint32_t groups[36]; /* 309 digits */
    int count = 0;
    psn_bigint_set(&rest, m);
    psn_bigint_shift_left(&rest, e);
    do {
        groups[count++] = psn_bigint_divide(&rest, 1000000000);
    } while (rest.count > 0);
    size_t length = number_digits(out, groups[--count]);
    while (count > 0) {
        char digits[20];
        size_t some = number_digits(digits, groups[--count]);
        length += number_put_zeros(out + length, 9 - (int)some);
        length += number_put(out + length, digits, some);
    }
    return length;
}

static size_t number_put_fraction(char *out, uint64_t fraction, int decimals)
{
    if (decimals == 0) return 0;
    char digits[20];
    size_t some = number_digits(digits, fraction), length = 0;
    out[length++] = '.';
    length += number_put_zeros(out + length, decimals - (int)some);
    return length + number_put(out + length, digits, some);
}

/* m 2^e with e < 0 as *whole and *fraction / 10^decimals. The fraction below the point
 * has 53 bits and 10^9 has 30: exact in 128. */
static void number_fix(uint64_t m, int e, int decimals, uint64_t *whole,
                       uint64_t *fraction)
{
    uint64_t unit = (uint64_t)number_pow10[decimals];
    int shift = -e;
    *whole = shift < 64 ? m >> shift : 0;
    *fraction = 0;
    if (shift > 100) return; /* below 2^-47: nothing at 9 decimals */
    uint64_t below = shift < 64 ? m & (((uint64_t)1 << shift) - 1) : m;
    unsigned __int128 scaled = (unsigned __int128)below * unit;
    unsigned __int128 half = (unsigned __int128)1 << (shift - 1);
    *fraction = (uint64_t)(scaled >> shift);
    unsigned __int128 rest = scaled - ((unsigned __int128)*fraction << shift);
    int odd = decimals > 0 ? *fraction & 1 : *whole & 1;
    *fraction += rest > half || (rest == half && odd);
    if (*fraction == unit) {
        *fraction = 0;
        *whole += 1;
    }
}

size_t psn_print_fixed(char *out, double value, int decimals)
{
    uint64_t bits, whole = 0, fraction = 0;
    size_t length = number_print_word(out, value);
    if (length > 0) return length;
    if (decimals < 0) decimals = 0;
    if (decimals > 9) decimals = 9;
    memcpy(&bits, &value, sizeof bits);
    int raised = (int)(bits >> 52 & 0x7ff), e = (raised > 0 ? raised : 1) - 1075;
    uint64_t m = bits & (((uint64_t)1 << 52) - 1);
    if (raised > 0) m |= (uint64_t)1 << 52;
    if (e < 0) number_fix(m, e, decimals, &whole, &fraction);
    int is_zero = e < 0 && whole == 0 && fraction == 0;
    if (value < 0 && !is_zero) out[length++] = '-'; /* never -0.00 */
    length +=
        e < 0 ? number_digits(out + length, whole) : number_print_big(out + length, m, e);
    length += number_put_fraction(out + length, fraction, decimals);
    out[length] = '\0';
    return length;
}
