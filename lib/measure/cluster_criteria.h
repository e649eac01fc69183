/* cluster_criteria.h: how good a clustering by means is, to compare numbers of clusters.
 *
 * Each is what its name means in the literature and in scikit-learn; silhouette with
 * squared Euclidean distances (metric='sqeuclidean'), which needs O(n k d) instead of
 * O(n^2 d). Weights count as repetitions of a row. Rows with missing values enter with
 * the scaled distances of math/nearest.h. */
#ifndef PSN_MEASURE_CLUSTER_CRITERIA_H
#define PSN_MEASURE_CLUSTER_CRITERIA_H

#include <stdint.h>
#include "base/pool.h"
#include "math/rows.h"
#include "persona/types.h"

typedef struct psn_cluster_criteria {
    double inertia;           /* weighted sum of squared distances to the centres */
    double silhouette;        /* -1 .. 1, larger is better; 0 if k is 1 */
    double calinski_harabasz; /* larger is better; 0 if k is 1, 1 if inertia is 0 */
    double davies_bouldin;    /* smaller is better; 0 if k is 1 */
    double bic; /* of a spherical mixture with one variance (Pelleg and Moore 2000):
                   log likelihood - k (dims + 1) / 2 log n; larger is better */
} psn_cluster_criteria;

/* centers: k x dims, the means of the rows of each label; labels: 0 .. k - 1. */
int psn_cluster_criteria_of(psn_cluster_criteria *out, const psn_rows *rows,
                            const double *centers, const int32_t *labels, int32_t k,
                            psn_pool *pool, persona_error *error);

/* Mean over the clusters of `a` of the best Jaccard similarity with a cluster of `b`. */
int psn_cluster_jaccard(double *out, const int32_t *a, int32_t clusters_a,
                        const int32_t *b, int32_t clusters_b, const double *weights,
                        int64_t rows, persona_error *error);

#endif
