/* content_internal.h: the walk that content_fit.c and content_near.c share. */
#ifndef PSN_LEARN_CONTENT_INTERNAL_H
#define PSN_LEARN_CONTENT_INTERNAL_H

#include "learn/content.h"

/* The carriers of one attribute that are looked at. */
typedef struct psn_content_list {
    const int32_t *item;
    const float *value;
    int64_t count;
} psn_content_list;

/* Of `attribute`, when `left` more may be looked at: all of them, or the part whose
 * numbers lie around `item`. */
psn_content_list psn_content_carriers(const psn_content *content, int32_t attribute,
                                      int64_t item, int64_t left);
/* To length 1; zeros stay. */
void psn_content_normalize(float *value, int64_t count);
/* The product of two lists of attributes that rise. */
float psn_content_product(const int32_t *a, const float *x, int64_t count_a,
                          const int32_t *b, const float *y, int64_t count_b);

#endif
