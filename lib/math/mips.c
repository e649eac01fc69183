/* mips.c: queries over the blocks, one or many at a time.
 *
 * Many: a tile of queries is one block of the pool, four of them go through a stretch of
 * blocks that stays in the second cache, each row's bytes loaded once for the four.
 *
 * Top-10 of 100,000 x 64 Gaussian numbers (no row is much shorter), one thread at 3.5
 * GHz: 98 us one at a time, of which 80 are the third cache's, 47 us in a batch; AVX2 128
 * and 107. Factors of 41,000 places: 6 us. Trials that lost: one query's exact scores at
 * once instead of candidates (+10 us), quickselect for the threshold (+5 us). */
#include "math/mips.h"

#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/mips_index.h"

enum { MIPS_TILE = 32, MIPS_STRETCH = 256 << 10 };

size_t psn_mips_scratch(const psn_mips *mips, int64_t most)
{
    return psn_mips_search_bytes(mips, most);
}

static const uint8_t *mips_codes(const psn_mips *mips, int64_t block)
{
    return mips->codes + block * MIPS_BLOCK * 4 * mips->groups;
}

/* Blocks first .. last - 1; 0 when no later one is of use. */
static int mips_walk(mips_search *search, int64_t first, int64_t last)
{
    const psn_mips *mips = search->mips;
    float values[MIPS_BLOCK];
    for (int64_t block = first; block < last; block++) {
        const float limit = mips_limit(search, block);
        if (limit == INFINITY) return 0;
        const uint64_t places = search->kernels->pass(mips_codes(mips, block),
                                                      mips->scale + block * MIPS_BLOCK,
                                                      &search->probe, limit, values);
        if (places != 0) psn_mips_search_take(search, block, places, values);
    }
    return 1;
}

int64_t psn_mips_query(const psn_mips *mips, const float *query, int64_t k,
                       const uint64_t *allow, psn_scored *out, void *scratch)
{
    mips_search search;
    if (psn_mips_search_start(&search, mips, query, k, allow, out, scratch))
        mips_walk(&search, 0, mips->blocks);
    return psn_mips_search_finish(&search);
}

/* Four searches at once. */
static int mips_walk_together(mips_search *const *searches, int64_t first, int64_t last)
{
    const psn_mips *mips = searches[0]->mips;
    const mips_probe *probes[MIPS_TOGETHER];
    float values[MIPS_TOGETHER * MIPS_BLOCK], limits[MIPS_TOGETHER];
    uint64_t places[MIPS_TOGETHER];
    for (int i = 0; i < MIPS_TOGETHER; i++) probes[i] = &searches[i]->probe;
    for (int64_t block = first; block < last; block++) {
        int alive = 0;
        for (int i = 0; i < MIPS_TOGETHER; i++) {
            limits[i] = mips_limit(searches[i], block);
            alive += limits[i] != INFINITY;
        }
        if (alive == 0) return 0;
        searches[0]->kernels->passes(mips_codes(mips, block),
                                     mips->scale + block * MIPS_BLOCK, probes, limits,
                                     values, places);
        for (int i = 0; i < MIPS_TOGETHER; i++)
            if (places[i] != 0)
                psn_mips_search_take(searches[i], block, places[i],
                                     values + i * MIPS_BLOCK);
    }
    return 1;
}

typedef struct mips_many {
    const psn_mips *mips;
    const float *queries;
    int64_t count, k;
    const uint64_t *allow;
    int64_t allow_stride;
    psn_scored *out;
    int64_t *counts;
    char *scratch; /* workers x tile x bytes */
    size_t bytes;
} mips_many;

/* All searches of a tile through all blocks. */
static void mips_walk_tile(mips_search **walking, int64_t count)
{
    const psn_mips *mips = walking[0]->mips;
    const int64_t stretch = 1 + MIPS_STRETCH / (MIPS_BLOCK * 4 * mips->groups);
    for (int64_t first = 0; first < mips->blocks && count > 0; first += stretch) {
        const int64_t last =
            first + stretch < mips->blocks ? first + stretch : mips->blocks;
        int64_t left = 0, i = 0;
        for (; i + MIPS_TOGETHER <= count; i += MIPS_TOGETHER) {
            if (!mips_walk_together(walking + i, first, last)) continue;
            for (int j = 0; j < MIPS_TOGETHER; j++) walking[left++] = walking[i + j];
        }
        for (; i < count; i++)
            if (mips_walk(walking[i], first, last)) walking[left++] = walking[i];
        count = left;
    }
}

static void mips_tile(void *context, int64_t tile, int worker)
{
    const mips_many *many = context;
    mips_search searches[MIPS_TILE], *walking[MIPS_TILE];
    char *scratch = many->scratch + (size_t)worker * MIPS_TILE * many->bytes;
    const int64_t first = tile * MIPS_TILE;
    const int64_t size =
        many->count - first < MIPS_TILE ? many->count - first : MIPS_TILE;
    int64_t count = 0;
    for (int64_t i = 0; i < size; i++) {
        const int64_t q = first + i;
        if (psn_mips_search_start(
                &searches[i], many->mips, many->queries + q * many->mips->dims, many->k,
                many->allow == NULL ? NULL : many->allow + q * many->allow_stride,
                many->out + q * many->k, scratch + (size_t)i * many->bytes))
            walking[count++] = &searches[i];
    }
    if (count > 0) mips_walk_tile(walking, count);
    for (int64_t i = 0; i < size; i++)
        many->counts[first + i] = psn_mips_search_finish(&searches[i]);
}

int psn_mips_batch(const psn_mips *mips, const float *queries, int64_t count, int64_t k,
                   const uint64_t *allow, int64_t allow_stride, psn_scored *out,
                   int64_t *counts, psn_pool *pool, persona_error *error)
{
    mips_many many = {.mips = mips,
                      .queries = queries,
                      .count = count,
                      .k = k < 0 ? 0 : k,
                      .allow = allow,
                      .allow_stride = allow_stride,
                      .out = out,
                      .counts = counts};
    many.bytes = psn_mips_search_bytes(mips, k);
    many.scratch =
        psn_alloc_aligned((size_t)psn_pool_workers(pool) * MIPS_TILE, many.bytes);
    if (many.scratch == NULL) return psn_fail_memory(error);
    psn_pool_run(pool, (count + MIPS_TILE - 1) / MIPS_TILE, mips_tile, &many);
    psn_release_aligned(many.scratch);
    return PERSONA_OK;
}
