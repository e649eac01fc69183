/* recommendation.h: how good lists of recommendations are, over the full catalogue. */
#ifndef PSN_MEASURE_RECOMMENDATION_H
#define PSN_MEASURE_RECOMMENDATION_H

#include <stdint.h>
#include "math/sparse.h"
#include "persona/types.h"

/* Metrics of one case: list (best first, no repeats; -1 = no item) against `truth`
 * (distinct items, ascending); hits = items of both among the first k.
 *   recall = hits / |truth|          recall_min = hits / min(k, |truth|)
 *   precision = hits / k             hit_rate = hits > 0
 *   ndcg: log2 discounts, ideal = min(k, |truth|) ones
 *   mrr = 1 / rank of the first hit within k, else 0
 *   map = sum over hits of precision at their rank / min(k, |truth|)
 * 0 without a truth. */
enum {
    PSN_REC_RECALL,
    PSN_REC_RECALL_MIN,
    PSN_REC_PRECISION,
    PSN_REC_HIT_RATE,
    PSN_REC_NDCG,
    PSN_REC_MRR,
    PSN_REC_MAP,
    PSN_REC_METRICS
};
extern const char *const psn_rec_metric_names[PSN_REC_METRICS]; /* "recall" ... */
/* 1 / log2(1 + rank), rank 1 = the best place. */
double psn_rec_discount(int64_t rank);
double psn_rec_metric(int32_t metric, const int32_t *list, int64_t length, int64_t k,
                      const int32_t *truth, int64_t truths);
/* The mean over the rows of `truth` (cases; at least one), and each of them (may be
 * NULL). List c is lists[c * width] .. of `width` items. */
int psn_rec_mean(double *mean, double *each, int32_t metric, const int32_t *lists,
                 int64_t width, int64_t k, const psn_sparse *truth, persona_error *error);

/* Of all lists together. How often an item is had = users of `profile` that have it. */
typedef struct psn_rec_beyond {
    double coverage;  /* share of the catalogue in any list */
    double novelty;   /* mean -log2 of the share of users that have the item (an item of
                         nobody: as if one had) */
    double diversity; /* mean over lists of 1 - mean similarity of its pairs; lists of
                         less than two items do not count */
    double popularity_bias; /* mean how often listed items are had / the same of the items
                               of the profile: 1 = as popular as what users have */
    double gini;            /* of how often items are listed: 0 all alike, to 1 */
    int64_t short_lists;    /* fewer than k */
} psn_rec_beyond;
/* lists: rows x k items, -1 = none. profile: users x items of the training data. similar:
 * items x items, similarity of pairs (none = 0), or NULL: cosine of who has them.
 * PERSONA_EARG with `where` = the row of an item out of range. */
int psn_rec_beyond_accuracy(psn_rec_beyond *out, const int32_t *lists, int64_t rows,
                            int64_t k, const psn_sparse *profile,
                            const psn_sparse *similar, persona_error *error);

#endif
