/* baseline_window.c: the mean of the last periods, in a ring of values; a missing value
 * enters as what was forecast for it, so that the sum stays plain. O(n) by a running sum.
 */
#include "learn/baseline.h"

#include <string.h>

#include "learn/baseline_internal.h"

enum { WINDOW_DAYS = 28 /* four weeks */, WINDOW_LEAST = 8 };

/* ---- moving mean; the room of the ring is what the model counts */

static int32_t moving_mean_most(int32_t season)
{
    return 2 * season > WINDOW_DAYS ? 2 * season : WINDOW_DAYS;
}

static int32_t moving_mean_window(const psn_series *series, const void *options)
{
    const psn_moving_mean_options *o = options;
    int32_t window = o != NULL && o->window > 0 ? o->window
                     : series->season == 7      ? WINDOW_DAYS
                                                : 2 * series->season;
    if ((o == NULL || o->window <= 0) && window < WINDOW_LEAST) window = WINDOW_LEAST;
    const int32_t most = moving_mean_most(series->season);
    return window < most ? window : most;
}

static int32_t moving_mean_room(int32_t season)
{
    return RING_VALUES + moving_mean_most(season);
}

static int moving_mean_fit(psn_local_model *out, const psn_series *series,
                           const void *options, void *scratch)
{
    (void)scratch;
    const int32_t window = moving_mean_window(series, options);
    const int32_t first = baseline_first(series);
    baseline_errors errors = {0};
    double *ring = out->value, sum = 0;
    memset(ring, 0, (size_t)(RING_VALUES + window) * sizeof *ring);
    if (first == series->count) return 0;
    for (int32_t i = first; i < series->count; i++) {
        const double mean = ring[RING_FILLED] > 0 ? sum / ring[RING_FILLED] : NAN;
        double value = series->value[i];
        baseline_error(&errors, value - mean);
        if (value != value) value = mean;
        sum += value - ring_push(ring, window, value);
    }
    return baseline_finish(out, 0, 1, RING_VALUES + window, &errors);
}

static double moving_mean_level(const psn_local_model *model)
{
    return ring_mean(model->value, model->count - RING_VALUES,
                     (int32_t)model->value[RING_FILLED]);
}

static void moving_mean_forecast(const psn_local_model *model, int32_t steps,
                                 double *mean)
{
    const double level = moving_mean_level(model);
    for (int32_t h = 0; h < steps; h++) mean[h] = level;
}

static void moving_mean_advance(psn_local_model *model, const double *value,
                                int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        ring_push(model->value, model->count - RING_VALUES,
                  value[i] == value[i] ? value[i] : moving_mean_level(model));
}

static int moving_mean_check(const psn_local_model *model)
{
    return model->count > RING_VALUES && model->count <= PSN_BASELINE_SEASON_MOST &&
           baseline_sane(model, 1, model->count) &&
           ring_sane(model->value, model->count - RING_VALUES);
}

const psn_local_learner psn_moving_mean_learner = {
    .name = "moving_mean",
    .room = moving_mean_room,
    .scratch = psn_local_no_scratch,
    .fit = moving_mean_fit,
    .forecast = moving_mean_forecast,
    .advance = moving_mean_advance,
    .check = moving_mean_check,
};
