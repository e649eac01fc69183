/* gbdt_shap_tree.h: the compiled trees, for the gbdt_shap*.c files only. */
#ifndef PSN_LEARN_GBDT_SHAP_TREE_H
#define PSN_LEARN_GBDT_SHAP_TREE_H

#include "learn/gbdt_shap.h"

enum {
    SHAP_LANES = 8,   /* points are handled in whole vectors of 4 or 8 */
    SHAP_POINTS = 64, /* at most: exact for 128 features on a path */
    SHAP_ALL_HOT = 0, /* vectors that need no tree: t, 1 - t, 1 */
    SHAP_COLD = 1     /* 0, 1, 0 */
};

/* A node n of a tree, two cache lines: the first is what a walk needs. Children count
 * nodes first, then leaves. */
typedef struct shap_node {
    double threshold;
    double change[2]; /* value of the child - value of the node, left and right */
    int32_t child[2];
    int32_t feature;
    int32_t plain; /* 1: x <= threshold decides unless x is NaN */
    int32_t slot;  /* of the feature among those in use */
    int32_t parent, parent_side;
    /* The nearest node above with the same feature, and the side this one lies on; where
     * there is none, one behind the last node, and 0. */
    int32_t same, same_side, spare;
    double share[2]; /* of the training rows, left and right */
    const double
        *vector[2]; /* a, b, g: [1] when all nodes above with this feature were hot */
    int64_t unused[4];
} shap_node;
_Static_assert(sizeof(shap_node) == 128, "two cache lines");

typedef struct shap_tree {
    int64_t node, leaf; /* first ones in the model */
    int32_t nodes;
    int32_t points; /* 4 or a multiple of 8 */
    int32_t step;   /* doubles from node to node: 8 or points */
    double expected, root;
} shap_tree;

/* The points of one number and the vectors of nodes that need none of their own. What is
 * behind 4 points has weight 0. */
typedef struct shap_rule {
    double weight[SHAP_POINTS];
    double at[SHAP_POINTS];
    double common[2 * 3 * SHAP_POINTS]; /* [SHAP_ALL_HOT or SHAP_COLD][a, b, g][step] */
} shap_rule;

struct psn_gbdt_shap {
    const psn_gbdt *model;
    shap_tree *tree;
    shap_node *node;
    double *vectors; /* three of `step` doubles for each node that has them */
    shap_rule *rule[SHAP_POINTS / 4 + 1]; /* by points / 4; NULL where not in use */
    int32_t slots;
    int32_t *feature_of_slot;
    double *base;          /* outputs: what is expected, exact; then the same of paths */
    int64_t largest_nodes; /* step x nodes of the largest tree */
    int64_t most_nodes;
};

#endif
