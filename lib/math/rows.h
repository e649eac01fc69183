/* rows.h: the matrix a learner of distances sees: rows of doubles, ready made or on
 * demand. */
#ifndef PSN_MATH_ROWS_H
#define PSN_MATH_ROWS_H

#include <stdint.h>

typedef struct psn_rows {
    int64_t rows;
    int32_t dims;
    /* Row-major rows x dims, or NULL: then `read` fills count x dims, row-major, and
     * gives the same bits each time, from any thread. NaN = missing. */
    const double *dense;
    void (*read)(const void *context, int64_t first, int64_t count, double *out);
    const void *context;
    const double *weights; /* of each row, > 0; NULL = 1 */
    /* How much of one feature each column is: 1 for a number, 1 / levels for a column of
     * a one-hot block; NULL = 1. A row's distance over its observed columns is scaled by
     * sum(share) / sum(share observed). */
    const double *share;
    int has_missing; /* 0: no NaN anywhere, the fast path */
} psn_rows;

#endif
