/* arima.c: forecasts of a fitted ARIMA and what new values do to its states.
 *
 * Values: coefficients; the mean if there is one; the ARMA state a (what the past says
 * about x_(n+1), x_(n+2), ..); the last d + D m values, newest first. A forecast is
 * x_(n+h) = a[h-1] + sum_(i<h) phi_i x_(n+h-i), summed up again in place: O(h
 * (p+1)(P+1)). A new value moves the state on with the gain of the settled filter. */
#include "learn/arima_fit.h"

#include <math.h>
#include <string.h>
#include "math/marquardt.h"

const psn_arima_options psn_arima_defaults = {
    .max_p = 5, .max_q = 5, .max_sp = 2, .max_sq = 2, .max_d = 2, .max_sd = 1};

enum { ARIMA_MEAN_MOST = 1, ARIMA_LAGS_MOST = 2 };

int32_t psn_arima_order_form(const psn_arima_order *o)
{
    return o->p | o->q << 3 | o->sp << 6 | o->sq << 8 | o->d << 10 | o->sd << 12 |
           o->mean << 13;
}

psn_arima_order psn_arima_form_order(int32_t form)
{
    return (psn_arima_order){.p = form & 7,
                             .q = form >> 3 & 7,
                             .sp = form >> 6 & 3,
                             .sq = form >> 8 & 3,
                             .d = form >> 10 & 3,
                             .sd = form >> 12 & 1,
                             .mean = form >> 13 & 1};
}

static psn_arma_order arima_arma(const psn_arima_order *o, int32_t season)
{
    return (psn_arma_order){
        .p = o->p, .q = o->q, .sp = o->sp, .sq = o->sq, .season = season};
}

/* Where the parts of model->value lie. */
typedef struct arima_view {
    psn_arima_order order;
    psn_arma_order arma;
    int32_t states, lags;
    const double *ar, *ma, *sar, *sma;
    double mean;
    double *state, *last;
} arima_view;

static arima_view arima_see(const psn_local_model *model)
{
    arima_view v = {.order = psn_arima_form_order(model->form)};
    v.arma = arima_arma(&v.order, model->season);
    v.states = psn_arma_states(&v.arma);
    v.lags = psn_arma_lags(&v.arma, (psn_arma_differences){v.order.d, v.order.sd});
    v.ar = model->value;
    v.ma = v.ar + v.order.p;
    v.sar = v.ma + v.order.q;
    v.sma = v.sar + v.order.sp;
    double *at = model->value + psn_arma_count(&v.arma);
    if (v.order.mean) v.mean = *at++;
    v.state = at;
    v.last = at + v.states;
    return v;
}

static int32_t arima_room(int32_t season)
{
    return PSN_ARMA_COEFFICIENTS + ARIMA_MEAN_MOST + PSN_ARMA_MOST + 1 +
           PSN_ARMA_SEASONAL * season + ARIMA_LAGS_MOST + season;
}

/* What the forecasts mean[0 .. h - 1] of x say about x_(n+h+1). */
static double arima_regress(const arima_view *v, const double *mean, int32_t h)
{
    const int32_t m = v->arma.season;
    double sum = 0.0;
    for (int32_t i = 1; i <= v->order.p && i <= h; i++) sum += v->ar[i - 1] * mean[h - i];
    for (int32_t s = 1; s <= v->order.sp && s * m <= h; s++) {
        double seasonal = mean[h - s * m];
        for (int32_t i = 1; i <= v->order.p && s * m + i <= h; i++)
            seasonal -= v->ar[i - 1] * mean[h - s * m - i];
        sum += v->sar[s - 1] * seasonal;
    }
    return sum;
}

/* The value `back` (1 ..) periods before the end, differenced d times. */
static double arima_last(const arima_view *v, int32_t back)
{
    const double *y = v->last + back - 1;
    if (v->order.d == 0) return y[0];
    return v->order.d == 1 ? y[0] - y[1] : y[0] - 2.0 * y[1] + y[2];
}

