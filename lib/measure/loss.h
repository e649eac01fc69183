/* loss.h: how far predictions are from what came. Lower is better. */
#ifndef PSN_MEASURE_LOSS_H
#define PSN_MEASURE_LOSS_H

#include <stdint.h>
#include "persona/types.h"

typedef enum psn_loss {
    PSN_LOSS_LOG,   /* predicted = probability, cut to 2^-52 .. 1 - 2^-52; label 0 .. 1 */
    PSN_LOSS_BRIER, /* squared difference of the same */
    PSN_LOSS_SQUARED, /* its root: psn_loss_root */
    PSN_LOSS_ABSOLUTE,
    PSN_LOSS_PINBALL, /* parameter = the quantile, 0 .. 1 */
    PSN_LOSS_POISSON, /* these three are deviances: predicted > 0, label >= 0 */
    PSN_LOSS_GAMMA,   /* label > 0 */
    PSN_LOSS_TWEEDIE  /* parameter = the variance power, 1 .. 2 with the ends */
} psn_loss;

/* Of one row, no check: NaN or infinite where the arguments are out of their range. */
double psn_loss_of(psn_loss kind, double parameter, double predicted, double label);
/* Of each row (each may be NULL) and the mean weighted by weight (>= 0, NULL = 1: for
 * deviances the exposure), summed with compensation. PERSONA_EDATA with `where` = the row
 * where a loss is not finite or a weight negative, or without any weight. */
int psn_loss_mean(double *mean, double *each, psn_loss kind, double parameter,
                  const double *predicted, const double *label, const double *weight,
                  int64_t rows, persona_error *error);
int psn_loss_root(double *root, const double *predicted, const double *label,
                  const double *weight, int64_t rows, persona_error *error);
/* Log loss of many classes: probability is rows x classes, row-major; label 0 .. classes
 * - 1. A row is divided by its sum. */
int psn_loss_classes(double *mean, const double *probability, int32_t classes,
                     const double *label, const double *weight, int64_t rows,
                     persona_error *error);

/* A sum that forgets no low bits (Neumaier 1974). Zero-initialise; total = sum + lost. */
typedef struct psn_sum {
    double sum, lost;
} psn_sum;
static inline void psn_sum_add(psn_sum *sum, double x)
{
    const double next = sum->sum + x;
    const double a = sum->sum < 0 ? -sum->sum : sum->sum, b = x < 0 ? -x : x;
    sum->lost += a >= b ? (sum->sum - next) + x : (x - next) + sum->sum;
    sum->sum = next;
}

#endif
