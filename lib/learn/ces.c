/* ces.c: complex exponential smoothing as a local model: choice of the form, states.
 *
 * Where a season is found (decompose.h) it is taken out before and put back after, else
 * there is none. Choosing among all forms by AICc forecasts worse: on M1 a sMAPE of 15.7
 * instead of 15.1, and simple takes the series where it fits the past best.
 *
 * Forecasts of a growing level are exponential in the long run, so they are held within
 * three times the range of the values to both sides: a sane limit, far from most. */
#include "learn/ces.h"

#include <math.h>
#include <string.h>

#include "learn/ces_fit.h"
#include "learn/ces_internal.h"
#include "math/elementary.h"

enum { CES_LEAST = 6, CES_SEASON_MOST = 1 << 20 };
#define CES_RANGES     3.0
#define CES_POWER_MOST 1e6

static int32_t ces_season_values(int32_t form, int32_t season)
{
    const int kind = form % PSN_CES_FORMS;
    return kind == PSN_CES_NONE                                  ? 0
           : kind == PSN_CES_ADJUSTED || kind == PSN_CES_PARTIAL ? season
                                                                 : 2 * season;
}

static int32_t ces_room(int32_t season)
{
    return CES_SEASON + (season > 1 ? 2 * season : 0);
}

/* Two series, a profile, and what decomposition or search need. */
static size_t ces_scratch(int32_t count, int32_t season)
{
    const size_t find = psn_season_scratch(count, season) * sizeof(double);
    const size_t search = psn_ces_fit_scratch(season);
    const size_t doubles =
        2 * psn_local_padded((size_t)count) + psn_local_padded((size_t)season);
    return doubles * sizeof(double) + psn_local_padded(find > search ? find : search);
}

/* The form of a model also says how an adjusted season goes back. */
static psn_season_kind ces_adjusted(int32_t form)
{
    return (psn_season_kind)(form / PSN_CES_FORMS);
}

double psn_ces_step(double *state, int32_t form, int32_t season, double value)
{
    const int kind = form % PSN_CES_FORMS;
    const int32_t j = (int32_t)state[CES_POSITION];
    const double a0 = state[CES_A0], a1 = state[CES_A1];
    double *at = state + CES_SEASON + j, *l = state + CES_LEVEL, *c = l + 1;
    if (kind == PSN_CES_SIMPLE) l = at, c = at + season;
    double mean = *l;
    if (kind == PSN_CES_ADJUSTED) mean = psn_season_give(ces_adjusted(form), *l, *at);
    if (kind >= PSN_CES_PARTIAL) mean += *at;
    double e = value == value ? value - mean : 0.0;
    if (kind == PSN_CES_ADJUSTED && value == value)
        e = psn_season_take(ces_adjusted(form), value, *at) - *l;
    ces_move(a0, a1, l, c, e);
    if (kind == PSN_CES_PARTIAL) *at += state[CES_B0] * e;
    if (kind == PSN_CES_FULL) ces_move(state[CES_B0], state[CES_B1], at, at + season, e);
    if (value != value) { /* long gaps: no growth beyond what is sane */
        const double most =
            CES_RANGES * fmax(fabs(state[CES_LOW]), fabs(state[CES_HIGH]));
        *l = fmin(fmax(*l, -most), most);
        *c = fmin(fmax(*c, -most / a0), most / a0);
    }
    state[CES_POSITION] = j + 1 >= season ? 0 : j + 1;
    return mean;
}

/* -- fit */

typedef struct ces_case {
    const psn_series *series;
    double *value, *known; /* filled and adjusted; known and adjusted */
    double *profile;
    void *rest;
    psn_season_kind kind;
    double first; /* mean of the first season or of the first ten values */
} ces_case;

static double ces_first(const double *value, int32_t count, int32_t season)
{
    int32_t some = season > 10 ? season : 10;
    if (some > count) some = count;
    double sum = 0;
    for (int32_t i = 0; i < some; i++) sum += value[i];
    return sum / some;
}

/* Added profile and first level of the raw series, in season units of its own. */
static void ces_profile(ces_case *k, int32_t form)
{
    const psn_series *s = k->series;
    psn_gaps_fill(k->value, s->value, s->count);
    if (form == PSN_CES_SIMPLE) {
        memcpy(k->profile, k->value, (size_t)s->season * sizeof *k->profile);
        return;
    }
    k->first = ces_first(k->value, s->count, s->season);
    if (k->kind == PSN_SEASON_MULTIPLY)
        for (int32_t j = 0; j < s->season; j++)
            k->profile[j] = (k->profile[j] - 1) * k->first;
}

