/* keep.h: the largest of a row of scores, without sorting them. */
#ifndef PSN_MATH_KEEP_H
#define PSN_MATH_KEEP_H

#include <stdint.h>

/* The `keep`-th largest of `count` scores (1 <= keep <= count; no NaN, -0 counts as less
 * than 0). *ties: how many scores equal to it belong to the `keep` largest. scratch: room
 * for `count`. O(count) whatever the scores are. */
float psn_keep_threshold(const float *scores, int64_t count, int64_t keep,
                         uint32_t *scratch, int64_t *ties);

#endif
