/* gbdt_train.h: the insides of training, for the gbdt_*.c files only. */
#ifndef PSN_LEARN_GBDT_TRAIN_H
#define PSN_LEARN_GBDT_TRAIN_H

#include <stddef.h>
#include <stdint.h>
#include "learn/gbdt.h"

enum {
    GBDT_BINS = 264,       /* words of one feature in a histogram: 256 and a line more, so
                               that features do not meet in the same cache sets */
    GBDT_SLOT = 4,         /* bytes before the bins in a row of the tile: the gradient */
    GBDT_TILE_WIDTH = 16,  /* features counted in one pass over rows: 32 KB of counts */
    GBDT_ROW_BLOCK = 8192, /* rows of one piece of work on gradients */
    GBDT_SUM_BLOCK = 4096, /* rows of a leaf summed in one piece */
    GBDT_AHEAD = 24,       /* rows between a prefetch and its use */
    GBDT_CLASSES_MAX = 1000,
    GBDT_ALONE = 250000 /* updates below which waking others costs more than it saves */
};

/* Purposes of random numbers. */
enum { GBDT_DRAW_ROUND = 0x67620001, GBDT_DRAW_ROWS, GBDT_DRAW_TREE, GBDT_DRAW_NODE };

/* Splits of a category: one level against the rest, or a set that pays cat_l2. */
enum { GBDT_LEVEL_ALONE = 1, GBDT_LEVEL_SET };

/* A sum of quantised gradients g, hessians h (>= 0) and rows in one word:
 * g * 2^g_shift + h * 2^h_shift + rows. Words add and subtract like the sums in them;
 * with too many rows for three fields there is no count (count_mask 0). */
typedef struct gbdt_packing {
    int g_shift, h_shift;
    uint64_t h_mask, count_mask, one;
    int32_t g_max, h_max;
    double g_scale, h_scale; /* of one unit, this tree */
} gbdt_packing;

typedef struct gbdt_split {
    double gain; /* over the leaf as it is; <= 0: no split */
    int32_t feature;
    int32_t bin;      /* numbers: bins 1 .. bin go left */
    int32_t category; /* 0: a number; GBDT_LEVEL_ALONE, GBDT_LEVEL_SET */
    int32_t missing_left;
    int32_t missing_seen; /* rows with missing values were there to learn the side */
    uint64_t left;        /* packed sums of the left side */
    uint64_t set[4];      /* category: bins that go left */
} gbdt_split;

typedef struct gbdt_leaf {
    int64_t begin, count;             /* rows that train, in order */
    int64_t other_begin, other_count; /* rows along for the ride */
    int32_t slot;                     /* histogram, -1 = none */
    int32_t depth;
    int32_t parent, side; /* node and 0 = left; parent -1: root */
    uint64_t total;       /* packed */
    uint64_t groups;      /* constraints: sets that hold all features of the path */
    double lower, upper;  /* monotone bounds of the value */
    double g, h;          /* exact sums, at the end */
    double value;
    gbdt_split best;
} gbdt_leaf;

/* What is common to all candidate splits of one leaf. */
typedef struct gbdt_scan {
    uint64_t total;
    int g_shift, h_shift;
    uint64_t h_mask, count_mask;
    double g_scale, h_scale;
    double g_offset;    /* 2^(63 - g_shift) */
    double per_hessian; /* rows for one unit of h where they are not counted */
    double l1, l2, min_hessian, min_data;
    double lower, upper; /* bounded form only */
    double parent;       /* what the leaf is worth unsplit */
    int32_t bounded, monotone;
} gbdt_scan;

typedef struct gbdt_best {
    double gain; /* of both sides, the leaf's own not subtracted */
    int32_t at;
} gbdt_best;

typedef struct gbdt_tile {
    int32_t first, width; /* ranks among the features of this tree */
    int32_t offset;       /* byte in the row of rank `first`, -1: by places */
} gbdt_tile;

