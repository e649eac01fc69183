/* theta.c: theta models as local models. The values are
 *
 *     alpha, w | level, (1 - alpha)^n, A, B, mean, n | next position | profile of a
 * season
 *
 * The form holds the kind of line (theta_line.h) and the kind of season. A season is
 * taken out before the fit, as far as it is more than noise (decompose.h), and put back
 * after.
 *
 * On M1 theta has a sMAPE of 16.51 and a MASE of 1.731, optimised 16.40 and 1.617,
 * dynamic 15.00 and 1.609. */
#include "learn/theta.h"

#include <math.h>
#include <string.h>

#include "math/decompose.h"
#include "math/theta_line.h"

enum {
    THETA_POSITION = PSN_THETA_LINE_VALUES,
    THETA_PROFILE,
    THETA_SEASON_FORM = 4, /* form = kind of line + 4 x kind of season */
    THETA_LEAST = 4,       /* known values */
    THETA_SEASON_MOST = 1 << 20
};

static int32_t theta_room(int32_t season)
{
    return THETA_PROFILE + (season > 1 ? season : 0);
}

/* The filled series, the known one without season, then what the steps need. */
static size_t theta_scratch(int32_t count, int32_t season)
{
    const size_t line = psn_theta_line_scratch(count);
    size_t rest = psn_season_scratch(count, season) * sizeof(double);
    if (rest < line) rest = line;
    return 2 * psn_local_padded((size_t)count) * sizeof(double) + psn_local_padded(rest);
}

static psn_theta_line theta_read(const psn_local_model *model)
{
    psn_theta_line line;
    memcpy(&line, model->value, sizeof line);
    return line;
}

static psn_season_kind theta_season(const psn_local_model *model)
{
    return (psn_season_kind)(model->form / THETA_SEASON_FORM);
}

static double theta_index(const psn_local_model *model, psn_season_kind kind, int32_t at)
{
    return kind == PSN_SEASON_NONE ? 0 : model->value[THETA_PROFILE + at];
}

/* Root mean square of the one-step errors, the season put back. */
static double theta_sigma(const psn_local_model *model, double square)
{
    if (theta_season(model) != PSN_SEASON_MULTIPLY) return sqrt(square);
    double squares = 0;
    for (int32_t i = 0; i < model->season; i++) {
        const double index = model->value[THETA_PROFILE + i];
        squares += index * index;
    }
    return sqrt(square * squares / model->season);
}

static int theta_fit(psn_local_model *out, const psn_series *series, int kind,
                     void *scratch)
{
    const int32_t n = series->count;
    const size_t padded = psn_local_padded((size_t)n);
    double *value = scratch, *known = value + padded, *rest = known + padded;
    int32_t some = 0;
    for (int32_t i = 0; i < n; i++) some += series->value[i] == series->value[i];
    if (some < THETA_LEAST) return 0;
    memcpy(known, series->value, (size_t)n * sizeof *known);
    psn_theta_line line = {.alpha = out->warm ? out->value[0] : 0};
    const psn_season_kind season = psn_season_adjust(out->value + THETA_PROFILE, value,
                                                     known, n, series->season, rest);
    out->season = season == PSN_SEASON_NONE ? 1 : series->season;
    const double square =
        psn_theta_line_fit(&line, value, known, n, kind, out->warm, rest);
    memcpy(out->value, &line, sizeof line);
    out->value[THETA_POSITION] = n % out->season;
    out->form = kind + THETA_SEASON_FORM * (int32_t)season;
    out->count = THETA_PROFILE + (out->season > 1 ? out->season : 0);
    out->sigma = theta_sigma(out, square);
    out->criterion = NAN;
    return psn_local_finite(out, 1e150) && out->sigma < 1e150;
}

static int theta_fit_standard(psn_local_model *out, const psn_series *series,
                              const void *options, void *scratch)
{
    (void)options;
    return theta_fit(out, series, 0, scratch);
}

static int theta_fit_optimised(psn_local_model *out, const psn_series *series,
                               const void *options, void *scratch)
{
    (void)options;
    return theta_fit(out, series, PSN_THETA_FREE, scratch);
}

static int theta_fit_dynamic(psn_local_model *out, const psn_series *series,
                             const void *options, void *scratch)
{
    (void)options;
    return theta_fit(out, series, PSN_THETA_FREE | PSN_THETA_DYNAMIC, scratch);
}

static void theta_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    psn_theta_line line = theta_read(model);
    const psn_season_kind season = theta_season(model);
    int32_t at = (int32_t)model->value[THETA_POSITION];
    for (int32_t h = 0; h < steps; h++) {
        const double next = psn_theta_line_next(&line);
        mean[h] = psn_season_give(season, next, theta_index(model, season, at));
        psn_theta_line_add(&line, next, model->form);
        at = at + 1 >= model->season ? 0 : at + 1;
    }
}

static void theta_advance(psn_local_model *model, const double *value, int32_t count)
{
    psn_theta_line line = theta_read(model);
    const psn_season_kind season = theta_season(model);
    int32_t at = (int32_t)model->value[THETA_POSITION];
    for (int32_t i = 0; i < count; i++) {
        const double index = theta_index(model, season, at);
        psn_theta_line_add(&line, psn_season_take(season, value[i], index), model->form);
        at = at + 1 >= model->season ? 0 : at + 1;
    }
    memcpy(model->value, &line, sizeof line);
    model->value[THETA_POSITION] = at;
}

static int theta_check(const psn_local_model *model)
{
    const int32_t m = model->season;
    if (model->form < 0 || model->form >= 3 * THETA_SEASON_FORM) return 0;
    const psn_season_kind season = theta_season(model);
    if (m < 1 || m > THETA_SEASON_MOST) return 0;
    if ((m > 1) != (season != PSN_SEASON_NONE)) return 0;
    if (model->count != theta_room(m)) return 0;
    if (!psn_local_finite(model, 1e150)) return 0;
    const psn_theta_line line = theta_read(model);
    if (!psn_local_whole(model->value[THETA_POSITION], 0, m - 1)) return 0;
    if (!psn_theta_line_sane(&line)) return 0;
    if (season == PSN_SEASON_MULTIPLY)
        for (int32_t i = 0; i < m; i++)
            if (!(model->value[THETA_PROFILE + i] >= 1e-3)) return 0;
    return 1;
}

#define THETA_LEARNER(its_name, its_fit)                                                 \
    {                                                                                    \
        .name = its_name, .room = theta_room, .scratch = theta_scratch, .fit = its_fit,  \
        .forecast = theta_forecast, .advance = theta_advance, .check = theta_check       \
    }
const psn_local_learner psn_theta_learner = THETA_LEARNER("theta", theta_fit_standard);
const psn_local_learner psn_optimised_theta_learner =
    THETA_LEARNER("optimised_theta", theta_fit_optimised);
const psn_local_learner psn_dynamic_theta_learner =
    THETA_LEARNER("dynamic_theta", theta_fit_dynamic);
