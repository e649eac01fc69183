/* marquardt.h: the least sum of squares of a few parameters, without derivatives. */
#ifndef PSN_MATH_MARQUARDT_H
#define PSN_MATH_MARQUARDT_H

#include <stddef.h>
#include <stdint.h>

/* The `count` residuals at x; 0 = not allowed there. */
typedef int psn_marquardt_residuals(void *context, const double *x, double *residuals);

typedef struct psn_marquardt_problem {
    psn_marquardt_residuals *residuals;
    void *context;
    int32_t unknowns, count;
    int32_t steps;    /* at most so many */
    double tolerance; /* stop when a step lowers the sum by less than this share */
    double bound;     /* |x| stays below */
} psn_marquardt_problem;

/* Doubles of scratch. */
size_t psn_marquardt_scratch(int32_t unknowns, int32_t count);
/* From x, in place. The least sum found; INFINITY when x itself is not allowed. */
double psn_marquardt(const psn_marquardt_problem *problem, double *x, double *scratch);

#endif