typedef struct gbdt_trainer {
    const psn_gbdt_data *data;
    psn_gbdt_options own; /* the caller's, ridges in the unit of the loss */
    const psn_gbdt_options *options;
    const psn_bins *bins;
    psn_pool *pool;
    int workers;
    int64_t rows;
    int32_t outputs;
    int32_t max_leaves;

    /* Features that can part rows, and a row-major copy of their bins with the quantised
     * gradient of the row in front. */
    int32_t live;
    int32_t *live_feature;
    uint8_t *tile;
    size_t stride;

    /* Features of this tree, by rank; their places (bytes) in a row. */
    int32_t used;
    int32_t *used_feature, *used_place, *spare_features;
    gbdt_tile *tiles;
    int32_t tile_count;

    double *scores; /* [output * rows + row] */
    const double *label;
    double *weight;   /* effective; 0 for rows that do not train; NULL = all 1 */
    float *pairs;     /* gradient, hessian of each row for the tree at hand */
    double *norm;     /* multiclass: log of the sum of exps of a row */
    double *given;    /* custom: gradients, then hessians, rows x outputs each */
    double *shift;    /* outputs: corrects scores for class weights */
    float *block_max; /* 2 a row block */
    struct gbdt_rank *rank;

    uint32_t *order; /* rows by leaf: those that train, then the others */
    uint32_t *spare_order;
    int64_t active, passive;
    uint32_t *train_rows, *other_rows; /* ascending: those that train, that validate */
    int64_t train_count, other_count;

    gbdt_packing packing;
    uint64_t *histogram; /* slots x live x GBDT_BINS */
    int32_t slots, *free_slots, free_count;
    gbdt_leaf *leaves;
    int32_t leaf_count;
    psn_gbdt_node *nodes;
    gbdt_split *node_split;
    int32_t node_count;
    uint8_t *node_mask;    /* 2 x live: ranks that the two new leaves may use */
    gbdt_split *found;     /* 2 a tile; symmetric: one a rank */
    double *sums;          /* 2 a block of GBDT_SUM_BLOCK */
    int64_t *sum_first;    /* leaves + 1: first block of each */
    double *sort_space;    /* objectives with quantiles: 2 x rows */
    int32_t round, output; /* of the tree at hand */
} gbdt_trainer;

/* gbdt_setup.c */
int psn_gbdt_trainer_open(gbdt_trainer *trainer, const psn_gbdt_data *data,
                          const psn_gbdt_options *options, psn_pool *pool,
                          persona_error *error);
void psn_gbdt_trainer_close(gbdt_trainer *trainer);
int psn_gbdt_options_check(const psn_gbdt_data *data, const psn_gbdt_options *options,
                           persona_error *error);
/* Best constant scores, outputs of them. */
void psn_gbdt_constant(gbdt_trainer *trainer, double *base);

/* gbdt_sample.c: rows and features of a round, a tree and a node. */
void psn_gbdt_draw_rows(gbdt_trainer *trainer);
void psn_gbdt_draw_tree(gbdt_trainer *trainer);
void psn_gbdt_draw_node(gbdt_trainer *trainer, const gbdt_leaf *leaf, int32_t number,
                        uint8_t *mask);

/* gbdt_objective.c: the gradients of a round, then of one output into pairs; what a leaf
 * with these exact sums says under a ridge l2 (before learning_rate). */
void psn_gbdt_begin_round(gbdt_trainer *trainer);
void psn_gbdt_gradients_of(gbdt_trainer *trainer);
double psn_gbdt_step(const psn_gbdt_options *options, double l2, double g, double h);
/* Mean loss of the validation rows; NaN if none. */
double psn_gbdt_validation_loss(gbdt_trainer *trainer);
/* Loss of one row under scores at `stride` for each output. */
double psn_gbdt_row_loss(int32_t objective, double parameter, int32_t outputs,
                         const double *scores, int64_t stride, double label);

