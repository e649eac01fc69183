/* bigint.c: schoolbook arithmetic on 32-bit words, O(words) each. */
#include "base/bigint.h"

#include <string.h>

static void bigint_push(psn_bigint *number, uint64_t word)
{
    if (word != 0 && number->count < PSN_BIGINT_WORDS) {
        number->words[number->count++] = (uint32_t)word;
    }
}

static void bigint_trim(psn_bigint *number)
{
    while (number->count > 0 && number->words[number->count - 1] == 0) number->count--;
}

void psn_bigint_set(psn_bigint *number, uint64_t value)
{
    number->count = 2;
    number->words[0] = (uint32_t)value;
    number->words[1] = (uint32_t)(value >> 32);
    bigint_trim(number);
}

void psn_bigint_mul_add(psn_bigint *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = 0; i < number->count; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    bigint_push(number, carry);
}

void psn_bigint_mul_pow5(psn_bigint *number, int64_t power)
{
    for (; power >= 13; power -= 13) psn_bigint_mul_add(number, 1220703125u, 0);
    uint32_t rest = 1;
    for (; power > 0; power--) rest *= 5;
    psn_bigint_mul_add(number, rest, 0);
}

void psn_bigint_shift_left(psn_bigint *number, int64_t bits)
{
    int words = (int)(bits / 32), rest = (int)(bits % 32);
    if (number->count == 0) return;
    if (rest > 0) psn_bigint_mul_add(number, (uint32_t)1 << rest, 0);
    if (words == 0 || words > PSN_BIGINT_WORDS - number->count) return;
    memmove(number->words + words, number->words,
            (size_t)number->count * sizeof(uint32_t));
    memset(number->words, 0, (size_t)words * sizeof(uint32_t));
    number->count += words;
}

void psn_bigint_add(psn_bigint *number, const psn_bigint *other)
{
    uint64_t carry = 0;
    for (int i = 0; i < other->count || (carry != 0 && i < number->count); i++) {
        if (i >= number->count) number->words[number->count++] = 0;
        carry += (uint64_t)number->words[i] + (i < other->count ? other->words[i] : 0);
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    bigint_push(number, carry);
}

void psn_bigint_subtract(psn_bigint *number, const psn_bigint *other)
{
    int64_t borrow = 0;
    for (int i = 0; i < number->count; i++) {
        borrow += (int64_t)number->words[i] - (i < other->count ? other->words[i] : 0);
        number->words[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    bigint_trim(number);
}

uint32_t psn_bigint_divide(psn_bigint *number, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = number->count - 1; i >= 0; i--) {
        rest = rest << 32 | number->words[i];
        number->words[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    bigint_trim(number);
    return (uint32_t)rest;
}

int psn_bigint_compare(const psn_bigint *a, const psn_bigint *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--) {
        if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
    }
    return 0;
}

int64_t psn_bigint_bits(const psn_bigint *number)
{
    if (number->count == 0) return 0;
    return 32 * (int64_t)number->count - __builtin_clz(number->words[number->count - 1]);
}
