/* arma_missing.c: the Kalman filter of an ARIMA with missing values (Harvey 1989; the
 * form of Durbin and Koopman 2012, section 3.4).
 *
 * State: Harvey's ARMA state, then the last `lags` values of the series, with
 * y_t = x_t + sum delta_i y_(t-i); these start vague (variance 1e6), and errors whose
 * variance is above 1e4 are not counted. T is sparse, so that T P T' costs O(N^2). */
#include "math/arma.h"

#include <math.h>
#include <string.h>
#include "math/elementary.h"

typedef struct missing_filter {
    double *phi, *load, *delta; /* load: R = (1, theta_1, ..) */
    double *covariance, *moved, *column;
    double *state[2];
    int32_t states, lags, size;
} missing_filter;

int32_t psn_arma_lags(const psn_arma_order *order, psn_arma_differences differences)
{
    return differences.d + differences.sd * order->season;
}

size_t psn_arma_missing_scratch(const psn_arma_order *order,
                                psn_arma_differences differences)
{
    const size_t n = (size_t)psn_arma_states(order) + 1;
    const size_t size = n + (size_t)psn_arma_lags(order, differences);
    return 2 * size * size + 10 * size + 8 * n;
}

/* delta of (1 - B)^d (1 - B^m)^sd = 1 - sum delta_i B^i. */
static void missing_delta(double *delta, int32_t season, psn_arma_differences differences)
{
    const int32_t lags = differences.d + differences.sd * season;
    double poly[3] = {1.0, 0.0, 0.0};
    for (int32_t i = 0; i < differences.d; i++)
        for (int32_t j = 2; j > 0; j--) poly[j] -= poly[j - 1];
    for (int32_t i = 0; i < lags; i++) delta[i] = 0.0;
    for (int32_t j = 1; j <= differences.d; j++) delta[j - 1] -= poly[j];
    if (differences.sd)
        for (int32_t j = 0; j <= differences.d; j++) delta[season + j - 1] += poly[j];
}

/* out = T v. */
static void missing_move(const missing_filter *f, const double *restrict v,
                         double *restrict out)
{
    const int32_t n = f->states;
    for (int32_t i = 0; i + 1 < n; i++) out[i] = f->phi[i] * v[0] + v[i + 1];
    out[n - 1] = f->phi[n - 1] * v[0];
    if (f->lags == 0) return;
    double y = v[0];
    for (int32_t i = 0; i < f->lags; i++) y += f->delta[i] * v[n + i];
    out[n] = y;
    memcpy(out + n + 1, v + n, (size_t)(f->lags - 1) * sizeof *v);
}

static double missing_observe(const missing_filter *f, const double *v)
{
    double y = v[0];
    for (int32_t i = 0; i < f->lags; i++) y += f->delta[i] * v[f->states + i];
    return y;
}

/* Row i of P = T P T' + R R': T on the rows, transpose, T on the rows. */
static void missing_predict(missing_filter *f)
{
    const int32_t n = f->size;
    for (int32_t pass = 0; pass < 2; pass++) {
        double *from = pass ? f->moved : f->covariance;
        double *to = pass ? f->covariance : f->moved;
        for (int32_t i = 0; i < n; i++) {
            missing_move(f, from + (size_t)i * n, f->column);
            for (int32_t j = 0; j < n; j++) to[(size_t)j * n + i] = f->column[j];
        }
    }
    for (int32_t i = 0; i < f->states; i++)
        for (int32_t j = 0; j < f->states; j++)
            f->covariance[(size_t)i * n + j] += f->load[i] * f->load[j];
}

/* The stationary covariance from its first column, along its diagonals. */
static void missing_covariance(missing_filter *f, const double *first)
{
    const int32_t n = f->states, size = f->size;
    memset(f->covariance, 0, (size_t)size * size * sizeof(double));
    for (int32_t i = n - 1; i >= 0; i--)
        for (int32_t j = n - 1; j >= 0; j--) {
            double sum = f->phi[i] * f->phi[j] * first[0] + f->load[i] * f->load[j];
            if (j + 1 < n) sum += f->phi[i] * first[j + 1];
            if (i + 1 < n) sum += f->phi[j] * first[i + 1];
            if (i + 1 < n && j + 1 < n)
                sum += f->covariance[(size_t)(i + 1) * size + j + 1];
            f->covariance[(size_t)i * size + j] = sum;
        }
    for (int32_t i = n; i < size; i++) f->covariance[(size_t)i * size + i] = 1e6;
}

static int missing_begin(missing_filter *f, const psn_arma_order *order,
                         const double *coefficients, psn_arma_differences differences,
                         double *scratch)
{
    const int32_t n = f->states = psn_arma_states(order);
    f->lags = psn_arma_lags(order, differences);
    f->size = n + f->lags;
    const size_t size = (size_t)f->size;
    f->covariance = scratch;
    f->moved = f->covariance + size * size;
    f->column = f->moved + size * size;
    f->state[0] = f->column + size;
    f->state[1] = f->state[0] + size;
    f->delta = f->state[1] + size;
    f->phi = f->delta + size;
    f->load = f->phi + size;
    double *first = f->load + size + 1;
    memset(f->state[0], 0, 2 * size * sizeof(double));
    missing_delta(f->delta, order->season, differences);
    psn_arma_expand(order, coefficients, n, f->phi, f->load + 1);
    f->load[0] = 1.0;
    if (!psn_arma_start(f->phi, f->load + 1, n, first, first + size)) return 0;
    missing_covariance(f, first);
    return 1;
}

/* Takes in the values of period t; the variance of the error, or 0 if missing. */
static double missing_update(missing_filter *f, const psn_arma_series *series, int32_t t)
{
    const int32_t n = f->size;
    double *gain = f->moved;
    for (int32_t i = 0; i < n; i++)
        gain[i] = missing_observe(f, f->covariance + (size_t)i * n);
    const double variance = missing_observe(f, gain);
    for (int32_t c = 0; c < series->columns; c++) {
        const double e = series->x[c][t] - missing_observe(f, f->state[c]);
        series->error[c][t] = e;
        for (int32_t i = 0; i < n; i++) f->state[c][i] += gain[i] * (e / variance);
    }
    for (int32_t i = 0; i < n; i++) {
        const double share = gain[i] / variance;
        double *row = f->covariance + (size_t)i * n;
        for (int32_t j = 0; j < n; j++) row[j] -= share * gain[j];
    }
    return variance;
}

int psn_arma_missing(const psn_arma_order *order, const double *coefficients,
                     psn_arma_differences differences, const psn_arma_series *series,
                     double *log_variances, int32_t *used, double *scratch)
{
    missing_filter f;
    if (!missing_begin(&f, order, coefficients, differences, scratch)) return 0;
    *log_variances = 0.0;
    *used = 0;
    for (int32_t t = 0; t < series->count; t++) {
        double variance = INFINITY;
        if (series->x[0][t] == series->x[0][t]) variance = missing_update(&f, series, t);
        const int counted = variance < 1e4;
        if (counted) {
            *log_variances += psn_log(variance);
            (*used)++;
        }
        for (int32_t c = 0; c < series->columns; c++) {
            series->error[c][t] = counted ? series->error[c][t] / sqrt(variance) : 0.0;
            missing_move(&f, f.state[c], f.column);
            memcpy(f.state[c], f.column, (size_t)f.size * sizeof(double));
        }
        missing_predict(&f);
    }
    for (int32_t c = 0; c < series->columns; c++)
        if (series->states[c])
            memcpy(series->states[c], f.state[c], (size_t)f.size * sizeof(double));
    return 1;
}
