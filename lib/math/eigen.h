/* eigen.h: eigenvectors of small symmetric matrices with the same bits on every CPU. */
#ifndef PSN_MATH_EIGEN_H
#define PSN_MATH_EIGEN_H

#include <stdint.h>
#include "persona/types.h"

enum { PSN_EIGEN_SMALL = 64 }; /* up to here Jacobi's method, beyond it LAPACK */

/* As psn_lapack_eigen: column-major, upper triangle given, values ascending, vectors in
 * the columns of a, signs fixed. PERSONA_ENUMERIC when entries are not finite. */
int psn_eigen_small(double *a, int64_t n, double *values, persona_error *error);

/* The largest entry of each of `count` vectors of length n made positive, the first of
 * several as large: a vector's sign is arbitrary. */
void psn_eigen_fix_signs(double *vectors, int64_t n, int64_t count);

#endif
