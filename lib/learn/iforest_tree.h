/* iforest_tree.h: how the trees of an isolation forest lie in memory. */
#ifndef PSN_LEARN_IFOREST_TREE_H
#define PSN_LEARN_IFOREST_TREE_H

#include <stdint.h>
#include "learn/iforest.h"

/* The nodes of a tree lie level by level: the children of a node are side by side, the
 * left one `child` further. x <= threshold goes left; a category's threshold is the bits
 * of the number of a mask. A leaf has child 0, feature = features (a slot of every row
 * that is NaN, so that a walk stays there) and the length of its path as threshold. */
typedef struct iforest_node {
    float threshold;
    uint16_t feature;
    uint16_t child;
} iforest_node;

enum {
    IFOREST_CODES = 63, /* of a category, told apart; the group beyond is all others */
    IFOREST_MAX_DEPTH = 15,
    IFOREST_LANES = 10 /* trees walked at a time */
};

/* A category's frequent codes, ascending; group = place. count -1: a number. */
typedef struct iforest_feature {
    int32_t count;
    int32_t code[IFOREST_CODES];
} iforest_feature;

struct psn_iforest {
    psn_iforest_options options;
    int32_t features;
    int32_t trees;
    int32_t categories; /* features that are */
    double unit; /* ln 2 / (trees x c(sample)): score = exp(-unit x sum of paths) */
    iforest_feature *feature;
    int64_t *start; /* trees + 1 */
    uint8_t *depth; /* of each tree */
    iforest_node *nodes;
    float
        *weight; /* sampled rows that came to a node, in parts when values are missing */
    float *expect;  /* mean length of the paths through a node */
    uint64_t *mask; /* mask 0 is empty; bit g: group g goes left */
    int64_t masks;
};

/* From thresholds and features of nodes, weights of leaves and masks all the rest; 0 if
 * the trees are not such trees. */
int psn_iforest_complete(psn_iforest *forest);
int psn_iforest_allocate(psn_iforest *forest, int64_t nodes, persona_error *error);
/* 0 .. 62, 63 for any other; -1 for missing. */
int32_t psn_iforest_group(const iforest_feature *feature, double code);
int32_t psn_iforest_depth_limit(int32_t sample);

static inline float iforest_float(double x)
{
    const double end = 3.4028234663852886e38;            /* FLT_MAX */
    return (float)(x > end ? end : x < -end ? -end : x); /* NaN stays */
}

#endif