static void arima_forecast(const psn_local_model *model, int32_t steps, double *mean)
{
    const arima_view v = arima_see(model);
    const int32_t m = model->season, d = v.order.d;
    for (int32_t h = 0; h < steps; h++)
        mean[h] = (h < v.states ? v.state[h] : 0.0) + arima_regress(&v, mean, h);
    for (int32_t h = 0; h < steps; h++) mean[h] += v.mean;
    if (v.order.sd)
        for (int32_t h = 0; h < steps; h++)
            mean[h] += h < m ? arima_last(&v, m - h) : mean[h - m];
    double level = d > 0 ? v.last[0] : 0.0, slope = d > 1 ? v.last[0] - v.last[1] : 0.0;
    for (int32_t h = 0; h < steps; h++) {
        if (d > 1) slope += mean[h];
        if (d > 0) mean[h] = level += d > 1 ? slope : mean[h];
        mean[h] = fmax(-1e150, fmin(1e150, mean[h]));
    }
}

static double arima_phi(const arima_view *v, int32_t i) /* i = 1 .. states */
{
    double sum = i <= v->order.p ? v->ar[i - 1] : 0.0;
    for (int32_t s = 1; s <= v->order.sp; s++) {
        const int32_t rest = i - s * v->arma.season;
        if (rest == 0) sum += v->sar[s - 1];
        if (rest > 0 && rest <= v->order.p) sum -= v->sar[s - 1] * v->ar[rest - 1];
    }
    return sum;
}

static double arima_theta(const arima_view *v, int32_t i)
{
    double sum = i <= v->order.q ? v->ma[i - 1] : 0.0;
    for (int32_t s = 1; s <= v->order.sq; s++) {
        const int32_t rest = i - s * v->arma.season;
        if (rest == 0) sum += v->sma[s - 1];
        if (rest > 0 && rest <= v->order.q) sum += v->sma[s - 1] * v->ma[rest - 1];
    }
    return sum;
}

static void arima_step(const psn_local_model *model, const arima_view *v, double value)
{
    double forecast;
    arima_forecast(model, 1, &forecast);
    if (!(value == value)) value = forecast;
    value = fmax(-1e100, fmin(1e100, value));
    const double e = value - forecast, x = v->state[0] + e;
    for (int32_t i = 0; i < v->states; i++)
        v->state[i] = (i + 1 < v->states ? v->state[i + 1] : 0.0) +
                      arima_phi(v, i + 1) * x + arima_theta(v, i + 1) * e;
    if (v->lags == 0) return;
    memmove(v->last + 1, v->last, (size_t)(v->lags - 1) * sizeof *v->last);
    v->last[0] = value;
}

static void arima_advance(psn_local_model *model, const double *value, int32_t count)
{
    const arima_view v = arima_see(model);
    for (int32_t i = 0; i < count; i++) arima_step(model, &v, value[i]);
}

static int arima_check(const psn_local_model *model)
{
    if (model->form < 0 || model->form >= 1 << 14) return 0;
    const psn_arima_order o = psn_arima_form_order(model->form);
    if (model->season < 1 || model->season > 100000) return 0;
    if (o.p > PSN_ARMA_MOST || o.q > PSN_ARMA_MOST || o.sp > PSN_ARMA_SEASONAL ||
        o.sq > PSN_ARMA_SEASONAL || o.d > 2 || (o.mean && o.d + o.sd > 1))
        return 0;
    if (model->season == 1 && (o.sp || o.sq || o.sd)) return 0;
    const arima_view v = arima_see(model);
    const int32_t count = psn_arma_count(&v.arma) + o.mean + v.states + v.lags;
    if (model->count != count) return 0;
    if (!psn_local_finite(model, 1e120)) return 0;
    double free[PSN_ARMA_COEFFICIENTS];
    return psn_arma_free(&v.arma, model->value, free);
}

/* ---- the fit ---- */

static size_t arima_scratch_room(int32_t season)
{
    const psn_arma_order most = {PSN_ARMA_MOST, PSN_ARMA_MOST, PSN_ARMA_SEASONAL,
                                 PSN_ARMA_SEASONAL, season};
    const size_t filtered = (size_t)PSN_ARIMA_FILTERED + 1;
    const size_t missing = 2 * filtered * filtered + 20 * filtered;
    const size_t exact = psn_arma_scratch(&most);
    return exact > missing ? exact : missing;
}

static size_t arima_scratch(int32_t count, int32_t season)
{
    const size_t n = (size_t)count, m = (size_t)season;
    const size_t doubles = 8 * n + 2 * m + arima_scratch_room(season) +
                           psn_marquardt_scratch(PSN_ARMA_COEFFICIENTS, count);
    return (doubles * sizeof(double) + 63) / 64 * 64;
}

