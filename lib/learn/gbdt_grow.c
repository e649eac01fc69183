/* gbdt_grow.c: one tree, always splitting the leaf that gains most (leaf-wise, Shi 2007).
 *
 * A split parts the rows, counts the smaller child and gets the larger one as parent less
 * smaller, in the parent's place. Counting, subtracting and scanning of one group of
 * features are one piece of work, so a split is two meetings of the threads. All sums are
 * integers: nothing depends on how the work was cut.
 * Cost: rows x features x depth / 2 of counting, leaves x features x bins of scanning. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>

typedef struct grow_work {
    gbdt_trainer *trainer;
    const gbdt_leaf *small, *large; /* large NULL: the root */
    gbdt_scan scans[2];
    int32_t pieces;
    int root; /* small->total is not known yet */
} grow_work;

int32_t psn_gbdt_take_slot(gbdt_trainer *trainer)
{
    return trainer->free_count > 0 ? trainer->free_slots[--trainer->free_count] : -1;
}

void psn_gbdt_give_slot(gbdt_trainer *trainer, int32_t slot)
{
    if (slot >= 0) trainer->free_slots[trainer->free_count++] = slot;
}

void psn_gbdt_subtract(const gbdt_trainer *trainer, uint64_t *from, const uint64_t *part,
                       int32_t rank)
{
    int32_t bins = trainer->bins->column[trainer->used_feature[rank]].bins;
    uint64_t *to = from + (size_t)rank * GBDT_BINS;
    const uint64_t *less = part + (size_t)rank * GBDT_BINS;
    for (int32_t b = 0; b < bins; b++) to[b] -= less[b];
}

static void grow_scan(gbdt_trainer *trainer, const gbdt_leaf *leaf, gbdt_scan *scan,
                      const uint8_t *mask, const gbdt_tile *tile, gbdt_split *best)
{
    *best = (gbdt_split){.gain = fmax(trainer->options->min_gain, 1e-12), .feature = -1};
    const uint64_t *sums = psn_gbdt_slot(trainer, leaf->slot);
    for (int32_t r = tile->first; r < tile->first + tile->width; r++) {
        if (!mask[r]) continue;
        psn_gbdt_scan_rank(best, trainer, leaf, scan, sums + (size_t)r * GBDT_BINS, r);
    }
}

static int grow_can_split(const gbdt_trainer *trainer, const gbdt_leaf *leaf)
{
    const psn_gbdt_options *options = trainer->options;
    return leaf->count >= 2 * (int64_t)options->min_data_in_leaf && leaf->count > 1 &&
           (options->max_depth == 0 || leaf->depth < options->max_depth);
}

/* The words of all rows, from the bins of any one feature. */
static uint64_t grow_total(const gbdt_trainer *trainer, const uint64_t *sums,
                           int32_t rank)
{
    uint64_t total = 0;
    int32_t bins = trainer->bins->column[trainer->used_feature[rank]].bins;
    for (int32_t b = 0; b < bins; b++)
        total += sums[(size_t)rank * GBDT_BINS + (size_t)b];
    return total;
}

static void grow_piece(void *context, int64_t piece, int worker)
{
    (void)worker;
    grow_work *work = context;
    gbdt_trainer *trainer = work->trainer;
    int32_t first = (int32_t)(trainer->tile_count * piece / work->pieces);
    int32_t end = (int32_t)(trainer->tile_count * (piece + 1) / work->pieces);
    const gbdt_leaf *small = work->small, *large = work->large;
    uint64_t *sums = psn_gbdt_slot(trainer, small->slot);
    psn_gbdt_count(trainer, sums, trainer->order + small->begin, small->count, first,
                   end);
    gbdt_scan scans[2] = {work->scans[0], work->scans[1]};
    if (work->root) {
        gbdt_leaf root = *small;
        root.total = grow_total(trainer, sums, trainer->tiles[first].first);
        psn_gbdt_scan_start(&scans[0], trainer, &root);
    }
    int scan_small = grow_can_split(trainer, small);
    for (int32_t t = first; t < end; t++) {
        const gbdt_tile *tile = &trainer->tiles[t];
        gbdt_split *found = trainer->found + 2 * (size_t)t;
        found[0] = found[1] = (gbdt_split){.feature = -1};
        if (scan_small) {
            grow_scan(trainer, small, &scans[0], trainer->node_mask, tile, &found[0]);
        }
        if (large == NULL) continue;
        uint64_t *rest = psn_gbdt_slot(trainer, large->slot);
        for (int32_t r = tile->first; r < tile->first + tile->width; r++) {
            psn_gbdt_subtract(trainer, rest, sums, r);
        }
        if (!grow_can_split(trainer, large)) continue;
        grow_scan(trainer, large, &scans[1], trainer->node_mask + trainer->live, tile,
                  &found[1]);
    }
}

