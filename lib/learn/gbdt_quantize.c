/* gbdt_quantize.c: gradients as small whole numbers (Shi et al., "Quantized training of
 * gradient boosting decision trees", NeurIPS 2022), as fine as the number of rows allows.
 *
 * Three fields share 64 bits: rows, hessians, gradients. With n rows of up to b bits each
 * field must hold n times the largest entry; what 3 log2(n) leaves is spent on precision:
 * 12 bits each for 8,000 rows, 7 for 100,000. When fewer than 7 bits are left for both
 * the count goes and split finding infers it from the hessians (as LightGBM always does).
 */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "math/kernel.h"

enum { QUANTIZE_BLOCK = 64, QUANTIZE_LEAST = 12 };

typedef struct quantize_terms {
    double g_factor, h_factor;
    uint32_t key[2], counter[3];
} quantize_terms;

#define PSN_TEMPLATE "learn/gbdt_quantize_kernel.inc"
#include "math/kernel_levels.h"

typedef void quantize_kernel(uint32_t *, const float *, uint32_t, const quantize_terms *);
static quantize_kernel *const quantize_kernels[] = PSN_KERNEL_TABLE(quantize_block);

static int quantize_bits(int64_t value)
{
    int bits = 0;
    while (bits < 62 && (int64_t)1 << bits <= value) bits++;
    return bits;
}

void psn_gbdt_packing_for(gbdt_packing *packing, int64_t rows)
{
    const int rows_bits = quantize_bits(rows);
    int counted = 64 - 3 * rows_bits >= QUANTIZE_LEAST;
    int precision = counted ? 64 - 3 * rows_bits : 64 - 2 * rows_bits;
    if (precision > 28) precision = 28;
    const int h_bits = precision / 2, g_bits = precision - h_bits;
    const int count_bits = counted ? rows_bits : 0;
    packing->h_shift = count_bits;
    packing->g_shift = count_bits + rows_bits + h_bits;
    packing->h_mask = ((uint64_t)1 << (rows_bits + h_bits)) - 1;
    packing->count_mask = counted ? ((uint64_t)1 << count_bits) - 1 : 0;
    packing->one = (uint64_t)counted;
    /* g needs a sign. */
    packing->g_max = (1 << (g_bits - 1)) - 1;
    packing->h_max = (1 << h_bits) - 1;
}

typedef struct quantize_work {
    gbdt_trainer *trainer;
    quantize_terms terms;
} quantize_work;

static void quantize_rows(void *context, int64_t block, int worker)
{
    (void)worker;
    const quantize_work *work = context;
    gbdt_trainer *trainer = work->trainer;
    quantize_kernel *kernel = quantize_kernels[psn_simd_level()];
    int64_t begin = block * GBDT_ROW_BLOCK, end = begin + GBDT_ROW_BLOCK;
    if (end > trainer->rows) end = trainer->rows;
    uint32_t slots[QUANTIZE_BLOCK];
    for (int64_t row = begin; row < end; row += QUANTIZE_BLOCK) {
        kernel(slots, trainer->pairs + 2 * row, (uint32_t)(row / 4), &work->terms);
        int64_t count = end - row < QUANTIZE_BLOCK ? end - row : QUANTIZE_BLOCK;
        uint8_t *to = trainer->tile + (size_t)row * trainer->stride;
        for (int64_t i = 0; i < count; i++) {
            memcpy(to + (size_t)i * trainer->stride, &slots[i], sizeof slots[i]);
        }
    }
}

void psn_gbdt_quantize(gbdt_trainer *trainer)
{
    int64_t blocks = (trainer->rows + GBDT_ROW_BLOCK - 1) / GBDT_ROW_BLOCK;
    float g = 0.0f, h = 0.0f;
    for (int64_t b = 0; b < blocks; b++) {
        g = fmaxf(g, trainer->block_max[2 * b]);
        h = fmaxf(h, trainer->block_max[2 * b + 1]);
    }
    gbdt_packing *packing = &trainer->packing;
    packing->g_scale = g > 0.0f ? (double)g / packing->g_max : 1.0;
    packing->h_scale = h > 0.0f ? (double)h / packing->h_max : 1.0;
    const uint64_t seed = trainer->options->seed;
    quantize_work work = {.trainer = trainer,
                          .terms = {.g_factor = 1.0 / packing->g_scale,
                                    .h_factor = 1.0 / packing->h_scale,
                                    .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                                    .counter = {GBDT_DRAW_ROUND, (uint32_t)trainer->round,
                                                (uint32_t)trainer->output}}};
    psn_pool_run(trainer->pool, blocks, quantize_rows, &work);
}
