/* session_knn.h: sessions like this one, and what they held (VMIS-kNN: Kersbergen et al.
 * 2022; with the length norm, recency and position weights measured to help). */
#ifndef PSN_LEARN_SESSION_KNN_H
#define PSN_LEARN_SESSION_KNN_H

#include <stddef.h>
#include <stdint.h>
#include "math/sparse.h"
#include "persona/types.h"

/* Items of a running session that count, the newest. */
enum { PSN_SESSION_KNN_HISTORY = 50 };

/* With rare(i) = log(sessions / sessions with i): similarity of a stored session to the
 * running one = sum over shared items i of item_decay^(steps from the end of the running
 * one) x (1 + match_rarity x rare(i)), x length^-length_norm x exp(-recency x age), age 0
 * (newest) .. 1 (oldest). Of those found, among the `newest` newest of each item, the
 * `nearest` most similar speak, each for its items: similarity x (forward^steps for what
 * came `steps` after the newest shared item, backward x forward^steps for what came
 * before it). The sum of item i is multiplied by 1 + rarity x rare(i). */
typedef struct psn_session_knn_options {
    int32_t newest;      /* 1 .. 100,000, "m" */
    int32_t nearest;     /* 1 .. 100,000, "k" */
    int32_t longest;     /* 1 .. 255: different items of a stored session, the newest */
    double item_decay;   /* .001 .. 1 */
    double match_rarity; /* 0 .. 10 */
    double length_norm;  /* 0 .. 2 */
    double recency;      /* 0 .. 20 */
    double forward;      /* .001 .. 1 */
    double backward;     /* 0 .. 1 */
    double rarity;       /* 0 .. 10 */
} psn_session_knn_options;
/* Good on sessions and on histories of users. Worth choosing by validation: item_decay
 * (.5 .65 .8, the longer what matters the higher), backward (.4 .65), recency. */
void psn_session_knn_defaults(psn_session_knn_options *options);

typedef struct psn_session_knn psn_session_knn; /* immutable: share it */
/* sessions: sequences, rows oldest first (the row number is the time), values (finite, >=
 * 0) = what an event is worth as a recommendation, NULL = 1. Copied: of an item that
 * repeats in a session the last event stays, with the largest value. O(events); at its
 * peak 9 bytes an event, 8 a session, 20 an item besides `sessions`. */
int psn_session_knn_new(psn_session_knn **out, const psn_sparse *sessions,
                        const psn_session_knn_options *options, persona_task *task,
                        persona_error *error);
void psn_session_knn_free(psn_session_knn *knn);
/* What a file stores, to make the same again: the sessions as they are kept. */
const psn_sparse *psn_session_knn_sessions(const psn_session_knn *knn);
const psn_session_knn_options *psn_session_knn_settings(const psn_session_knn *knn);
size_t psn_session_knn_bytes(const psn_session_knn *knn); /* in memory */

/* Bytes of scratch, 64-aligned, which may hold anything. */
size_t psn_session_knn_scratch(const psn_session_knn *knn);
/* The running session, oldest first; weights (finite, > 0) of its events or NULL = 1;
 * items that the index does not know are skipped. Writes the score of every item with one
 * into `scores` (dense, a float an item, all 0 before) and lists those items in `touched`
 * (room for items + 1), in no order that means anything; returns how many. The caller
 * zeroes their scores again. HOT: no allocation, no lock; the order of sums is fixed. */
int64_t psn_session_knn_query(const psn_session_knn *knn, const int32_t *items,
                              const float *weights, int64_t count, float *scores,
                              int32_t *touched, void *scratch);

#endif
