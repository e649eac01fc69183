/* elementary.h: exp, log and friends with the same bits on every CPU and level, within
 * about 1 ulp; the array forms give what the single forms give. */
#ifndef PSN_MATH_ELEMENTARY_H
#define PSN_MATH_ELEMENTARY_H

#include <stdint.h>

double psn_exp(double x);
double psn_expm1(double x);
double psn_log(double x);
double psn_log1p(double x);
double psn_pow(double x, double y);

/* out may be x. */
void psn_exp_array(double *out, const double *x, int64_t count);
void psn_log_array(double *out, const double *x, int64_t count);
void psn_log1p_array(double *out, const double *x, int64_t count);

#endif
