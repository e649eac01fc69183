/* intermittent_engine.h: what all intermittent learners share: each is a start, a step
 * with one more value, and a rate; fit and advance are loops over the step. Missing
 * values are left out, as if the period had not been. */
#ifndef PSN_LEARN_INTERMITTENT_ENGINE_H
#define PSN_LEARN_INTERMITTENT_ENGINE_H

#include <math.h>
#include "learn/intermittent.h"

/* What is known of a series before the pass: values there, sales among them. */
typedef struct intermittent_facts {
    int32_t values, sales, season;
} intermittent_facts;

/* value[0] of a model is the factor of its forecasts; forms see what follows it. */
typedef struct intermittent_form {
    /* How many doubles of `value` are in use. */
    int32_t (*start)(double *value, const intermittent_facts *facts,
                     const psn_intermittent_options *options);
    double (*rate)(const double *value);
    void (*step)(double *value, double y);
} intermittent_form;

int psn_intermittent_fit(psn_local_model *out, const psn_series *series,
                         const psn_intermittent_options *options,
                         const intermittent_form *form);
void psn_intermittent_advance(psn_local_model *model, const double *value, int32_t count,
                              const intermittent_form *form);
void psn_intermittent_flat(const psn_local_model *model, int32_t steps, double *mean,
                           const intermittent_form *form);
/* Are the form's values `count`, finite and not beyond what finite series lead to? */
int psn_intermittent_sane(const psn_local_model *model, int32_t count);
/* 0 = the default: `daily` where a season has 7 periods or more than 12. */
static inline double psn_intermittent_option(double given, int32_t season, double daily,
                                             double other)
{
    if (given > 0) return given;
    return season == 7 || season > 12 ? daily : other;
}

/* Of a forecast: within reason, 1 where none is given. */
static inline double psn_intermittent_factor(const psn_intermittent_options *options)
{
    const double factor = options && options->factor > 0 ? options->factor : 1;
    return factor > 0.5 ? factor < 2 ? factor : 2 : 0.5;
}

/* The weight of the newest of `seen` values: all weigh the same until 1 / seen falls to
 * the gain, so that a start needs no guess. */
static inline double psn_intermittent_gain(double gain, double seen)
{
    return seen * gain < 1 ? 1 / seen : gain;
}

/* The learner psn_<form>_learner of an intermittent_form called <form>. */
#define INTERMITTENT_LEARNER(form_, room_, check_)                                       \
    static int32_t form_##_all(int32_t season)                                           \
    {                                                                                    \
        return 1 + room_(season);                                                        \
    }                                                                                    \
    static int form_##_fit(psn_local_model *out, const psn_series *series,               \
                           const void *options, void *scratch)                           \
    {                                                                                    \
        (void)scratch;                                                                   \
        return psn_intermittent_fit(out, series, options, &form_);                       \
    }                                                                                    \
    static void form_##_forecast(const psn_local_model *model, int32_t steps,            \
                                 double *mean)                                           \
    {                                                                                    \
        psn_intermittent_flat(model, steps, mean, &form_);                               \
    }                                                                                    \
    static void form_##_advance(psn_local_model *model, const double *value,             \
                                int32_t count)                                           \
    {                                                                                    \
        psn_intermittent_advance(model, value, count, &form_);                           \
    }                                                                                    \
    const psn_local_learner psn_##form_##_learner = {#form_,                             \
                                                     form_##_all,                        \
                                                     psn_local_no_scratch,               \
                                                     form_##_fit,                        \
                                                     form_##_forecast,                   \
                                                     form_##_advance,                    \
                                                     check_}

#endif
