/* forecast_fit_effects.h: the work of a fit of effects, for forecast_fit_effects*.c. */
#ifndef PSN_SHOP_FORECAST_FIT_EFFECTS_H
#define PSN_SHOP_FORECAST_FIT_EFFECTS_H

#include "shop/forecast/forecast_effects_inside.h"

typedef struct fit_effects {
    const psn_panel *panel;
    int32_t cut;
    int counts; /* quasi-Poisson, else logarithms */
    int started;
    int64_t series; /* that the sums are over */
    double noise;   /* usual one of a series */
    psn_effects *effects;
    double unit[EFFECTS_COLUMNS]; /* columns are divided by it; 0 = constant */
    double event[EFFECTS_EVENTS]; /* coefficients */
    double *b;                    /* series x columns */
    int32_t triangle;
    double *gram;  /* series x triangle, divided by noise */
    double *right; /* series x columns */
} fit_effects;

/* Room of one worker for one series. */
typedef struct fit_space {
    int32_t *at;   /* period of each row */
    double *value; /* of each period, without season */
    double *y, *weight, *expected, *mean, *kept;
    double *x; /* rows x width */
    double *gram, *right, *b;
    double noise;
} fit_space;

/* fit->b from gram and right: overall, by trait, by series, each drawn towards the one
 * above as far as the data say. */
int psn_effects_shrink(fit_effects *fit, persona_error *error);
/* a x = b for a symmetric positive definite a (n x n, lower triangle given and used up),
 * in place of b; inverse (n, NULL = not wanted): the diagonal of the inverse. */
int psn_effects_solve(double *a, double *b, double *inverse, int32_t n,
                      persona_error *error);

#endif
