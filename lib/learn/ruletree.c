/* ruletree.c: one class against the rest by the best conjunction of up to three
 * conditions.
 *
 * Every column is cut at up to 63 quantiles, each moved to the roundest number between
 * the two values it parts, so that a rule says "recency_days <= 31" and not 31.4159. The
 * rules form a tree: a node is a conjunction, its children add one condition. Growing is
 * a beam search (Clark and Niblett 1989, CN2): of all children of a level the 5 with the
 * best F1 are grown further. F1 is what is reported and what is searched for; a tree
 * grown by Gini impurity (CART) gave rules with an F1 up to 0.05 worse. A further
 * condition must gain 0.01. Ties go to the first column and the lowest cut. Rows with a
 * missing value fail the condition. O(rows x columns) a node, at most 11 nodes. */
#include "learn/ruletree.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"

enum { TREE_BINS = 64, TREE_MISSING = 255 };

struct psn_ruletree {
    int64_t rows;
    int32_t dims;
    uint8_t *bin;    /* dims x rows; TREE_MISSING */
    double *cut;     /* dims x TREE_BINS: bin b holds cut[b - 1] < x <= cut[b] */
    int32_t *cuts;   /* dims */
    double *weights; /* rows, or NULL */
};

/* ceil(low / unit) units of 10^exponent / part, rounded once, so that it prints short. */
static double tree_round_up(double low, int exponent, int part)
{
    double power = 1;
    for (int e = 0; e < (exponent < 0 ? -exponent : exponent); e++) power *= 10;
    return exponent < 0 ? ceil(low * power * part) / (power * part)
                        : ceil(low / power * part) * power / part;
}

double psn_round_between(double low, double high)
{
    int exponent = 0;
    if (low <= 0 && high > 0) return 0;
    const double size = fmax(fabs(low), fabs(high));
    if (size > 1e15 || size < 1e-15) return low;
    for (double power = 1; power < size; power *= 10) exponent++;
    for (double power = 1; power > size * 10; power /= 10) exponent--;
    for (int digits = 0; digits < 17 && exponent > -20; digits++, exponent--) {
        for (int part = 1; part <= 5; part += part == 1 ? 1 : 3) { /* 1, 2, 5 */
            const double at = tree_round_up(low, exponent, part);
            if (at >= low && at < high) return at;
        }
    }
    return low;
}

void psn_ruletree_free(psn_ruletree *tree)
{
    if (tree == NULL) return;
    psn_release(tree->bin);
    psn_release(tree->cut);
    psn_release(tree->cuts);
    psn_release(tree->weights);
    psn_release(tree);
}

/* Cuts between the distinct quantiles of sorted values. */
static int32_t tree_cuts(double *cut, const double *sorted, int64_t count)
{
    int32_t cuts = 0;
    for (int32_t b = 1; b < TREE_BINS; b++) {
        int64_t at = count * b / TREE_BINS;
        if (at >= count - 1 && at > 0) at = count - 2;
        if (at < 0 || count < 2) break;
        while (at + 1 < count && sorted[at + 1] <= sorted[at]) at++;
        if (at + 1 >= count) break;
        const double value = psn_round_between(sorted[at], sorted[at + 1]);
        if (cuts == 0 || value > cut[cuts - 1]) cut[cuts++] = value;
    }
    return cuts;
}

static void tree_bin_column(uint8_t *bin, const double *values, int64_t rows,
                            const double *cut, int32_t cuts)
{
    for (int64_t i = 0; i < rows; i++) {
        int32_t b = 0;
        if (isnan(values[i])) {
            bin[i] = TREE_MISSING;
            continue;
        }
        for (int32_t step = TREE_BINS / 2; step > 0; step /= 2)
            if (b + step <= cuts && values[i] > cut[b + step - 1]) b += step;
        bin[i] = (uint8_t)b;
    }
}

