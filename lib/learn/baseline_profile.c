/* baseline_profile.c: mean of the last seasons times the profile of some more: the level
 * follows soon, the profile does not flutter. The last values are in a ring; a missing
 * one enters as what was forecast for it. Only whole seasons count, so the mean of the
 * profile is that of all values kept. O(n) by running sums. */
#include "learn/baseline.h"

#include <string.h>

#include "learn/baseline_internal.h"

enum {
    PROFILE_SHORT = 24, /* the longest season of which 8 are kept */
    PROFILE_KEPT = 8,
    PROFILE_LEVEL = 4,
    PROFILE_KEPT_LONG = 3,
    PROFILE_LEVEL_LONG = 2
};

typedef struct profile_sums {
    double level, all; /* sums over the seasons of the level, over all seasons kept */
    int32_t season, room, seasons, some;
    int32_t below; /* values < 0 have been met */
} profile_sums;

static int32_t profile_ring(int32_t season)
{
    return (season <= PROFILE_SHORT ? PROFILE_KEPT : PROFILE_KEPT_LONG) * season;
}

static int32_t profile_room(int32_t season)
{
    return RING_VALUES + (season > 1 ? profile_ring(season) : 1);
}

/* Whole seasons in the ring and how many of them make the level. */
static void profile_seasons(profile_sums *sums, const double *ring)
{
    const int32_t some =
        sums->season <= PROFILE_SHORT ? PROFILE_LEVEL : PROFILE_LEVEL_LONG;
    sums->seasons = (int32_t)ring[RING_FILLED] / sums->season;
    sums->some = sums->seasons < some ? sums->seasons : some;
}

static profile_sums profile_open(const double *ring, int32_t season)
{
    profile_sums sums = {.season = season, .room = profile_ring(season)};
    profile_seasons(&sums, ring);
    for (int32_t back = 1; back <= sums.seasons * season; back++) {
        const double value = ring_back(ring, sums.room, back);
        sums.all += value;
        if (back <= sums.some * season) sums.level += value;
        sums.below |= value < 0;
    }
    return sums;
}

/* Step 1 .. season ahead. */
static double profile_ahead(const profile_sums *sums, const double *ring, int32_t step)
{
    const int32_t m = sums->season;
    const double level = sums->level / (double)(sums->some * m);
    const double mean = sums->all / (double)(sums->seasons * m);
    double here = 0;
    for (int32_t k = 1; k <= sums->seasons; k++)
        here += ring_back(ring, sums->room, k * m - step + 1);
    here /= sums->seasons;
    return sums->below || !(mean > 0) ? level + (here - mean) : level * (here / mean);
}

/* One value into the ring and the sums, which change only once a season is complete or
 * the ring is in full use. */
static void profile_push(profile_sums *sums, double *ring, double value)
{
    const int32_t m = sums->season, before = sums->seasons, some = sums->some;
    const double level_out = some > 0 ? ring_back(ring, sums->room, some * m) : 0.0;
    const double all_out = before > 0 ? ring_back(ring, sums->room, before * m) : 0.0;
    ring_push(ring, sums->room, value);
    profile_seasons(sums, ring);
    if (sums->seasons != before) {
        const int32_t below = sums->below | (value < 0);
        *sums = profile_open(ring, m);
        sums->below |= below;
        return;
    }
    sums->below |= value < 0;
    if (some > 0) sums->level += value - level_out;
    if (before > 0) sums->all += value - all_out;
}

static int profile_fit(psn_local_model *out, const psn_series *series,
                       const void *options, void *scratch)
{
    (void)options;
    (void)scratch;
    const int32_t m = series->season, first = baseline_first(series);
    if (m < 2 || (series->count - first) / 2 < m) return 0;
    profile_sums sums = {.season = m, .room = profile_ring(m)};
    baseline_errors errors = {0};
    double *ring = out->value, running = series->value[first];
    memset(ring, 0, (size_t)profile_room(m) * sizeof *ring);
    for (int32_t i = first; i < series->count; i++) {
        const double mean = sums.seasons > 0 ? profile_ahead(&sums, ring, 1) : running;
        double value = series->value[i];
        if (sums.seasons > 0) baseline_error(&errors, value - mean);
        if (value != value) value = mean;
        running += (value - running) / (double)(i - first + 1);
        profile_push(&sums, ring, value);
    }
    return baseline_finish(out, 0, m, profile_room(m), &errors);
}

static void profile_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    const int32_t m = model->season;
    const profile_sums sums = profile_open(model->value, m);
    for (int32_t h = 0; h < steps; h++)
        mean[h] = h < m ? profile_ahead(&sums, model->value, h + 1) : mean[h - m];
}

static void profile_advance(psn_local_model *model, const double *value, int32_t count)
{
    profile_sums sums = profile_open(model->value, model->season);
    for (int32_t i = 0; i < count; i++) {
        const double mean = profile_ahead(&sums, model->value, 1);
        profile_push(&sums, model->value, value[i] == value[i] ? value[i] : mean);
    }
}

static int profile_check(const psn_local_model *model)
{
    const int32_t m = model->season;
    return m > 1 && m <= PSN_BASELINE_SEASON_MOST &&
           baseline_sane(model, m, profile_room(m)) &&
           ring_sane(model->value, profile_ring(m)) && model->value[RING_FILLED] >= m;
}

const psn_local_learner psn_profile_learner = {
    .name = "profile",
    .room = profile_room,
    .scratch = psn_local_no_scratch,
    .fit = profile_fit,
    .forecast = profile_forecast,
    .advance = profile_advance,
    .check = profile_check,
};
