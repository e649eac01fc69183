/* gbdt_sample.c: which rows and features a round, a tree and a node see. Every draw is a
 * function of the seed and of what it is for. */
#include "learn/gbdt_train.h"

#include <string.h>
#include "base/philox.h"

/* Rows that train to the front of `order`; rows left out this time and rows that validate
 * after them. */
void psn_gbdt_draw_rows(gbdt_trainer *trainer)
{
    const double fraction = trainer->options->row_fraction;
    const int64_t count = trainer->train_count;
    uint32_t *order = trainer->order;
    int64_t in = 0, out = 0;
    if (fraction >= 1.0) {
        memcpy(order, trainer->train_rows, (size_t)count * sizeof *order);
        in = count;
    } else {
        psn_random random;
        psn_random_start(&random, trainer->options->seed, GBDT_DRAW_ROWS,
                         (uint64_t)trainer->round);
        const uint32_t limit = (uint32_t)(fraction * 4294967295.0);
        for (int64_t i = 0; i < count; i++) {
            uint32_t row = trainer->train_rows[i];
            uint32_t drawn = psn_random_u32(&random) <= limit;
            order[in] = row;
            trainer->spare_order[out] = row;
            in += drawn;
            out += 1 - drawn;
        }
        memcpy(order + in, trainer->spare_order, (size_t)out * sizeof *order);
    }
    if (trainer->other_count > 0) {
        memcpy(order + count, trainer->other_rows,
               (size_t)trainer->other_count * sizeof *order);
    }
    trainer->active = in;
    trainer->passive = count - in + trainer->other_count;
}

static int32_t sample_size(int32_t all, double fraction)
{
    int32_t some = (int32_t)(fraction * all + 0.5);
    return some < 1 ? 1 : some > all ? all : some;
}

/* `some` of 0 .. all - 1 to the front of values, in no order. */
static void sample_shuffle(int32_t *values, int32_t all, int32_t some, psn_random *random)
{
    for (int32_t i = 0; i < all; i++) values[i] = i;
    for (int32_t i = 0; i < some; i++) {
        int32_t j = i + (int32_t)psn_random_below(random, all - i);
        int32_t swap = values[i];
        values[i] = values[j];
        values[j] = swap;
    }
}

static void sample_sort(int32_t *values, int32_t count)
{
    for (int32_t gap = count / 2; gap > 0; gap /= 2) {
        for (int32_t i = gap; i < count; i++) {
            int32_t value = values[i], j = i;
            for (; j >= gap && values[j - gap] > value; j -= gap)
                values[j] = values[j - gap];
            values[j] = value;
        }
    }
}

/* Equal groups of at most GBDT_TILE_WIDTH features, at least one for each worker. */
static void sample_tiles(gbdt_trainer *trainer, int side_by_side)
{
    int32_t count = (trainer->used + GBDT_TILE_WIDTH - 1) / GBDT_TILE_WIDTH;
    if (count < trainer->workers) count = trainer->workers;
    if (count > trainer->used) count = trainer->used;
    for (int32_t t = 0; t < count; t++) {
        int32_t first = (int32_t)((int64_t)trainer->used * t / count);
        int32_t end = (int32_t)((int64_t)trainer->used * (t + 1) / count);
        trainer->tiles[t] = (gbdt_tile){first, end - first,
                                        side_by_side ? trainer->used_place[first] : -1};
    }
    trainer->tile_count = count;
}

void psn_gbdt_draw_tree(gbdt_trainer *trainer)
{
    int32_t used = sample_size(trainer->live, trainer->options->tree_columns);
    int32_t *picked = trainer->spare_features;
    psn_random random;
    uint64_t tree =
        (uint64_t)trainer->round * (uint64_t)trainer->outputs + (uint64_t)trainer->output;
    psn_random_start(&random, trainer->options->seed, GBDT_DRAW_TREE, tree);
    sample_shuffle(picked, trainer->live, used < trainer->live ? used : 0, &random);
    if (used < trainer->live) sample_sort(picked, used);
    for (int32_t r = 0; r < used; r++) {
        trainer->used_feature[r] = trainer->live_feature[picked[r]];
        trainer->used_place[r] = GBDT_SLOT + picked[r];
    }
    trainer->used = used;
    sample_tiles(trainer, used == trainer->live);
}

static int sample_allowed(const gbdt_trainer *trainer, const gbdt_leaf *leaf,
                          int32_t feature)
{
    const psn_gbdt_options *options = trainer->options;
    if (options->constraints == 0 || leaf->parent < 0) return 1;
    if (leaf->groups == 0) return trainer->nodes[leaf->parent].feature == feature;
    for (int32_t g = 0; g < options->constraints; g++) {
        if (!(leaf->groups >> g & 1)) continue;
        for (int32_t i = options->constraint_start[g];
             i < options->constraint_start[g + 1]; i++) {
            if (options->constraint_feature[i] == feature) return 1;
        }
    }
    return 0;
}

void psn_gbdt_draw_node(gbdt_trainer *trainer, const gbdt_leaf *leaf, int32_t number,
                        uint8_t *mask)
{
    const int32_t used = trainer->used;
    const int32_t some = sample_size(used, trainer->options->node_columns);
    memset(mask, some == used, (size_t)used);
    if (some < used) {
        psn_random random;
        uint64_t tree = (uint64_t)trainer->round * (uint64_t)trainer->outputs +
                        (uint64_t)trainer->output;
        psn_random_start(&random, trainer->options->seed, GBDT_DRAW_NODE,
                         tree << 24 | ((uint64_t)leaf->depth & 0xff) << 16 |
                             ((uint64_t)number & 0xffff));
        sample_shuffle(trainer->spare_features, used, some, &random);
        for (int32_t i = 0; i < some; i++) mask[trainer->spare_features[i]] = 1;
    }
    if (trainer->options->constraints == 0) return;
    for (int32_t r = 0; r < used; r++) {
        if (!sample_allowed(trainer, leaf, trainer->used_feature[r])) mask[r] = 0;
    }
}
