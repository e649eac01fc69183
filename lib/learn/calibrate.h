/* calibrate.h: from scores to probabilities that come true. */
#ifndef PSN_LEARN_CALIBRATE_H
#define PSN_LEARN_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>
#include "base/text.h"
#include "persona/types.h"

typedef enum psn_calibrate_kind {
    PSN_CALIBRATE_NONE,     /* as it is */
    PSN_CALIBRATE_PLATT,    /* logit q = a logit p + b */
    PSN_CALIBRATE_BETA,     /* logit q = a ln p - b ln(1 - p) + c, a and b >= 0 */
    PSN_CALIBRATE_ISOTONIC, /* the best non-decreasing steps, linear between */
    PSN_CALIBRATE_AUTO      /* the one with the least log loss on rows left out */
} psn_calibrate_kind;

typedef struct psn_calibrate {
    int32_t kind;
    double a, b, c;
    int32_t knots; /* isotonic */
    double *x, *y; /* knots, x ascending, y not descending */
    /* Mean log loss on rows left out, five parts in turn; NaN for kinds not tried. */
    double log_loss[PSN_CALIBRATE_AUTO];
} psn_calibrate;

/* probability in 0 .. 1 (any score of that range), label 0 or 1 (> 0.5 counts as 1),
 * weight > 0 or NULL. Rows must be others than those the scores were learnt on. With
 * labels of one kind, or fewer than 10 of the rarer one, auto takes Platt, whose smoothed
 * targets bear it. Deterministic. O(n log n). */
int psn_calibrate_fit(psn_calibrate **out, psn_calibrate_kind kind,
                      const double *probability, const double *label,
                      const double *weight, int64_t rows, persona_error *error);
/* Moves Platt's a and b towards 1 and 0, what changes nothing: `share` of the way from
 * there is kept. */
void psn_calibrate_temper(psn_calibrate *model, double share);
void psn_calibrate_free(psn_calibrate *model);
/* HOT. NaN stays NaN. Not descending in p. */
double psn_calibrate_apply(const psn_calibrate *model, double p);
const char *psn_calibrate_name(int32_t kind); /* "none", "platt", "beta", "isotonic" */

/* Another prevalence: the odds are multiplied by b. A model trained on all positives and
 * a share b of the negatives says p; the truth is p b / (p b + 1 - p) (Dal Pozzolo et al.
 * 2015).
 */
double psn_calibrate_shift(double p, double b);
/* b for a model trained at one prevalence and used at another (each in 0 .. 1, open). */
double psn_calibrate_shift_of(double trained, double natural);

int psn_calibrate_pack(psn_text *out, const psn_calibrate *model, persona_error *error);
int psn_calibrate_unpack(psn_calibrate **out, const void *bytes, size_t size,
                         persona_error *error);

#endif