int psn_ruletree_new(psn_ruletree **out, const double *const *columns, int32_t dims,
                     int64_t rows, const double *weights, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_ruletree *tree = NULL;
    double *sorted = psn_alloc((size_t)rows, sizeof *sorted);
    *out = NULL;
    PSN_NEED(sorted);
    PSN_NEED(tree = psn_alloc_zero(1, sizeof *tree));
    tree->rows = rows;
    tree->dims = dims;
    PSN_NEED(tree->bin = psn_alloc((size_t)rows, (size_t)dims));
    PSN_NEED(tree->cut = psn_alloc((size_t)dims, TREE_BINS * sizeof(double)));
    PSN_NEED(tree->cuts = psn_alloc((size_t)dims, sizeof *tree->cuts));
    if (weights)
        PSN_NEED(tree->weights = psn_copy(weights, (size_t)rows * sizeof *weights));
    for (int32_t j = 0; j < dims; j++) {
        int64_t count = 0;
        for (int64_t i = 0; i < rows; i++)
            if (!isnan(columns[j][i])) sorted[count++] = columns[j][i];
        psn_sort_reals(sorted, count);
        double *cut = tree->cut + (size_t)j * TREE_BINS;
        tree->cuts[j] = tree_cuts(cut, sorted, count);
        tree_bin_column(tree->bin + (size_t)j * (size_t)rows, columns[j], rows, cut,
                        tree->cuts[j]);
    }
    *out = tree;
    tree = NULL;
done:
    psn_ruletree_free(tree);
    psn_release(sorted);
    return rc;
}

/* ---- growing */

enum { TREE_BEAM = 5 };

typedef struct tree_condition {
    int32_t column, cut, above;
} tree_condition;

typedef struct tree_node {
    tree_condition condition[PSN_RULE_DEPTH];
    int32_t count;
    double all, hit; /* weight of its rows, and of those of the class */
    double score;
} tree_node;

typedef struct tree_growth {
    const psn_ruletree *tree;
    uint8_t *in;  /* 1: the row is in the node that grows */
    uint8_t *hit; /* 1: of the class */
    double total; /* weight of the class */
    tree_node beam[TREE_BEAM], next[TREE_BEAM];
    int beams, nexts;
} tree_growth;

static double tree_weight(const psn_ruletree *tree, int64_t row)
{
    return tree->weights ? tree->weights[row] : 1;
}

/* F1 = 2 hit / (rows of the rule + rows of the class), less a hundredth a condition. */
static double tree_score(const tree_growth *growth, double all, double hit, int32_t count)
{
    return all > 0 ? 2 * hit / (all + growth->total) - 0.01 * count : -1;
}

static void tree_mark_rows(tree_growth *growth, const tree_node *node)
{
    const psn_ruletree *tree = growth->tree;
    memset(growth->in, 1, (size_t)tree->rows);
    for (int32_t c = 0; c < node->count; c++) {
        const tree_condition *condition = &node->condition[c];
        const uint8_t *bin = tree->bin + (size_t)condition->column * (size_t)tree->rows;
        const int cut = condition->cut, above = condition->above;
        for (int64_t i = 0; i < tree->rows; i++)
            growth->in[i] &= (bin[i] > cut) == above && bin[i] != TREE_MISSING;
    }
}

/* Keeps a child if it is among the best of its level; the same rows are one rule. */
static void tree_offer(tree_growth *growth, const tree_node *child)
{
    int at = growth->nexts;
    for (int i = 0; i < growth->nexts; i++)
        if (growth->next[i].all == child->all && growth->next[i].hit == child->hit)
            return;
    if (at == TREE_BEAM) {
        if (child->score <= growth->next[at - 1].score) return;
        at--;
    } else {
        growth->nexts++;
    }
    for (; at > 0 && growth->next[at - 1].score < child->score; at--)
        growth->next[at] = growth->next[at - 1];
    growth->next[at] = *child;
}

typedef struct tree_sums {
    double all[TREE_BINS], hit[TREE_BINS];
} tree_sums;

static void tree_sum_bins(tree_sums *sums, const tree_growth *growth, int32_t column)
{
    const psn_ruletree *tree = growth->tree;
    const uint8_t *bin = tree->bin + (size_t)column * (size_t)tree->rows;
    memset(sums, 0, sizeof *sums);
    for (int64_t i = 0; i < tree->rows; i++) {
        if (!growth->in[i] || bin[i] == TREE_MISSING) continue;
        const double weight = tree_weight(tree, i);
        sums->all[bin[i]] += weight;
        if (growth->hit[i]) sums->hit[bin[i]] += weight;
    }
}

