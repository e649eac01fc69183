/* logistic_query.c: score = intercept + coefficients x values; probability = 1 / (1 +
 * e^-s).
 */
#include "learn/logistic.h"

#include "math/sigmoid.h"

double psn_logistic_score(const psn_logistic *model, const double *row)
{
    double sum = model->intercept;
    for (int32_t j = 0; j < model->dims; j++) sum += model->coefficient[j] * row[j];
    return sum;
}

double psn_logistic_probability(double score)
{
    return psn_sigmoid(score);
}

void psn_logistic_explain(const psn_logistic *model, const double *row, double *base,
                          double *effects)
{
    *base = model->intercept;
    for (int32_t j = 0; j < model->dims; j++) {
        *base += model->coefficient[j] * model->center[j];
        effects[j] = model->coefficient[j] * (row[j] - model->center[j]);
    }
}
