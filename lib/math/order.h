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

/* The k largest of a stream, ties to the lower index. NaN is never kept. */
typedef struct psn_scored {
    float score;
    int64_t index;
} psn_scored;
typedef struct psn_topk {
    int64_t k, count;
    psn_scored *kept; /* a heap: the worst of the kept first */
} psn_topk;
/* memory: room for k, the caller's; k >= 0. */
void psn_topk_start(psn_topk *topk, psn_scored *memory, int64_t k);
void psn_topk_add(psn_topk *topk, float score, int64_t index);
/* Scores of the rows first, first + 1, ... */
void psn_topk_offer(psn_topk *topk, const float *scores, int64_t first, int64_t count);
/* Sorts `memory` by score down, index up; returns how many (<= k). */
int64_t psn_topk_finish(psn_topk *topk);

#endif
