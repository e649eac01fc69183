/* ranking.h: how good the order of each list is. */
#ifndef PSN_MEASURE_RANKING_H
#define PSN_MEASURE_RANKING_H

#include <stdint.h>
#include "persona/types.h"

/* NDCG@k with gains 2^label - 1 (labels 0 .. 60) and discounts 1 / log2(1 + rank), as
 * LightGBM: rows of a list by score descending, equal scores in the order of the rows.
 * List g is rows group_start[g] .. group_start[g + 1]. A list without a positive label
 * counts as `empty` (0, 1, or NaN = left out). weight: of each list, or NULL. each
 * (groups, may be NULL) gets the value of every list. PERSONA_EDATA for a bad label, a
 * missing score (`where` = row) or when no list counts. O(n log n). */
int psn_ranking_ndcg(double *mean, double *each, const double *score, const double *label,
                     const int64_t *group_start, int64_t groups, const double *weight,
                     int64_t k, double empty, persona_error *error);

#endif
