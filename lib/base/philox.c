/* philox.c: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011). Ten rounds of two 32 x 32 -> 64 bit products turn a counter and
 * a key into four random words; nothing is carried from one block to the next.
 *
 * A stream of (seed, purpose, index) has the key `seed` and the counters
 * (block, purpose, index low, index high): 2^32 blocks of four words before it repeats.
 */
#include "base/philox.h"

static void philox_round(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t c1 = c[1], c3 = c[3];
    c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c[3] = (uint32_t)p0;
}

void psn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        philox_round(c, k0, k1);
        k0 += 0x9E3779B9u; /* the golden ratio */
        k1 += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
    for (int i = 0; i < 4; i++) out[i] = c[i];
}

void psn_random_start(psn_random *random, uint64_t seed, uint32_t purpose, uint64_t index)
{
    *random = (psn_random){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, purpose, (uint32_t)index, (uint32_t)(index >> 32)},
    };
}

uint32_t psn_random_u32(psn_random *random)
{
    if (random->left == 0) {
        psn_philox(random->counter, random->key, random->words);
        random->counter[0]++;
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

uint64_t psn_random_u64(psn_random *random)
{
    uint64_t low = psn_random_u32(random);
    return (uint64_t)psn_random_u32(random) << 32 | low;
}

double psn_random_unit(psn_random *random)
{
    return (double)(psn_random_u64(random) >> 11) * 0x1p-53;
}

/* Lemire 2019: the high half of a product is uniform once the few low halves that would
 * come up too often are refused. */
int64_t psn_random_below(psn_random *random, int64_t bound)
{
    if (bound <= 1) return 0;
    uint64_t n = (uint64_t)bound, refuse = -n % n;
    for (;;) {
        unsigned __int128 product = (unsigned __int128)psn_random_u64(random) * n;
        if ((uint64_t)product >= refuse) return (int64_t)(uint64_t)(product >> 64);
    }
}
