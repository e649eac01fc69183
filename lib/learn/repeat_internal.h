/* repeat_internal.h: a user's purchases by item; shared by fit and query. */
#ifndef PSN_LEARN_REPEAT_INTERNAL_H
#define PSN_LEARN_REPEAT_INTERNAL_H

#include "learn/repeat.h"

enum { PSN_REPEAT_REACH = 1024 }; /* orders looked back: 2^(-1024 / 60) is nothing */

struct psn_repeat_scratch {
    int64_t most;
    double *key;      /* items, as sort keys */
    int64_t *by_item; /* purchases by item, then by time */
    int64_t *order;   /* number of the order of each purchase */
    /* weight of an order by its age in orders, and the sum of those up to it */
    double decay[2][PSN_REPEAT_REACH], total[2][PSN_REPEAT_REACH];
};

/* Fills by_item and order; returns the number of orders. */
int64_t psn_repeat_sort(psn_repeat_scratch *scratch, const int32_t *item,
                        const double *time, int64_t count, double pause);

/* One item of one user before order number `before`. */
typedef struct psn_repeat_past {
    int64_t orders; /* that have it */
    double first, last;
    double share[2];
} psn_repeat_past;
/* From the purchases by_item[from .. end - 1]. */
void psn_repeat_look(psn_repeat_past *past, const psn_repeat_scratch *scratch,
                     const double *time, int64_t from, int64_t end, int64_t before);
/* again and period: those of the item. */
void psn_repeat_features(double features[PSN_REPEAT_FEATURES],
                         const psn_repeat_past *past, double now, double pause,
                         double again, double period);
/* log of the mean time between purchases; orders > 1. */
double psn_repeat_period(const psn_repeat_past *past, double pause);

#endif
