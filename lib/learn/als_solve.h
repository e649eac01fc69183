/* als_solve.h: the least squares problem of one user or item, shared by fit and fold-in.
 */
#ifndef PSN_LEARN_ALS_SOLVE_H
#define PSN_LEARN_ALS_SOLVE_H

#include <stddef.h>
#include <stdint.h>

enum { PSN_ALS_LANES = 16 }; /* factors are a multiple of it */

/* (diag(base + ridge) + sum_i w_i y_i y_i') x = sum_i w_i y_i, over the rows y of the
 * other side that are named by index. base: unobserved Y'Y, which is diagonal because Y
 * stands in its eigenbasis. */
typedef struct psn_als_case {
    const float *rows; /* x factors, 64-byte aligned */
    int32_t factors;
    const int32_t *index;
    const float *weight; /* NULL: all 1 */
    int64_t count;
    const float *base; /* factors, >= 0 */
    float ridge;       /* > 0 */
} psn_als_case;

/* How ridges are made: regularization (|u| + all)^frequency. */
typedef struct psn_als_ridges {
    double regularization, frequency;
    double all; /* unobserved x rows of the other side */
    /* What float32 can solve with is a millionth of the matrix: of the largest entry of
     * base and of |u| times the mean square of a row. */
    double least, least_each;
} psn_als_ridges;
/* base = unobserved gram, and ridges to go with it. */
psn_als_ridges psn_als_begin(float *base, const float *gram, int32_t factors,
                             int64_t rows, double unobserved, double regularization,
                             double frequency);
/* The ridge of somebody with these weights (NULL: all 1). */
float psn_als_ridge(const psn_als_ridges *ridges, const float *weight, int64_t count);

/* Conjugate gradients from 0, preconditioned by the diagonal, until the residual is
 * `tolerance` of the first one. target: another right side than sum_i w_i y_i, or NULL.
 */
typedef struct psn_als_effort {
    int32_t steps;
    float tolerance;
} psn_als_effort;
size_t psn_als_cg_floats(int32_t factors);
void psn_als_cg(float *x, const psn_als_case *problem, const float *target,
                const psn_als_effort *effort, float *scratch);

/* Cholesky over blocks of `block` factors, one after the other, beginning at x: exact
 * where block = factors. most: the largest count. */
size_t psn_als_direct_floats(int32_t factors, int32_t block, int64_t most);
void psn_als_direct(float *x, const psn_als_case *problem, int32_t block, float *scratch);

/* h += rows'rows, upper triangle of factors x factors (entries below it hold sums too).
 */
void psn_als_gram(float *h, const float *rows, int64_t count, int32_t factors);

#endif
