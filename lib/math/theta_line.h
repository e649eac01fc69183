/* theta_line.h: the theta recursion of a series without season: a smoothed level and a
 * share of the straight line through all values. Nothing here allocates. */
#ifndef PSN_MATH_THETA_LINE_H
#define PSN_MATH_THETA_LINE_H

#include <stddef.h>
#include <stdint.h>

/* Kinds, to be added. */
enum {
    PSN_THETA_FREE = 1,   /* theta is fitted; else it is 2 */
    PSN_THETA_DYNAMIC = 2 /* the line is that of the values so far, else of all */
};

typedef struct psn_theta_line {
    double alpha;
    double weight;           /* 1 - 1/theta, 0 .. 1 */
    double level;            /* l */
    double power;            /* (1 - alpha)^count */
    double intercept, slope; /* A and B of the line A + B t, t = 1, 2 .. */
    double mean, count;      /* of the values so far */
} psn_theta_line;
enum { PSN_THETA_LINE_VALUES = 8 };

/* Bytes of scratch of the fit, 64-aligned. */
size_t psn_theta_line_scratch(int32_t count);
/* value: gaps filled; known: with NaN, errors at which do not count (may be value).
 * warm: line->alpha is near the best. Returns the mean square of the one-step errors
 * after the first three, penalty left out. count >= 1. */
double psn_theta_line_fit(psn_theta_line *line, const double *value, const double *known,
                          int32_t count, int kind, int warm, void *scratch);
/* The mean of the next value. */
double psn_theta_line_next(const psn_theta_line *line);
/* What comes next; NaN = missing. */
void psn_theta_line_add(psn_theta_line *line, double value, int kind);

/* 1 if parameters and states are in their bounds; values are finite. */
int psn_theta_line_sane(const psn_theta_line *line);

#endif
