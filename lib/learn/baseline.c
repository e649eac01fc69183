/* baseline.c: zero, naive, seasonal naive and drift. A fit runs once through the series
 * in the way updates do, so that both agree: O(n). */
#include "learn/baseline.h"

#include "learn/baseline_internal.h"

static int32_t baseline_room_one(int32_t season)
{
    (void)season;
    return 1;
}

/* ---- zero and naive: the level */

static int zero_fit(psn_local_model *out, const psn_series *series, const void *options,
                    void *scratch)
{
    (void)options;
    (void)scratch;
    baseline_errors errors = {0};
    for (int32_t i = 0; i < series->count; i++) baseline_error(&errors, series->value[i]);
    out->value[0] = 0;
    return baseline_finish(out, 0, 1, 1, &errors);
}

static void zero_advance(psn_local_model *model, const double *value, int32_t count)
{
    (void)model;
    (void)value;
    (void)count;
}

static void level_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    for (int32_t h = 0; h < steps; h++) mean[h] = model->value[0];
}

static int level_check(const psn_local_model *model)
{
    return baseline_sane(model, 1, 1);
}

static int zero_check(const psn_local_model *model)
{
    return level_check(model) && model->value[0] == 0;
}

static void naive_advance(psn_local_model *model, const double *value, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (value[i] == value[i]) model->value[0] = value[i];
}

static int naive_fit(psn_local_model *out, const psn_series *series, const void *options,
                     void *scratch)
{
    (void)options;
    (void)scratch;
    baseline_errors errors = {0};
    double level = NAN;
    for (int32_t i = 0; i < series->count; i++) {
        baseline_error(&errors, series->value[i] - level);
        if (series->value[i] == series->value[i]) level = series->value[i];
    }
    out->value[0] = level;
    return level == level && baseline_finish(out, 0, 1, 1, &errors);
}

/* ---- seasonal naive: next position | the last value at each position */

static int32_t seasonal_naive_room(int32_t season)
{
    return 1 + (season > 1 ? season : 1);
}

/* The step from one value to the next; a missing one changes nothing. */
static void seasonal_naive_step(double *state, int32_t season, double value)
{
    const int32_t at = (int32_t)state[0];
    if (value == value) state[1 + at] = value;
    state[0] = at + 1 == season ? 0 : at + 1;
}

static void seasonal_naive_advance(psn_local_model *model, const double *value,
                                   int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        seasonal_naive_step(model->value, model->season, value[i]);
}

static int seasonal_naive_fit(psn_local_model *out, const psn_series *series,
                              const void *options, void *scratch)
{
    (void)options;
    (void)scratch;
    const int32_t m = series->season;
    baseline_errors errors = {0};
    if (m < 2 || series->count < m) return 0;
    double *state = out->value, last = NAN;
    state[0] = 0;
    for (int32_t j = 0; j < m; j++) state[1 + j] = NAN;
    for (int32_t i = 0; i < series->count; i++) {
        baseline_error(&errors, series->value[i] - state[1 + (int32_t)state[0]]);
        seasonal_naive_step(state, m, series->value[i]);
        if (series->value[i] == series->value[i]) last = series->value[i];
    }
    if (last != last) return 0;
    for (int32_t j = 0; j < m; j++) /* never seen there: the last of all */
        if (state[1 + j] != state[1 + j]) state[1 + j] = last;
    return baseline_finish(out, 0, m, 1 + m, &errors);
}

static void seasonal_naive_forecast(const psn_local_model *model, int32_t steps,
                                    double *mean)
{
    int32_t at = (int32_t)model->value[0];
    for (int32_t h = 0; h < steps; h++) {
        mean[h] = model->value[1 + at];
        at = at + 1 == model->season ? 0 : at + 1;
    }
}

static int seasonal_naive_check(const psn_local_model *model)
{
    return baseline_sane(model, PSN_BASELINE_SEASON_MOST, 1 + model->season) &&
           model->season > 1 && psn_local_whole(model->value[0], 0, model->season - 1);
}

/* ---- drift: first value, last value, periods between them, periods since the last */

enum { DRIFT_FIRST, DRIFT_LAST, DRIFT_SPAN, DRIFT_SINCE, DRIFT_VALUES };

static int32_t drift_room(int32_t season)
{
    (void)season;
    return DRIFT_VALUES;
}

static double drift_ahead(const double *state, double periods)
{
    const double span = state[DRIFT_SPAN];
    const double slope = span > 0 ? (state[DRIFT_LAST] - state[DRIFT_FIRST]) / span : 0.0;
    return state[DRIFT_LAST] + slope * (state[DRIFT_SINCE] + periods);
}

static void drift_advance(psn_local_model *model, const double *value, int32_t count)
{
    double *state = model->value;
    for (int32_t i = 0; i < count; i++) {
        state[DRIFT_SINCE] += 1;
        if (value[i] != value[i]) continue;
        state[DRIFT_LAST] = value[i];
        state[DRIFT_SPAN] += state[DRIFT_SINCE];
        state[DRIFT_SINCE] = 0;
    }
}

static int drift_fit(psn_local_model *out, const psn_series *series, const void *options,
                     void *scratch)
{
    (void)options;
    (void)scratch;
    const double *value = series->value;
    baseline_errors errors = {0};
    const int32_t first = baseline_first(series);
    if (series->count - first < 2) return 0;
    double *state = out->value;
    state[DRIFT_FIRST] = state[DRIFT_LAST] = value[first];
    state[DRIFT_SPAN] = state[DRIFT_SINCE] = 0;
    for (int32_t i = first + 1; i < series->count; i++) {
        if (state[DRIFT_SPAN] > 0)
            baseline_error(&errors, value[i] - drift_ahead(state, 1));
        drift_advance(out, value + i, 1);
    }
    if (!(state[DRIFT_SPAN] > 0)) return 0;
    return baseline_finish(out, 0, 1, DRIFT_VALUES, &errors);
}

static void drift_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    for (int32_t h = 0; h < steps; h++) mean[h] = drift_ahead(model->value, h + 1.0);
}

static int drift_check(const psn_local_model *model)
{
    return baseline_sane(model, 1, DRIFT_VALUES) &&
           psn_local_whole(model->value[DRIFT_SPAN], 1, 1e15) &&
           psn_local_whole(model->value[DRIFT_SINCE], 0, 1e15);
}

const psn_local_learner psn_zero_learner = {
    .name = "zero",
    .room = baseline_room_one,
    .scratch = psn_local_no_scratch,
    .fit = zero_fit,
    .forecast = level_forecast,
    .advance = zero_advance,
    .check = zero_check,
};
const psn_local_learner psn_naive_learner = {
    .name = "naive",
    .room = baseline_room_one,
    .scratch = psn_local_no_scratch,
    .fit = naive_fit,
    .forecast = level_forecast,
    .advance = naive_advance,
    .check = level_check,
};
const psn_local_learner psn_seasonal_naive_learner = {
    .name = "seasonal_naive",
    .room = seasonal_naive_room,
    .scratch = psn_local_no_scratch,
    .fit = seasonal_naive_fit,
    .forecast = seasonal_naive_forecast,
    .advance = seasonal_naive_advance,
    .check = seasonal_naive_check,
};
const psn_local_learner psn_drift_learner = {
    .name = "drift",
    .room = drift_room,
    .scratch = psn_local_no_scratch,
    .fit = drift_fit,
    .forecast = drift_forecast,
    .advance = drift_advance,
    .check = drift_check,
};
