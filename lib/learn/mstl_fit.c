/* mstl_fit.c: forecasts by MSTL. The values of a model:
 *
 *     theta line (theta_line.h) | number of seasons, lengths, positions | profiles
 *
 * Where all values are positive the logarithms are taken apart and the seasons
 * multiplied, else added. A profile is the last of each season, shrunk by what its noise
 * is worth (decompose.h), which makes a year of few years smooth. A missing value takes
 * part with what a first decomposition says of it. */
#include "learn/mstl.h"

#include <math.h>
#include <string.h>

#include "math/decompose.h"
#include "math/elementary.h"
#include "math/theta_line.h"

enum {
    MSTL_NUMBER = PSN_THETA_LINE_VALUES,
    MSTL_LENGTH,
    MSTL_POSITION = MSTL_LENGTH + PSN_MSTL_SEASONS,
    MSTL_PROFILE = MSTL_POSITION + PSN_MSTL_SEASONS
};
enum {
    MSTL_KIND = PSN_THETA_FREE | PSN_THETA_DYNAMIC,
    MSTL_LEAST = 4,
    MSTL_SEASON_MOST = 1 << 20
};
#define MSTL_LEAST_RATIO 1e-3 /* least value over the mean for logarithms */

typedef struct mstl_case {
    const psn_series *series;
    int32_t seasons, length[PSN_MSTL_SEASONS];
    psn_season_kind kind;
    double *value, *known, *trend, *season, *profile, *rest;
} mstl_case;

static int32_t mstl_room(int32_t season)
{
    return MSTL_PROFILE + 2 * season;
}

static size_t mstl_scratch(int32_t count, int32_t season)
{
    const size_t n = psn_local_padded((size_t)count);
    size_t rest = psn_mstl_scratch(count, season > 2 ? season : 2) * sizeof(double);
    const size_t line = psn_theta_line_scratch(count);
    if (rest < line) rest = line;
    return ((3 + PSN_MSTL_SEASONS) * n + psn_local_padded((size_t)season)) *
               sizeof(double) +
           psn_local_padded(rest);
}

/* The seasons that can be had, ascending, distinct. */
static void mstl_seasons(mstl_case *c, const psn_mstl_options *o)
{
    const psn_mstl_options own = {1, {c->series->season}};
    const int32_t longest = c->series->season;
    int32_t room = longest; /* for all but the longest */
    if (o == NULL) o = &own;
    for (int32_t last = 1;;) {
        int32_t next = 0;
        for (int32_t k = 0; k < o->seasons && k < PSN_MSTL_SEASONS; k++)
            if (o->season[k] > last && (next == 0 || o->season[k] < next))
                next = o->season[k];
        if (next == 0 || next > longest || next > c->series->count / 2) return;
        if (next == longest || next <= room) c->length[c->seasons++] = next;
        if (next <= room) room -= next;
        last = next;
    }
}

/* Logarithms where every value is positive and none tiny. */
static void mstl_kind(mstl_case *c)
{
    const psn_series *s = c->series;
    double least = INFINITY, sum = 0;
    for (int32_t i = 0; i < s->count; i++) {
        least = fmin(least, c->value[i]);
        sum += c->value[i] / s->count;
    }
    c->kind = least > MSTL_LEAST_RATIO * sum && least > 0 ? PSN_SEASON_MULTIPLY
                                                          : PSN_SEASON_ADD;
    if (c->kind == PSN_SEASON_MULTIPLY) psn_log_array(c->value, c->value, s->count);
}

static double mstl_fitted(const mstl_case *c, int32_t i)
{
    double sum = c->trend[i];
    for (int32_t k = 0; k < c->seasons; k++)
        sum += c->season[(size_t)k * (size_t)c->series->count + (size_t)i];
    return sum;
}

/* Takes apart, with better values for gaps once more. */
static void mstl_decompose(mstl_case *c)
{
    const psn_series *s = c->series;
    int32_t gaps = 0;
    for (int round = 0; round < 2; round++) {
        psn_mstl_decompose(c->season, c->trend, c->value, s->count, c->length, c->seasons,
                           c->rest);
        for (int32_t i = 0; i < s->count; i++)
            if (s->value[i] != s->value[i]) c->value[i] = mstl_fitted(c, i), gaps++;
        if (gaps == 0) break;
    }
}

