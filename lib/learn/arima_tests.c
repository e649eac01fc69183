/* arima_tests.c: how often to difference. KPSS (Kwiatkowski, Phillips, Schmidt and Shin
 * 1992): sums of the deviations from the mean grow in a series without a fixed level.
 * Strength of the season (Wang, Smith and Hyndman 2006): the share of the variance,
 * without trend, that the season takes away; each value is compared with the values of
 * the same season in the years around, itself left out, so that noise has strength 0 or
 * less. O(n) each. */
#include "learn/arima_fit.h"

#include <math.h>

double psn_arima_kpss(const double *x, int32_t count)
{
    const int32_t lags = (int32_t)(3.0 * sqrt(count) / 13.0);
    double mean = 0.0, sum = 0.0, squares = 0.0, variance = 0.0;
    for (int32_t t = 0; t < count; t++) mean += x[t] / count;
    for (int32_t t = 0; t < count; t++) {
        sum += x[t] - mean;
        squares += sum * sum;
        variance += (x[t] - mean) * (x[t] - mean);
    }
    for (int32_t l = 1; l <= lags; l++) {
        double product = 0.0;
        for (int32_t t = l; t < count; t++) product += (x[t] - mean) * (x[t - l] - mean);
        variance += 2.0 * product * (1.0 - l / (lags + 1.0));
    }
    return variance > 0.0 ? squares / (variance * count) : 0.0;
}

/* y without its centred moving mean of one season, positions half .. count - half - 1. */
static void tests_detrend(const double *y, int32_t count, int32_t season, double *out)
{
    const int32_t half = season / 2, even = season % 2 == 0;
    for (int32_t t = half; t < count - half; t++) {
        double sum = 0.0;
        for (int32_t k = t - half + even; k <= t + half - even; k++) sum += y[k];
        if (even) sum += 0.5 * (y[t - half] + y[t + half]);
        out[t] = y[t] - sum / season;
    }
}

double psn_arima_strength(const double *y, int32_t count, int32_t season, double *spare)
{
    enum { YEARS = 5 };
    const int32_t half = season / 2, from = half, to = count - half;
    double rest = 0.0, all = 0.0;
    if (count < 2 * season + 2) return 0.0;
    tests_detrend(y, count, season, spare);
    for (int32_t t = from; t < to; t++) {
        double sum = 0.0, weights = 0.0;
        for (int32_t k = 1; k <= YEARS; k++) {
            const double weight = 1.0 - k / (YEARS + 1.0);
            if (t - k * season >= from) {
                sum += weight * spare[t - k * season];
                weights += weight;
            }
            if (t + k * season < to) {
                sum += weight * spare[t + k * season];
                weights += weight;
            }
        }
        const double e = spare[t] - (weights > 0.0 ? sum / weights : 0.0);
        rest += e * e;
        all += spare[t] * spare[t];
    }
    return all > 0.0 ? 1.0 - rest / all : 0.0;
}
