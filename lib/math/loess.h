/* loess.h: local regression on equally spaced values, and the decomposition of a series
 * into trend and season by it (STL). Nothing here allocates. */
#ifndef PSN_MATH_LOESS_H
#define PSN_MATH_LOESS_H

#include <stddef.h>
#include <stdint.h>

/* The regression at place x (0 = the first value, may lie outside) of the `window`
 * nearest values with tricube weights; degree 0 or 1. count >= 1, window >= 2. */
double psn_loess_at(const double *value, int32_t count, int32_t window, int degree,
                    double x);
/* The same at every place, computed at every `jump`-th and lines between; out is not
 * value. */
void psn_loess_smooth(double *out, const double *value, int32_t count, int32_t window,
                      int degree, int32_t jump);

typedef struct psn_stl_options {
    int32_t period;        /* >= 2, count >= 2 periods */
    int32_t season_window; /* seasons that shape one index; degree 0 */
    int32_t trend_window;  /* 0 = 1.5 period / (1 - 1.5 / season_window) */
    int32_t rounds;        /* 2 */
} psn_stl_options;

/* Doubles of scratch. */
size_t psn_stl_scratch(int32_t count, int32_t period);
/* season and trend: count each, out; trend in: a first trend, e.g. 0. */
void psn_stl(double *season, double *trend, const double *value, int32_t count,
             const psn_stl_options *options, double *scratch);

#endif
