/* arma.c: coefficients and conditional errors.
 *
 * A polynomial 1 - a_1 B - .. - a_p B^p is stationary exactly if its partial
 * autocorrelations r_1 .. r_p are inside (-1, 1). Levinson's recursion leads from r to a,
 * a^(k)_j = a^(k-1)_j - r_k a^(k-1)_(k-j), a^(k)_k = r_k, and backwards from a to r. A
 * moving average is invertible when its negative is stationary. */
#include "math/arma.h"

#include <math.h>
#include <string.h>

int32_t psn_arma_count(const psn_arma_order *order)
{
    return order->p + order->q + order->sp + order->sq;
}

int32_t psn_arma_states(const psn_arma_order *order)
{
    const int32_t ar = order->p + order->sp * order->season;
    const int32_t ma = order->q + order->sq * order->season + 1;
    return ar > ma ? ar : ma;
}

/* ---- coefficients ---- */

static void arma_levinson(const double *partial, int32_t p, double sign, double *a)
{
    double before[PSN_ARMA_MOST];
    for (int32_t k = 0; k < p; k++) {
        memcpy(before, a, (size_t)k * sizeof *a);
        for (int32_t j = 0; j < k; j++) a[j] = before[j] - partial[k] * before[k - 1 - j];
        a[k] = partial[k];
    }
    for (int32_t k = 0; k < p; k++) a[k] *= sign;
}

/* Partial autocorrelations of sign * a; 0 if one is not inside (-1, 1). */
static int arma_partial(const double *a, int32_t p, double sign, double *partial)
{
    double now[PSN_ARMA_MOST], before[PSN_ARMA_MOST];
    for (int32_t k = 0; k < p; k++) now[k] = sign * a[k];
    for (int32_t k = p - 1; k >= 0; k--) {
        const double r = now[k];
        if (!(fabs(r) < 1.0)) return 0;
        partial[k] = r;
        for (int32_t j = 0; j < k; j++)
            before[j] = (now[j] + r * now[k - 1 - j]) / (1.0 - r * r);
        memcpy(now, before, (size_t)k * sizeof *now);
    }
    return 1;
}

typedef struct arma_block {
    int32_t at, count;
    double sign;
} arma_block;

static void arma_blocks(const psn_arma_order *o, arma_block blocks[4])
{
    const int32_t counts[4] = {o->p, o->q, o->sp, o->sq};
    int32_t at = 0;
    for (int32_t b = 0; b < 4; b++) {
        blocks[b] = (arma_block){at, counts[b], b % 2 ? -1.0 : 1.0};
        at += counts[b];
    }
}

void psn_arma_bounded(const psn_arma_order *order, const double *free, double *out)
{
    arma_block blocks[4];
    arma_blocks(order, blocks);
    for (int32_t b = 0; b < 4; b++) {
        double partial[PSN_ARMA_MOST];
        for (int32_t k = 0; k < blocks[b].count; k++) {
            const double z = free[blocks[b].at + k];
            partial[k] = z / sqrt(1.0 + z * z);
        }
        arma_levinson(partial, blocks[b].count, blocks[b].sign, out + blocks[b].at);
    }
}

int psn_arma_free(const psn_arma_order *order, const double *coefficients, double *out)
{
    arma_block blocks[4];
    arma_blocks(order, blocks);
    for (int32_t b = 0; b < 4; b++) {
        double partial[PSN_ARMA_MOST];
        const arma_block *at = &blocks[b];
        if (!arma_partial(coefficients + at->at, at->count, at->sign, partial)) return 0;
        for (int32_t k = 0; k < at->count; k++)
            out[at->at + k] = partial[k] / sqrt(1.0 - partial[k] * partial[k]);
    }
    return 1;
}

int psn_arma_roots(const psn_arma_order *order, const double *coefficients, double radius)
{
    arma_block blocks[4];
    arma_blocks(order, blocks);
    for (int32_t b = 0; b < 4; b++) {
        double scaled[PSN_ARMA_MOST], partial[PSN_ARMA_MOST], power = 1.0;
        for (int32_t k = 0; k < blocks[b].count; k++)
            scaled[k] = coefficients[blocks[b].at + k] * (power *= radius);
        if (!arma_partial(scaled, blocks[b].count, blocks[b].sign, partial)) return 0;
    }
    return 1;
}

/* out[i (1 ..)] += the product of (1 - sign a) (1 - sign A in B^m), times -sign. */
static void arma_product(const double *a, int32_t p, const double *seasonal, int32_t sp,
                         int32_t season, double sign, double *out)
{
    for (int32_t i = 0; i < p; i++) out[i] += a[i];
    for (int32_t s = 1; s <= sp; s++) {
        out[s * season - 1] += seasonal[s - 1];
        for (int32_t i = 0; i < p; i++)
            out[s * season + i] += sign * seasonal[s - 1] * a[i];
    }
}

void psn_arma_expand(const psn_arma_order *order, const double *coefficients,
                     int32_t states, double *phi, double *theta)
{
    const double *ar = coefficients, *ma = ar + order->p, *sar = ma + order->q;
    const double *sma = sar + order->sp;
    memset(phi, 0, (size_t)states * sizeof *phi);
    memset(theta, 0, (size_t)states * sizeof *theta);
    arma_product(ar, order->p, sar, order->sp, order->season, -1.0, phi);
    arma_product(ma, order->q, sma, order->sq, order->season, 1.0, theta);
}

/* ---- conditional errors ---- */

/* x_t -= sum a_k x_(t - k lag), newest first, so that it works in place. */
static void arma_filter(double *x, int32_t count, const double *a, int32_t p, int32_t lag)
{
    for (int32_t k = p; k >= 1; k--)
        if (k * lag >= count) p = k - 1;
    for (int32_t t = count - 1; t >= 0; t--)
        for (int32_t k = 1; k <= p && k * lag <= t; k++)
            x[t] -= a[k - 1] * x[t - k * lag];
}

/* The inverse of x_t + sum b_k x_(t - k lag), oldest first. */
static void arma_invert(double *x, int32_t count, const double *b, int32_t q, int32_t lag)
{
    for (int32_t t = lag; t < count; t++)
        for (int32_t k = 1; k <= q && k * lag <= t; k++)
            x[t] -= b[k - 1] * x[t - k * lag];
}

void psn_arma_conditional(const psn_arma_order *order, const double *coefficients,
                          const double *x, int32_t count, double *out)
{
    const double *ar = coefficients, *ma = ar + order->p, *sar = ma + order->q;
    const double *sma = sar + order->sp;
    memcpy(out, x, (size_t)count * sizeof *x);
    arma_filter(out, count, ar, order->p, 1);
    arma_filter(out, count, sar, order->sp, order->season);
    if (order->q > 0) arma_invert(out, count, ma, order->q, 1);
    if (order->sq > 0) arma_invert(out, count, sma, order->sq, order->season);
}
