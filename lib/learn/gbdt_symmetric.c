/* gbdt_symmetric.c: one tree with the same split in all leaves of a level (oblivious
 * trees, as CatBoost grows them): the gain of a split is the sum over the leaves. Coarser
 * than leaf-wise trees and harder to over-fit on little data.
 *
 * Categories are split along one order of their levels, by the gradients of all rows. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>

enum { SYMMETRIC_CANDIDATES = GBDT_BINS + 8 };

/* What a level splits on; bins in `order` before `count` go left. */
typedef struct symmetric_column {
    int32_t order[GBDT_BINS];
    int32_t count; /* bins in the order */
} symmetric_column;

typedef struct symmetric_work {
    gbdt_trainer *trainer;
    int32_t pieces;
    const gbdt_leaf *small;
    const gbdt_leaf *large; /* NULL: the root */
} symmetric_work;

/* ---- the histograms of a level */

static void symmetric_count(void *context, int64_t piece, int worker)
{
    (void)worker;
    const symmetric_work *work = context;
    gbdt_trainer *trainer = work->trainer;
    int32_t first = (int32_t)(trainer->tile_count * piece / work->pieces);
    int32_t end = (int32_t)(trainer->tile_count * (piece + 1) / work->pieces);
    uint64_t *sums = psn_gbdt_slot(trainer, work->small->slot);
    psn_gbdt_count(trainer, sums, trainer->order + work->small->begin, work->small->count,
                   first, end);
    if (work->large == NULL) return;
    uint64_t *rest = psn_gbdt_slot(trainer, work->large->slot);
    const gbdt_tile *last = &trainer->tiles[end - 1];
    for (int32_t r = trainer->tiles[first].first; r < last->first + last->width; r++) {
        psn_gbdt_subtract(trainer, rest, sums, r);
    }
}

static void symmetric_sums(gbdt_trainer *trainer, const gbdt_leaf *small,
                           const gbdt_leaf *large)
{
    symmetric_work work = {
        .trainer = trainer, .pieces = 1, .small = small, .large = large};
    if (trainer->workers > 1 && small->count * trainer->used >= GBDT_ALONE) {
        work.pieces = trainer->workers < trainer->tile_count ? trainer->workers
                                                             : trainer->tile_count;
    }
    psn_pool_run(work.pieces > 1 ? trainer->pool : NULL, work.pieces, symmetric_count,
                 &work);
}

/* ---- the split of a level */

static const uint64_t *symmetric_bins(const gbdt_trainer *trainer, const gbdt_leaf *leaf,
                                      int32_t rank)
{
    return psn_gbdt_slot(trainer, leaf->slot) + (size_t)rank * GBDT_BINS;
}

/* Levels by gradient over hessian of all rows. */
static void symmetric_order_levels(const gbdt_trainer *trainer, int32_t rank,
                                   symmetric_column *column)
{
    const int32_t bins = trainer->bins->column[trainer->used_feature[rank]].bins;
    gbdt_leaf all = {.count = trainer->active};
    uint64_t sums[GBDT_BINS] = {0};
    double place[GBDT_BINS];
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        const uint64_t *here = symmetric_bins(trainer, &trainer->leaves[i], rank);
        for (int32_t b = 0; b < bins; b++) sums[b] += here[b];
    }
    for (int32_t b = 0; b < bins; b++) all.total += sums[b];
    gbdt_scan scan;
    psn_gbdt_scan_start(&scan, trainer, &all);
    column->count = 0;
    for (int32_t b = 0; b < bins; b++) {
        if (sums[b] == 0) continue;
        place[b] =
            psn_gbdt_field_g(&scan, sums[b]) /
            (psn_gbdt_field_h(&scan, sums[b]) + trainer->options->cat_smooth + 1e-9);
        int32_t at = column->count++;
        while (at > 0 && place[column->order[at - 1]] > place[b]) {
            column->order[at] = column->order[at - 1];
            at--;
        }
        column->order[at] = b;
    }
}

static void symmetric_order(const gbdt_trainer *trainer, int32_t rank,
                            symmetric_column *column)
{
    const psn_bins_column *bins = &trainer->bins->column[trainer->used_feature[rank]];
    if (bins->kind == PSN_BINS_CATEGORY) {
        symmetric_order_levels(trainer, rank, column);
        return;
    }
    column->count = bins->bins - 1;
    for (int32_t i = 0; i < column->count; i++) column->order[i] = i + 1;
}

/* Sums over leaves of the gains of all candidates of one feature: missing right, and
 * left. */
static int symmetric_gains(const gbdt_trainer *trainer, int32_t rank,
                           const symmetric_column *column, double *right, double *left)
{
    const int32_t feature = trainer->used_feature[rank];
    const int category = trainer->bins->column[feature].kind == PSN_BINS_CATEGORY;
    const int8_t *monotone = trainer->options->monotone;
    const int32_t candidates = (column->count + 7) / 8 * 8;
    uint64_t prefix[SYMMETRIC_CANDIDATES];
    int missing_seen = 0;
    for (int32_t i = 0; i < candidates; i++) right[i] = left[i] = 0.0;
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        const gbdt_leaf *leaf = &trainer->leaves[i];
        if (leaf->count == 0) continue;
        const uint64_t *bins = symmetric_bins(trainer, leaf, rank);
        const uint64_t missing = category ? 0 : bins[PSN_BINS_MISSING];
        gbdt_scan scan;
        psn_gbdt_scan_start(&scan, trainer, leaf);
        scan.monotone = monotone == NULL ? 0 : monotone[feature];
        uint64_t sum = 0;
        for (int32_t k = 0; k < column->count; k++) {
            prefix[k] = sum += bins[column->order[k]];
        }
        for (int32_t k = column->count; k < candidates; k++) prefix[k] = scan.total;
        psn_gbdt_scan_add(right, &scan, prefix, candidates, 0);
        psn_gbdt_scan_add(left, &scan, prefix, candidates, missing);
        missing_seen |= missing != 0;
    }
    return missing_seen;
}

