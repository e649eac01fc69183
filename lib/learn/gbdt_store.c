/* gbdt_store.c: the tree at hand into the arrays of a model: bins become thresholds and
 * sets of groups, and every node gets what a leaf in its place would say. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

/* The groups of a category are its bins, less the one of missing values. */
int psn_gbdt_store_features(const psn_bins *bins, psn_gbdt *model, persona_error *error)
{
    for (int32_t f = 0; f < bins->columns; f++) {
        const psn_bins_column *column = &bins->column[f];
        psn_gbdt_feature *feature = &model->feature[f];
        if (column->kind != PSN_BINS_CATEGORY) continue;
        *feature = (psn_gbdt_feature){.category = 1,
                                      .levels = column->levels,
                                      .groups = column->bins - 1,
                                      .unseen = column->rare - 1};
        feature->group_of = psn_alloc((size_t)column->levels, sizeof *feature->group_of);
        if (feature->group_of == NULL) return psn_fail_memory(error);
        for (int32_t i = 0; i < column->levels; i++) {
            feature->group_of[i] = column->bin_of_level[i] - 1;
        }
    }
    return PERSONA_OK;
}

static double store_threshold(const psn_bins_column *column, int32_t bin)
{
    return bin - 1 < column->bins - 2 ? column->edges[bin - 1] : INFINITY;
}

static int32_t store_words(int32_t groups)
{
    return (groups + 63) / 64;
}

static void store_set(psn_gbdt *model, psn_gbdt_node *node, const gbdt_split *split,
                      int32_t groups, int64_t *word)
{
    node->set = (int32_t)*word;
    node->set_groups = groups;
    uint64_t *set = model->sets + *word;
    for (int32_t g = 0; g < groups; g++) {
        int32_t bin = g + 1;
        uint64_t in = split->set[bin / 64] >> (bin % 64) & 1;
        set[g / 64] |= in << (g % 64);
    }
    *word += store_words(groups);
}

/* Sums from the leaves up: children have larger numbers. */
static void store_sums(const gbdt_trainer *trainer, psn_gbdt_node *nodes,
                       const double *leaf_weight, const double *leaf_count, double *g)
{
    for (int32_t i = trainer->node_count; i-- > 0;) {
        psn_gbdt_node *node = &nodes[i];
        const int32_t children[2] = {node->left, node->right};
        g[i] = 0.0;
        for (int side = 0; side < 2; side++) {
            int32_t child = children[side];
            g[i] += child < 0 ? trainer->leaves[~child].g : g[child];
            node->weight += child < 0 ? leaf_weight[~child] : nodes[child].weight;
            node->count += child < 0 ? leaf_count[~child] : nodes[child].count;
        }
        node->value = trainer->options->learning_rate *
                      psn_gbdt_step(trainer->options, trainer->options->lambda_l2, g[i],
                                    node->weight);
    }
}

int psn_gbdt_store(const gbdt_trainer *trainer, psn_gbdt *model, persona_error *error)
{
    int rc = PERSONA_OK;
    double *g = NULL;
    int64_t words = 0;
    for (int32_t i = 0; i < trainer->node_count; i++) {
        if (!trainer->node_split[i].category) continue;
        words += store_words(model->feature[trainer->node_split[i].feature].groups);
    }
    int64_t word = model->set_words;
    PSN_NEED(g = psn_alloc((size_t)trainer->node_count, sizeof *g));
    PSN_TRY(psn_gbdt_add_tree(model, trainer->node_count, words, error));
    int32_t tree = model->trees - 1;
    psn_gbdt_node *nodes = model->nodes + model->tree_node[tree];
    for (int32_t i = 0; i < trainer->node_count; i++) {
        const gbdt_split *split = &trainer->node_split[i];
        psn_gbdt_node *node = &nodes[i];
        *node = trainer->nodes[i];
        node->flags = split->missing_left ? PSN_GBDT_LEFT : 0;
        if (split->category) {
            node->flags |= PSN_GBDT_CATEGORY;
            store_set(model, node, split, model->feature[node->feature].groups, &word);
        } else {
            node->threshold =
                store_threshold(&trainer->bins->column[node->feature], split->bin);
        }
    }
    int64_t first = model->tree_leaf[tree];
    for (int32_t i = 0; i < trainer->leaf_count; i++) {
        model->leaf_value[first + i] = trainer->leaves[i].value;
        model->leaf_weight[first + i] = trainer->leaves[i].h;
        model->leaf_count[first + i] = (double)trainer->leaves[i].count;
    }
    store_sums(trainer, nodes, model->leaf_weight + first, model->leaf_count + first, g);
done:
    psn_release(g);
    return rc;
}
