/* square.h: a float32 matrix of items and items, column-major, summed up column by
 * column, solved in place, and cut down to the largest entries of each row. */
#ifndef PSN_MATH_SQUARE_H
#define PSN_MATH_SQUARE_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* n x n floats, uninitialised. PERSONA_ELIMIT when matrices x n x n x 4 bytes are more
 * than max_bytes (0: no limit). */
int psn_square_new(float **out, int64_t n, int64_t matrices, size_t max_bytes,
                   persona_error *error);
size_t psn_square_bytes(int64_t n, int64_t matrices);
void psn_square_free(float *a);

/* What column `column` adds up to; `sums` (n) comes zeroed. */
typedef void psn_square_sum(const void *context, int64_t column, double *sums);
/* Each column is written by one worker: its first column + 1 entries when upper != 0,
 * else all. */
int psn_square_fill(float *a, int64_t n, int upper, psn_square_sum *sum,
                    const void *context, psn_pool *pool, persona_task *task,
                    persona_error *error);

/* The Cholesky factor of a + regularization I, of the upper triangle, in place.
 * PERSONA_EOPTION when float32 cannot solve it that close to singular. */
int psn_square_factor(float *a, int64_t n, double regularization, persona_error *error);
/* The solution of (a + regularization I) X = b in place of b (n x n); a is used up. */
int psn_square_solve(float *a, float *b, int64_t n, double regularization, psn_pool *pool,
                     persona_task *task, persona_error *error);
void psn_square_mirror(float *a, int64_t n); /* the upper triangle to the lower one */
void psn_square_transpose(float *a, int64_t n);

/* The `keep` largest entries in magnitude (0: all) of each column of `a` as a row of
 * *out: column c is row original[c], and its entry r, times scale[r] (NULL: 1), the
 * column original[r]. Zeros and, if no_diagonal, the diagonal are left out. Ties to the
 * lower column. *out has `items` rows and columns. */
int psn_square_keep(psn_sparse **out, const float *a, int64_t n, const float *scale,
                    int no_diagonal, int32_t keep, const int32_t *original, int32_t items,
                    psn_pool *pool, persona_error *error);

#endif