static void symmetric_scan_rank(const gbdt_trainer *trainer, int32_t rank,
                                gbdt_split *best)
{
    const int32_t feature = trainer->used_feature[rank];
    double right[SYMMETRIC_CANDIDATES], left[SYMMETRIC_CANDIDATES];
    symmetric_column column;
    symmetric_order(trainer, rank, &column);
    const int missing = symmetric_gains(trainer, rank, &column, right, left);
    const int category = trainer->bins->column[feature].kind == PSN_BINS_CATEGORY;
    *best = (gbdt_split){.gain = fmax(trainer->options->min_gain, 1e-12), .feature = -1};
    for (int side = 0; side <= missing; side++) {
        const double *gains = side == 0 ? right : left;
        for (int32_t k = 0; k < column.count; k++) {
            if (!(gains[k] > best->gain)) continue;
            *best = (gbdt_split){.gain = gains[k],
                                 .feature = feature,
                                 .bin = k + 1,
                                 .category = category,
                                 .missing_left = side,
                                 .missing_seen = missing};
        }
    }
    if (best->feature < 0 || !category) return;
    for (int32_t k = 0; k < best->bin; k++) {
        const int32_t bin = column.order[k];
        best->set[bin / 64] |= (uint64_t)1 << (bin % 64);
    }
    best->missing_left = (int32_t)(best->set[0] & 1);
    best->missing_seen = 1;
}

static void symmetric_scan(void *context, int64_t rank, int worker)
{
    (void)worker;
    gbdt_trainer *trainer = context;
    trainer->found[rank] = (gbdt_split){.feature = -1};
    if (!trainer->node_mask[rank]) return;
    symmetric_scan_rank(trainer, (int32_t)rank, &trainer->found[rank]);
}

static gbdt_split symmetric_best(gbdt_trainer *trainer)
{
    gbdt_split best = {.feature = -1};
    /* One draw of features for a level. */
    psn_gbdt_draw_node(trainer, &trainer->leaves[0], 0, trainer->node_mask);
    psn_pool_run(trainer->pool, trainer->used, symmetric_scan, trainer);
    for (int32_t r = 0; r < trainer->used; r++) {
        const gbdt_split *found = &trainer->found[r];
        if (found->feature < 0) continue;
        if (best.feature < 0 || found->gain > best.gain) best = *found;
    }
    return best;
}

/* ---- growth */

static uint64_t symmetric_left(const gbdt_trainer *trainer, const gbdt_leaf *leaf,
                               const gbdt_split *split, int32_t rank)
{
    const uint64_t *bins = symmetric_bins(trainer, leaf, rank);
    uint64_t sum = 0;
    if (split->category) {
        for (int32_t b = 0; b < trainer->bins->column[split->feature].bins; b++) {
            if (split->set[b / 64] >> (b % 64) & 1) sum += bins[b];
        }
        return sum;
    }
    for (int32_t b = 1; b <= split->bin; b++) sum += bins[b];
    return sum + (split->missing_left ? bins[PSN_BINS_MISSING] : 0);
}

static int32_t symmetric_rank(const gbdt_trainer *trainer, int32_t feature)
{
    int32_t rank = 0;
    while (trainer->used_feature[rank] != feature) rank++;
    return rank;
}

static void symmetric_split_leaf(gbdt_trainer *trainer, int32_t number,
                                 const gbdt_split *level, int32_t rank, int sums)
{
    gbdt_leaf *leaf = &trainer->leaves[number];
    gbdt_split split = *level;
    split.left = symmetric_left(trainer, leaf, level, rank);
    /* The gain of a node is that of its level, by rows. */
    split.gain = level->gain * (double)leaf->count / (double)trainer->active;
    const int32_t parent_slot = leaf->slot;
    const int32_t fresh = psn_gbdt_part(trainer, number, &split);
    gbdt_leaf *left = &trainer->leaves[number], *right = &trainer->leaves[fresh];
    if (!sums) return;
    gbdt_leaf *small = left->count <= right->count ? left : right;
    gbdt_leaf *large = small == left ? right : left;
    large->slot = parent_slot;
    small->slot = psn_gbdt_take_slot(trainer);
    symmetric_sums(trainer, small, large);
}

void psn_gbdt_grow_symmetric(gbdt_trainer *trainer)
{
    psn_gbdt_start_tree(trainer);
    gbdt_leaf *root = &trainer->leaves[0];
    const int32_t depth = trainer->options->max_depth;
    if (root->count < 2) return;
    root->slot = psn_gbdt_take_slot(trainer);
    symmetric_sums(trainer, root, NULL);
    const uint64_t *bins = symmetric_bins(trainer, root, 0);
    for (int32_t b = 0; b < trainer->bins->column[trainer->used_feature[0]].bins; b++) {
        root->total += bins[b];
    }
    for (int32_t level = 0; level < depth; level++) {
        const gbdt_split split = symmetric_best(trainer);
        if (split.feature < 0) return;
        const int32_t rank = symmetric_rank(trainer, split.feature);
        const int32_t leaves = trainer->leaf_count;
        for (int32_t i = 0; i < leaves; i++) {
            symmetric_split_leaf(trainer, i, &split, rank, level + 1 < depth);
        }
    }
}
