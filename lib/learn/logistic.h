/* logistic.h: logistic regression with a ridge, and how sure its weights are. */
#ifndef PSN_LEARN_LOGISTIC_H
#define PSN_LEARN_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "math/rows.h"
#include "persona/types.h"

enum { PSN_LOGISTIC_AUTO, PSN_LOGISTIC_NEWTON, PSN_LOGISTIC_LBFGS };

typedef struct psn_logistic_options {
    /* Penalty l2 / 2 x sum of squared coefficients of the standardised columns (mean 0,
     * standard deviation 1), beside the weighted sum of log losses; not on the intercept.
     * >= 0. scikit-learn's C is 1 / l2. */
    double l2;
    int32_t solver;         /* auto: Newton up to 500 columns */
    int32_t max_iterations; /* >= 1 */
    double tolerance;       /* > 0: of the loss a row that another step could win */
} psn_logistic_options;
void psn_logistic_defaults(psn_logistic_options *options); /* 1, auto, 200, 1e-10 */

/* Coefficients of the columns as they came; the fields of the report belong to the fit.
 */
typedef struct psn_logistic {
    int32_t dims;
    double intercept;
    double *coefficient; /* dims; 0 for constant columns */
    double *center;      /* dims: means */
    /* Standard errors, from the inverse of the penalised information matrix; NaN for
     * constant columns, and for all after L-BFGS. */
    double intercept_error;
    double *error; /* dims */
    int32_t solver, iterations, converged;
    /* 1: a plane parts the labels, so that without a ridge no best weights exist. With l2
     * = 0 the fit was done again with l2 = 1 then. */
    int32_t separable;
    double l2;       /* used */
    double log_loss; /* mean, weighted, without the penalty */
} psn_logistic;

/* label in 0 .. 1 (parts are fine). Missing values and infinities are PERSONA_EDATA with
 * `where` = row: replace them before. One label only gives coefficients 0 and an
 * intercept of 2 more rows, one of each label. Newton: rows x dims^2 a step, by BLAS.
 * Grade 3. */
int psn_logistic_fit(psn_logistic **out, const psn_rows *rows, const double *label,
                     const psn_logistic_options *options, persona_task *task,
                     persona_error *error);
void psn_logistic_free(psn_logistic *model);

/* HOT. Log odds and probability of a row. */
double psn_logistic_score(const psn_logistic *model, const double *row);
double psn_logistic_probability(double score);
/* coefficient x (value - mean), dims entries: the sum and *base make up the score. */
void psn_logistic_explain(const psn_logistic *model, const double *row, double *base,
                          double *effects);

int psn_logistic_pack(psn_text *out, const psn_logistic *model, persona_error *error);
int psn_logistic_unpack(psn_logistic **out, const void *bytes, size_t size,
                        persona_error *error);

#endif
