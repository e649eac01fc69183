/* keep.c: the largest of a row of scores, without sorting them.
 *
 * A float's bits, with the sign handled, order as an unsigned number does. The rank is
 * found digit by digit from the top (three of 11 bits, one bit twice): count the digits,
 * walk down from the largest until the rank lies inside one of them, keep only the scores
 * of that digit. Nearly all fall away in the first pass; the worst case is three passes,
 * where a partition around pivots could need n. */
#include "math/keep.h"

#include <string.h>

enum { KEEP_DIGIT = 11, KEEP_DIGITS = 1 << KEEP_DIGIT };

static uint32_t keep_key(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float keep_score(uint32_t key)
{
    const uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* Leaves in keys those whose digit at `shift` holds the rank, and lowers the rank by the
 * keys above them. */
static int64_t keep_narrow(uint32_t *keys, int64_t count, int shift, int64_t *rank)
{
    int64_t at[KEEP_DIGITS] = {0}, left = 0;
    uint32_t digit = KEEP_DIGITS - 1;
    for (int64_t i = 0; i < count; i++) at[(keys[i] >> shift) & (KEEP_DIGITS - 1)]++;
    for (; at[digit] < *rank; digit--) *rank -= at[digit];
    for (int64_t i = 0; i < count; i++) {
        const uint32_t key = keys[i];
        keys[left] = key;
        left += ((key >> shift) & (KEEP_DIGITS - 1)) == digit;
    }
    return left;
}

float psn_keep_threshold(const float *scores, int64_t count, int64_t keep,
                         uint32_t *scratch, int64_t *ties)
{
    int64_t rank = keep, left = count;
    for (int64_t i = 0; i < count; i++) scratch[i] = keep_key(scores[i]);
    left = keep_narrow(scratch, left, 21, &rank);
    left = keep_narrow(scratch, left, 10, &rank);
    keep_narrow(scratch, left, 0, &rank);
    *ties = rank;
    return keep_score(scratch[0]);
}
