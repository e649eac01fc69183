/* recommendation.h: how good lists of recommendations are, over the full catalogue. */
#ifndef PSN_MEASURE_RECOMMENDATION_H
#define PSN_MEASURE_RECOMMENDATION_H

#include <stdint.h>
#include "math/sparse.h"
#include "persona/types.h"

/* Metrics of one case: list (best first, no repeats) against `truth` (distinct items,
 * ascending); hits = items of both among the first k.
 *   recall = hits / |truth|          recall_min = hits / min(k, |truth|)
 *   precision = hits / k             hit_rate = hits > 0
 *   ndcg: log2 discounts, ideal = min(k, |truth|) ones
 *   mrr = 1 / rank of the first hit within k, else 0
 *   map = sum over hits of precision at their rank / min(k, |truth|) */
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
double psn_rec_metric(int32_t metric, const int32_t *list, int64_t length, int64_t k,
                      const int32_t *truth, int64_t truths);

/* Of all lists together (rows x k items, -1 = none): */
typedef struct psn_rec_beyond {
    double coverage;  /* share of the catalogue in any list */
    double novelty;   /* mean -log2 of the share of training events (users) of an item */
    double diversity; /* mean over lists of 1 - mean cosine of pairs by co-occurrence */
    double popularity_bias; /* mean popularity of listed items / mean of events' items */
    double gini;            /* of how often items are listed */
    int64_t short_lists;    /* fewer than k */
} psn_rec_beyond;
/* profile: users x items of the training data; similar (items x items, may be NULL) for
 * diversity. */
int psn_rec_beyond_accuracy(psn_rec_beyond *out, const int32_t *lists, int64_t rows,
                            int64_t k, const psn_sparse *profile,
                            const psn_sparse *similar, persona_error *error);

#endif
