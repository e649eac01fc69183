/* arma_exact.c: the exact likelihood in O(count x states).
 *
 * Harvey's state a_t: a_t[j] is what x_(t+j) owes to everything up to t, with transition
 * T (companion: (T a)[i] = phi_(i+1) a[0] + a[i+1]). The covariance P_t of the prediction
 * starts stationary, and then P_(t+1) - P_t has rank one (Morf, Sidhu and Kailath 1974;
 * Melard's AS 197 in other words):
 *
 *   P_(t+1) - P_t = w_t L_t L_t',  s = L_t[0],  F = P_t[0,0],  M_t = T P_t[:,0]
 *   F' = F + w s^2,  M' = M + w s T L,  L' = T L - M s / F,  w' = w F / F'
 *
 * with L_1 = M_1, w_1 = -1 / F_1. So a step is a handful of operations for each entry of
 * the state instead of a matrix product.
 *
 * The start needs the autocovariances g of x. Those of its autoregressive part come from
 * its partial autocorrelations, O(states^2): stepping down gives the partial ones, going
 * up again v_k = v_(k-1) (1 - r_k^2) and
 * g_k = sum_j a^(k-1)_j g_(k-j) + r_k v_(k-1); the moving average is then put on top. */
#include "math/arma.h"

#include <math.h>
#include <string.h>
#include "math/elementary.h"

/* Partial autocorrelations of phi into r, destroying it; the product of 1 - r^2, or 0. */
static double arma_step_down(double *phi, int32_t p, double *r, double *room)
{
    double shrink = 1.0;
    for (int32_t k = p - 1; k >= 0; k--) {
        const double last = phi[k], rest = 1.0 - last * last;
        if (!(fabs(last) < 1.0) || !(rest > 1e-12)) return 0.0;
        r[k] = last;
        shrink *= rest;
        if (last == 0.0) continue;
        for (int32_t j = 0; j < k; j++) room[j] = (phi[j] + last * phi[k - 1 - j]) / rest;
        memcpy(phi, room, (size_t)k * sizeof *phi);
    }
    return shrink;
}

/* Autocovariances 0 .. p of the autoregression with partial autocorrelations r and error
 * variance 1. a, room: p doubles. */
static void arma_step_up(const double *r, int32_t p, double shrink, double *g, double *a,
                         double *room)
{
    double v = 1.0 / shrink;
    g[0] = v;
    for (int32_t k = 1; k <= p; k++) {
        double sum = r[k - 1] * v;
        for (int32_t j = 1; j < k; j++) sum += a[j - 1] * g[k - j];
        g[k] = sum;
        v *= 1.0 - r[k - 1] * r[k - 1];
        memcpy(room, a, (size_t)(k - 1) * sizeof *a);
        if (r[k - 1] != 0.0)
            for (int32_t j = 0; j < k - 1; j++)
                a[j] = room[j] - r[k - 1] * room[k - 2 - j];
        a[k - 1] = r[k - 1];
    }
}

static int32_t arma_degree(const double *a, int32_t n)
{
    while (n > 0 && a[n - 1] == 0.0) n--;
    return n;
}

/* g (autoregression) to the autocovariances of x, in `out`, lags 0 .. p. */
static void arma_add_average(const double *g, const double *theta, int32_t q, int32_t p,
                             double *out)
{
    for (int32_t k = 0; k <= p; k++) out[k] = 0.0;
    for (int32_t l = 0; l <= q; l++) {
        double c = l == 0 ? 1.0 : theta[l - 1];
        for (int32_t i = 0; i + l < q; i++) c += theta[i] * theta[i + l];
        if (c == 0.0) continue;
        for (int32_t k = 0; k <= p; k++)
            out[k] += l == 0 ? c * g[k] : c * (g[k + l] + g[k > l ? k - l : l - k]);
    }
}

/* psi_j = theta_j + sum_i phi_i psi_(j-i), psi_0 = 1, j = 0 .. q. */
static void arma_weights(const double *phi, int32_t p, const double *theta, int32_t q,
                         double *psi)
{
    psi[0] = 1.0;
    for (int32_t j = 1; j <= q; j++) {
        double sum = theta[j - 1];
        for (int32_t i = 1; i <= p && i <= j; i++) sum += phi[i - 1] * psi[j - i];
        psi[j] = sum;
    }
}

