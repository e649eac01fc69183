/* arma.h: autoregressive moving averages with a season,
 *
 *   (1 - ar_1 B - ..) (1 - sar_1 B^m - ..) x_t = (1 + ma_1 B + ..) (1 + sma_1 B^m + ..)
 * e_t
 *
 * coefficients from unbounded numbers and back, the conditional and the exact errors of
 * one step, the state at the end. Nothing allocates. */
#ifndef PSN_MATH_ARMA_H
#define PSN_MATH_ARMA_H

#include <stddef.h>
#include <stdint.h>

enum { PSN_ARMA_MOST = 5, PSN_ARMA_SEASONAL = 2, PSN_ARMA_COEFFICIENTS = 14 };

/* Coefficients lie in this order: ar (p), ma (q), sar (sp), sma (sq). p, q at most
 * PSN_ARMA_MOST, sp, sq at most PSN_ARMA_SEASONAL. */
typedef struct psn_arma_order {
    int32_t p, q, sp, sq;
    int32_t season; /* >= 1 */
} psn_arma_order;

int32_t psn_arma_count(const psn_arma_order *order);
/* Length of the state: max(p + sp m, q + sq m + 1). */
int32_t psn_arma_states(const psn_arma_order *order);

/* Stationary, invertible coefficients from numbers without bounds (partial
 * autocorrelations z / sqrt(1 + z^2): Monahan 1984). */
void psn_arma_bounded(const psn_arma_order *order, const double *free, double *out);
/* Back; 0 if not stationary and invertible. */
int psn_arma_free(const psn_arma_order *order, const double *coefficients, double *out);
/* 1 if all roots of the four polynomials, in their own variable, are larger than
 * `radius`. */
int psn_arma_roots(const psn_arma_order *order, const double *coefficients,
                   double radius);

/* Errors e = MA^-1 AR x with zeros before the start. out may not be x. */
void psn_arma_conditional(const psn_arma_order *order, const double *coefficients,
                          const double *x, int32_t count, double *out);

/* Exact errors of one step, each divided by the root of its variance (in units of that of
 * e), of `columns` (1 or 2) series under the same model; *log_variances: the sum of the
 * logs of those variances. states: NULL, or psn_arma_states doubles a column: what of
 * the next periods is known after the last value. 0 = not stationary. */
typedef struct psn_arma_series {
    const double *x[2];
    double *error[2];
    double *states[2];
    int32_t columns, count;
} psn_arma_series;
size_t psn_arma_scratch(const psn_arma_order *order); /* doubles */
int psn_arma_exact(const psn_arma_order *order, const double *coefficients,
                   const psn_arma_series *series, double *log_variances, double *scratch);

/* The same of series that are differenced (`lags` = d + D m differences in all, by
 * psn_arma_differences) and have missing values (NaN in x[0]; x[1] has none), by the
 * Kalman filter with a vague start. x are the series before differencing. Errors of
 * missing values are 0. states take `lags` more doubles: the last values, newest first,
 * estimated where missing. *used: how many values count. O(count (states + lags)^2). */
typedef struct psn_arma_differences {
    int32_t d, sd; /* of lag 1, of lag `season` (0 or 1) */
} psn_arma_differences;
int32_t psn_arma_lags(const psn_arma_order *order, psn_arma_differences differences);
size_t psn_arma_missing_scratch(const psn_arma_order *order,
                                psn_arma_differences differences); /* doubles */
int psn_arma_missing(const psn_arma_order *order, const double *coefficients,
                     psn_arma_differences differences, const psn_arma_series *series,
                     double *log_variances, int32_t *used, double *scratch);

/* Zero-padded to `states` entries: phi_1 .. and theta_1 .. of the products. */
void psn_arma_expand(const psn_arma_order *order, const double *coefficients,
                     int32_t states, double *phi, double *theta);
/* First column of the stationary covariance of the state; 0 if there is none. room:
 * 6 (states + 1). */
int psn_arma_start(const double *phi, const double *theta, int32_t states, double *column,
                   double *room);

#endif
