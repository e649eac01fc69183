/* ruletree.h: one short rule that tells a class from the rest, in numbers people read. */
#ifndef PSN_LEARN_RULETREE_H
#define PSN_LEARN_RULETREE_H

#include <stdint.h>
#include "persona/types.h"

enum { PSN_RULE_DEPTH = 3 };

/* x[column] > threshold, or <= threshold; false when x is missing. */
typedef struct psn_rule_condition {
    int32_t column;
    int32_t above;
    double threshold;
} psn_rule_condition;

/* All conditions hold. count 0: everybody, when all are of the class or no column parts
 * any rows. */
typedef struct psn_rule {
    int32_t count;
    psn_rule_condition condition[PSN_RULE_DEPTH];
    double precision, recall; /* on the rows it was found on, weighted */
} psn_rule;

/* The rows, cut into few bins for each column; shared by the rules of all classes. */
typedef struct psn_ruletree psn_ruletree;

/* columns[j]: rows values, NaN = missing, no infinity. weights: rows, > 0, or NULL. */
int psn_ruletree_new(psn_ruletree **out, const double *const *columns, int32_t dims,
                     int64_t rows, const double *weights, persona_error *error);
void psn_ruletree_free(psn_ruletree *tree);
/* The rule for label == target: the conjunction with the best F1 (harmonic mean of
 * precision and recall) that a beam search finds; the shorter one when nearly as good. */
int psn_ruletree_rule(psn_rule *out, const psn_ruletree *tree, const int32_t *labels,
                      int32_t target, persona_error *error);

/* The number with the fewest digits in low .. high (low < high, finite; high itself is
 * out): 31 of 30.2 .. 31.7. */
double psn_round_between(double low, double high);

#endif