/* A condition on a side that the node bounds already takes the place of the looser one.
 */
static void tree_add_condition(tree_node *child, int32_t column, int32_t cut,
                               int32_t above)
{
    int32_t at = 0;
    while (at < child->count &&
           (child->condition[at].column != column || child->condition[at].above != above))
        at++;
    child->condition[at] = (tree_condition){column, cut, above};
    if (at == child->count) child->count++;
}

static void tree_grow_column(tree_growth *growth, const tree_node *node, int32_t column)
{
    tree_sums sums;
    double all = 0, hit = 0, low_all = 0, low_hit = 0;
    const int32_t cuts = growth->tree->cuts[column];
    tree_sum_bins(&sums, growth, column);
    for (int32_t b = 0; b <= cuts; b++) {
        all += sums.all[b];
        hit += sums.hit[b];
    }
    for (int32_t b = 0; b < cuts; b++) {
        low_all += sums.all[b];
        low_hit += sums.hit[b];
        for (int32_t above = 0; above < 2; above++) {
            tree_node child = *node;
            child.all = above ? all - low_all : low_all;
            child.hit = above ? hit - low_hit : low_hit;
            if (child.all >= node->all) continue; /* nothing is cut off */
            tree_add_condition(&child, column, b, above);
            child.score = tree_score(growth, child.all, child.hit, child.count);
            tree_offer(growth, &child);
        }
    }
}

static void tree_grow(tree_growth *growth, tree_node *best)
{
    growth->beam[0] = *best;
    growth->beams = 1;
    for (int depth = 0; depth < PSN_RULE_DEPTH; depth++) {
        growth->nexts = 0;
        for (int n = 0; n < growth->beams; n++) {
            if (growth->beam[n].count == PSN_RULE_DEPTH) continue;
            tree_mark_rows(growth, &growth->beam[n]);
            for (int32_t j = 0; j < growth->tree->dims; j++)
                tree_grow_column(growth, &growth->beam[n], j);
        }
        for (int n = 0; n < growth->nexts; n++) {
            growth->beam[n] = growth->next[n];
            if (growth->next[n].score > best->score) *best = growth->next[n];
        }
        growth->beams = growth->nexts;
    }
}

static void tree_write_rule(psn_rule *out, const psn_ruletree *tree,
                            const tree_node *node, double total)
{
    out->count = node->count;
    out->precision = node->all > 0 ? node->hit / node->all : 0;
    out->recall = total > 0 ? node->hit / total : 0;
    for (int32_t c = 0; c < node->count; c++) {
        const tree_condition *from = &node->condition[c];
        out->condition[c] = (psn_rule_condition){
            from->column, from->above,
            tree->cut[(size_t)from->column * TREE_BINS + (size_t)from->cut]};
    }
}

int psn_ruletree_rule(psn_rule *out, const psn_ruletree *tree, const int32_t *labels,
                      int32_t target, persona_error *error)
{
    int rc = PERSONA_OK;
    tree_growth growth = {.tree = tree};
    tree_node best = {0};
    *out = (psn_rule){0};
    PSN_NEED(growth.in = psn_alloc((size_t)tree->rows, 1));
    PSN_NEED(growth.hit = psn_alloc((size_t)tree->rows, 1));
    for (int64_t i = 0; i < tree->rows; i++) {
        growth.hit[i] = labels[i] == target;
        best.all += tree_weight(tree, i);
        if (growth.hit[i]) growth.total += tree_weight(tree, i);
    }
    best.hit = growth.total;
    /* "everybody" tells nothing of a class, unless there is no other */
    best.score = best.hit < best.all ? -1 : tree_score(&growth, best.all, best.hit, 0);
    tree_grow(&growth, &best);
    tree_write_rule(out, tree, &best, growth.total);
done:
    psn_release(growth.in);
    psn_release(growth.hit);
    return rc;
}
