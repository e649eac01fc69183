/* als.h: factors of users and items from implicit feedback (iALS: Hu, Koren, Volinsky
 * 2008, with the frequency-scaled regularisation of Rendle et al. 2021). */
#ifndef PSN_LEARN_ALS_H
#define PSN_LEARN_ALS_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* AUTO is CG; the others are there to compare with and for ill-conditioned problems. */
enum { PSN_ALS_AUTO, PSN_ALS_CHOLESKY, PSN_ALS_CG, PSN_ALS_BLOCKS /* iALS++ */ };

/* Minimises sum_ui w_ui (1 - x_u y_i)^2 + unobserved sum_all (x_u y_i)^2 + sum_u
 * regularization (|u| + unobserved items)^frequency |x_u|^2 + the same for items, where
 * |u| is the sum of the weights of u. */
typedef struct psn_als_options {
    int32_t factors;
    int32_t iterations;
    /* The weight of every pair, "alpha_0". Negative: 10 times the density of the profile,
     * its weights / (users x items). */
    double unobserved;
    /* Negative: 0.1 / (1 + unobserved / density), which makes the ridge of an average
     * user a tenth of its weights at any density. */
    double regularization;
    double frequency; /* nu: 0 plain, 1 scaled by how often */
    int32_t solver;
    int32_t cg_steps; /* at most, for each row and iteration */
    int32_t block;    /* factors solved together by PSN_ALS_BLOCKS */
    uint64_t seed;
    /* Called after each iteration if not NULL (benchmarks): stop when it gives non-zero.
     * Rows are factors rounded up to 16 apart. */
    int (*watch)(void *context, int32_t iteration, const float *users,
                 const float *items);
    void *context;
} psn_als_options;
void psn_als_defaults(psn_als_options *options);
/* The two weights relative to the density (a grid for an automatic choice): unobserved =
 * share x density, regularization = ridge / (1 + share). */
void psn_als_scale(psn_als_options *options, const psn_sparse *profile, double share,
                   double ridge);

/* The items stand in the basis in which Y'Y is diagonal: what queries need of it is
 * `factors` numbers, and a user is solved by a few conjugate gradients. */
typedef struct psn_als {
    int32_t items;
    int32_t factors; /* floats of a row: those asked for, rounded up to 16 with zeros */
    double unobserved, regularization, frequency; /* what fold-in needs */
    float *item;                                  /* items x factors, 64-byte aligned */
    float *gram; /* factors: the diagonal of Y'Y, for fold-in */
} psn_als;

/* profile: users x items, values = weights of what was seen (>= 0). */
int psn_als_fit(psn_als **out, const psn_sparse *profile, const psn_als_options *options,
                psn_pool *pool, persona_task *task, persona_error *error);
void psn_als_free(psn_als *als);
/* Bytes that a fit takes at its peak besides `profile`. */
size_t psn_als_bytes(int64_t users, int64_t items, int64_t entries,
                     const psn_als_options *options);
/* Makes what queries need (gram) of `item` read from a file, and checks it:
 * PERSONA_EFORMAT unless factors are a multiple of 16 and everything is finite and in
 * range. */
int psn_als_ready(psn_als *als, persona_error *error);

/* The factors of a user with these items (no repeats) and weights (NULL: all 1), in
 * als->factors floats. scratch: psn_als_scratch(als) bytes, 64-byte aligned. HOT: no
 * BLAS, no allocation; the same bits on every processor. */
size_t psn_als_scratch(const psn_als *als);
void psn_als_fold_in(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, float *user, void *scratch);
/* Exact score of one item: fixed order of sums. */
float psn_als_score(const psn_als *als, const float *user, int32_t item);
/* Share of each history item in the score of `item` (they add up to it): explain. */
void psn_als_explain(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, int32_t item, float *shares, void *scratch);

#endif
