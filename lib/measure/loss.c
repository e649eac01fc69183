/* loss.c: losses and deviances of one row and their weighted means.
 *
 * Deviances (Jorgensen 1997), y = label, m = predicted:
 *     Poisson  2 (y ln(y / m) - y + m)                  y ln y = 0 at 0
 *     gamma    2 (ln(m / y) + y / m - 1)
 *     Tweedie  2 (y^(2-p) / ((1-p)(2-p)) - y m^(1-p) / (1-p) + m^(2-p) / (2-p)) */
#include "measure/loss.h"

#include <math.h>
#include <stddef.h>

#include "base/error.h"
#include "math/elementary.h"

static double loss_log(double p, double y)
{
    const double least = 0x1p-52;
    if (isnan(p) || isnan(y)) return NAN;
    p = p < least ? least : p > 1 - least ? 1 - least : p;
    double sum = 0;
    if (y > 0) sum -= y * psn_log(p);
    if (y < 1) sum -= (1 - y) * psn_log(1 - p);
    return sum;
}

static double loss_poisson(double m, double y)
{
    if (!(m > 0) || !(y >= 0)) return NAN;
    return 2 * ((y > 0 ? y * psn_log(y / m) : 0) - y + m);
}

static double loss_gamma(double m, double y)
{
    if (!(m > 0) || !(y > 0)) return NAN;
    return 2 * (psn_log(m / y) + y / m - 1);
}

static double loss_tweedie(double power, double m, double y)
{
    if (!(power > 1)) return loss_poisson(m, y);
    if (!(power < 2)) return loss_gamma(m, y);
    if (!(m > 0) || !(y >= 0)) return NAN;
    const double log_m = psn_log(m), one = 1 - power, two = 2 - power;
    const double of_y = y > 0 ? psn_exp(two * psn_log(y)) / (one * two) : 0;
    return 2 * (of_y - y * psn_exp(one * log_m) / one + psn_exp(two * log_m) / two);
}

double psn_loss_of(psn_loss kind, double parameter, double predicted, double label)
{
    const double over = label - predicted;
    switch (kind) {
    case PSN_LOSS_LOG:
        return loss_log(predicted, label);
    case PSN_LOSS_ABSOLUTE:
        return fabs(over);
    case PSN_LOSS_PINBALL:
        return over >= 0 ? parameter * over : (parameter - 1) * over;
    case PSN_LOSS_POISSON:
        return loss_poisson(predicted, label);
    case PSN_LOSS_GAMMA:
        return loss_gamma(predicted, label);
    case PSN_LOSS_TWEEDIE:
        return loss_tweedie(parameter, predicted, label);
    case PSN_LOSS_BRIER:
    case PSN_LOSS_SQUARED:
        break;
    }
    return over * over;
}

/* Weighted mean of values that come one by one. */
typedef struct loss_total {
    psn_sum value, weight;
} loss_total;

static int loss_add(loss_total *total, double value, const double *weight, int64_t row,
                    persona_error *error)
{
    const double w = weight != NULL ? weight[row] : 1;
    if (!(w >= 0 && w < INFINITY))
        return psn_fail_at(error, PERSONA_EDATA, row, "weights must be 0 or more");
    if (!isfinite(value))
        return psn_fail_at(
            error, PERSONA_EDATA, row,
            "a prediction or label is missing or outside what this loss takes");
    psn_sum_add(&total->value, value * w);
    psn_sum_add(&total->weight, w);
    return PERSONA_OK;
}

static int loss_finish(double *mean, const loss_total *total, persona_error *error)
{
    const double weight = total->weight.sum + total->weight.lost;
    if (!(weight > 0)) return psn_fail(error, PERSONA_EDATA, "no row has a weight");
    *mean = (total->value.sum + total->value.lost) / weight;
    return PERSONA_OK;
}

int psn_loss_mean(double *mean, double *each, psn_loss kind, double parameter,
                  const double *predicted, const double *label, const double *weight,
                  int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    loss_total total = {{0, 0}, {0, 0}};
    for (int64_t i = 0; i < rows; i++) {
        const double value = psn_loss_of(kind, parameter, predicted[i], label[i]);
        if (each != NULL) each[i] = value;
        PSN_TRY(loss_add(&total, value, weight, i, error));
    }
    PSN_TRY(loss_finish(mean, &total, error));
done:
    return rc;
}

int psn_loss_root(double *root, const double *predicted, const double *label,
                  const double *weight, int64_t rows, persona_error *error)
{
    double mean = 0;
    const int rc = psn_loss_mean(&mean, NULL, PSN_LOSS_SQUARED, 0, predicted, label,
                                 weight, rows, error);
    *root = sqrt(mean);
    return rc;
}

int psn_loss_classes(double *mean, const double *probability, int32_t classes,
                     const double *label, const double *weight, int64_t rows,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    loss_total total = {{0, 0}, {0, 0}};
    for (int64_t i = 0; i < rows; i++) {
        const double *p = probability + i * classes;
        double sum = 0;
        if (!(label[i] >= 0 && label[i] < classes))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "labels must be 0 .. classes - 1");
        for (int32_t c = 0; c < classes; c++) sum += p[c];
        PSN_TRY(
            loss_add(&total, loss_log(p[(int32_t)label[i]] / sum, 1), weight, i, error));
    }
    PSN_TRY(loss_finish(mean, &total, error));
done:
    return rc;
}
