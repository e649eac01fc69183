/* gbdt_model.h: an ensemble of trees as plain arrays: what training makes, importers fill
 * and prediction, attribution and export read. Immutable once made.
 *
 * A tree is internal nodes and leaves. Tree t owns nodes tree_node[t] .. tree_node[t + 1]
 * and leaves tree_leaf[t] .. tree_leaf[t + 1]; a tree of n nodes has n + 1 leaves, node 0
 * of a tree is its root, and a child's number is larger than its parent's. It adds to
 * output t % outputs; the raw score of a row is base[output] + the leaves in order of t.
 */
#ifndef PSN_LEARN_GBDT_MODEL_H
#define PSN_LEARN_GBDT_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

typedef enum psn_gbdt_objective {
    PSN_GBDT_BINARY,     /* log loss of labels 0 and 1; score = log odds */
    PSN_GBDT_MULTICLASS, /* softmax of labels 0 .. outputs - 1 */
    PSN_GBDT_SQUARED,
    PSN_GBDT_ABSOLUTE,
    PSN_GBDT_QUANTILE, /* parameter = the quantile, 0 .. 1 */
    PSN_GBDT_POISSON,  /* these three: score = log of the mean */
    PSN_GBDT_GAMMA,
    PSN_GBDT_TWEEDIE, /* parameter = the variance power, 1 .. 2 */
    PSN_GBDT_LAMBDAMART,
    PSN_GBDT_CUSTOM,
    PSN_GBDT_OBJECTIVES
} psn_gbdt_objective;

enum {
    PSN_GBDT_LEFT = 1,        /* missing (and unseen) values go left */
    PSN_GBDT_CATEGORY = 2,    /* by `set`, not by threshold */
    PSN_GBDT_ZERO_MISSING = 4 /* |x| <= 1e-35 counts as missing (models of others) */
};

typedef struct psn_gbdt_node {
    double threshold; /* x <= threshold goes left; may be infinite */
    int32_t feature;
    int32_t flags;
    int32_t left, right; /* >= 0 a node, < 0 leaf ~child; within the tree */
    int32_t set;         /* first word in sets: bit g says that group g goes left */
    int32_t set_groups;  /* bits there are; groups beyond go with the missing */
    double gain;         /* loss saved by this split */
    double weight;       /* sum of hessians below */
    double count;        /* training rows below */
    double value;        /* what a leaf in this place would say */
} psn_gbdt_node;

/* How a feature that is a category maps its codes 0 .. levels - 1 to the groups of the
 * sets. Codes outside are unseen and belong to `unseen`, a group or -1: as missing. */
typedef struct psn_gbdt_feature {
    int32_t category; /* 0: a number, the rest of this is empty */
    int32_t levels;
    int32_t groups;
    int32_t unseen;
    int32_t *group_of; /* levels entries; NULL: group = code */
} psn_gbdt_feature;

typedef struct psn_gbdt {
    int32_t features, outputs, trees;
    int32_t objective;
    double parameter;
    double *base; /* outputs */
    psn_gbdt_feature *feature;
    int64_t *tree_node, *tree_leaf; /* trees + 1 */
    psn_gbdt_node *nodes;
    double *leaf_value, *leaf_weight, *leaf_count;
    uint64_t *sets;
    int64_t set_words;
    /* Room for growth; all zero in a model made elsewhere. */
    int64_t tree_room, node_room, leaf_room, set_room;
} psn_gbdt;

/* An ensemble without trees: base 0, every feature a number. */
int psn_gbdt_new(psn_gbdt **out, int32_t features, int32_t outputs, persona_error *error);
void psn_gbdt_free(psn_gbdt *model);
/* Room for one more tree of `nodes` nodes and `words` words of sets; returns with trees
 * already counted, the arrays of the new tree zero. */
int psn_gbdt_add_tree(psn_gbdt *model, int32_t nodes, int64_t words,
                      persona_error *error);
/* Keeps the first trees only. */
void psn_gbdt_cut(psn_gbdt *model, int32_t trees);
int psn_gbdt_copy(psn_gbdt **out, const psn_gbdt *model, persona_error *error);
/* PERSONA_EFORMAT unless every number in it is one that prediction can trust: call it on
 * whatever was read or imported. */
int psn_gbdt_check(const psn_gbdt *model, persona_error *error);

/* The side of one node: 1 = left. x is the row's value of node->feature, a code as a real
 * number for a category. The definition that all faster forms agree with. */
int psn_gbdt_goes_left(const psn_gbdt *model, const psn_gbdt_node *node, double x);
/* The group of a code (a real number), -1 for missing. */
int32_t psn_gbdt_group(const psn_gbdt_feature *feature, double code);
/* The leaf of a row in a tree, counted within the tree. */
int32_t psn_gbdt_leaf(const psn_gbdt *model, int32_t tree, const double *row);
/* Raw scores of one row by walking the nodes: slow and plain. */
void psn_gbdt_walk(const psn_gbdt *model, const double *row, double *out);
/* Raw scores to what the objective predicts, in place: probability, mean ... */
void psn_gbdt_respond(const psn_gbdt *model, double *scores);
/* 1 if the score is the log of the mean. */
int psn_gbdt_is_log(int32_t objective);
const char *psn_gbdt_objective_name(int32_t objective);

/* One block of bytes and back. unpack checks everything (psn_gbdt_check included). */
int psn_gbdt_pack(psn_text *out, const psn_gbdt *model, persona_error *error);
int psn_gbdt_unpack(psn_gbdt **out, const void *bytes, size_t size, persona_error *error);

/* Sums over the splits of each feature; gain and splits hold features entries, either may
 * be NULL. */
void psn_gbdt_importance(const psn_gbdt *model, double *gain, double *splits);
/* The nodes and leaves of all trees as a table (tree, node, feature, threshold ...), and
 * the importance (feature, gain, splits). `names` has one name a feature. */
int psn_gbdt_tree_table(persona_table **out, const psn_gbdt *model,
                        const char *const *names, persona_error *error);
int psn_gbdt_importance_table(persona_table **out, const psn_gbdt *model,
                              const char *const *names, persona_error *error);

#endif