static void grow_take_best(const gbdt_trainer *trainer, gbdt_leaf *leaf, int which)
{
    leaf->best = (gbdt_split){.feature = -1};
    for (int32_t t = 0; t < trainer->tile_count; t++) {
        const gbdt_split *found = &trainer->found[2 * (size_t)t + (size_t)which];
        if (found->feature < 0) continue;
        if (leaf->best.feature < 0 || found->gain > leaf->best.gain ||
            (found->gain == leaf->best.gain && found->feature < leaf->best.feature)) {
            leaf->best = *found;
        }
    }
}

/* Counts `small`, turns the parent's sums in large->slot into large's, finds the best
 * split of both. */
static void grow_evaluate(gbdt_trainer *trainer, gbdt_leaf *small, gbdt_leaf *large)
{
    grow_work work = {.trainer = trainer, .small = small, .large = large, .pieces = 1};
    work.root = small->parent < 0;
    int64_t updates = small->count * trainer->used;
    if (trainer->workers > 1 && updates >= GBDT_ALONE) {
        work.pieces = trainer->workers < trainer->tile_count ? trainer->workers
                                                             : trainer->tile_count;
    }
    psn_gbdt_draw_node(trainer, small, (int32_t)(small - trainer->leaves),
                       trainer->node_mask);
    psn_gbdt_scan_start(&work.scans[0], trainer, small);
    if (large != NULL) {
        psn_gbdt_draw_node(trainer, large, (int32_t)(large - trainer->leaves),
                           trainer->node_mask + trainer->live);
        psn_gbdt_scan_start(&work.scans[1], trainer, large);
    }
    psn_pool_run(work.pieces > 1 ? trainer->pool : NULL, work.pieces, grow_piece, &work);
    grow_take_best(trainer, small, 0);
    if (large != NULL) grow_take_best(trainer, large, 1);
}

static void grow_drop_slot(gbdt_trainer *trainer, gbdt_leaf *leaf)
{
    psn_gbdt_give_slot(trainer, leaf->slot);
    leaf->slot = -1;
}

/* Both children of a leaf: `left` took over the parent's slot (or -1 if it had none). */
static void grow_children(gbdt_trainer *trainer, int32_t left, int32_t right)
{
    gbdt_leaf *a = &trainer->leaves[left], *b = &trainer->leaves[right];
    a->best.feature = b->best.feature = -1;
    if (!grow_can_split(trainer, a) && !grow_can_split(trainer, b)) {
        grow_drop_slot(trainer, a);
        return;
    }
    gbdt_leaf *small = a->count <= b->count ? a : b, *large = small == a ? b : a;
    int32_t parent_slot = a->slot;
    a->slot = b->slot = -1;
    if (parent_slot >= 0) {
        large->slot = parent_slot;
        small->slot = psn_gbdt_take_slot(trainer);
        grow_evaluate(trainer, small, large);
    } else {
        /* The parent's sums were given up for lack of room: both are counted. */
        small->slot = psn_gbdt_take_slot(trainer);
        grow_evaluate(trainer, small, NULL);
        if (trainer->free_count == 0) grow_drop_slot(trainer, small);
        large->slot = psn_gbdt_take_slot(trainer);
        grow_evaluate(trainer, large, NULL);
    }
    if (small->best.feature < 0) grow_drop_slot(trainer, small);
    if (large->best.feature < 0) grow_drop_slot(trainer, large);
    /* One slot must stay free for the next child. */
    if (trainer->free_count == 0)
        grow_drop_slot(trainer, small->slot >= 0 ? small : large);
}

void psn_gbdt_start_tree(gbdt_trainer *trainer)
{
    gbdt_leaf *root = &trainer->leaves[0];
    trainer->leaf_count = 1;
    trainer->node_count = 0;
    trainer->free_count = 0;
    for (int32_t s = trainer->slots; s-- > 0;) psn_gbdt_give_slot(trainer, s);
    *root = (gbdt_leaf){.count = trainer->active,
                        .other_begin = trainer->active,
                        .other_count = trainer->passive,
                        .slot = -1,
                        .parent = -1,
                        .groups = UINT64_MAX,
                        .lower = -INFINITY,
                        .upper = INFINITY,
                        .best = {.feature = -1}};
}

static void grow_table(const gbdt_split *split, int32_t bins, uint8_t *table)
{
    for (int32_t b = 0; b < bins; b++) {
        const int in_set = (int)(split->set[b / 64] >> (b % 64) & 1);
        table[b] = (uint8_t)(split->category ? in_set : b <= split->bin);
    }
    table[PSN_BINS_MISSING] = (uint8_t)split->missing_left;
}

/* Bounds of the children of a split on a monotone feature meet half way between their
 * values (LightGBM's basic method). */
