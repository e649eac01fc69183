/* small_solve.h: Cholesky of small symmetric systems (up to a few hundred unknowns) in
 * plain loops: the same bits on every CPU. */
#ifndef PSN_MATH_SMALL_SOLVE_H
#define PSN_MATH_SMALL_SOLVE_H

#include <stdint.h>

/* Sum of a[i] b[i], in four interleaved sums whatever the length. */
double psn_small_dot(const double *a, const double *b, int64_t count);
/* The lower factor of the n x n matrix `a` (row-major, lower triangle read) in its place.
 * 0 = not positive definite, or not finite. */
int psn_small_factor(double *a, int32_t n);
/* x of L L' x = b, in place of b. */
void psn_small_solve(const double *factor, int32_t n, double *b);

#endif
