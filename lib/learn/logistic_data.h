/* logistic_data.h: the penalised loss and its derivatives, between the files of logistic.
 */
#ifndef PSN_LEARN_LOGISTIC_DATA_H
#define PSN_LEARN_LOGISTIC_DATA_H

#include "learn/logistic.h"

enum { LOGISTIC_BLOCK = 256 };

/* Variables: dims coefficients of standardised columns, then the intercept. */
typedef struct logistic_data {
    const psn_rows *rows;
    const double *label;
    int64_t dims, size;     /* size = dims + 1 */
    double *mean, *inverse; /* inverse deviation; 0 for a constant column */
    double l2, weight;      /* weight of all rows */
    double *room;           /* a block as it is read */
    double *block;          /* the same standardised, by columns, the last one all 1 */
    double *beta;           /* where the last evaluation was */
    double log_loss;        /* mean, there */
    int32_t apart;          /* 1: every row lies on the side of its label, there */
} logistic_data;

/* Arrays for dims coefficients: 0, errors not known. */
int psn_logistic_allocate(psn_logistic *model, int32_t dims, persona_error *error);
/* Sum of losses + penalty; gradient (size) and information (size x size, upper triangle,
 * column-major), which may be NULL. */
int psn_logistic_evaluate(logistic_data *data, const double *beta, double *value,
                          double *gradient, double *information, persona_error *error);
/* Newton's method; covariance (size x size, whole) is left in `information`. */
int psn_logistic_newton(psn_logistic *model, logistic_data *data, double *beta,
                        double *information, const psn_logistic_options *options,
                        persona_task *task, persona_error *error);

#endif
