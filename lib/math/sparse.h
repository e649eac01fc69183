/* sparse.h: a sparse matrix by rows (CSR), float32 values: interactions of users and
 * items, weights of items and items. */
#ifndef PSN_MATH_SPARSE_H
#define PSN_MATH_SPARSE_H

#include <stdint.h>
#include "persona/types.h"

/* Row r holds column[start[r]] .. column[start[r + 1] - 1]. Columns of a row ascend and
 * do not repeat, except where a comment says "sequence": then they are in order of time
 * and may repeat. value NULL: all 1. */
typedef struct psn_sparse {
    int64_t rows;
    int32_t columns;
    int64_t *start; /* rows + 1 */
    int32_t *column;
    float *value;
} psn_sparse;

/* Room for `entries`, start zeroed; with_values 0: value NULL. */
int psn_sparse_new(psn_sparse **out, int64_t rows, int32_t columns, int64_t entries,
                   int with_values, persona_error *error);
void psn_sparse_free(psn_sparse *matrix);
/* value NULL becomes ones. */
int psn_sparse_need_values(psn_sparse *matrix, persona_error *error);
/* The rows of the result are the columns; columns ascend (equal ones keep their order).
 * O(rows + columns + entries). */
int psn_sparse_transpose(psn_sparse **out, const psn_sparse *matrix,
                         persona_error *error);
/* Sequences to sets: columns ascend, the values of equal ones are added (largest != 0:
 * the largest is kept). */
int psn_sparse_collapse(psn_sparse **out, const psn_sparse *sequences, int largest,
                        persona_error *error);
/* The `keep` entries of each row that are largest (absolute != 0: in magnitude), ties to
 * the lower column. In place. */
int psn_sparse_keep(psn_sparse *matrix, int32_t keep, int absolute, persona_error *error);
/* What is left of the matrix when no row is longer than `longest`: the largest entries
 * stay, of equal ones every so many-th (a fair sample of the columns). *out is NULL if no
 * row was longer: the matrix itself will do. */
int psn_sparse_shorten(psn_sparse **out, const psn_sparse *matrix, int32_t longest,
                       persona_error *error);
/* Sums over rows and over columns (of the values, or of 1 each); either may be NULL. */
void psn_sparse_sums(const psn_sparse *matrix, double *row_sums, double *column_sums);
/* PERSONA_EFORMAT unless starts rise from 0, columns are in range and ascend in each row
 * (sequence != 0: may repeat in any order) and values are finite: for decoded files. */
int psn_sparse_check(const psn_sparse *matrix, int sequence, persona_error *error);

#endif
