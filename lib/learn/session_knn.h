/* session_knn.h: sessions like this one, and what they held (VMIS-kNN: Kersbergen et al.
 * 2022; with the length norm, recency and position weights measured to help). */
#ifndef PSN_LEARN_SESSION_KNN_H
#define PSN_LEARN_SESSION_KNN_H

#include <stddef.h>
#include <stdint.h>
#include "math/order.h"
#include "math/sparse.h"
#include "persona/types.h"

/* Similarity of session t to the running one: sum over shared items of item_decay^(steps
 * from the end), x length^-length_norm x exp(-recency x age), age 0 (newest) .. 1. Of the
 * `nearest` most similar among the `newest` newest of each item; the score of item i: sum
 * of similarity x (i after the newest shared item: forward^steps; before: backward x
 * forward^steps) x (1 + rarity x log(sessions / sessions with i)). */
typedef struct psn_session_knn_options {
    int32_t newest;  /* m: sessions of an item that are looked at */
    int32_t nearest; /* k */
    double item_decay, length_norm, recency, forward, backward, rarity;
    int32_t longest; /* items of a stored session that are kept, newest */
} psn_session_knn_options;
void psn_session_knn_defaults(psn_session_knn_options *options);

typedef struct psn_session_knn psn_session_knn; /* immutable: share it */
/* sessions: sequences, rows oldest first (the row number is the time). Postings hold only
 * the `newest` newest sessions of an item. Build: <= 1 s for a million clicks, memory
 * about 8 bytes a click: a 60 M-click index fits 4 GiB while it is built. */
int psn_session_knn_new(psn_session_knn **out, const psn_sparse *sessions,
                        const psn_session_knn_options *options, persona_task *task,
                        persona_error *error);
void psn_session_knn_free(psn_session_knn *knn);
/* What a file stores: sessions and options; the postings are built again. */
const psn_sparse *psn_session_knn_sessions(const psn_session_knn *knn);

size_t psn_session_knn_scratch(const psn_session_knn *knn);
/* Must be called once on new scratch (zeroes stamps). */
void psn_session_knn_scratch_start(const psn_session_knn *knn, void *scratch);
/* The running session, oldest first, at most 50 newest are used. Writes the score of
 * every item with one into `scores` (dense, items floats, all 0 before) and lists those
 * items in `touched` (room for items); returns how many. The caller zeroes them again.
 * HOT: no allocation, no lock; the order of sums is fixed. Diginetica, 10 items: p50 <=
 * 15 us. */
int64_t psn_session_knn_query(const psn_session_knn *knn, const int32_t *items,
                              int64_t count, float *scores, int32_t *touched,
                              void *scratch);

#endif
