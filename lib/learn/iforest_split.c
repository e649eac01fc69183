/* iforest_split.c: one cut of one node.
 *
 * A column is drawn among those that are not constant in the node (constant ones leave
 * the draw for good: they stay so below), then a place: uniform between the least and the
 * greatest value of the node (Liu, Ting and Zhou 2008), or, with gain, the place with the
 * best pooled gain (Liu, Ting and Zhou 2010, SCiForest),
 *     1 - (w_l s_l + w_r s_r) / (w s),   s = standard deviation,
 * halfway between two neighbours. Of a category a random subset of the groups present. */
#include "learn/iforest_grow.h"

#include <math.h>

#include "math/order.h"

/* ---- what the node holds of a column */

typedef struct cut_range {
    float low, high;
    uint64_t present; /* groups */
} cut_range;

static cut_range cut_read(iforest_grower *g, int32_t column, const iforest_share *shares,
                          int32_t count)
{
    const psn_bins_source *source = &g->sources[column];
    const int category = source->codes != NULL;
    cut_range range = {INFINITY, -INFINITY, 0};
    for (int32_t i = 0; i < count; i++) {
        const int64_t row = g->sample[shares[i].row];
        if (category) {
            g->group[i] = psn_iforest_group(&g->feature[column], source->codes[row]);
            if (g->group[i] >= 0) range.present |= (uint64_t)1 << g->group[i];
        } else {
            const float x = iforest_float(source->values[row * source->stride]);
            g->value[i] = x;
            range.low = x < range.low ? x : range.low;
            range.high = x > range.high ? x : range.high;
        }
    }
    return range;
}

/* ---- places */

static float cut_at_random(const cut_range *range, psn_random *random)
{
    const double low = (double)range->low, width = (double)range->high - low;
    const float at = (float)(low + width * psn_random_unit(random));
    return at < range->high ? at : range->low; /* the greatest must go right */
}

/* w s from the sums of w, w x, w x^2; never below 0. */
static double cut_spread(double w, double wx, double wxx)
{
    const double left = w * wxx - wx * wx;
    return left > 0 ? sqrt(left) : 0;
}

static float cut_between(float low, float high)
{
    const float middle = (float)(((double)low + (double)high) / 2);
    return middle < high ? middle : low;
}

/* The known values in order, 0 .. 1 of their range; returns how many. */
static int32_t cut_sort(iforest_grower *g, const cut_range *range, int32_t count)
{
    int32_t known = 0;
    const double low = (double)range->low, width = (double)range->high - low;
    for (int32_t i = 0; i < count; i++) {
        if (isnan(g->value[i])) continue;
        g->order[known] = i;
        g->sorted[known++] = ((double)g->value[i] - low) / width;
    }
    return known;
}

typedef struct cut_sums {
    double w, wx, wxx;
} cut_sums;

static float cut_best(iforest_grower *g, const cut_range *range,
                      const iforest_share *shares, int32_t count, double *gain)
{
    int64_t *place = g->place;
    cut_sums all = {0, 0, 0}, left = {0, 0, 0};
    const int32_t known = cut_sort(g, range, count);
    double best = INFINITY;
    float at = range->low;
    psn_sort_order(place, g->sorted, known);
    for (int32_t i = 0; i < known; i++) {
        const double w = (double)shares[g->order[i]].part, x = g->sorted[i];
        all = (cut_sums){all.w + w, all.wx + w * x, all.wxx + w * x * x};
    }
    for (int32_t i = 0; i + 1 < known; i++) {
        const int64_t here = place[i], next = place[i + 1];
        const double w = (double)shares[g->order[here]].part, x = g->sorted[here];
        left = (cut_sums){left.w + w, left.wx + w * x, left.wxx + w * x * x};
        const float low = g->value[g->order[here]], high = g->value[g->order[next]];
        if (!(low < high)) continue;
        const double spread =
            cut_spread(left.w, left.wx, left.wxx) +
            cut_spread(all.w - left.w, all.wx - left.wx, all.wxx - left.wxx);
        if (spread < best) {
            best = spread;
            at = cut_between(low, high);
        }
    }
    *gain = 1 - best / cut_spread(all.w, all.wx, all.wxx);
    return at;
}

/* Some of the groups present, not all. */
static uint64_t cut_subset(uint64_t present, psn_random *random)
{
    for (int draw = 0; draw < 64; draw++) {
        const uint64_t some = present & psn_random_u64(random);
        if (some != 0 && some != present) return some;
    }
    return present & -present;
}

/* ---- the cut */

int psn_iforest_side(const iforest_cut *cut, const iforest_grower *g, int32_t i)
{
    if (g->sources[cut->column].codes != NULL)
        return g->group[i] < 0 ? -1 : (int)(cut->left >> g->group[i] & 1);
    return isnan(g->value[i]) ? -1 : g->value[i] <= cut->threshold;
}

static void cut_weigh(iforest_cut *cut, const iforest_grower *g,
                      const iforest_share *shares, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const int side = psn_iforest_side(cut, g, i);
        if (side == 1) cut->left_part += (double)shares[i].part;
        if (side == 0) cut->right_part += (double)shares[i].part;
    }
}

int psn_iforest_cut(iforest_cut *cut, iforest_grower *g, const iforest_share *shares,
                    int32_t count, int32_t *alive, psn_random *random)
{
    const int guided = psn_random_unit(random) < g->options->gain;
    while (*alive > 0) {
        const int64_t pick = psn_random_below(random, *alive);
        const int32_t column = g->column[pick];
        const cut_range range = cut_read(g, column, shares, count);
        const int category = g->sources[column].codes != NULL;
        *cut = (iforest_cut){.column = column};
        if (category ? (range.present & (range.present - 1)) == 0
                     : !(range.low < range.high)) {
            g->column[pick] = g->column[--*alive];
            g->column[*alive] = column;
            continue;
        }
        if (category)
            cut->left = cut_subset(range.present, random);
        else if (guided)
            cut->threshold = cut_best(g, &range, shares, count, &(double){0});
        else
            cut->threshold = cut_at_random(&range, random);
        cut_weigh(cut, g, shares, count);
        if (cut->left_part <= cut->right_part) cut->left |= ~range.present;
        return 1;
    }
    return 0;
}
