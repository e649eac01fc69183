/* distribution.c: probabilities and quantiles by sums and rational functions.
 *
 * ln gamma: x is moved above 12 by its recurrence, then Stirling's series. Normal: the
 * rational function of Hart et al. (1968, algorithm 5666), error below 1e-15, in
 * the tail beyond 7 a continued fraction, relative error below 1e-8; its inverse by
 * Acklam's rational function and one step of Halley. Discrete ones: terms are summed from
 * k towards the nearer end, each from the one before, until they no longer count:
 * O(standard deviation). Quantiles by bisection. */
#include "math/distribution.h"

#include <math.h>
#include "math/elementary.h"

double psn_lgamma(double x)
{
    static const double half_ln_2pi = 0.91893853320467274178;
    double product = 1;
    if (!(x > 0)) return x == 0 ? INFINITY : NAN;
    while (x < 12) product *= x++;
    const double r = 1 / x, s = r * r;
    const double series =
        r * (1.0 / 12 -
             s * (1.0 / 360 -
                  s * (1.0 / 1260 -
                       s * (1.0 / 1680 -
                            s * (1.0 / 1188 - s * (691.0 / 360360 - s * (1.0 / 156)))))));
    return (x - 0.5) * psn_log(x) - x + half_ln_2pi + series - psn_log(product);
}

double psn_normal_cdf(double x)
{
    static const double p[] = {3.52624965998911e-02, 0.700383064443688, 6.37396220353165,
                               33.912866078383,      112.079291497871,  221.213596169931,
                               220.206867912376},
                        q[] = {8.83883476483184e-02, 1.75566716318264, 16.064177579207,
                               86.7807322029461,     296.564248779674, 637.333633378831,
                               793.826512519948,     440.413735824752};
    const double z = fabs(x);
    double tail = 0;
    if (isnan(x)) return x;
    if (z < 7.07106781186547) {
        double above = p[0], below = q[0];
        for (int i = 1; i < 7; i++) above = above * z + p[i];
        for (int i = 1; i < 8; i++) below = below * z + q[i];
        tail = psn_exp(-z * z / 2) * above / below;
    } else if (z < 38) {
        double fraction = z + 0.65;
        for (int i = 4; i >= 1; i--) fraction = z + i / fraction;
        tail = psn_exp(-z * z / 2) / (fraction * 2.50662827463100050242);
    }
    return x > 0 ? 1 - tail : tail;
}

/* Acklam's approximation for p <= 1/2, relative error 1.15e-9. */
static double normal_quantile_rough(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00},
                        b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01, 1},
                        c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00},
                        d[] = {7.784695709041462e-03, 3.224671290700398e-01,
                               2.445134137142996e+00, 3.754408661907416e+00, 1};
    double above, below;
    if (p < 0.02425) {
        const double q = sqrt(-2 * psn_log(p));
        above = c[0], below = d[0];
        for (int i = 1; i < 6; i++) above = above * q + c[i];
        for (int i = 1; i < 5; i++) below = below * q + d[i];
        return above / below;
    }
    const double q = p - 0.5, r = q * q;
    above = a[0], below = b[0];
    for (int i = 1; i < 6; i++) above = above * r + a[i];
    for (int i = 1; i < 6; i++) below = below * r + b[i];
    return above * q / below;
}

double psn_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1)) return NAN;
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    const double low = p <= 0.5 ? p : 1 - p;
    double x = normal_quantile_rough(low);
    if (low > 1e-300) {
        const double u =
            (psn_normal_cdf(x) - low) * 2.50662827463100050242 * psn_exp(x * x / 2);
        x -= u / (1 + x * u / 2);
    }
    return p <= 0.5 ? x : -x;
}

/* ---- counts. A Poisson variable has share 0: term(k + 1) = term(k) mean / (k + 1); a
 * negative binomial one of size r: term(k + 1) = term(k) share (r + k) / (k + 1). */
typedef struct counts {
    double mean, dispersion, size, share;
} counts;

