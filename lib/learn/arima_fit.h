/* arima_fit.h: what the files of the ARIMA learner share. */
#ifndef PSN_LEARN_ARIMA_FIT_H
#define PSN_LEARN_ARIMA_FIT_H

#include "learn/arima.h"

/* Beyond this many states and lags, missing values are filled instead of filtered. */
enum { PSN_ARIMA_FILTERED = 64 };

/* A series on its way: scaled, missing values filled, differenced. */
typedef struct psn_arima_work {
    const psn_series *series;
    double scale;    /* raw = scale x scaled */
    int32_t missing; /* how many values */
    int32_t season;
    double *y;     /* scaled, filled */
    double *gappy; /* scaled, NaN where missing */
    double *x;     /* differenced, `count` values */
    double *base;  /* what a mean of 1 is before differencing: 1 or t or t / m */
    double *ones;  /* 1, .., 1 */
    double *errors, *base_errors;
    double *room;   /* of the likelihoods */
    double *search; /* of the least squares */
    double *spare;  /* series->count + 2 season */
    int32_t count;
    int32_t d, sd;
} psn_arima_work;

/* One candidate. */
typedef struct psn_arima_fit {
    psn_arima_order order;
    double free[PSN_ARMA_COEFFICIENTS];
    double coefficients[PSN_ARMA_COEFFICIENTS];
    double mean, variance;
    double criterion; /* AICc; INFINITY = of no use */
} psn_arima_fit;

/* Differences once: sets x, count, d, sd, base. 0 if nothing is left. */
int psn_arima_difference(psn_arima_work *work, int32_t d, int32_t sd);
/* Level stationarity (KPSS) and strength of the season of `count` values. */
double psn_arima_kpss(const double *x, int32_t count);
double psn_arima_strength(const double *y, int32_t count, int32_t season, double *spare);

/* From fit->order and fit->free: `conditional` steps of least squares on conditional
 * errors, then `exact` steps on exact ones, and the criterion (by the conditional errors
 * if exact < 0). */
void psn_arima_estimate(psn_arima_work *work, psn_arima_fit *fit, int32_t conditional,
                        int32_t exact);
/* The best order; 0 = none. */
int psn_arima_search(psn_arima_work *work, const psn_arima_options *options,
                     psn_arima_fit *best);
/* Parameters and states into the model. 0 if the filter fails or forecasts explode. */
int psn_arima_finish(psn_arima_work *work, const psn_arima_fit *fit,
                     psn_local_model *out);

#endif