static void ces_open(psn_local_model *out, const ces_found *found, int32_t form,
                     const ces_case *k)
{
    const int32_t m = form == PSN_CES_NONE ? 1 : k->series->season;
    double *state = out->value;
    memcpy(state, found->parameter, sizeof found->parameter);
    state[CES_POSITION] = 0;
    state[CES_LEVEL] = found->level;
    state[CES_POTENTIAL] = found->potential;
    for (int32_t j = 0; j < m && form != PSN_CES_NONE; j++) {
        state[CES_SEASON + j] = k->profile[j];
        if (form == PSN_CES_SIMPLE)
            state[CES_SEASON + m + j] = k->profile[j] / found->parameter[0];
        if (form == PSN_CES_FULL)
            state[CES_SEASON + m + j] = k->profile[j] / fmax(found->parameter[2], 0.1);
    }
    out->season = m;
    out->form = form + (form == PSN_CES_ADJUSTED ? PSN_CES_FORMS * (int32_t)k->kind : 0);
    out->count = CES_SEASON + ces_season_values(out->form, m);
}

/* Values of forecasts that are sane. */
static void ces_limit(psn_local_model *out, const psn_series *s)
{
    double low = INFINITY, high = -INFINITY;
    for (int32_t t = 0; t < s->count; t++)
        if (s->value[t] == s->value[t])
            low = fmin(low, s->value[t]), high = fmax(high, s->value[t]);
    out->value[CES_LOW] = low - CES_RANGES * (high - low);
    out->value[CES_HIGH] = high + CES_RANGES * (high - low);
}

/* Runs through the series: states, sigma, AICc. 0: nothing sane. */
static int ces_finish(psn_local_model *out, int32_t form, const psn_series *s,
                      int32_t parameters)
{
    double squares = 0;
    int32_t errors = 0;
    ces_limit(out, s);
    for (int32_t t = form == PSN_CES_SIMPLE ? s->season : 0; t < s->count; t++) {
        const double mean = psn_ces_step(out->value, out->form, out->season, s->value[t]);
        if (s->value[t] != s->value[t]) continue;
        squares += (s->value[t] - mean) * (s->value[t] - mean);
        errors++;
    }
    if (!psn_local_finite(out, 1e150) || errors < 3) return 0;
    out->sigma = sqrt(squares / errors);
    const double k = parameters, n = errors;
    out->criterion =
        n * psn_log(fmax(squares / n, 1e-300)) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
    return 1;
}

/* What AICc counts: parameters, first states, sigma; of a shrunk profile a quarter. */
static int32_t ces_parameters(int32_t form, int32_t season)
{
    return form == PSN_CES_NONE       ? 5
           : form == PSN_CES_ADJUSTED ? 5 + season / 4
           : form == PSN_CES_SIMPLE   ? 3 + season
           : form == PSN_CES_PARTIAL  ? 6 + season / 4
                                      : 7 + season / 2;
}

static int ces_fit_form(psn_local_model *out, ces_case *k, int32_t form)
{
    const psn_series *s = k->series;
    ces_found found;
    const int warm = out->warm;
    if (warm) memcpy(found.parameter, out->value, sizeof found.parameter);
    const double *known = s->value;
    if (form == PSN_CES_ADJUSTED) {
        known = k->known;
        k->first = ces_first(k->value, s->count, s->season);
    } else if (form != PSN_CES_NONE)
        ces_profile(k, form);
    else
        k->first = ces_first(k->value, s->count, 1);
    const ces_start_values start = {k->first, k->profile};
    if (!psn_ces_search(&found, form, known, s->count, s->season, &start, warm, k->rest))
        return 0;
    ces_open(out, &found, form, k);
    return ces_finish(out, form, s, ces_parameters(form, s->season));
}

/* Sets the series and the season of the case up for this form. */
static int ces_prepare(ces_case *k, int32_t form)
{
    const psn_series *s = k->series;
    memcpy(k->known, s->value, (size_t)s->count * sizeof *k->known);
    if (form == PSN_CES_NONE) {
        psn_gaps_fill(k->value, s->value, s->count);
        return 1;
    }
    if (s->season < 2) return 0;
    if (form == PSN_CES_SIMPLE) return s->count >= 3 * s->season;
    k->kind =
        psn_season_adjust(k->profile, k->value, k->known, s->count, s->season, k->rest);
    return k->kind != PSN_SEASON_NONE;
}

