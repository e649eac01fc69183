/* bigint.h: whole numbers of up to 4,096 bits on the stack, for the exact paths of number
 * parsing and printing. Nothing checks for overflow: callers know their sizes (the
 * largest is 5^1,150 or an 800-digit number, below 2,800 bits). */
#ifndef PSN_BASE_BIGINT_H
#define PSN_BASE_BIGINT_H

#include <stdint.h>

enum { PSN_BIGINT_WORDS = 128 };

/* Little-endian words; words[count - 1] is not 0. */
typedef struct psn_bigint {
    int count;
    uint32_t words[PSN_BIGINT_WORDS];
} psn_bigint;

void psn_bigint_set(psn_bigint *number, uint64_t value);
/* number = number * factor + addend */
void psn_bigint_mul_add(psn_bigint *number, uint32_t factor, uint32_t addend);
void psn_bigint_mul_pow5(psn_bigint *number, int64_t power);
void psn_bigint_shift_left(psn_bigint *number, int64_t bits);
void psn_bigint_add(psn_bigint *number, const psn_bigint *other);
/* number >= other is required */
void psn_bigint_subtract(psn_bigint *number, const psn_bigint *other);
/* Divides and returns the rest. */
uint32_t psn_bigint_divide(psn_bigint *number, uint32_t divisor);
int psn_bigint_compare(const psn_bigint *a, const psn_bigint *b);
/* Position of the highest bit plus 1; 0 for zero. */
int64_t psn_bigint_bits(const psn_bigint *number);

#endif
