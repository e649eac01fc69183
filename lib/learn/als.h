/* als.h: factors of users and items from implicit feedback (iALS: Hu, Koren, Volinsky
 * 2008, with the frequency-scaled regularisation of Rendle et al. 2021). */
#ifndef PSN_LEARN_ALS_H
#define PSN_LEARN_ALS_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

enum { PSN_ALS_AUTO, PSN_ALS_CHOLESKY, PSN_ALS_CG, PSN_ALS_BLOCKS /* iALS++ */ };

/* Minimises sum_ui w_ui (1 - x_u y_i)^2 + unobserved sum_all (x_u y_i)^2 + sum_u
 * regularization (|u| + unobserved n)^frequency |x_u|^2 + the same for items. */
typedef struct psn_als_options {
    int32_t factors;
    int32_t iterations;
    double unobserved; /* weight of every pair, "alpha_0" */
    double regularization;
    double frequency; /* nu: 0 plain, 1 scaled by how often */
    int32_t solver, cg_steps, block;
    uint64_t seed;
    /* Called after each iteration if not NULL (benchmarks): stop when it gives non-zero.
     */
    int (*watch)(void *context, int32_t iteration, const float *users,
                 const float *items);
    void *context;
} psn_als_options;
void psn_als_defaults(psn_als_options *options);

typedef struct psn_als {
    int32_t items, factors;
    double unobserved, regularization, frequency; /* what fold-in needs */
    float *item;                                  /* items x factors, 64-byte aligned */
    float *gram; /* factors x factors: Y'Y, for fold-in */
} psn_als;

/* profile: users x items, values = weights of what was seen (> 0). */
int psn_als_fit(psn_als **out, const psn_sparse *profile, const psn_als_options *options,
                psn_pool *pool, persona_task *task, persona_error *error);
void psn_als_free(psn_als *als);
/* Bytes that a fit takes at its peak besides `profile`. */
size_t psn_als_bytes(int64_t users, int64_t items, int64_t entries,
                     const psn_als_options *options);
/* Makes what queries need (gram ...) of `item` read from a file. */
int psn_als_ready(psn_als *als, persona_error *error);

/* The factors of a user with these items (no repeats) and weights, in als->factors
 * floats. scratch: psn_als_scratch(als) bytes, 64-byte aligned. HOT: no BLAS, no
 * allocation; the same bits on every processor. */
size_t psn_als_scratch(const psn_als *als);
void psn_als_fold_in(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, float *user, void *scratch);
/* Exact score of one item: fixed order of sums. */
float psn_als_score(const psn_als *als, const float *user, int32_t item);
/* Share of each history item in the score of `item` (they add up to it): explain. */
void psn_als_explain(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, int32_t item, float *shares, void *scratch);

#endif
