/* item_knn.h: items that the same users have: cosine, TF-IDF, BM25, Jaccard. */
#ifndef PSN_LEARN_ITEM_KNN_H
#define PSN_LEARN_ITEM_KNN_H

#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

enum {
    PSN_KNN_COSINE,
    PSN_KNN_TFIDF,
    PSN_KNN_BM25,
    PSN_KNN_JACCARD,
    PSN_KNN_SIMILARITIES
};
extern const char *const psn_knn_names[PSN_KNN_SIMILARITIES]; /* "cosine" ... */
typedef struct psn_item_knn_options {
    int32_t similarity;
    int32_t neighbors; /* entries of a row that stay */
    double shrinkage;  /* added to the denominator */
    double k1, b;      /* BM25 */
    int32_t
        longest; /* users with more items count only their newest / heaviest so many */
} psn_item_knn_options;
void psn_item_knn_defaults(psn_item_knn_options *options);
int psn_item_knn_fit(psn_sparse **weights, const psn_sparse *profile,
                     const psn_item_knn_options *options, psn_pool *pool,
                     persona_task *task, persona_error *error);

#endif
