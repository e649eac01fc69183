/* bought_together.h: what goes into the same basket. */
#ifndef PSN_LEARN_BOUGHT_TOGETHER_H
#define PSN_LEARN_BOUGHT_TOGETHER_H

#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* How pairs are ranked: by lift, by the root of the log-likelihood ratio of the 2 x 2
 * table (Dunning 1993; only pairs above chance), or by the lower Wilson bound of P(b | a)
 * over P(b). */
enum { PSN_BASKET_LIFT, PSN_BASKET_LIKELIHOOD, PSN_BASKET_WILSON };
typedef struct psn_bought_together_options {
    int32_t measure;
    int32_t neighbors;
    int32_t min_count; /* baskets with both */
    int32_t longest;   /* larger baskets are left out: they are wholesale or tests */
} psn_bought_together_options;
void psn_bought_together_defaults(psn_bought_together_options *options);
/* baskets: rows = orders. weights by the measure; counts (may be NULL) the same shape
 * with how many baskets held both. */
int psn_bought_together_fit(psn_sparse **weights, psn_sparse **counts,
                            const psn_sparse *baskets,
                            const psn_bought_together_options *options, psn_pool *pool,
                            persona_task *task, persona_error *error);

#endif
