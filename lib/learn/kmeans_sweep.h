/* kmeans_sweep.h: fits for one k after the other on one working copy. */
#ifndef PSN_LEARN_KMEANS_SWEEP_H
#define PSN_LEARN_KMEANS_SWEEP_H

#include "learn/kmeans_engine.h"
#include "learn/kmeans_sample.h"

typedef struct kmeans_sweep {
    kmeans_engine engine;
    kmeans_state state; /* of the last k; 0 before */
} kmeans_sweep;

int psn_kmeans_sweep_open(kmeans_sweep *sweep, const psn_points *points, int32_t k_max,
                          psn_pool *pool, persona_task *task, persona_error *error);
void psn_kmeans_sweep_close(kmeans_sweep *sweep);
/* Progress: the next fit is one of `steps` in the first `share` of the caller's phase. */
void psn_kmeans_sweep_span(kmeans_sweep *sweep, double share, int32_t step,
                           int32_t steps);
/* Goes on to k clusters (fewer if there are not so many distinct rows): the best of
 * `rounds` searches, the first of them from the clusters before. */
int psn_kmeans_sweep_next(kmeans_sweep *sweep, int32_t k,
                          const psn_kmeans_options *options, int32_t rounds,
                          psn_kmeans *fit, persona_error *error);

/* Fill gap and gap_error; stability. */
int psn_kmeans_sweep_gap(psn_kmeans_trial *trials, const psn_points *points,
                         int32_t k_min, int32_t k_max, const psn_kmeans_options *options,
                         int32_t references, psn_pool *pool, persona_task *task,
                         persona_error *error);
int psn_kmeans_sweep_stability(const psn_kmeans *fits, psn_kmeans_trial *trials,
                               const psn_points *points, int32_t k_min, int32_t k_max,
                               const psn_kmeans_options *options, int32_t rounds,
                               psn_pool *pool, persona_task *task, persona_error *error);

#endif
