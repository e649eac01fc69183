/* bootstrap.h: is one score better than another, or is it the luck of these rows? */
#ifndef PSN_MEASURE_BOOTSTRAP_H
#define PSN_MEASURE_BOOTSTRAP_H

#include <stdint.h>
#include "base/pool.h"
#include "persona/types.h"

typedef enum psn_bootstrap_metric {
    PSN_BOOTSTRAP_AUC,
    PSN_BOOTSTRAP_AP,
    PSN_BOOTSTRAP_MEAN, /* a and b are the values of the rows themselves: losses, NDCGs */
    PSN_BOOTSTRAP_ROOT  /* root of the mean of squares, which a and b are */
} psn_bootstrap_metric;

typedef struct psn_bootstrap_options {
    int32_t draws; /* 2 .. 1,000,000 */
    double level;  /* of the interval, 0 .. 1 */
    uint64_t seed;
    int32_t higher_is_better; /* for the verdict */
} psn_bootstrap_options;
void psn_bootstrap_defaults(psn_bootstrap_options *options); /* 1000, .95, 1, 1 */

typedef struct psn_bootstrap_result {
    double value;          /* on the rows as they are: a, or a - b */
    double mean;           /* of the draws */
    double standard_error; /* their standard deviation */
    double low, high;      /* percentile interval */
    double share_better;   /* of the draws in which a is better than b */
    int32_t verdict;       /* 1: a is better, -1: worse, 0: the interval holds 0 */
    int32_t draws;         /* that count; those with labels of one kind only do not */
} psn_bootstrap_result;

/* Rows are drawn with replacement, the same rows for a and b (Efron and Tibshirani 1993).
 * b NULL: the interval of a alone, verdict against 0. label for AUC and AP; weight may be
 * NULL. The same for any number of threads. O(draws x rows). */
int psn_bootstrap_paired(psn_bootstrap_result *out, psn_bootstrap_metric metric,
                         const double *a, const double *b, const double *label,
                         const double *weight, int64_t rows,
                         const psn_bootstrap_options *options, psn_pool *pool,
                         persona_error *error);

#endif
