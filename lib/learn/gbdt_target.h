/* gbdt_target.h: a category with many levels as one number: the mean of the label among
 * earlier rows of the same level (ordered target statistics). */
#ifndef PSN_LEARN_GBDT_TARGET_H
#define PSN_LEARN_GBDT_TARGET_H

#include <stdint.h>
#include "persona/types.h"

typedef struct psn_gbdt_target_data {
    const int32_t *codes; /* rows; -1 = missing */
    int32_t levels;
    const double *target; /* any number; NaN = unknown, never learned from */
    const double *weight; /* NULL = 1 */
    const uint8_t *learn; /* 1 = learned from; NULL = all rows */
    int64_t rows;
    /* When a row happened; NULL: an order drawn at random. A label is known `delay` after
     * its row, and rows of one moment do not know each other. */
    const int64_t *time;
    int64_t delay;
    double smoothing; /* rows that the prior counts for, > 0 */
    uint64_t seed;
} psn_gbdt_target_data;

/* What new rows are encoded with: sums over all rows that were learned from. */
typedef struct psn_gbdt_target {
    int32_t levels;
    double prior, smoothing;
    double *sum, *count; /* levels */
} psn_gbdt_target;

/* encoded: rows numbers, each from what was known before the row; NaN where missing. Rows
 * that are not learned from see, without times, all that are. Release with clear. */
int psn_gbdt_target_fit(psn_gbdt_target *out, double *encoded,
                        const psn_gbdt_target_data *data, persona_error *error);
void psn_gbdt_target_clear(psn_gbdt_target *target);
/* (sum + smoothing prior) / (count + smoothing); the prior for unseen codes, NaN for -1.
 */
double psn_gbdt_target_value(const psn_gbdt_target *target, int64_t code);

#endif
