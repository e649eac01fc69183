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

/* The part of BLAS's self-test that is LAPACK's: *fault = NULL or what failed. Called by
 * psn_blas_ready alone. */
int psn_lapack_check(const char **fault, persona_error *error);

#endif
