/* distribution.h: normal, Poisson and negative binomial probabilities, the same bits on
 * every CPU (no libm beyond sqrt, fabs, floor). */
#ifndef PSN_MATH_DISTRIBUTION_H
#define PSN_MATH_DISTRIBUTION_H

/* ln of the gamma function, x > 0; about 1e-14 absolute or relative. */
double psn_lgamma(double x);

double psn_normal_cdf(double x);
/* 0 and 1 give -inf and inf; outside of 0 .. 1 NaN. */
double psn_normal_quantile(double p);

/* P(Y <= k) of a Poisson variable; 0 for k < 0. mean >= 0. O(standard deviation); where
 * that is above 1e5, an approximation (Wilson and Hilferty). */
double psn_poisson_cdf(double k, double mean);
/* The least whole k with P(Y <= k) >= p, 0 <= p < 1; inf for p = 1. */
double psn_poisson_quantile(double p, double mean);

/* Negative binomial: mean >= 0, variance = mean x dispersion. dispersion <= 1 is a
 * Poisson variable. */
double psn_negative_binomial_cdf(double k, double mean, double dispersion);
double psn_negative_binomial_quantile(double p, double mean, double dispersion);

/* ln P(Y = k). */
double psn_negative_binomial_log(double k, double mean, double dispersion);

#endif
