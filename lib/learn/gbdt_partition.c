/* gbdt_partition.c: the rows of a leaf into those of its two children, order kept.
 *
 * One pass without branches: every row is written to both sides and one of the two ends
 * moves on. Large leaves are cut into blocks: each block parts its rows into the spare
 * array, left rows from its start and right rows from its end backwards, and then copies
 * them to where the blocks before it leave off. */
#include "learn/gbdt_train.h"

#include <string.h>

enum { PARTITION_BLOCK = 8192, PARTITION_BLOCKS_MAX = 64 };

typedef struct partition_work {
    uint32_t *rows, *spare;
    int64_t count, block;
    const uint8_t *codes, *table;
    int64_t *left; /* rows that go left, a block; then before it */
    int64_t all_left;
} partition_work;

static int64_t partition_small(uint32_t *rows, int64_t count, const uint8_t *codes,
                               const uint8_t *table, uint32_t *spare)
{
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        uint32_t goes = table[codes[row]];
        rows[left] = row;
        spare[right] = row;
        left += goes;
        right += 1 - goes;
    }
    if (right > 0) memcpy(rows + left, spare, (size_t)right * sizeof *rows);
    return left;
}

static void partition_part(void *context, int64_t block, int worker)
{
    (void)worker;
    partition_work *work = context;
    int64_t begin = block * work->block, end = begin + work->block;
    if (end > work->count) end = work->count;
    uint32_t *left = work->spare + begin, *right = work->spare + end - 1;
    for (int64_t i = begin; i < end; i++) {
        uint32_t row = work->rows[i];
        uint32_t goes = work->table[work->codes[row]];
        /* When one place is left both writes go there with the same row. */
        *left = row;
        *right = row;
        left += goes;
        right -= 1 - goes;
    }
    work->left[block] = left - (work->spare + begin);
}

static void partition_copy(void *context, int64_t block, int worker)
{
    (void)worker;
    partition_work *work = context;
    int64_t begin = block * work->block, end = begin + work->block;
    if (end > work->count) end = work->count;
    int64_t before = work->left[block], left = work->left[block + 1] - before;
    int64_t right = end - begin - left;
    uint32_t *to = work->rows + work->all_left + (begin - before);
    memcpy(work->rows + before, work->spare + begin, (size_t)left * sizeof *to);
    for (int64_t i = 0; i < right; i++) to[i] = work->spare[end - 1 - i];
}

int64_t psn_gbdt_partition(uint32_t *rows, int64_t count, const uint8_t *codes,
                           const uint8_t *table, uint32_t *spare, psn_pool *pool)
{
    int64_t workers = psn_pool_workers(pool);
    if (workers == 1 || count < 3 * PARTITION_BLOCK) {
        return partition_small(rows, count, codes, table, spare);
    }
    int64_t left[PARTITION_BLOCKS_MAX + 1];
    int64_t blocks = count / PARTITION_BLOCK;
    if (blocks > 4 * workers) blocks = 4 * workers;
    if (blocks > PARTITION_BLOCKS_MAX) blocks = PARTITION_BLOCKS_MAX;
    partition_work work = {.rows = rows,
                           .spare = spare,
                           .count = count,
                           .block = (count + blocks - 1) / blocks,
                           .codes = codes,
                           .table = table,
                           .left = left};
    psn_pool_run(pool, blocks, partition_part, &work);
    int64_t sum = 0;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t here = left[b];
        left[b] = sum;
        sum += here;
    }
    left[blocks] = sum;
    work.all_left = sum;
    psn_pool_run(pool, blocks, partition_copy, &work);
    return sum;
}
