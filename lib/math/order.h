/* order.h: order statistics and top-k selection. */
#ifndef PSN_MATH_ORDER_H
#define PSN_MATH_ORDER_H

#include <stdint.h>

/* Sort ascending (introsort; NaN must not occur). */
void psn_sort_reals(double *values, int64_t count);
/* Positions 0 .. count-1 ordered by value, ties by position. */
void psn_sort_order(int64_t *order, const double *values, int64_t count);
/* The same without allocating, slower from some dozens on: for queries. */
void psn_sort_order_in_place(int64_t *order, const double *values, int64_t count);
/* The value of rank r (0-based) after partial reordering of `values`. O(n). */
double psn_select_real(double *values, int64_t count, int64_t rank);
/* Quantile q in 0..1 of sorted values, linear between neighbours (Hyndman-Fan type 7). */
double psn_quantile_sorted(const double *sorted, int64_t count, double q);

/* The k largest of a stream, ties to the lower index: ordered by score down, index up. */
typedef struct psn_topk psn_topk;
typedef struct psn_scored {
    float score;
    int64_t index;
} psn_scored;
psn_topk *psn_topk_new(int64_t k);
void psn_topk_free(psn_topk *topk);
void psn_topk_clear(psn_topk *topk);
void psn_topk_offer(psn_topk *topk, const float *scores, int64_t first, int64_t count);
/* Sorted; returns how many (<= k). */
int64_t psn_topk_take(psn_topk *topk, psn_scored *out);

#endif
