/* calibration.h: does what was said with 10 % come true in 10 of 100? */
#ifndef PSN_MEASURE_CALIBRATION_H
#define PSN_MEASURE_CALIBRATION_H

#include <stdint.h>
#include "persona/types.h"

/* Rows in order of their probability, in bins of equally many rows. */
typedef struct psn_calibration_bin {
    int64_t rows;
    double weight;
    double low, high;           /* least and greatest probability */
    double predicted, observed; /* weighted means */
    double from, to;            /* 95 % interval of observed (Wilson 1927; by rows) */
} psn_calibration_bin;

/* bins entries; *count = those that hold rows. weight (>= 0) may be NULL. Equal
 * probabilities keep the order of the rows. O(n log n). */
int psn_calibration_table(psn_calibration_bin *out, int32_t *count, int32_t bins,
                          const double *probability, const double *label,
                          const double *weight, int64_t rows, persona_error *error);
/* Expected calibration error: sum of weight x |observed - predicted| over the bins,
 * divided by the weight (Naeini, Cooper and Hauskrecht 2015, bins of equal mass). */
int psn_calibration_error(double *ece, int32_t bins, const double *probability,
                          const double *label, const double *weight, int64_t rows,
                          persona_error *error);

#endif
