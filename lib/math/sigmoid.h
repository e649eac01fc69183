/* sigmoid.h: between log odds and probability. */
#ifndef PSN_MATH_SIGMOID_H
#define PSN_MATH_SIGMOID_H

#include <math.h>
#include "math/elementary.h"

/* 1 / (1 + e^-z). */
static inline double psn_sigmoid(double z)
{
    const double e = psn_exp(-fabs(z));
    return (z >= 0 ? 1 : e) / (1 + e);
}

/* Log loss of log odds z where the truth is y in 0 .. 1: ln(1 + e^z) - y z. */
static inline double psn_sigmoid_loss(double z, double y)
{
    return psn_log1p(psn_exp(-fabs(z))) + (z > 0 ? z : 0) - y * z;
}

#endif