static int ces_fit(psn_local_model *out, const psn_series *series, const void *options,
                   void *scratch)
{
    const psn_ces_options *o = options;
    const int32_t n = series->count;
    ces_case k = {.series = series, .value = scratch};
    k.known = k.value + psn_local_padded((size_t)n);
    k.profile = k.known + psn_local_padded((size_t)n);
    k.rest = k.profile + psn_local_padded((size_t)series->season);
    int32_t form = o != NULL ? o->form : PSN_CES_AUTO, some = 0;
    for (int32_t i = 0; i < n; i++) some += series->value[i] == series->value[i];
    if (some < CES_LEAST) return 0;
    if (out->warm) form = out->form % PSN_CES_FORMS;
    if (form != PSN_CES_AUTO) return ces_prepare(&k, form) && ces_fit_form(out, &k, form);
    if (ces_prepare(&k, PSN_CES_ADJUSTED) && ces_fit_form(out, &k, PSN_CES_ADJUSTED))
        return 1;
    return ces_prepare(&k, PSN_CES_NONE) && ces_fit_form(out, &k, PSN_CES_NONE);
}

/* -- forecast */

/* Two by two: what a states' pair becomes without errors after some moves. */
typedef struct ces_power {
    double ll, lc, cl, cc;
} ces_power;

/* One move more; far beyond any sane forecast it stays as it is. */
static void ces_power_move(ces_power *p, double a0, double a1)
{
    ces_power next = *p;
    ces_move(a0, a1, &next.ll, &next.cl, 0);
    ces_move(a0, a1, &next.lc, &next.cc, 0);
    if (fmax(fmax(fabs(next.ll), fabs(next.lc)), fmax(fabs(next.cl), fabs(next.cc))) <
        CES_POWER_MOST)
        *p = next;
}

static void ces_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    const int kind = model->form % PSN_CES_FORMS;
    const double *v = model->value;
    const int32_t m = model->season;
    const double s0 = v[kind == PSN_CES_SIMPLE ? CES_A0 : CES_B0];
    const double s1 = v[kind == PSN_CES_SIMPLE ? CES_A1 : CES_B1];
    ces_power level = {1, 0, 0, 1}, season = level;
    int32_t j = (int32_t)v[CES_POSITION], moved = 0;
    for (int32_t h = 0; h < steps; h++) {
        const double *at = v + CES_SEASON + j;
        double next = level.ll * v[CES_LEVEL] + level.lc * v[CES_POTENTIAL];
        if (kind == PSN_CES_SIMPLE || kind == PSN_CES_FULL) {
            const double part = season.ll * at[0] + season.lc * at[m];
            next = kind == PSN_CES_SIMPLE ? part : next + part;
        } else if (kind == PSN_CES_PARTIAL)
            next += at[0];
        else if (kind == PSN_CES_ADJUSTED)
            next = psn_season_give(ces_adjusted(model->form), next, at[0]);
        mean[h] = fmin(fmax(next, v[CES_LOW]), v[CES_HIGH]);
        ces_power_move(&level, v[CES_A0], v[CES_A1]);
        if (++moved == m) moved = 0, ces_power_move(&season, s0, s1);
        j = j + 1 >= m ? 0 : j + 1;
    }
}

static void ces_advance(psn_local_model *model, const double *value, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        psn_ces_step(model->value, model->form, model->season, value[i]);
        if (value[i] != value[i]) continue;
        const double low = model->value[CES_LOW], high = model->value[CES_HIGH];
        model->value[CES_LOW] = fmin(low, value[i]);
        model->value[CES_HIGH] = fmax(high, value[i]);
    }
}

static int ces_check(const psn_local_model *model)
{
    const int32_t m = model->season, form = model->form;
    if (form < 0 || form >= 3 * PSN_CES_FORMS) return 0;
    const int kind = form % PSN_CES_FORMS;
    if ((kind == PSN_CES_ADJUSTED) != (ces_adjusted(form) != PSN_SEASON_NONE)) return 0;
    if (m < 1 || m > CES_SEASON_MOST || (m > 1) != (kind != PSN_CES_NONE)) return 0;
    if (model->count != CES_SEASON + ces_season_values(form, m)) return 0;
    if (!psn_local_finite(model, 1e150)) return 0;
    if (!psn_local_whole(model->value[CES_POSITION], 0, m - 1)) return 0;
    if (!(model->value[CES_LOW] <= model->value[CES_HIGH])) return 0;
    if (!ces_stable(model->value[CES_A0], model->value[CES_A1])) return 0;
    if (ces_adjusted(form) == PSN_SEASON_MULTIPLY)
        for (int32_t i = 0; i < m; i++)
            if (!(model->value[CES_SEASON + i] >= 1e-3)) return 0;
    return 1;
}

const psn_local_learner psn_ces_learner = {
    .name = "ces",
    .room = ces_room,
    .scratch = ces_scratch,
    .fit = ces_fit,
    .forecast = ces_forecast,
    .advance = ces_advance,
    .check = ces_check,
};
