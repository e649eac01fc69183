/* ces_fit.h: the search for the parameters of one form. */
#ifndef PSN_LEARN_CES_FIT_H
#define PSN_LEARN_CES_FIT_H

#include "learn/ces_internal.h"

typedef struct ces_start_values {
    double level;
    const double *season; /* of the form: first value or index of each position */
} ces_start_values;

typedef struct ces_found {
    double parameter[PSN_CES_PARAMETERS];
    double level, potential; /* first ones */
    double square, bent;     /* sum of squared errors; what is minimised */
    int32_t errors;
} ces_found;

size_t psn_ces_fit_scratch(int32_t season);
/* known: the series, adjusted where the form is; warm: best->parameter is a start. */
int psn_ces_search(ces_found *best, int32_t form, const double *known, int32_t count,
                   int32_t season, const ces_start_values *start, int warm,
                   void *scratch);

#endif