int psn_arma_start(const double *phi, const double *theta, int32_t states, double *column,
                   double *room)
{
    const int32_t p = arma_degree(phi, states), q = arma_degree(theta, states);
    const size_t row = (size_t)states + 1;
    double *a = room, *r = a + row, *work = r + row, *g = work + row; /* g: p + q + 1 */
    double *x = a, *psi = r;
    memcpy(a, phi, (size_t)states * sizeof *a);
    const double shrink = arma_step_down(a, p, r, work);
    if (!(shrink > 0.0)) return 0;
    arma_step_up(r, p, shrink, g, a, work);
    for (int32_t k = p + 1; k <= p + q; k++) {
        g[k] = 0.0;
        for (int32_t i = 1; i <= p; i++) g[k] += phi[i - 1] * g[k - i];
    }
    arma_add_average(g, theta, q, p, x);
    arma_weights(phi, p, theta, q, psi);
    for (int32_t j = 0; j < states; j++) {
        double sum = j == 0 ? x[0] : 0.0;
        if (j > 0) {
            for (int32_t i = j + 1; i <= p; i++) sum += phi[i - 1] * x[i - j];
            for (int32_t i = j; i <= q; i++) sum += theta[i - 1] * psi[i - j];
        }
        column[j] = sum;
    }
    return column[0] > 0.0 && column[0] < 1e15;
}

typedef struct arma_filter_state {
    double *phi, *theta, *gain, *change, *state[2];
    double variance, weight;
    int32_t states;
} arma_filter_state;

size_t psn_arma_scratch(const psn_arma_order *order)
{
    return 12 * ((size_t)psn_arma_states(order) + 1);
}

static int arma_begin(arma_filter_state *f, const psn_arma_order *order,
                      const double *coefficients, double *scratch)
{
    const int32_t n = f->states = psn_arma_states(order);
    const size_t row = (size_t)n + 1;
    double *const arrays = scratch, *column = scratch + 5 * row;
    memset(scratch, 0, 6 * row * sizeof *scratch);
    f->phi = arrays;
    f->theta = arrays + row;
    psn_arma_expand(order, coefficients, n, f->phi, f->theta);
    if (!psn_arma_start(f->phi, f->theta, n, column, scratch + 6 * row)) return 0;
    f->gain = arrays + 2 * row;
    f->change = arrays + 3 * row;
    f->state[0] = arrays + 4 * row;
    f->state[1] = arrays + 6 * row;
    memset(f->state[1], 0, row * sizeof *scratch);
    for (int32_t i = 0; i < n; i++)
        f->gain[i] = f->phi[i] * column[0] + (i + 1 < n ? column[i + 1] : 0.0);
    memcpy(f->change, f->gain, (size_t)n * sizeof *f->gain);
    f->variance = column[0];
    f->weight = -1.0 / column[0];
    return 1;
}

/* a' = T a + M e / F. */
static void arma_advance(const arma_filter_state *f, double *restrict a, double value)
{
    const double e = (value - a[0]) / f->variance, first = a[0];
    const double *restrict phi = f->phi, *restrict gain = f->gain;
    for (int32_t i = 0; i < f->states; i++)
        a[i] = phi[i] * first + a[i + 1] + gain[i] * e;
}

static void arma_refine(arma_filter_state *f)
{
    double *restrict change = f->change, *restrict gain = f->gain;
    const double *restrict phi = f->phi;
    const double s = change[0], ws = f->weight * s, ratio = s / f->variance;
    const double next = f->variance + ws * s;
    for (int32_t i = 0; i < f->states; i++) {
        const double moved = phi[i] * s + change[i + 1];
        change[i] = moved - gain[i] * ratio;
        gain[i] += ws * moved;
    }
    f->weight *= f->variance / next;
    f->variance = next > 1.0 ? next : 1.0;
}

int psn_arma_exact(const psn_arma_order *order, const double *coefficients,
                   const psn_arma_series *series, double *log_variances, double *scratch)
{
    arma_filter_state f;
    if (!arma_begin(&f, order, coefficients, scratch)) return 0;
    double product = 1.0, logs = 0.0;
    int32_t settled = 0;
    for (int32_t t = 0; t < series->count; t++) {
        const double root = settled ? 1.0 : sqrt(f.variance);
        for (int32_t c = 0; c < series->columns; c++) {
            series->error[c][t] = (series->x[c][t] - f.state[c][0]) / root;
            arma_advance(&f, f.state[c], series->x[c][t]);
        }
        if (settled) continue;
        product *= f.variance;
        if (product > 1e200) {
            logs += psn_log(product);
            product = 1.0;
        }
        arma_refine(&f);
        settled = f.variance <= 1.0 && fabs(f.weight) * f.change[0] * f.change[0] < 1e-30;
    }
    *log_variances = logs + psn_log(product);
    for (int32_t c = 0; c < series->columns; c++)
        if (series->states[c])
            memcpy(series->states[c], f.state[c], (size_t)f.states * sizeof(double));
    return 1;
}