static void arima_rooms(psn_arima_work *w, const psn_series *series, double *at)
{
    const size_t n = (size_t)series->count;
    double **const arrays[] = {&w->y,      &w->gappy,       &w->x,    &w->base,
                               &w->errors, &w->base_errors, &w->ones, &w->spare};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++, at += n) *arrays[i] = at;
    at += 2 * (size_t)series->season;
    w->room = at;
    w->search = at + arima_scratch_room(series->season);
    w->series = series;
    w->season = series->season;
}

/* Missing values: between their neighbours, after taking the means of the seasons away.
 */
static void arima_fill(psn_arima_work *w)
{
    const int32_t n = w->series->count, m = w->season;
    double *means = w->spare;
    memcpy(w->y, w->gappy, (size_t)n * sizeof *w->y);
    if (w->missing == 0) return;
    for (int32_t k = 0; k < m; k++) {
        double sum = 0.0;
        int32_t count = 0;
        for (int32_t t = k; t < n; t += m)
            if (w->y[t] == w->y[t]) sum += w->y[t], count++;
        means[k] = n >= 2 * m && count > 0 ? sum / count : NAN;
    }
    for (int32_t k = 0; k < m; k++)
        if (!(means[k] == means[k])) memset(means, 0, (size_t)m * sizeof *means);
    for (int32_t t = 1, left = 0; t < n; t++) {
        if (!(w->gappy[t] == w->gappy[t])) continue;
        const double from = w->y[left] - means[left % m], to = w->y[t] - means[t % m];
        for (int32_t k = left + 1; k < t; k++)
            w->y[k] = means[k % m] + from + (to - from) * (k - left) / (t - left);
        left = t;
    }
}

/* 0 if nothing varies. */
static int arima_prepare(psn_arima_work *w)
{
    const double *value = w->series->value;
    const int32_t n = w->series->count;
    double low = value[0], high = value[0];
    for (int32_t t = 0; t < n; t++) {
        if (!(value[t] == value[t])) w->missing++;
        low = fmin(low, value[t]);
        high = fmax(high, value[t]);
    }
    w->scale = (high - low) / 2.0;
    if (!(w->scale > 1e-12 * fmax(fabs(low), fabs(high))) || w->scale < 1e-200) return 0;
    for (int32_t t = 0; t < n; t++) w->gappy[t] = value[t] / w->scale;
    for (int32_t t = 0; t < n; t++) w->ones[t] = 1.0;
    arima_fill(w);
    return 1;
}

/* The order and the parameters of the model that comes in. */
static int arima_warm(psn_arima_work *w, const psn_local_model *model, psn_arima_fit *fit)
{
    if (!arima_check(model)) return 0;
    const psn_arma_order arma = arima_arma(&fit->order, model->season);
    w->season = model->season;
    return psn_arma_free(&arma, model->value, fit->free) &&
           psn_arima_difference(w, fit->order.d, fit->order.sd);
}

static int arima_fit(psn_local_model *out, const psn_series *series, const void *options,
                     void *scratch)
{
    const psn_arima_options *o = options ? options : &psn_arima_defaults;
    psn_arima_work work = {0};
    psn_arima_fit fit = {0};
    if (series->count < 3) return 0;
    arima_rooms(&work, series, scratch);
    if (!arima_prepare(&work)) return 0;
    if (out->warm || o->given) {
        fit.order = out->warm ? psn_arima_form_order(out->form) : o->order;
        if (out->warm ? !arima_warm(&work, out, &fit)
                      : !psn_arima_difference(&work, fit.order.d, fit.order.sd))
            return 0;
        psn_arima_estimate(&work, &fit, out->warm ? 0 : 20,
                           o->search == PSN_ARIMA_QUICK ? -1 : 20);
    } else if (!psn_arima_search(&work, o, &fit)) {
        return 0;
    }
    return psn_arima_finish(&work, &fit, out);
}

const psn_local_learner psn_arima_learner = {.name = "arima",
                                             .room = arima_room,
                                             .scratch = arima_scratch,
                                             .fit = arima_fit,
                                             .forecast = arima_forecast,
                                             .advance = arima_advance,
                                             .check = arima_check};
