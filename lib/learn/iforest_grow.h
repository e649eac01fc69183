/* iforest_grow.h: growing one tree; between iforest_fit.c and iforest_split.c. */
#ifndef PSN_LEARN_IFOREST_GROW_H
#define PSN_LEARN_IFOREST_GROW_H

#include "base/philox.h"
#include "learn/iforest_tree.h"

/* The rows of a node: places in the sample, and how much of each is here. */
typedef struct iforest_share {
    int32_t row;
    float part;
} iforest_share;

/* What one worker needs; nothing in it outlives a tree. */
typedef struct iforest_grower {
    const psn_bins_source *sources;
    const iforest_feature *feature;
    const psn_iforest_options *options;
    int32_t features, depth_limit;
    int32_t tree;
    int64_t *sample; /* rows of the table */
    int32_t samples;
    iforest_share *shares;  /* (depth_limit + 2) x samples: the lists of a path */
    int32_t *column;        /* features; constant ones are moved to the end */
    float *value;           /* samples: of the column looked at, one for each share */
    int32_t *group;         /* the same of a category */
    double *sorted;         /* samples */
    int64_t *order, *place; /* samples */
    int64_t *seen; /* table to draw without repeats, a power of two > 2 samples */
    int64_t seen_size;
    iforest_node *nodes; /* of a full tree; in the order of growing */
    float *weight;       /* of leaves */
    uint16_t *right;     /* how much further the right child is; 0 = a leaf */
    int32_t *queue;
    uint64_t *mask;
    int32_t node_count, mask_count;
} iforest_grower;

typedef struct iforest_cut {
    int32_t column;
    float threshold;
    uint64_t left; /* of a category: the groups that go left */
    double left_part, right_part;
} iforest_cut;

/* 1 and *cut, or 0 when no column of the node has two values. *alive is how many columns
 * may still have; those found constant leave it. Fills value or group for the column. */
int psn_iforest_cut(iforest_cut *cut, iforest_grower *grower, const iforest_share *shares,
                    int32_t count, int32_t *alive, psn_random *random);
/* 1 left, 0 right, -1 both: share number i under a cut just made. */
int psn_iforest_side(const iforest_cut *cut, const iforest_grower *grower, int32_t i);

#endif
