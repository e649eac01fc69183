/* repeat.h: "buy again": how likely a user's own items are in his next order. */
#ifndef PSN_LEARN_REPEAT_H
#define PSN_LEARN_REPEAT_H

#include <stdint.h>
#include "math/order.h"
#include "persona/types.h"

/* Purchases of all users: those of user u are start[u] .. start[u + 1] - 1, oldest first.
 * time in milliseconds. */
typedef struct psn_repeat_events {
    int64_t users;
    const int64_t *start;
    const int32_t *item;
    const double *time;
} psn_repeat_events;

typedef struct psn_repeat_options {
    double pause;      /* ms; purchases less far apart than this are one order */
    int32_t orders;    /* of each user, the newest, from which the weights are learned */
    int64_t rows;      /* examples they are learned from, at most, about */
    double item_prior; /* purchases expected that an item has to stand out from */
    uint64_t seed;
} psn_repeat_options;
void psn_repeat_defaults(psn_repeat_options *options);

/* What is known of an item of the history at a moment; the log odds of buying it with the
 * next order are a weighted sum of these and the item's own offset. */
enum {
    PSN_REPEAT_ONE,   /* 1 */
    PSN_REPEAT_SHORT, /* log of its share of the orders, half-life 3 orders */
    PSN_REPEAT_LONG,  /* the same, half-life 60 orders */
    PSN_REPEAT_EARLY, /* log(time since / its period) where below 0: not yet due */
    PSN_REPEAT_LATE,  /* the same where above 0: given up */
    PSN_REPEAT_ITEM,  /* log odds that users who bought the item buy it again */
    PSN_REPEAT_FEATURES
};
typedef struct psn_repeat {
    int32_t items;
    double pause;
    double weight[PSN_REPEAT_FEATURES];
    float *offset; /* of each item: log of purchases observed by expected, shrunk */
    float *again;  /* PSN_REPEAT_ITEM, shrunk to that of all items */
    float *period; /* log of its typical ms between purchases, shrunk likewise */
} psn_repeat;
int psn_repeat_fit(psn_repeat **out, const psn_repeat_events *events, int32_t items,
                   const psn_repeat_options *options, persona_task *task,
                   persona_error *error);
void psn_repeat_free(psn_repeat *repeat);

/* For one user, of at most `most` purchases. */
typedef struct psn_repeat_scratch psn_repeat_scratch;
int psn_repeat_scratch_new(psn_repeat_scratch **out, int64_t most, persona_error *error);
void psn_repeat_scratch_free(psn_repeat_scratch *scratch);
/* Purchases oldest first (the oldest beyond `most` are passed over, as are items that are
 * not the model's). out (room for `most`): each distinct item, ascending, with the
 * probability that the order placed at `now` has it. Returns how many. No allocation. */
int64_t psn_repeat_query(const psn_repeat *repeat, psn_repeat_scratch *scratch,
                         const int32_t *item, const double *time, int64_t count,
                         double now, psn_scored *out);

#endif
