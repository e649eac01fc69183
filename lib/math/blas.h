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

/* The same in float32; gram32 may accumulate (beta 1) block after block. */
int psn_blas_gram32(float *c, int64_t n, const float *a, int64_t rows, int64_t lda,
                    float alpha, float beta, persona_error *error);
int psn_blas_gemm32(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k,
                    float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                    float beta, float *c, int64_t ldc, persona_error *error);

/* The section in which BLAS may be entered; lapack.c uses it too. */
void psn_blas_enter(void);
void psn_blas_leave(void);

#endif
