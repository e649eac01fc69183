/* ruletree.c: CART (Breiman et al. 1984), one class against the rest, depth 3.
 *
 * Every column is cut at up to 63 quantiles, each moved to the roundest number between the
 * two values it parts, so that a rule says "recency_days <= 31" and not 31.4159. A node's
 * best cut is the one that lowers the Gini impurity most; ties go to the first column and the
 * lowest cut. Rows with a missing value fail the condition: they are on neither side, because
 * the rule is a conjunction of what is known. Of all nodes the one with the best F1 gives the
 * rule; a longer path must win 0.01 a condition. O(rows x columns) a level. */
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
    uint8_t *bin; /* dims x rows; TREE_MISSING */
    double *cut;  /* dims x TREE_BINS: bin b holds cut[b - 1] < x <= cut[b] */
    int32_t *cuts; /* dims */
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

/* ---- growing: nodes of one level at a time; a row is in one node or in none */

enum { TREE_NODES = 15, TREE_NOWHERE = 255 }; /* children of n: 2n + 1 (<=), 2n + 2 (>) */

typedef struct tree_node {
    double all, hit; /* weight of its rows, and of those of the class */
    int32_t column, cut;
} tree_node;

typedef struct tree_sums {
    double all[TREE_BINS], hit[TREE_BINS];
} tree_sums;

static double tree_gini(double all, double hit)
{
    return all > 0 ? 2 * hit * (all - hit) / all : 0; /* all x p (1 - p) x 2 */
}

/* Rows with a missing value leave the node: the parent is what is left. */
static void tree_best_cut(tree_node *node, double *best, const tree_sums *sums,
                          int32_t column, int32_t cuts)
{
    double all = 0, hit = 0, left_all = 0, left_hit = 0;
    for (int32_t b = 0; b <= cuts; b++) {
        all += sums->all[b];
        hit += sums->hit[b];
    }
    for (int32_t b = 0; b < cuts; b++) {
        left_all += sums->all[b];
        left_hit += sums->hit[b];
        const double gain = tree_gini(all, hit) - tree_gini(left_all, left_hit) -
                            tree_gini(all - left_all, hit - left_hit);
        if (left_all <= 0 || all - left_all <= 0 || gain <= *best * (1 + 1e-9)) continue;
        *best = gain;
        node->column = column;
        node->cut = b;
    }
}

typedef struct tree_growth {
    const psn_ruletree *tree;
    uint8_t *where; /* node of each row */
    uint8_t *hit;   /* 1: of the class */
    tree_node node[TREE_NODES];
} tree_growth;

static double tree_weight(const psn_ruletree *tree, int64_t row)
{
    return tree->weights ? tree->weights[row] : 1;
}

static void tree_find_cuts(tree_growth *growth, int first, int nodes)
{
    const psn_ruletree *tree = growth->tree;
    tree_sums sums[8];
    double best[8];
    for (int n = 0; n < nodes; n++) {
        best[n] = 1e-12 * growth->node[0].all;
        growth->node[first + n].column = -1;
    }
    for (int32_t j = 0; j < tree->dims; j++) {
        const uint8_t *bin = tree->bin + (size_t)j * (size_t)tree->rows;
        memset(sums, 0, sizeof sums);
        for (int64_t i = 0; i < tree->rows; i++) {
            const int n = growth->where[i] - first;
            if (n < 0 || n >= nodes || bin[i] == TREE_MISSING) continue;
            const double weight = tree_weight(tree, i);
            sums[n].all[bin[i]] += weight;
            if (growth->hit[i]) sums[n].hit[bin[i]] += weight;
        }
        for (int n = 0; n < nodes; n++)
            tree_best_cut(&growth->node[first + n], &best[n], &sums[n], j, tree->cuts[j]);
    }
}

static void tree_move_rows(tree_growth *growth, int first, int nodes)
{
    const psn_ruletree *tree = growth->tree;
    for (int64_t i = 0; i < tree->rows; i++) {
        const int at = growth->where[i];
        if (at < first || at >= first + nodes) continue;
        const tree_node *node = &growth->node[at];
        growth->where[i] = TREE_NOWHERE;
        if (node->column < 0) continue;
        const uint8_t bin = tree->bin[(size_t)node->column * (size_t)tree->rows + (size_t)i];
        if (bin == TREE_MISSING) continue;
        const int child = 2 * at + (bin <= node->cut ? 1 : 2);
        growth->where[i] = (uint8_t)child;
        growth->node[child].all += tree_weight(tree, i);
        if (growth->hit[i]) growth->node[child].hit += tree_weight(tree, i);
    }
}

static void tree_path(psn_rule *rule, const tree_growth *growth, int node)
{
    psn_rule_condition back[PSN_RULE_DEPTH];
    int count = 0;
    for (int at = node; at > 0; at = (at - 1) / 2) {
        const tree_node *parent = &growth->node[(at - 1) / 2];
        back[count++] = (psn_rule_condition){
            parent->column, at % 2 == 0,
            growth->tree->cut[(size_t)parent->column * TREE_BINS + (size_t)parent->cut]};
    }
    rule->count = 0;
    while (count > 0) { /* a later bound on the same side is the tighter one */
        const psn_rule_condition next = back[--count];
        int at = 0;
        while (at < rule->count && (rule->condition[at].column != next.column ||
                                    rule->condition[at].above != next.above))
            at++;
        rule->condition[at] = next;
        if (at == rule->count) rule->count++;
    }
}

static void tree_choose(psn_rule *out, const tree_growth *growth)
{
    double best = -1;
    const double total = growth->node[0].hit;
    for (int n = 0; n < TREE_NODES; n++) {
        const tree_node *node = &growth->node[n];
        psn_rule rule = {0};
        if (node->all <= 0) continue;
        tree_path(&rule, growth, n);
        const double score =
            2 * node->hit / (node->all + total) - 0.01 * (double)rule.count;
        if (score <= best) continue;
        best = score;
        rule.precision = node->hit / node->all;
        rule.recall = total > 0 ? node->hit / total : 0;
        *out = rule;
    }
}

int psn_ruletree_rule(psn_rule *out, const psn_ruletree *tree, const int32_t *labels,
                      int32_t target, persona_error *error)
{
    int rc = PERSONA_OK;
    tree_growth growth = {.tree = tree};
    *out = (psn_rule){0};
    PSN_NEED(growth.where = psn_alloc_zero((size_t)tree->rows, 1));
    PSN_NEED(growth.hit = psn_alloc((size_t)tree->rows, 1));
    for (int64_t i = 0; i < tree->rows; i++) {
        growth.hit[i] = labels[i] == target;
        growth.node[0].all += tree_weight(tree, i);
        if (growth.hit[i]) growth.node[0].hit += tree_weight(tree, i);
    }
    for (int depth = 0, first = 0; depth < PSN_RULE_DEPTH; depth++) {
        const int nodes = 1 << depth;
        tree_find_cuts(&growth, first, nodes);
        tree_move_rows(&growth, first, nodes);
        first += nodes;
    }
    tree_choose(out, &growth);
done:
    psn_release(growth.where);
    psn_release(growth.hit);
    return rc;
}
