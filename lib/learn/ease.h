/* ease.h: the closed-form item-item model EASE^R (Steck 2019). */
#ifndef PSN_LEARN_EASE_H
#define PSN_LEARN_EASE_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* G = X'X + regularization I; P = G^-1; B = I - P / diag(P), diagonal 0. Symmetric
 * float32 Gram in place (one triangle worked on), items^2 x 4 bytes. keep: entries of a
 * row (by magnitude) that stay, 0 = all. */
typedef struct psn_ease_options {
    double regularization;
    int32_t keep;
    size_t max_bytes; /* PERSONA_ELIMIT above it; 0 = no limit */
} psn_ease_options;
void psn_ease_defaults(psn_ease_options *options);
size_t psn_ease_bytes(int64_t items);
/* weights: row = item of the history, entries = items it speaks for. profile: users x
 * items (a set for each user; values = weights, NULL = 1). */
int psn_ease_fit(psn_sparse **weights, const psn_sparse *profile,
                 const psn_ease_options *options, psn_pool *pool, persona_task *task,
                 persona_error *error);

#endif
