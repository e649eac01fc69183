/* arima_estimate.c: the coefficients of a given order.
 *
 * Conditional least squares first, then maximum likelihood. With errors e_t of variance
 * s F_t the likelihood, s taken out, is least where sum e_t^2 / F_t x (prod F_t)^(1/n)
 * is, a sum of squares again: both are searched by psn_marquardt. The mean is linear and
 * taken out too, by generalised least squares in every evaluation: the same filter runs
 * over the series and over the series that a mean of 1 makes. */
#include "learn/arima_fit.h"

#include <math.h>
#include <string.h>
#include "math/elementary.h"
#include "math/marquardt.h"
#include "math/small_solve.h"

/* A root this close to 1 is a difference too many or too few. */
#define ESTIMATE_RADIUS 1.01
#define ESTIMATE_BOUND  10.0

enum { ESTIMATE_CONDITIONAL, ESTIMATE_EXACT, ESTIMATE_FILTERED };

typedef struct estimate_context {
    psn_arima_work *work;
    psn_arma_order arma;
    int32_t mean, how;
    double level;      /* the mean, of the last evaluation */
    double *states[2]; /* NULL or where they go */
} estimate_context;

int psn_arima_difference(psn_arima_work *w, int32_t d, int32_t sd)
{
    const int32_t n = w->series->count, m = w->season;
    int32_t count = n - d - sd * m;
    if (count < 2) return 0;
    memcpy(w->x, w->y, (size_t)n * sizeof *w->x);
    if (sd)
        for (int32_t t = 0; t < n - m; t++) w->x[t] = w->y[t + m] - w->y[t];
    for (int32_t i = 1; i <= d; i++)
        for (int32_t t = 0; t < n - sd * m - i; t++) w->x[t] = w->x[t + 1] - w->x[t];
    for (int32_t t = 0; t < n; t++) w->base[t] = d ? t + 1.0 : sd ? (t + 1.0) / m : 1.0;
    w->count = count;
    w->d = d;
    w->sd = sd;
    return 1;
}

static int32_t estimate_count(const estimate_context *c)
{
    return c->how == ESTIMATE_FILTERED ? c->work->series->count : c->work->count;
}

static int estimate_errors(estimate_context *c, const double *coefficients,
                           double *log_variances, int32_t *used)
{
    psn_arima_work *w = c->work;
    const int filtered = c->how == ESTIMATE_FILTERED;
    const psn_arma_series series = {
        .x = {filtered ? w->gappy : w->x, filtered ? w->base : w->ones},
        .error = {w->errors, w->base_errors},
        .states = {c->states[0], c->states[1]},
        .columns = 1 + c->mean,
        .count = estimate_count(c)};
    *used = w->count;
    *log_variances = 0.0;
    if (filtered)
        return psn_arma_missing(&c->arma, coefficients,
                                (psn_arma_differences){w->d, w->sd}, &series,
                                log_variances, used, w->room);
    if (c->how == ESTIMATE_EXACT)
        return psn_arma_exact(&c->arma, coefficients, &series, log_variances, w->room);
    psn_arma_conditional(&c->arma, coefficients, w->x, w->count, w->errors);
    if (c->mean)
        psn_arma_conditional(&c->arma, coefficients, w->ones, w->count, w->base_errors);
    return 1;
}

/* Errors without the mean, scaled so that their sum of squares is what is least; `used`
 * for its variance. */
static int estimate_evaluate(estimate_context *c, const double *coefficients, double *out,
                             int32_t *used)
{
    const psn_arima_work *w = c->work;
    const int32_t n = estimate_count(c);
    double logs;
    if (!estimate_errors(c, coefficients, &logs, used) || *used < 1) return 0;
    c->level = 0.0;
    if (c->mean)
        c->level = psn_small_dot(w->errors, w->base_errors, n) /
                   fmax(psn_small_dot(w->base_errors, w->base_errors, n), 1e-300);
    const double factor = logs == 0.0 ? 1.0 : psn_exp(logs / (2.0 * *used));
    for (int32_t t = 0; t < n; t++)
        out[t] = factor *
                 (c->mean ? w->errors[t] - c->level * w->base_errors[t] : w->errors[t]);
    return 1;
}

static int estimate_residuals(void *context, const double *free, double *out)
{
    estimate_context *c = context;
    double coefficients[PSN_ARMA_COEFFICIENTS];
    int32_t used;
    psn_arma_bounded(&c->arma, free, coefficients);
    return estimate_evaluate(c, coefficients, out, &used);
}

static double estimate_search(estimate_context *c, double *free, int32_t steps)
{
    const psn_marquardt_problem problem = {.residuals = estimate_residuals,
                                           .context = c,
                                           .unknowns = psn_arma_count(&c->arma),
                                           .count = estimate_count(c),
                                           .steps = steps,
                                           .tolerance = 1e-7,
                                           .bound = ESTIMATE_BOUND};
    return psn_marquardt(&problem, free, c->work->search);
}

static estimate_context estimate_begin(psn_arima_work *w, const psn_arima_order *o)
{
    return (estimate_context){
        .work = w, .arma = {o->p, o->q, o->sp, o->sq, w->season}, .mean = o->mean};
}

