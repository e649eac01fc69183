/* blas.h: the BLAS calls the library makes. Row counts are checked against int32; a
 * threaded OpenBLAS with more than one thread is entered by one of our threads at a time.
 * Every function self-tests the library at its first use (PERSONA_EBLAS). Column-major.
 */
#ifndef PSN_MATH_BLAS_H
#define PSN_MATH_BLAS_H

#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

int psn_blas_ready(persona_error *error); /* the self-test */
/* "blas":{...} members for persona_build_info. */
void psn_blas_describe(psn_text *json);
/* C = alpha A' A + beta C, upper triangle; A is rows x n, leading dimension lda. */
int psn_blas_gram(double *c, int64_t n, const double *a, int64_t rows, int64_t lda,
                  double alpha, double beta, persona_error *error);
/* C (m x n) = alpha op(A) op(B) + beta C; transpose flags 'N' or 'T'. */
int psn_blas_gemm(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k,
                  double alpha, const double *a, int64_t lda, const double *b,
                  int64_t ldb, double beta, double *c, int64_t ldc, persona_error *error);

/* The section in which BLAS may be entered; lapack.c uses it too. */
void psn_blas_enter(void);
void psn_blas_leave(void);

#endif
