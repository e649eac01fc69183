/* sequence_rules.h: b came d steps after a, counted: sequential rules (Ludewig and
 * Jannach 2018) with reverse edges and both norms. */
#ifndef PSN_LEARN_SEQUENCE_RULES_H
#define PSN_LEARN_SEQUENCE_RULES_H

#include <stdint.h>
#include "base/pool.h"
#include "math/sparse.h"
#include "persona/types.h"

/* c_ab = sum over pairs at distance d <= steps of d^-power (times the weight of the later
 * event), + reverse x c_ba; w_ab = c_ab / (row sum_a^row_norm column sum_b^column_norm).
 */
typedef struct psn_sequence_rules_options {
    int32_t steps;
    double power, reverse, row_norm, column_norm;
    int32_t repeats;   /* count a -> a too (sessions) */
    int32_t neighbors; /* entries of a row that stay */
} psn_sequence_rules_options;
void psn_sequence_rules_defaults(psn_sequence_rules_options *options);
int psn_sequence_rules_fit(psn_sparse **weights, const psn_sparse *sequences,
                           const psn_sequence_rules_options *options, psn_pool *pool,
                           persona_task *task, persona_error *error);

#endif