static int32_t estimate_lags(const psn_arima_work *w, const estimate_context *c)
{
    return psn_arma_lags(&c->arma, (psn_arma_differences){w->d, w->sd});
}

static int estimate_filtered(const psn_arima_work *w, const estimate_context *c)
{
    return w->missing > 0 &&
           psn_arma_states(&c->arma) + estimate_lags(w, c) <= PSN_ARIMA_FILTERED;
}

/* Small numbers of both signs, so that coefficients of both sides do not cancel. */
static void estimate_start(const psn_arma_order *o, double *free)
{
    const int32_t count = psn_arma_count(o);
    for (int32_t i = 0; i < count; i++)
        if (free[i] == 0.0)
            free[i] = i < o->p || (i >= o->p + o->q && i < count - o->sq) ? 0.1 : -0.05;
}

static double estimate_criterion(const psn_arima_work *w, const psn_arima_fit *fit,
                                 int32_t coefficients)
{
    const double n = w->count - w->missing, k = coefficients + fit->order.mean + 1;
    if (n - k - 1.0 < 1.0) return INFINITY;
    return n * (psn_log(6.283185307179586 * fmax(fit->variance, 1e-20)) + 1.0) + 2.0 * k +
           2.0 * k * (k + 1.0) / (n - k - 1.0);
}

void psn_arima_estimate(psn_arima_work *w, psn_arima_fit *fit, int32_t conditional,
                        int32_t exact)
{
    estimate_context c = estimate_begin(w, &fit->order);
    const int32_t count = psn_arma_count(&c.arma);
    double sum = INFINITY;
    fit->criterion = INFINITY;
    estimate_start(&c.arma, fit->free);
    if (conditional > 0 || exact < 0) sum = estimate_search(&c, fit->free, conditional);
    if (exact >= 0) {
        c.how =
            exact > 0 && estimate_filtered(w, &c) ? ESTIMATE_FILTERED : ESTIMATE_EXACT;
        sum = estimate_search(&c, fit->free, exact);
    }
    psn_arma_bounded(&c.arma, fit->free, fit->coefficients);
    if (!(sum < INFINITY)) return;
    fit->mean = c.level;
    fit->variance = sum / (w->count - w->missing);
    if (psn_arma_roots(&c.arma, fit->coefficients, ESTIMATE_RADIUS))
        fit->criterion = estimate_criterion(w, fit, count);
}

/* Forecasts far outside of what was seen; the bound grows with the horizon. */
static int finish_explodes(const psn_arima_work *w, const psn_local_model *model,
                           double *mean)
{
    const int32_t n = w->series->count, steps = n < 3 * w->season ? n : 3 * w->season;
    const int32_t horizon = steps > n / 2 ? steps : n / 2;
    const double *y = w->series->value;
    double low = y[0], high = y[0];
    for (int32_t t = 1; t < n; t++) {
        low = fmin(low, y[t]);
        high = fmax(high, y[t]);
    }
    psn_arima_learner.forecast(model, horizon, mean);
    for (int32_t h = 0; h < horizon; h++) {
        const double slack = (high - low) * (1.0 + 4.0 * (h + 1.0) / n);
        if (!(mean[h] > low - slack && mean[h] < high + slack)) return 1;
    }
    return 0;
}

/* States in the units of the series. */
static int finish_states(psn_arima_work *w, const psn_arima_fit *fit, estimate_context *c,
                         double *state)
{
    const int32_t n = w->series->count;
    const int32_t states = psn_arma_states(&c->arma), lags = estimate_lags(w, c);
    double *base = w->search + n;
    int32_t used;
    c->how = estimate_filtered(w, c) ? ESTIMATE_FILTERED : ESTIMATE_EXACT;
    c->states[0] = state;
    c->states[1] = base;
    if (!estimate_evaluate(c, fit->coefficients, w->search, &used)) return 0;
    if (c->how == ESTIMATE_EXACT)
        for (int32_t i = 0; i < lags; i++) state[states + i] = w->y[n - 1 - i];
    if (c->mean)
        for (int32_t i = 0; i < states; i++) state[i] -= c->level * base[i];
    for (int32_t i = 0; i < states + lags; i++) state[i] *= w->scale;
    return 1;
}

int psn_arima_finish(psn_arima_work *w, const psn_arima_fit *fit, psn_local_model *out)
{
    estimate_context c = estimate_begin(w, &fit->order);
    const int32_t count = psn_arma_count(&c.arma), mean = fit->order.mean;
    out->form = psn_arima_order_form(&fit->order);
    out->season = w->season;
    if (fit->order.sp + fit->order.sq + fit->order.sd == 0) {
        c.arma.season = out->season = 1;
        w->season = 1;
    }
    double *state = out->value + count + mean;
    memcpy(out->value, fit->coefficients, (size_t)count * sizeof *out->value);
    if (!finish_states(w, fit, &c, state)) return 0;
    if (mean) out->value[count] = c.level * w->scale;
    out->count = count + mean + psn_arma_states(&c.arma) + estimate_lags(w, &c);
    out->sigma = sqrt(fit->variance) * w->scale;
    out->criterion = fit->criterion < INFINITY
                         ? fit->criterion + 2.0 * w->count * psn_log(w->scale)
                         : NAN;
    return psn_local_finite(out, 1e110) && !finish_explodes(w, out, w->search);
}
