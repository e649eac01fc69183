/* nearest.h: the nearest of k centres, exactly as everybody in the library computes it.
 *
 * Squared distance of a row to centre c: s = 0; for j in order: t = x_j - c_j, s = fma(t,
 * t, s). Missing x_j (NaN) are left out and s is scaled by sum(share) / sum(share
 * observed). Ties go to the lowest index. One row and blocks of rows give the same bits
 * on every level. All of a row missing: label 0, distance NaN. */
#ifndef PSN_MATH_NEAREST_H
#define PSN_MATH_NEAREST_H

#include <stdint.h>

enum { PSN_NEAREST_BLOCK = 64 };

typedef struct psn_nearest psn_nearest; /* immutable: share it */

/* centers: k x dims row-major, copied; share: dims or NULL (all 1). NULL = out of memory.
 */
psn_nearest *psn_nearest_new(const double *centers, int32_t k, int32_t dims,
                             const double *share);
void psn_nearest_free(psn_nearest *nearest);
/* Other centres, as many, in the same object: for the one who made it, before it is
 * shared. */
void psn_nearest_move(psn_nearest *nearest, const double *centers);

/* One row, no allocation; *squared may be NULL. Tens of nanoseconds. */
int32_t psn_nearest_one(const psn_nearest *nearest, const double *row, double *squared);
/* All k squared distances of one row. */
void psn_nearest_all(const psn_nearest *nearest, const double *row, double *squared);
/* Up to 64 rows, feature-major: block[j * 64 + row], 64-byte aligned, lanes beyond
 * `count` hold anything finite. labels and squared (may be NULL) get `count` values. */
void psn_nearest_block(const psn_nearest *nearest, const double *block, int32_t count,
                       int32_t *labels, double *squared);

#endif
