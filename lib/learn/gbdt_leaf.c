/* gbdt_leaf.c: what the leaves of a grown tree say.
 *
 * Splits are found on rounded gradients; the values come from exact ones, summed in
 * blocks of 4,096 rows of a leaf in fixed order (without this step rounding to a few bits
 * costs accuracy). Absolute and quantile losses take the quantile of the residuals of the
 * leaf. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "math/order.h"

static int64_t leaf_blocks(int64_t count)
{
    return (count + GBDT_SUM_BLOCK - 1) / GBDT_SUM_BLOCK;
}

/* Leaf of a block and its part of the rows. */
static int32_t leaf_of_block(const gbdt_trainer *trainer, int64_t block)
{
    int32_t low = 0, high = trainer->leaf_count - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (trainer->sum_first[middle] <= block) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static void leaf_sum_block(void *context, int64_t block, int worker)
{
    (void)worker;
    gbdt_trainer *trainer = context;
    const gbdt_leaf *leaf = &trainer->leaves[leaf_of_block(trainer, block)];
    int64_t first = (block - trainer->sum_first[leaf - trainer->leaves]) * GBDT_SUM_BLOCK;
    int64_t count = leaf->count - first;
    if (count > GBDT_SUM_BLOCK) count = GBDT_SUM_BLOCK;
    const uint32_t *rows = trainer->order + leaf->begin + first;
    double g[4] = {0.0}, h[4] = {0.0};
    for (int64_t i = 0; i < count; i++) {
        const float *pair = trainer->pairs + 2 * (size_t)rows[i];
        g[i & 3] += (double)pair[0];
        h[i & 3] += (double)pair[1];
    }
    trainer->sums[2 * block] = (g[0] + g[1]) + (g[2] + g[3]);
    trainer->sums[2 * block + 1] = (h[0] + h[1]) + (h[2] + h[3]);
}

static void leaf_sum_all(gbdt_trainer *trainer)
{
    int64_t blocks = 0;
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        trainer->sum_first[i] = blocks;
        blocks += leaf_blocks(trainer->leaves[i].count);
    }
    trainer->sum_first[trainer->leaf_count] = blocks;
    psn_pool_run(trainer->pool, blocks, leaf_sum_block, trainer);
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        gbdt_leaf *leaf = &trainer->leaves[i];
        leaf->g = leaf->h = 0.0;
        for (int64_t b = trainer->sum_first[i]; b < trainer->sum_first[i + 1]; b++) {
            leaf->g += trainer->sums[2 * b];
            leaf->h += trainer->sums[2 * b + 1];
        }
    }
}

/* The smallest residual with at least the share `quantile` of the weight at or below. */
static double leaf_quantile(gbdt_trainer *trainer, const gbdt_leaf *leaf, double quantile)
{
    double *residual = trainer->sort_space;
    int64_t *order = (int64_t *)(void *)(trainer->sort_space + trainer->rows);
    const uint32_t *rows = trainer->order + leaf->begin;
    for (int64_t i = 0; i < leaf->count; i++) {
        residual[i] = trainer->label[rows[i]] - trainer->scores[rows[i]];
    }
    if (trainer->weight == NULL) {
        int64_t rank = (int64_t)ceil(quantile * (double)leaf->count) - 1;
        return psn_select_real(residual, leaf->count, rank < 0 ? 0 : rank);
    }
    psn_sort_order(order, residual, leaf->count);
    double all = 0.0, below = 0.0;
    for (int64_t i = 0; i < leaf->count; i++) all += trainer->weight[rows[i]];
    for (int64_t i = 0; i < leaf->count; i++) {
        below += trainer->weight[rows[order[i]]];
        if (below >= quantile * all) return residual[order[i]];
    }
    return 0.0;
}

/* The sides of a set of levels pay for it. */
static double leaf_ridge(const gbdt_trainer *trainer, const gbdt_leaf *leaf)
{
    const psn_gbdt_options *options = trainer->options;
    const int of_set =
        leaf->parent >= 0 && trainer->node_split[leaf->parent].category == GBDT_LEVEL_SET;
    return options->lambda_l2 + (of_set ? options->cat_l2 : 0.0);
}

static double leaf_value(gbdt_trainer *trainer, const gbdt_leaf *leaf)
{
    const psn_gbdt_options *options = trainer->options;
    const double l2 = leaf_ridge(trainer, leaf);
    double value = 0.0;
    if (leaf->count == 0) {
        value = 0.0; /* symmetric trees have empty leaves */
    } else if (options->objective == PSN_GBDT_ABSOLUTE) {
        value = leaf_quantile(trainer, leaf, 0.5);
    } else if (options->objective == PSN_GBDT_QUANTILE) {
        value = leaf_quantile(trainer, leaf, options->parameter);
    } else {
        value = psn_gbdt_step(options, l2, leaf->g, leaf->h);
    }
    value = fmin(fmax(value, leaf->lower), leaf->upper);
    return value * options->learning_rate;
}

void psn_gbdt_renew(gbdt_trainer *trainer)
{
    leaf_sum_all(trainer);
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        trainer->leaves[i].value = leaf_value(trainer, &trainer->leaves[i]);
    }
}

static void leaf_add_block(void *context, int64_t block, int worker)
{
    (void)worker;
    gbdt_trainer *trainer = context;
    const gbdt_leaf *leaf = &trainer->leaves[leaf_of_block(trainer, block)];
    int64_t first = (block - trainer->sum_first[leaf - trainer->leaves]) * GBDT_SUM_BLOCK;
    int64_t active = leaf->count - first, other = leaf->other_count - first;
    if (active > GBDT_SUM_BLOCK) active = GBDT_SUM_BLOCK;
    if (other > GBDT_SUM_BLOCK) other = GBDT_SUM_BLOCK;
    double *scores = trainer->scores + trainer->output * trainer->rows;
    const uint32_t *rows = trainer->order + leaf->begin + first;
    for (int64_t i = 0; i < active; i++) scores[rows[i]] += leaf->value;
    rows = trainer->order + leaf->other_begin + first;
    for (int64_t i = 0; i < other; i++) scores[rows[i]] += leaf->value;
}

void psn_gbdt_add_scores(gbdt_trainer *trainer)
{
    int64_t blocks = 0;
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        const gbdt_leaf *leaf = &trainer->leaves[i];
        trainer->sum_first[i] = blocks;
        blocks += leaf_blocks(leaf->count > leaf->other_count ? leaf->count
                                                              : leaf->other_count);
    }
    trainer->sum_first[trainer->leaf_count] = blocks;
    psn_pool_run(trainer->pool, blocks, leaf_add_block, trainer);
}
