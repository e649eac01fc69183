/* iforest.h: isolation forest: how few random cuts set a row apart from the others. */
#ifndef PSN_LEARN_IFOREST_H
#define PSN_LEARN_IFOREST_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "base/text.h"
#include "data/bins.h"
#include "math/rows.h"
#include "persona/types.h"

typedef struct psn_iforest psn_iforest; /* immutable once made */

enum { PSN_IFOREST_MAX_FEATURES = 65534, PSN_IFOREST_MAX_SAMPLE = 32768 };

typedef struct psn_iforest_options {
    int32_t trees;  /* 1 .. 10000 */
    int32_t sample; /* rows a tree sees, 2 .. 32768, drawn without replacement */
    /* Share of the nodes (0 .. 1) that cut where the two sides become most alike within
     * (pooled gain of SCiForest) and not at a random place. Helps where normal rows fall
     * into several clusters, harms where they are one cloud: choose by labels if any. */
    double gain;
    uint64_t seed;
} psn_iforest_options;

void psn_iforest_defaults(psn_iforest_options *options); /* 100, 256, 0, 1 */

/* Numbers count as float32, what is beyond its range as its end; NaN and code -1 are
 * missing: such a row goes both ways, with the weights of the two sides, in fit and in
 * query. Of a category the 63 most frequent codes are told apart and all others are one;
 * a code that a node has not seen goes the way of the fewer rows, so what is new is
 * strange. Rows = 0 and columns without two values are fine: every row then has the same
 * score. The same bytes for any number of threads and on every CPU. O(trees x sample x
 * depth). */
int psn_iforest_fit(psn_iforest **out, const psn_bins_source *sources, int32_t columns,
                    int64_t rows, const psn_iforest_options *options, psn_pool *pool,
                    persona_task *task, persona_error *error);
void psn_iforest_free(psn_iforest *forest);
int32_t psn_iforest_features(const psn_iforest *forest);

/* Bytes of scratch, 8-aligned, that the queries write to. */
size_t psn_iforest_scratch(const psn_iforest *forest);
/* 2^(-E[h] / c(sample)): near 1 strange, .5 and below normal. `row` has one double a
 * feature, of a category its code; NaN = missing. HOT: no allocation, no lock. */
double psn_iforest_score(const psn_iforest *forest, const double *row, void *scratch);
/* count rows, `stride` doubles from row to row; the bits of psn_iforest_score. */
void psn_iforest_batch(const psn_iforest *forest, const double *rows, int64_t count,
                       int64_t stride, void *scratch, double *out);
/* The same over psn_rows with threads. BATCH. */
int psn_iforest_predict(const psn_iforest *forest, const psn_rows *rows, double *out,
                        psn_pool *pool, persona_task *task, persona_error *error);
/* What each feature did to the score, from the paths: score = *base x 2^(sum of effects),
 * > 0 = made it stranger. effects has one double a feature. Returns the score (to 1e-12
 * that of psn_iforest_score). HOT, about twice the cost of a score. */
double psn_iforest_explain(const psn_iforest *forest, const double *row, void *scratch,
                           double *base, double *effects);

/* One block of bytes and back; unpack checks everything that the queries trust. */
int psn_iforest_pack(psn_text *out, const psn_iforest *forest, persona_error *error);
int psn_iforest_unpack(psn_iforest **out, const void *bytes, size_t size,
                       persona_error *error);

/* Mean depth at which `rows` rows are all told apart by random cuts: 2 (H(rows) - 1), H
 * the harmonic number, summed up to 1,024 and by its expansion beyond; linear between
 * whole numbers, 0 up to 1. */
double psn_iforest_average_path(double rows);

#endif
