/* als_basis.h: the eigenbasis of Y'Y, and rows turned into it. */
#ifndef PSN_LEARN_ALS_BASIS_H
#define PSN_LEARN_ALS_BASIS_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "persona/types.h"

typedef struct psn_als_basis psn_als_basis;

/* factors: those asked for; rows are `stride` floats apart, a multiple of 16. */
int psn_als_basis_new(psn_als_basis **out, int32_t factors, int32_t stride,
                      int64_t most_rows, int workers, persona_error *error);
void psn_als_basis_free(psn_als_basis *basis);
size_t psn_als_basis_bytes(int32_t factors, int32_t stride, int64_t most_rows,
                           int workers);

/* The eigenvectors of rows'rows; eigenvalues (>= 0, descending) to values[stride]. */
int psn_als_basis_find(psn_als_basis *basis, float *values, const float *rows,
                       int64_t count, psn_pool *pool, persona_error *error);
/* rows = rows x eigenvectors. */
void psn_als_basis_turn(psn_als_basis *basis, float *rows, int64_t count, psn_pool *pool);

#endif