/* gbdt_quantize.c */
void psn_gbdt_packing_for(gbdt_packing *packing, int64_t rows);
void psn_gbdt_quantize(gbdt_trainer *trainer);

/* gbdt_histogram.c: counts of a leaf's rows into a slot, for tiles [first, end). */
void psn_gbdt_count(const gbdt_trainer *trainer, uint64_t *slot, const uint32_t *rows,
                    int64_t count, int32_t first, int32_t end);
uint64_t *psn_gbdt_slot(const gbdt_trainer *trainer, int32_t slot);

/* gbdt_split.c: the best split of a leaf over the ranks of one tile. */
void psn_gbdt_scan_start(gbdt_scan *scan, const gbdt_trainer *trainer,
                         const gbdt_leaf *leaf);
void psn_gbdt_scan_rank(gbdt_split *best, const gbdt_trainer *trainer,
                        const gbdt_leaf *leaf, gbdt_scan *scan, const uint64_t *histogram,
                        int32_t rank);
void psn_gbdt_scan_category(gbdt_split *best, const gbdt_trainer *trainer,
                            const gbdt_scan *scan, const uint64_t *histogram,
                            int32_t feature);
/* Gains of splits after each of count prefix sums, `extra` added; the best of them. */
gbdt_best psn_gbdt_scan_sums(const gbdt_scan *scan, const uint64_t *prefix, int32_t count,
                             uint64_t extra);
/* gains[i] += the gain of candidate i, for one leaf of many that share a split; count is
 * a multiple of 8. */
void psn_gbdt_scan_add(double *gains, const gbdt_scan *scan, const uint64_t *prefix,
                       int32_t count, uint64_t extra);
double psn_gbdt_side_gain(const gbdt_scan *scan, double g, double h);
double psn_gbdt_field_g(const gbdt_scan *scan, uint64_t packed);
double psn_gbdt_field_h(const gbdt_scan *scan, uint64_t packed);
double psn_gbdt_field_count(const gbdt_scan *scan, uint64_t packed);

/* gbdt_grow.c, gbdt_symmetric.c: one tree into leaves and nodes. */
void psn_gbdt_grow(gbdt_trainer *trainer);
void psn_gbdt_grow_symmetric(gbdt_trainer *trainer);
/* Parts the rows of a leaf; the left part stays in place. Returns new leaf's number. */
int32_t psn_gbdt_part(gbdt_trainer *trainer, int32_t leaf, const gbdt_split *split);
void psn_gbdt_start_tree(gbdt_trainer *trainer);
/* from -= part, the bins of one rank */
void psn_gbdt_subtract(const gbdt_trainer *trainer, uint64_t *from, const uint64_t *part,
                       int32_t rank);
int32_t psn_gbdt_take_slot(gbdt_trainer *trainer);
void psn_gbdt_give_slot(gbdt_trainer *trainer, int32_t slot);

/* gbdt_partition.c: rows[0 .. count) stably by table[codes[row]] (1 = left) */
int64_t psn_gbdt_partition(uint32_t *rows, int64_t count, const uint8_t *codes,
                           const uint8_t *table, uint32_t *spare, psn_pool *pool);

/* gbdt_leaf.c: exact sums, values, and the scores of all rows. */
void psn_gbdt_renew(gbdt_trainer *trainer);
void psn_gbdt_add_scores(gbdt_trainer *trainer);

/* gbdt_store.c: the tree at hand into the model. */
int psn_gbdt_store(const gbdt_trainer *trainer, psn_gbdt *model, persona_error *error);
int psn_gbdt_store_features(const psn_bins *bins, psn_gbdt *model, persona_error *error);

/* gbdt_rank.c */
int psn_gbdt_rank_open(gbdt_trainer *trainer, persona_error *error);
void psn_gbdt_rank_close(gbdt_trainer *trainer);
void psn_gbdt_rank_gradients(gbdt_trainer *trainer);
double psn_gbdt_rank_loss(gbdt_trainer *trainer); /* 1 - NDCG */

#endif
