/* philox.h: counter-based random numbers, so that draw i of a purpose is the same
 * whatever the order, the number of threads or the machine. */
#ifndef PSN_BASE_PHILOX_H
#define PSN_BASE_PHILOX_H

#include <stdint.h>

/* Philox4x32-10 (Salmon et al. 2011): counter -> 4 random words. */
void psn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream keyed by (seed, purpose, index); `purpose` keeps the uses of one seed apart.
 */
typedef struct psn_random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t words[4];
    int left;
} psn_random;

void psn_random_start(psn_random *random, uint64_t seed, uint32_t purpose,
                      uint64_t index);
uint32_t psn_random_u32(psn_random *random);
uint64_t psn_random_u64(psn_random *random);
double psn_random_unit(psn_random *random); /* [0, 1), 53 bits */
int64_t psn_random_below(psn_random *random,
                         int64_t bound); /* 0 .. bound - 1, unbiased */

#endif