/* The noise of an index of season k; rest: count of scratch. */
static psn_season_noise mstl_noise(const mstl_case *c, int32_t k, double *rest)
{
    const int32_t n = c->series->count, season = c->length[k];
    const double some = fmin((double)n / season, 0.5 * psn_mstl_window(k));
    for (int32_t i = 0; i < n; i++) {
        const int known = c->series->value[i] == c->series->value[i];
        rest[i] = known ? c->value[i] - mstl_fitted(c, i) : NAN;
    }
    psn_season_noise noise = psn_season_noise_of(rest, n, season);
    noise.rough /= some;
    noise.smooth /= some;
    return noise;
}

/* The last profile of every season, in the unit of the model. */
static void mstl_profiles(double *profile, const mstl_case *c)
{
    const int32_t n = c->series->count;
    for (int32_t k = 0; k < c->seasons; k++) {
        const int32_t m = c->length[k];
        const double *season = c->season + (size_t)k * (size_t)n;
        double mean = 0;
        for (int32_t i = n - m; i < n; i++) profile[i % m] = season[i];
        psn_season_shrink(profile, c->profile, mstl_noise(c, k, c->known), m);
        for (int32_t j = 0; j < m && c->kind == PSN_SEASON_MULTIPLY; j++)
            profile[j] = psn_exp(fmin(fmax(profile[j], -7.0), 7.0));
        for (int32_t j = 0; j < m; j++) mean += profile[j] / m;
        for (int32_t j = 0; j < m; j++)
            profile[j] = psn_season_take(c->kind, profile[j], mean);
        profile += m;
    }
}

/* All indices of the next period; moves the positions on. */
static double mstl_index(double *position, const double *value, psn_season_kind kind)
{
    const int32_t seasons = (int32_t)value[MSTL_NUMBER];
    const double *profile = value + MSTL_PROFILE;
    double all = kind == PSN_SEASON_MULTIPLY ? 1 : 0;
    for (int32_t k = 0; k < seasons; k++) {
        const int32_t m = (int32_t)value[MSTL_LENGTH + k], at = (int32_t)position[k];
        all = psn_season_give(kind, all, profile[at]);
        position[k] = at + 1 == m ? 0 : at + 1;
        profile += m;
    }
    return all;
}

/* Takes the profiles out of the series. */
static void mstl_adjust(psn_local_model *out, const mstl_case *c)
{
    const psn_series *s = c->series;
    double position[PSN_MSTL_SEASONS] = {0};
    for (int32_t i = 0; i < s->count; i++) {
        const double index = mstl_index(position, out->value, c->kind);
        c->known[i] = psn_season_take(c->kind, s->value[i], index);
    }
    psn_gaps_fill(c->value, c->known, s->count);
    memcpy(out->value + MSTL_POSITION, position, sizeof position);
}

/* Of the added kind the error is that of the line, of the other it has a season. */
static double mstl_sigma(const mstl_case *c, const double *value, double square)
{
    double position[PSN_MSTL_SEASONS] = {0}, squares = 0;
    const int32_t n = c->series->count;
    if (c->kind != PSN_SEASON_MULTIPLY) return sqrt(square);
    for (int32_t i = 0; i < n; i++) {
        const double index = mstl_index(position, value, c->kind);
        squares += index * index;
    }
    return sqrt(square * squares / n);
}

