/* group.h: rows gathered by the number of their group. */
#ifndef PSN_DATA_GROUP_H
#define PSN_DATA_GROUP_H

#include <stdint.h>
#include "persona/types.h"

/* Group g holds rows order[starts[g]] .. order[starts[g + 1] - 1], in rising order. */
typedef struct psn_group {
    int64_t groups;
    int64_t *starts; /* groups + 1 */
    int64_t *order;  /* starts[groups] rows */
} psn_group;

/* codes[row] = 0 .. groups - 1, or -1: in no group. Counting sort, O(rows + groups),
 * stable. */
int psn_group_build(psn_group *out, const int32_t *codes, int64_t rows, int64_t groups,
                    persona_error *error);
void psn_group_free(psn_group *group);

/* out[g] over the values of its rows without NaN: the sum (0 if there are none), and the
 * smallest and largest (NaN if there are none; either array may be NULL). Sums run in row
 * order, so that they are the same everywhere. */
void psn_group_sum(const psn_group *group, const double *values, double *out);
void psn_group_range(const psn_group *group, const double *values, double *low,
                     double *high);
/* How many different codes (0 .. others - 1; -1 does not count) the rows of each group
 * have: baskets or products of a customer. O(rows + groups + others). */
int psn_group_distinct(const psn_group *group, const int32_t *codes, int64_t others,
                       int64_t *out, persona_error *error);

#endif