static void grow_bounds(const gbdt_trainer *trainer, const gbdt_split *split,
                        gbdt_leaf *left, gbdt_leaf *right)
{
    const int8_t *monotone = trainer->options->monotone;
    if (monotone == NULL || split->category || monotone[split->feature] == 0) return;
    gbdt_scan scan;
    psn_gbdt_scan_start(&scan, trainer, left);
    double values[2];
    const gbdt_leaf *sides[2] = {left, right};
    for (int i = 0; i < 2; i++) {
        double value = psn_gbdt_step(trainer->options, trainer->options->lambda_l2,
                                     psn_gbdt_field_g(&scan, sides[i]->total),
                                     psn_gbdt_field_h(&scan, sides[i]->total));
        values[i] = fmin(fmax(value, left->lower), left->upper);
    }
    double middle = 0.5 * (values[0] + values[1]);
    if (monotone[split->feature] > 0) {
        left->upper = right->lower = middle;
    } else {
        left->lower = right->upper = middle;
    }
}

static uint64_t grow_groups(const psn_gbdt_options *options, uint64_t groups,
                            int32_t feature)
{
    if (options->constraints == 0) return groups;
    uint64_t holding = 0;
    for (int32_t g = 0; g < options->constraints; g++) {
        for (int32_t i = options->constraint_start[g];
             i < options->constraint_start[g + 1]; i++) {
            if (options->constraint_feature[i] == feature) holding |= (uint64_t)1 << g;
        }
    }
    /* A feature in no set: nothing else on this path. The top bit stands for "alone". */
    return holding == 0 ? 0 : groups & holding;
}

static void grow_link(gbdt_trainer *trainer, int32_t leaf, const gbdt_split *split,
                      int32_t right)
{
    int32_t at = trainer->node_count++;
    psn_gbdt_node *node = &trainer->nodes[at];
    const gbdt_leaf *parent = &trainer->leaves[leaf];
    *node = (psn_gbdt_node){
        .feature = split->feature, .left = ~leaf, .right = ~right, .gain = split->gain};
    trainer->node_split[at] = *split;
    if (parent->parent >= 0) {
        psn_gbdt_node *above = &trainer->nodes[parent->parent];
        if (parent->side == 0) {
            above->left = at;
        } else {
            above->right = at;
        }
    }
}

int32_t psn_gbdt_part(gbdt_trainer *trainer, int32_t leaf, const gbdt_split *split)
{
    const int32_t fresh = trainer->leaf_count++;
    gbdt_leaf *left = &trainer->leaves[leaf], *right = &trainer->leaves[fresh];
    grow_link(trainer, leaf, split, fresh);
    const int32_t node = trainer->node_count - 1;
    const uint8_t *codes = trainer->bins->codes[split->feature];
    uint8_t table[GBDT_BINS];
    grow_table(split, trainer->bins->column[split->feature].bins, table);
    const gbdt_leaf parent = *left;
    int64_t count = psn_gbdt_partition(trainer->order + parent.begin, parent.count, codes,
                                       table, trainer->spare_order, trainer->pool);
    if (!split->missing_seen) {
        /* Nobody was missing here: those who will be go with the majority. */
        table[PSN_BINS_MISSING] = (uint8_t)(2 * count >= parent.count);
        trainer->node_split[node].missing_left = table[PSN_BINS_MISSING];
    }
    int64_t other =
        psn_gbdt_partition(trainer->order + parent.other_begin, parent.other_count, codes,
                           table, trainer->spare_order, trainer->pool);
    left->depth = parent.depth + 1;
    left->groups = grow_groups(trainer->options, parent.groups, split->feature);
    left->parent = node;
    left->side = 0;
    *right = *left;
    right->side = 1;
    left->count = count;
    left->other_count = other;
    left->total = split->left;
    right->begin = parent.begin + count;
    right->count = parent.count - count;
    right->other_begin = parent.other_begin + other;
    right->other_count = parent.other_count - other;
    right->total = parent.total - split->left;
    right->slot = -1;
    grow_bounds(trainer, split, left, right);
    return fresh;
}

static int32_t grow_next(const gbdt_trainer *trainer)
{
    int32_t best = -1;
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        const gbdt_split *split = &trainer->leaves[i].best;
        if (split->feature < 0) continue;
        if (best < 0 || split->gain > trainer->leaves[best].best.gain) best = i;
    }
    return best;
}

void psn_gbdt_grow(gbdt_trainer *trainer)
{
    psn_gbdt_start_tree(trainer);
    gbdt_leaf *root = &trainer->leaves[0];
    if (!grow_can_split(trainer, root)) return;
    root->slot = psn_gbdt_take_slot(trainer);
    grow_evaluate(trainer, root, NULL);
    root->total = grow_total(trainer, psn_gbdt_slot(trainer, root->slot), 0);
    while (trainer->leaf_count < trainer->max_leaves) {
        int32_t leaf = grow_next(trainer);
        if (leaf < 0) break;
        gbdt_split split = trainer->leaves[leaf].best;
        int32_t fresh = psn_gbdt_part(trainer, leaf, &split);
        if (trainer->leaf_count == trainer->max_leaves) break;
        grow_children(trainer, leaf, fresh);
    }
}
