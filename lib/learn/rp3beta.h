/* rp3beta.h: a random walk item -> user -> item, less popular (Paudel et al. 2017):
 * w_ij = sum_u (x_ui / d_i)^alpha (x_uj / d_u)^alpha / d_j^beta. */
#ifndef PSN_LEARN_RP3BETA_H
#define PSN_LEARN_RP3BETA_H

#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

typedef struct psn_rp3beta_options {
    double alpha, beta;
    int32_t neighbors;
    int32_t longest; /* as in item_knn.h */
} psn_rp3beta_options;
void psn_rp3beta_defaults(psn_rp3beta_options *options);
/* d are sums of weights; the reference form: x_ui d_i^-alpha d_u^-alpha d_j^-beta. */
int psn_rp3beta_fit(psn_sparse **weights, const psn_sparse *profile,
                    const psn_rp3beta_options *options, psn_pool *pool,
                    persona_task *task, persona_error *error);

#endif
