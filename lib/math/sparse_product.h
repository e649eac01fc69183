/* sparse_product.h: sparse matrices made row by row: each row is a sum of scaled sparse
 * lists, of which the largest entries stay. Products of sparse matrices are that. */
#ifndef PSN_MATH_SPARSE_PRODUCT_H
#define PSN_MATH_SPARSE_PRODUCT_H

#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* The row that a worker sums up. */
typedef struct psn_row_sum psn_row_sum;
/* Before the first list: about how many entries will be added. Speed only. */
void psn_row_sum_expect(psn_row_sum *sum, int64_t entries);
/* sum[columns[i]] += scale x values[i] (values NULL: scale), in order of i. */
void psn_row_sum_add(psn_row_sum *sum, const int32_t *columns, const float *values,
                     int64_t count, float scale);
/* Row `row` of left x right. */
void psn_row_sum_product(psn_row_sum *sum, const psn_sparse *left,
                         const psn_sparse *right, int64_t row);

typedef struct psn_row_maker {
    int64_t rows;
    int32_t columns;
    int32_t keep; /* entries of a row that stay, ties to the lower column */
    void *context;
    /* Adds the lists of the row. */
    void (*add)(void *context, int64_t row, psn_row_sum *sum);
    /* Sums become scores, in place (may be NULL). What is not above 0 is left out.
     * Columns ascend; sums of 0 are not among them. */
    void (*finish)(void *context, int64_t row, const int32_t *columns, float *values,
                   int64_t count);
} psn_row_maker;

/* sums (may be NULL): the same shape with the sums before `finish`. Each row is the work
 * of one thread: the callbacks must only read the context. */
int psn_sparse_make_rows(psn_sparse **out, psn_sparse **sums, const psn_row_maker *maker,
                         psn_pool *pool, persona_task *task, persona_error *error);

/* factor[i] = max(of[i], least)^power: what learners scale rows and columns by. */
double *psn_power_factors(const double *of, int64_t count, double least, double power);

#endif
