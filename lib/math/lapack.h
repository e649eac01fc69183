/* lapack.h: the LAPACK calls the library makes, column-major, own workspace, finite
 * inputs checked before (PERSONA_ENUMERIC). */
#ifndef PSN_MATH_LAPACK_H
#define PSN_MATH_LAPACK_H

#include <stdint.h>
#include "persona/types.h"

/* Eigenvalues (ascending) and vectors (columns of a, signs fixed: largest entry positive)
 * of a symmetric n x n matrix whose upper triangle is given. */
int psn_lapack_eigen(double *a, int64_t n, double *values, persona_error *error);
/* Cholesky factor of the upper triangle; PERSONA_ENUMERIC when not positive definite. */
int psn_lapack_cholesky(double *a, int64_t n, persona_error *error);
/* The same in float32, and with such a factor in the upper triangle of a (n x n): the
 * solutions of A X = B in place of b (n x columns), and the upper triangle of the inverse
 * in place of the factor. */
int psn_lapack_cholesky32(float *a, int64_t n, persona_error *error);
int psn_lapack_solve32(const float *a, int64_t n, float *b, int64_t columns,
                       persona_error *error);
int psn_lapack_inverse32(float *a, int64_t n, persona_error *error);

/* The part of BLAS's self-test that is LAPACK's: *fault = NULL or what failed. Called by
 * psn_blas_ready alone. */
int psn_lapack_check(const char **fault, persona_error *error);

#endif
