/* lbfgs.h: the minimum of a smooth function of many variables. */
#ifndef PSN_MATH_LBFGS_H
#define PSN_MATH_LBFGS_H

#include <stdint.h>
#include "persona/types.h"

/* Value and gradient at x; an error ends the search and is handed on. */
typedef int psn_lbfgs_function(void *context, const double *x, double *value,
                               double *gradient, persona_error *error);

typedef struct psn_lbfgs_report {
    int32_t iterations;
    int32_t converged; /* largest |gradient| <= tolerance x max(1, largest |gradient| at
                          start) */
    double value;
    double gradient; /* largest, absolute */
} psn_lbfgs_report;

/* From x to the minimum, in place. Stops too when no step lowers the value any more. */
int psn_lbfgs(double *x, int64_t n, psn_lbfgs_function *function, void *context,
              int32_t max_iterations, double tolerance, psn_lbfgs_report *report,
              persona_error *error);

#endif
