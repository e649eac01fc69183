/* splits.h: what a recommender may learn from, and what it is then asked.
 *
 * For the measurement from outside: which events are learned from, and the cases: a
 * history, and what really came. The choice inside a fit cuts its own part out of what is
 * learned from (shop/recommend/recommend_fit_split.c): it draws rows, bounds how much the
 * learners lose, and knows kinds of events. */
#ifndef PSN_MEASURE_SPLITS_H
#define PSN_MEASURE_SPLITS_H

#include <stdint.h>
#include "math/sparse.h"
#include "persona/types.h"

enum {
    PSN_SPLIT_LAST,   /* the last events of each user are what came */
    PSN_SPLIT_TIME,   /* the newest `share` of all events is */
    PSN_SPLIT_ROWS,   /* the newest `share` of the rows (sessions) asks at every event */
    PSN_SPLIT_RANDOM, /* a random `share` of the events of each user: without order */
    PSN_SPLIT_KINDS
};
extern const char *const psn_split_names[PSN_SPLIT_KINDS]; /* "last" ... */

typedef struct psn_split_options {
    int32_t kind;
    int32_t next;   /* events that count as what came, the first; 0 = all (not LAST) */
    double share;   /* 0 .. 1, without the ends */
    int64_t cases;  /* at most, evenly over all there are; 0 = all */
    int32_t known;  /* only items that are learned from count as what came, and a history
                       has one of them */
    int32_t unseen; /* items of the history do not count as what came */
    /* LAST: events of one number (of each event of the sequences) that lie next to each
     * other came together; all of the last basket is what came, `next` counts not. NULL:
     * each event is alone. */
    const int32_t *basket;
    uint64_t seed;
} psn_split_options;
/* next: LAST, ROWS 1, else 0; share .1 (TIME, RANDOM .2); all cases; known; seen ones
 * count. */
void psn_split_defaults(psn_split_options *options, int32_t kind);

typedef struct psn_split {
    uint8_t *train; /* of each event: learned from */
    int32_t prefix; /* histories are whole (ROWS): else of their training events */
    int64_t cases;
    int64_t *row;      /* of each case, ascending */
    int64_t *end;      /* its history are events start[row] .. end - 1 */
    psn_sparse *truth; /* cases x items, no values: what came; at least one each */
} psn_split;

/* sequences: rows of users or sessions (for ROWS oldest first), events in time order.
 * times: of each event, for TIME, else may be NULL. target: of each event, 1 = counts as
 * what came (a purchase), or NULL = all do; of the others, those after an event that is
 * kept back are kept back too, except by RANDOM.
 * LAST and RANDOM: rows that give no case are learned from whole (so fewer cases mean
 * more training); TIME and ROWS: what is newer is never learned from. A row needs an
 * event that is learned from (ROWS: one before) to be a case. No cases is no error.
 * O(events + items). */
int psn_split_new(psn_split **out, const psn_sparse *sequences, const int64_t *times,
                  const uint8_t *target, const psn_split_options *options,
                  persona_error *error);
void psn_split_free(psn_split *split);

/* The sequences to learn from, rows as in `sequences` (those that became empty too, but
 * for ROWS without the rows that ask). */
int psn_split_training(psn_sparse **out, const psn_split *split,
                       const psn_sparse *sequences, persona_error *error);
/* The newest `most` events of the history of a case, oldest first, as numbers of events
 * of `sequences`; returns how many. */
int64_t psn_split_history(int64_t *events, int64_t most, const psn_split *split,
                          const psn_sparse *sequences, int64_t c);

#endif
