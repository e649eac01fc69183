/* mips.h: the k largest inner products of a query and many rows, exactly.
 *
 * A first pass over int8 copies of the rows (VNNI, AVX2, NEON or plain) gives every score
 * within a bound that is certified from the rounding errors' norms; rows whose upper
 * bound reaches the k-th best lower bound are scored again by the one float kernel, which
 * alone gives scores and order. Rows are passed longest first, and not at all once they
 * are too short to reach the k-th best. */
#ifndef PSN_MATH_MIPS_H
#define PSN_MATH_MIPS_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/order.h"
#include "persona/types.h"

typedef struct psn_mips psn_mips; /* immutable: share it */

/* rows: count x dims float32, finite, kept by reference: they must outlive the index.
 * count below 2^31, dims 1 .. 32768. Bytes: (dims + 8) for each row. */
int psn_mips_new(psn_mips **out, const float *rows, int64_t count, int32_t dims,
                 persona_error *error);
void psn_mips_free(psn_mips *mips);
/* Bytes of scratch for one query at a time (64-byte aligned), k at most `most`. */
size_t psn_mips_scratch(const psn_mips *mips, int64_t most);
/* The k best rows by score down, index up, into out (room for the lesser of k and the
 * rows); returns how many. Fewer than that only when fewer are allowed, or scores are NaN
 * (a query that is not finite, sums beyond FLT_MAX). allow: a bit for each row (bit r %
 * 64 of word r / 64), NULL = all. HOT: no allocation, no lock, no BLAS; the same bits on
 * every processor. */
int64_t psn_mips_query(const psn_mips *mips, const float *query, int64_t k,
                       const uint64_t *allow, psn_scored *out, void *scratch);
/* Many queries (count x dims), each with its own allow words (allow_stride words apart),
 * or NULL, or one shared: allow_stride 0. out: count x k, counts: count. Row for row the
 * bits of psn_mips_query. */
int psn_mips_batch(const psn_mips *mips, const float *queries, int64_t count, int64_t k,
                   const uint64_t *allow, int64_t allow_stride, psn_scored *out,
                   int64_t *counts, psn_pool *pool, persona_error *error);
/* The kernel: one score, fixed order of sums, the same on every processor. */
float psn_mips_score(const float *row, const float *query, int32_t dims);

#endif
