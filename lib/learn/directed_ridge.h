/* directed_ridge.h: what follows what, in closed form (the transition half of SLIST: Choi
 * et al. 2021): B = (X'X + regularization I)^-1 X'Y over all positions t of all
 * sequences, X = the decayed past up to t, Y = the decayed future after t. */
#ifndef PSN_LEARN_DIRECTED_RIDGE_H
#define PSN_LEARN_DIRECTED_RIDGE_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

typedef struct psn_directed_ridge_options {
    double past_decay;   /* g: weight g^age, age 0 for the newest */
    int32_t past;        /* items looked back, 30 */
    double future_decay; /* h: weight h^(distance - 1) */
    int32_t future;      /* items looked ahead, 5 */
    double regularization;
    double popularity; /* columns divided by count^popularity */
    int32_t keep;      /* entries of a row by magnitude, 0 = all */
    size_t max_bytes;  /* PERSONA_ELIMIT above it; 0 = no limit */
} psn_directed_ridge_options;
void psn_directed_ridge_defaults(psn_directed_ridge_options *options);
size_t psn_directed_ridge_bytes(int64_t items);
/* sequences: see sparse.h; weights as in ease.h. */
int psn_directed_ridge_fit(psn_sparse **weights, const psn_sparse *sequences,
                           const psn_directed_ridge_options *options, psn_pool *pool,
                           persona_task *task, persona_error *error);

#endif