static int mstl_fit(psn_local_model *out, const psn_series *series, const void *options,
                    void *scratch)
{
    const int32_t n = series->count;
    const size_t padded = psn_local_padded((size_t)n);
    mstl_case c = {.series = series, .value = scratch};
    psn_theta_line line = {.alpha = out->warm ? out->value[0] : 0};
    int32_t all = 0;
    c.known = c.value + padded;
    c.trend = c.known + padded;
    c.season = c.trend + padded;
    c.profile = c.season + PSN_MSTL_SEASONS * padded;
    c.rest = c.profile + psn_local_padded((size_t)series->season);
    mstl_seasons(&c, options);
    if (psn_gaps_fill(c.value, series->value, n) < MSTL_LEAST || c.seasons == 0) return 0;
    mstl_kind(&c);
    mstl_decompose(&c);
    out->value[MSTL_NUMBER] = c.seasons;
    for (int32_t k = 0; k < PSN_MSTL_SEASONS; k++) {
        out->value[MSTL_LENGTH + k] = k < c.seasons ? c.length[k] : 0;
        all += k < c.seasons ? c.length[k] : 0;
    }
    mstl_profiles(out->value + MSTL_PROFILE, &c);
    mstl_adjust(out, &c);
    const double square =
        psn_theta_line_fit(&line, c.value, c.known, n, MSTL_KIND, out->warm, c.rest);
    memcpy(out->value, &line, sizeof line);
    out->form = (int32_t)c.kind;
    out->season = c.length[c.seasons - 1];
    out->count = MSTL_PROFILE + all;
    out->sigma = mstl_sigma(&c, out->value, square);
    out->criterion = NAN;
    return psn_local_finite(out, 1e150) && out->sigma < 1e150;
}

static void mstl_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    const psn_season_kind kind = (psn_season_kind)model->form;
    psn_theta_line line;
    double position[PSN_MSTL_SEASONS];
    memcpy(&line, model->value, sizeof line);
    memcpy(position, model->value + MSTL_POSITION, sizeof position);
    for (int32_t h = 0; h < steps; h++) {
        const double next = psn_theta_line_next(&line);
        mean[h] = psn_season_give(kind, next, mstl_index(position, model->value, kind));
        psn_theta_line_add(&line, next, MSTL_KIND);
    }
}

static void mstl_advance(psn_local_model *model, const double *value, int32_t count)
{
    const psn_season_kind kind = (psn_season_kind)model->form;
    psn_theta_line line;
    double position[PSN_MSTL_SEASONS];
    memcpy(&line, model->value, sizeof line);
    memcpy(position, model->value + MSTL_POSITION, sizeof position);
    for (int32_t i = 0; i < count; i++) {
        const double index = mstl_index(position, model->value, kind);
        psn_theta_line_add(&line, psn_season_take(kind, value[i], index), MSTL_KIND);
    }
    memcpy(model->value, &line, sizeof line);
    memcpy(model->value + MSTL_POSITION, position, sizeof position);
}

static int mstl_check(const psn_local_model *model)
{
    const double *v = model->value;
    psn_theta_line line;
    if (model->form != PSN_SEASON_ADD && model->form != PSN_SEASON_MULTIPLY) return 0;
    if (model->count < MSTL_PROFILE ||
        !psn_local_whole(v[MSTL_NUMBER], 1, PSN_MSTL_SEASONS))
        return 0;
    const int32_t seasons = (int32_t)v[MSTL_NUMBER];
    int64_t count = MSTL_PROFILE;
    for (int32_t k = 0; k < seasons; k++) {
        if (!psn_local_whole(v[MSTL_LENGTH + k], 2, MSTL_SEASON_MOST)) return 0;
        if (!psn_local_whole(v[MSTL_POSITION + k], 0, v[MSTL_LENGTH + k] - 1)) return 0;
        count += (int64_t)v[MSTL_LENGTH + k];
    }
    if (count != model->count || model->season != v[MSTL_LENGTH + seasons - 1]) return 0;
    if (!psn_local_finite(model, 1e150)) return 0;
    for (int32_t i = MSTL_PROFILE; i < model->count; i++)
        if (model->form == PSN_SEASON_MULTIPLY && !(v[i] >= 1e-9)) return 0;
    memcpy(&line, v, sizeof line);
    return psn_theta_line_sane(&line);
}

const psn_local_learner psn_mstl_learner = {
    .name = "mstl",
    .room = mstl_room,
    .scratch = mstl_scratch,
    .fit = mstl_fit,
    .forecast = mstl_forecast,
    .advance = mstl_advance,
    .check = mstl_check,
};
