/* gbdt_tables.c: the insides of an ensemble as tables for people to read. */
#include "learn/gbdt_model.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"

/* One line of the table of trees: a node or a leaf. */
typedef struct tables_tree {
    int64_t *tree, *node, *left, *right;
    const char **feature, **missing;
    double *threshold, *gain, *weight, *count, *value;
    int64_t lines;
} tables_tree;

static int tables_room(tables_tree *t, size_t lines, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(t->tree = psn_alloc(lines, sizeof *t->tree));
    PSN_NEED(t->node = psn_alloc(lines, sizeof *t->node));
    PSN_NEED(t->left = psn_alloc(lines, sizeof *t->left));
    PSN_NEED(t->right = psn_alloc(lines, sizeof *t->right));
    PSN_NEED(t->feature = psn_alloc(lines, sizeof *t->feature));
    PSN_NEED(t->missing = psn_alloc(lines, sizeof *t->missing));
    PSN_NEED(t->threshold = psn_alloc(lines, sizeof(double)));
    PSN_NEED(t->gain = psn_alloc(lines, sizeof(double)));
    PSN_NEED(t->weight = psn_alloc(lines, sizeof(double)));
    PSN_NEED(t->count = psn_alloc(lines, sizeof(double)));
    PSN_NEED(t->value = psn_alloc(lines, sizeof(double)));
done:
    return rc;
}

static void tables_free(tables_tree *t)
{
    void *const blocks[] = {t->tree,
                            t->node,
                            t->left,
                            t->right,
                            (void *)t->feature,
                            (void *)t->missing,
                            t->threshold,
                            t->gain,
                            t->weight,
                            t->count,
                            t->value};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) psn_release(blocks[i]);
}

/* Nodes keep their numbers, leaf l of a tree of n nodes is n + l. */
static int64_t tables_child(int32_t child, int64_t nodes)
{
    return child >= 0 ? child : nodes + ~child;
}

static void tables_node(tables_tree *t, const psn_gbdt_node *node, int64_t nodes,
                        const char *const *names)
{
    const int64_t i = t->lines;
    t->left[i] = tables_child(node->left, nodes);
    t->right[i] = tables_child(node->right, nodes);
    t->feature[i] = names[node->feature];
    t->missing[i] = node->flags & PSN_GBDT_LEFT ? "left" : "right";
    t->threshold[i] = node->flags & PSN_GBDT_CATEGORY ? NAN : node->threshold;
    t->gain[i] = node->gain;
    t->weight[i] = node->weight;
    t->count[i] = node->count;
    t->value[i] = node->value;
}

static void tables_leaf(tables_tree *t, const psn_gbdt *model, int64_t leaf)
{
    const int64_t i = t->lines;
    t->left[i] = t->right[i] = -1;
    t->feature[i] = t->missing[i] = NULL;
    t->threshold[i] = t->gain[i] = NAN;
    t->weight[i] = model->leaf_weight[leaf];
    t->count[i] = model->leaf_count[leaf];
    t->value[i] = model->leaf_value[leaf];
}

static void tables_fill(tables_tree *t, const psn_gbdt *model, const char *const *names)
{
    for (int32_t tree = 0; tree < model->trees; tree++) {
        const int64_t first = model->tree_node[tree], leaf = model->tree_leaf[tree];
        const int64_t nodes = model->tree_node[tree + 1] - first;
        for (int64_t i = 0; i < 2 * nodes + 1; i++) {
            t->tree[t->lines] = tree;
            t->node[t->lines] = i;
            if (i < nodes) {
                tables_node(t, &model->nodes[first + i], nodes, names);
            } else {
                tables_leaf(t, model, leaf + i - nodes);
            }
            t->lines++;
        }
    }
}

int psn_gbdt_tree_table(persona_table **out, const psn_gbdt *model,
                        const char *const *names, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    tables_tree t = {0};
    *out = NULL;
    const int64_t n = model->tree_node[model->trees] + model->tree_leaf[model->trees];
    PSN_TRY(tables_room(&t, (size_t)n, error));
    tables_fill(&t, model, names);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add(table, "tree", PERSONA_TYPE_INT, t.tree, NULL, n, error));
    PSN_TRY(psn_table_add(table, "node", PERSONA_TYPE_INT, t.node, NULL, n, error));
    PSN_TRY(psn_table_add_strings(table, "feature", t.feature, n, error));
    PSN_TRY(psn_table_add(table, "threshold", PERSONA_TYPE_REAL, t.threshold, NULL, n,
                          error));
    PSN_TRY(psn_table_add_strings(table, "missing", t.missing, n, error));
    PSN_TRY(psn_table_add(table, "left", PERSONA_TYPE_INT, t.left, NULL, n, error));
    PSN_TRY(psn_table_add(table, "right", PERSONA_TYPE_INT, t.right, NULL, n, error));
    PSN_TRY(psn_table_add(table, "gain", PERSONA_TYPE_REAL, t.gain, NULL, n, error));
    PSN_TRY(psn_table_add(table, "weight", PERSONA_TYPE_REAL, t.weight, NULL, n, error));
    PSN_TRY(psn_table_add(table, "count", PERSONA_TYPE_REAL, t.count, NULL, n, error));
    PSN_TRY(psn_table_add(table, "value", PERSONA_TYPE_REAL, t.value, NULL, n, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    tables_free(&t);
    return rc;
}

int psn_gbdt_importance_table(persona_table **out, const psn_gbdt *model,
                              const char *const *names, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    double *gain = NULL, *splits = NULL;
    const int64_t n = model->features;
    *out = NULL;
    PSN_NEED(gain = psn_alloc((size_t)n, sizeof *gain));
    PSN_NEED(splits = psn_alloc((size_t)n, sizeof *splits));
    psn_gbdt_importance(model, gain, splits);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "feature", names, n, error));
    PSN_TRY(psn_table_add(table, "gain", PERSONA_TYPE_REAL, gain, NULL, n, error));
    PSN_TRY(psn_table_add(table, "splits", PERSONA_TYPE_REAL, splits, NULL, n, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(gain);
    psn_release(splits);
    return rc;
}
