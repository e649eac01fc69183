/* local_model.h: what every learner of one series offers (exponential smoothing, theta,
 * Croston ...): fit, forecast, go on with new values.
 *
 * A fitted model is a form and a short array of doubles, parameters first, then states,
 * so that models of thousands of series lie side by side in one array and in one chunk of
 * a file. Nothing here allocates: the caller gives room for the values and scratch. */
#ifndef PSN_DATA_LOCAL_MODEL_H
#define PSN_DATA_LOCAL_MODEL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* One value a period, oldest first; NaN = missing, but never at an end. */
typedef struct psn_series {
    const double *value;
    int32_t count;  /* >= 1 */
    int32_t season; /* periods of a season; 1 = none */
} psn_series;

typedef struct psn_local_model {
    int32_t form;     /* of the learner: which equations */
    int32_t season;   /* of the model: 1 where the form has none */
    int32_t count;    /* doubles in use of value */
    double *value;    /* room(season of the series) doubles, the caller's */
    double sigma;     /* root mean square of the one-step errors of the fit */
    double criterion; /* AICc or what the learner compares forms by; NaN = none */
    int32_t warm;     /* in, 1: form and value hold a fit of an earlier part of the same
                         series: keep the form, start from its parameters */
} psn_local_model;

typedef struct psn_local_learner {
    const char *name; /* as options and parts call it: "ets" */
    /* Doubles that a model of a series with this season may take. */
    int32_t (*room)(int32_t season);
    /* Bytes of scratch (64-aligned) of fit. */
    size_t (*scratch)(int32_t count, int32_t season);
    /* 1: fitted. 0: the learner does not suit this series (too short, no variation,
     * zeros where it must divide ...) or found nothing sane. options: the learner's own
     * struct; NULL = its defaults. Values are finite and at most 1e100 in size (the
     * caller scales). */
    int (*fit)(psn_local_model *out, const psn_series *series, const void *options,
               void *scratch);
    /* Means of the next `steps` periods; always finite. O(steps). */
    void (*forecast)(const psn_local_model *model, int32_t steps, double *mean);
    /* The states after further values, parameters kept; NaN = missing. */
    void (*advance)(psn_local_model *model, const double *value, int32_t count);
    /* 1 if a model read from a file is safe to use with the functions above: form,
     * season, count and values in their bounds. */
    int (*check)(const psn_local_model *model);
} psn_local_learner;

/* ---- what learners share */

/* `scratch` of a learner that needs none. */
size_t psn_local_no_scratch(int32_t count, int32_t season);
/* Doubles (or bytes) of a part of scratch, so that the next one is aligned as it is. */
static inline size_t psn_local_padded(size_t count)
{
    return (count + 63) / 64 * 64;
}
/* 1 if all values in use are numbers of at most `most` in size. */
static inline int psn_local_finite(const psn_local_model *model, double most)
{
    for (int32_t i = 0; i < model->count; i++)
        if (!(fabs(model->value[i]) <= most)) return 0;
    return 1;
}
/* 1 if a double is a whole number from least to most: a position, a length. */
static inline int psn_local_whole(double value, double least, double most)
{
    return value >= least && value <= most && value == floor(value);
}

#endif
