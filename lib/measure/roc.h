/* roc.h: how well scores order positives before negatives.
 *
 * Everywhere: score (higher = more positive; not NaN), label (> 0 = positive), weight (>=
 * 0, NULL = 1), rows of each. Equal scores are one step. PERSONA_EDATA without a positive
 * or without a negative of weight > 0, or for a NaN (`where` = row). O(n log n). */
#ifndef PSN_MEASURE_ROC_H
#define PSN_MEASURE_ROC_H

#include <stdint.h>
#include "persona/types.h"

/* P(score of a positive > that of a negative) + half of P(equal). */
int psn_roc_auc(double *auc, const double *score, const double *label,
                const double *weight, int64_t rows, persona_error *error);
/* sum of (recall_i - recall_{i-1}) precision_i, no interpolation (as scikit-learn). A
 * table without negatives is fine here: 1. */
int psn_roc_average_precision(double *ap, const double *score, const double *label,
                              const double *weight, int64_t rows, persona_error *error);

/* A point a distinct score, descending: what "score >= threshold is positive" gives. */
typedef struct psn_roc_point {
    double threshold;
    double true_positive, false_positive; /* weights */
    double recall, false_rate, precision;
} psn_roc_point;
/* At most `rows` points; *count says how many. */
int psn_roc_points(psn_roc_point *points, int64_t *count, const double *score,
                   const double *label, const double *weight, int64_t rows,
                   persona_error *error);
/* Leaves about `most` points of a curve (>= 2), evenly by both axes, the ends kept: for
 * drawing. Returns the new count. */
int64_t psn_roc_thin(psn_roc_point *points, int64_t count, int64_t most);

/* For many weights of the same scores: `order` is psn_sort_order of score; nothing is
 * checked; NaN without positives (auc: or negatives). */
double psn_roc_auc_sorted(const double *score, const int64_t *order, const double *label,
                          const double *weight, int64_t rows);
double psn_roc_ap_sorted(const double *score, const int64_t *order, const double *label,
                         const double *weight, int64_t rows);

#endif