static counts counts_of(double mean, double dispersion)
{
    counts of = {mean, dispersion, 0, 0};
    if (dispersion > 1 + 1e-9) {
        of.size = mean / (dispersion - 1);
        of.share = 1 - 1 / dispersion;
    }
    return of;
}

static double counts_log(const counts *of, double k)
{
    if (of->share == 0) return k * psn_log(of->mean) - of->mean - psn_lgamma(k + 1);
    return psn_lgamma(of->size + k) - psn_lgamma(of->size) - psn_lgamma(k + 1) -
           of->size * psn_log(of->dispersion) + k * psn_log(of->share);
}

static double counts_ratio(const counts *of, double k) /* term(k + 1) / term(k) */
{
    return (of->share == 0 ? of->mean : of->share * (of->size + k)) / (k + 1);
}

/* Wilson and Hilferty for the gamma distribution of the same mean and variance. */
static double counts_approximate(const counts *of, double k)
{
    const double variance = of->mean * (of->dispersion > 1 ? of->dispersion : 1);
    const double c = variance / (9 * of->mean * of->mean);
    const double x = (k + 0.5) / of->mean;
    if (c > 0.02) { /* widely spread: exponential-like; not reached by sane use */
        return 1 - psn_exp(-x);
    }
    return psn_normal_cdf((psn_exp(psn_log(x) / 3) - 1 + c) / sqrt(c));
}

/* The terms k + 1, k + 2 .. (up = 1) or k, k - 1 .. added up. */
static double counts_sum(const counts *of, double k, int up)
{
    double term = psn_exp(counts_log(of, up ? k + 1 : k)), sum = term;
    for (double i = up ? k + 1 : k; up || i > 0; i += up ? 1 : -1) {
        term = up ? term * counts_ratio(of, i) : term / counts_ratio(of, i - 1);
        sum += term;
        if (term <= 1e-17 * sum) break;
    }
    return sum;
}

static double counts_cdf(const counts *of, double k)
{
    k = floor(k);
    if (!(k >= 0)) return isnan(k) ? k : 0;
    if (!(of->mean > 0)) return 1;
    if (of->mean * (of->dispersion > 1 ? of->dispersion : 1) > 1e10)
        return counts_approximate(of, k);
    const int up = k >= of->mean;
    const double sum = counts_sum(of, k, up);
    return up ? (sum < 1 ? 1 - sum : 0) : (sum < 1 ? sum : 1);
}

static double counts_quantile(const counts *of, double p)
{
    if (!(p >= 0 && p <= 1) || isnan(of->mean)) return NAN;
    if (!(of->mean > 0)) return 0;
    if (p == 1) return INFINITY;
    double low = -1, high = floor(of->mean) + 1;
    while (counts_cdf(of, high) < p && high < 1e300) {
        low = high;
        high *= 2;
    }
    while (high - low > 1 && high - low > 1e-15 * high) { /* F(low) < p <= F(high) */
        const double middle = floor(low + (high - low) / 2);
        if (middle <= low || middle >= high) break;
        if (counts_cdf(of, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double psn_poisson_cdf(double k, double mean)
{
    const counts of = counts_of(mean, 1);
    return counts_cdf(&of, k);
}

double psn_poisson_quantile(double p, double mean)
{
    const counts of = counts_of(mean, 1);
    return counts_quantile(&of, p);
}

double psn_negative_binomial_cdf(double k, double mean, double dispersion)
{
    const counts of = counts_of(mean, dispersion);
    return counts_cdf(&of, k);
}

double psn_negative_binomial_quantile(double p, double mean, double dispersion)
{
    const counts of = counts_of(mean, dispersion);
    return counts_quantile(&of, p);
}

double psn_negative_binomial_log(double k, double mean, double dispersion)
{
    const counts of = counts_of(mean, dispersion);
    if (!(mean > 0)) return k == 0 ? 0 : -INFINITY;
    return counts_log(&of, k);
}
