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

#endif
