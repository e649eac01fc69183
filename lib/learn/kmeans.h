/* kmeans.h: k-means with greedy k-means++, exact Lloyd and swap search; the sweep over k.
 *
 * Same rows, options and seed give the same bits for any number of threads, on every
 * level and CPU. Labels are those of a float64 Lloyd with direct distances and ties to
 * the lowest index. Above 131,072 rows seeding, swap search and the sweep work on a
 * sample; the Lloyd of psn_kmeans_fit always ends on all rows. */
#ifndef PSN_LEARN_KMEANS_H
#define PSN_LEARN_KMEANS_H

#include <stdint.h>
#include "base/pool.h"
#include "math/rows.h"
#include "persona/types.h"

/* The working copy in float32 (blocks of 64 rows, feature-major; from 48 columns on
 * row-major), made once and shared by all fits on the same rows. `rows` is borrowed and
 * must outlive it. PERSONA_EDATA with the row: an infinity, or a value beyond 1e150. */
typedef struct psn_points psn_points;
int psn_points_new(psn_points **out, const psn_rows *rows, psn_pool *pool,
                   persona_error *error);
void psn_points_free(psn_points *points);
/* Memory a fit takes beyond the rows, in bytes. */
int64_t psn_kmeans_bytes(int64_t rows, int32_t dims, int32_t k);

typedef struct psn_kmeans_options {
    int32_t k;
    uint64_t seed;
    int32_t swaps; /* failed swaps in a row that end the search; 0: none; -1: from k, and
                      small tables are searched several times */
    int32_t max_iterations; /* of Lloyd; 0 = until no label changes */
    const double *start;    /* k x dims, row-major, or NULL: greedy k-means++ */
} psn_kmeans_options;

typedef struct psn_kmeans {
    int32_t k;       /* may be fewer than asked: never more than the distinct rows */
    double *centers; /* k x dims, row-major; psn_release */
    int32_t *labels; /* rows: what psn_nearest says of each row; psn_release */
    double inertia;  /* sum of weighted squared distances, by the direct formula */
    int32_t iterations, swaps_tried, swaps_kept;
} psn_kmeans;

int psn_kmeans_fit(psn_kmeans *out, const psn_points *points,
                   const psn_kmeans_options *options, psn_pool *pool, persona_task *task,
                   persona_error *error);
void psn_kmeans_clear(psn_kmeans *fit);

/* Criteria of one k. Silhouette is the O(n k d) one with squared Euclidean distances. */
typedef struct psn_kmeans_trial {
    int32_t k;
    double inertia, silhouette, calinski_harabasz, davies_bouldin, bic;
    double gap, gap_error; /* NaN unless asked for */
    double stability;      /* mean Jaccard of bootstrap refits; NaN unless asked for */
} psn_kmeans_trial;

/* Fits k_min .. k_max, each warm-started from the one before. fits and trials have
 * k_max - k_min + 1 entries; the fits come without labels, and with fewer clusters where
 * there are not so many distinct rows. swaps = -1: 8 + k failures for each k; where k_min
 * = k_max as in psn_kmeans_fit. Progress is reported within the caller's phase. To end,
 * fit once more with start = the centres chosen (above 131,072 rows they are a sample's).
 */
int psn_kmeans_sweep(psn_kmeans *fits, psn_kmeans_trial *trials, const psn_points *points,
                     int32_t k_min, int32_t k_max, const psn_kmeans_options *options,
                     int32_t gap_references, int32_t stability_rounds, psn_pool *pool,
                     persona_task *task, persona_error *error);

#endif
