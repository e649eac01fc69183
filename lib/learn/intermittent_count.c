/* intermittent_count.c: counts with a level that moves.
 *
 * Harvey and Fernandes (1989): counts are Poisson given a rate, the rate is gamma(a, b)
 * distributed, and between periods both are discounted, so that the mean a / b stays and
 * its uncertainty grows; seen from outside counts are negative binomial. With a profile
 * f[j] over the season as exposure:
 *
 *   a = w a + y,  b = w b + f[j];   mean of phase j: f[j] a / b
 *
 * Every value weighs the same at the start. The profile is the ratio of what came to what
 * the level said, phase by phase (discounted more slowly), and is believed by the
 * information it has: n observations of variance v about the mean m tell a ratio with
 * precision n m^2 / v, which competes with that of a flat profile. v is smoothed as well:
 * v / m is the dispersion. All is proportional to the unit of the values. O(1) a value.
 */
#include <math.h>
#include "learn/intermittent_engine.h"

enum {
    DISCOUNT,
    PRIOR,
    A,
    B,
    VARIANCE,
    SEEN,
    PHASE,
    SCALE, /* factor of forecasts */
    COUNT_HEAD,
    LONGEST_PROFILE = 24
};
/* For each phase: factor, sum of values, of levels, number; the last three discounted. */
enum { FACTOR, VALUES, LEVELS, NUMBER, PHASE_VALUES };

static const double profile_discount = 0.97, variance_gain = 0.02;

static int32_t profile_phases(int32_t season)
{
    return season > 1 && season <= LONGEST_PROFILE ? season : 1;
}

static int32_t count_room(int32_t season)
{
    return COUNT_HEAD + PHASE_VALUES * profile_phases(season);
}

static void count_start(psn_local_model *model, const psn_series *series,
                        const psn_intermittent_options *options)
{
    double *value = model->value;
    /* A profile needs to be seen a few times. */
    model->season = profile_phases(series->season);
    if (series->count < 4 * model->season) model->season = 1;
    model->count = COUNT_HEAD + PHASE_VALUES * model->season;
    for (int32_t i = 0; i < model->count; i++) value[i] = 0;
    value[DISCOUNT] = 1 - psn_intermittent_option(options ? options->rate : 0,
                                                  series->season, 0.04, 0.15);
    value[SCALE] = psn_intermittent_factor(options);
    value[PRIOR] = options && options->profile > 0 ? options->profile : 40;
    for (int32_t j = 0; j < model->season; j++)
        value[COUNT_HEAD + PHASE_VALUES * j + FACTOR] = 1;
}

static double count_level(const double *value)
{
    return value[B] > 0 ? value[A] / value[B] : 0;
}

static void count_profile(double *value, double *phase, double level, double y)
{
    phase[VALUES] = profile_discount * phase[VALUES] + y;
    phase[LEVELS] = profile_discount * phase[LEVELS] + level;
    phase[NUMBER] = profile_discount * phase[NUMBER] + 1;
    phase[FACTOR] = 1;
    if (!(phase[LEVELS] > 0) || !(value[VARIANCE] > 0)) return;
    const double ratio = phase[VALUES] / phase[LEVELS];
    const double size = level / sqrt(value[VARIANCE]);
    const double precision = phase[NUMBER] * size * size;
    const double factor = 1 + (ratio - 1) * precision / (precision + value[PRIOR]);
    phase[FACTOR] = factor > 10 ? 10 : factor > 0.05 ? factor : 0.05;
}

/* One value, or none; returns the error of the forecast made before. */
static double count_step(psn_local_model *model, double y)
{
    double *value = model->value;
    double *phase = value + COUNT_HEAD + PHASE_VALUES * (int32_t)value[PHASE];
    double e = 0;
    value[PHASE] = value[PHASE] + 1 < model->season ? value[PHASE] + 1 : 0;
    if (isnan(y)) return 0;
    if (value[SEEN] > 0) {
        e = y - phase[FACTOR] * count_level(value);
        value[VARIANCE] +=
            psn_intermittent_gain(variance_gain, value[SEEN]) * (e * e - value[VARIANCE]);
    }
    value[SEEN] += 1;
    value[A] = value[DISCOUNT] * value[A] + y;
    value[B] = value[DISCOUNT] * value[B] + phase[FACTOR];
    if (model->season > 1) count_profile(value, phase, count_level(value), y);
    return e;
}

static int count_fit(psn_local_model *out, const psn_series *series, const void *options,
                     void *scratch)
{
    (void)scratch;
    double square = 0;
    int32_t errors = 0;
    count_start(out, series, options);
    out->form = 0;
    out->criterion = NAN;
    for (int32_t t = 0; t < series->count; t++) {
        const double e = count_step(out, series->value[t]);
        square += e * e;
        errors += !isnan(series->value[t]);
    }
    if (errors == 0) return 0;
    out->sigma = sqrt(square / (errors > 1 ? errors - 1 : 1));
    return isfinite(out->sigma) && isfinite(count_level(out->value));
}

static void count_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    const double level = model->value[SCALE] * count_level(model->value);
    int32_t phase = (int32_t)model->value[PHASE];
    for (int32_t h = 0; h < steps; h++) {
        mean[h] = level * model->value[COUNT_HEAD + PHASE_VALUES * phase + FACTOR];
        phase = phase + 1 < model->season ? phase + 1 : 0;
    }
}

static void count_advance(psn_local_model *model, const double *value, int32_t count)
{
    for (int32_t t = 0; t < count; t++) (void)count_step(model, value[t]);
}

static int count_check(const psn_local_model *model)
{
    const double *v = model->value;
    if (model->season < 1 || model->season > LONGEST_PROFILE || model->form != 0 ||
        model->count != COUNT_HEAD + PHASE_VALUES * model->season)
        return 0;
    if (!psn_local_finite(model, 1e220)) return 0;
    for (int32_t j = 0; j < model->season; j++) {
        const double factor = v[COUNT_HEAD + PHASE_VALUES * j + FACTOR];
        if (!(factor >= 0.05 && factor <= 10)) return 0;
    }
    return v[DISCOUNT] >= 0 && v[DISCOUNT] < 1 && v[PRIOR] > 0 && v[SCALE] >= 0.5 &&
           v[SCALE] <= 2 && fabs(v[A]) <= 1e120 && v[B] >= 0.01 && v[SEEN] >= 1 &&
           v[VARIANCE] >= 0 && psn_local_whole(v[PHASE], 0, model->season - 1);
}

const psn_local_learner psn_count_learner = {
    "count",        count_room,    psn_local_no_scratch, count_fit,
    count_forecast, count_advance, count_check};
