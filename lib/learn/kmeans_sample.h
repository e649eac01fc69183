/* kmeans_sample.h: some rows of a table as a table of its own, with its working copy. */
#ifndef PSN_LEARN_KMEANS_SAMPLE_H
#define PSN_LEARN_KMEANS_SAMPLE_H

#include "learn/kmeans_points.h"

typedef struct kmeans_sample {
    psn_rows rows;
    double *values, *weights;
    psn_points *points;
} kmeans_sample;

/* Strata: one row out of each of `count` equal stretches of the table. */
int psn_kmeans_sample_strata(kmeans_sample *sample, const psn_points *points,
                             int64_t count, uint64_t seed, psn_pool *pool,
                             persona_error *error);
/* Bootstrap: `count` rows drawn with replacement, round by round. */
int psn_kmeans_sample_bootstrap(kmeans_sample *sample, const psn_points *points,
                                int64_t count, uint64_t seed, int32_t round,
                                psn_pool *pool, persona_error *error);
/* Uniform in the box of the table's rows. */
int psn_kmeans_sample_uniform(kmeans_sample *sample, const psn_points *points,
                              int64_t count, uint64_t seed, int32_t round, psn_pool *pool,
                              persona_error *error);
void psn_kmeans_sample_close(kmeans_sample *sample);

#endif
