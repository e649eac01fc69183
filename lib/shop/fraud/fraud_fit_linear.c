/* fraud_fit_linear.c: logistic regression over the features, for tables too small or too
 * simple for trees to win alone.
 *
 * Numbers are clamped to the middle 99 % (and taken by sign(x) log1p|x| where that halves
 * their skewness), missing ones are the mean with a column that says so, categories are
 * one column a level. The ridge is chosen on validation. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum { LINEAR_LEVELS = 60, LINEAR_TERMS = 2000, LINEAR_SAMPLE = 50000, LINEAR_L2S = 3 };
#define LINEAR_COST 3e10 /* of the matrices of one fit with auto */
static const double linear_l2s[LINEAR_L2S] = {3, 30, 300};

typedef struct linear_work {
    psn_fraud_fitting *fit;
    int64_t *row; /* rows at hand */
    int64_t rows;
    double *label, *weight;
} linear_work;

/* ---- columns */

static double linear_skew(const double *x, int64_t count)
{
    double mean = 0, m2 = 0, m3 = 0;
    for (int64_t i = 0; i < count; i++) mean += x[i] / (double)count;
    for (int64_t i = 0; i < count; i++) {
        const double d = x[i] - mean;
        m2 += d * d;
        m3 += d * d * d;
    }
    m2 /= (double)count;
    return m2 > 0 ? fabs(m3 / (double)count / (m2 * sqrt(m2))) : 0;
}

static double linear_log(double x)
{
    return copysign(psn_log1p(fabs(x)), x);
}

static void linear_add(persona_fraud_scorer *model, psn_fraud_term term)
{
    if (model->terms < LINEAR_TERMS) model->term[model->terms++] = term;
}

static void linear_number(const linear_work *work, int32_t f, double *values)
{
    persona_fraud_scorer *model = work->fit->model;
    const double *x = work->fit->x;
    const int64_t rows = work->fit->rows, step = rows / LINEAR_SAMPLE + 1;
    psn_fraud_term term = {.feature = f, .level = PSN_FRAUD_TERM_NUMBER};
    int64_t count = 0, seen = 0;
    for (int64_t i = 0; i < rows; i += step, seen++)
        if (!isnan(x[i * model->features + f]))
            values[count++] = x[i * model->features + f];
    if (count == 0) return;
    psn_sort_reals(values, count);
    term.low = fmax(psn_quantile_sorted(values, count, 0.005), -1e100);
    term.high = fmin(psn_quantile_sorted(values, count, 0.995), 1e100);
    if (!(term.low <= term.high)) term.low = term.high = 0;
    for (int64_t i = 0; i < count; i++)
        values[i] = fmin(fmax(values[i], term.low), term.high);
    const double skew = linear_skew(values, count);
    for (int64_t i = 0; i < count; i++) values[i] = linear_log(values[i]);
    term.log = linear_skew(values, count) * 2 < skew;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += term.log ? values[i] : copysign(psn_expm1(fabs(values[i])), values[i]);
    term.missing = sum / (double)count;
    if (term.low < term.high) linear_add(model, term);
    if (count * 200 > seen * 199 || (seen - count) * 200 > seen * 199) return;
    term.level = PSN_FRAUD_TERM_MISSING;
    linear_add(model, term);
}

static void linear_category(const linear_work *work, int32_t f)
{
    persona_fraud_scorer *model = work->fit->model;
    const psn_dict *levels = model->input[model->feature[f].input].levels;
    const int64_t count = psn_dict_count(levels);
    if (count > LINEAR_LEVELS) return; /* its rate stands for it */
    for (int64_t l = 0; l <= count; l++)
        linear_add(model, (psn_fraud_term){.feature = f, .level = (int32_t)l});
    linear_add(model, (psn_fraud_term){.feature = f, .level = PSN_FRAUD_TERM_MISSING});
}

static int linear_terms(linear_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = work->fit->model;
    double *values = psn_alloc((size_t)(work->fit->rows), sizeof *values);
    PSN_NEED(values);
    PSN_NEED(model->term = psn_alloc(LINEAR_TERMS, sizeof *model->term));
    for (int32_t f = 0; f < model->features; f++)
        if (model->feature[f].derive == PSN_FRAUD_LEVEL)
            linear_category(work, f);
        else
            linear_number(work, f, values);
done:
    psn_release(values);
    return rc;
}

/* ---- fits */

static void linear_read(const void *context, int64_t first, int64_t count, double *out)
{
    const linear_work *work = context;
    const persona_fraud_scorer *model = work->fit->model;
    for (int64_t i = 0; i < count; i++)
        psn_fraud_terms(model, work->fit->x + work->row[first + i] * model->features,
                        out + i * model->terms);
}

/* Learns from the rows that do not validate `fold`. */
static int linear_fit(psn_logistic **out, linear_work *work, int32_t fold, double l2,
                      persona_error *error)
{
    const psn_fraud_fitting *fit = work->fit;
    psn_logistic_options options;
    psn_logistic_defaults(&options);
    options.l2 = l2;
    work->rows = 0;
    for (int64_t i = 0; i < fit->rows; i++) {
        if (!psn_fraud_fit_learns(fit, i, fold)) continue;
        work->row[work->rows] = i;
        work->label[work->rows] = fit->label[i];
        work->weight[work->rows++] = psn_fraud_fit_weight(fit, i);
    }
    const psn_rows rows = {.rows = work->rows,
                           .dims = fit->model->terms,
                           .read = linear_read,
                           .context = work,
                           .weights = fit->weight ? work->weight : NULL};
    return psn_logistic_fit(out, &rows, work->label, &options, NULL, error);
}

static int linear_fold(linear_work *work, int32_t fold, double l2, double *scores,
                       double *loss, persona_error *error)
{
    int rc;
    const psn_fraud_fitting *fit = work->fit;
    const persona_fraud_scorer *model = fit->model;
    psn_logistic *made = NULL;
    double *terms = psn_alloc((size_t)model->terms, sizeof *terms);
    PSN_NEED(terms);
    PSN_TRY(linear_fit(&made, work, fold, l2, error));
    for (int64_t i = 0; i < fit->rows; i++) {
        if (fit->fold[i] != fold) continue;
        psn_fraud_terms(model, fit->x + i * model->features, terms);
        scores[i] = psn_logistic_score(made, terms);
        const double margin = fit->label[i] > 0 ? -scores[i] : scores[i];
        *loss += psn_fraud_fit_weight(fit, i) *
                 (margin > 30 ? margin : psn_log1p(psn_exp(margin)));
    }
done:
    psn_logistic_free(made);
    psn_release(terms);
    return rc;
}

/* 1 if a regression is worth its time: asked for, or cheap. */
static int linear_wanted(const psn_fraud_fitting *fit)
{
    const char *algorithm = FRAUD_TEXT(fit, "algorithm");
    if (strcmp(algorithm, "logistic") == 0) return 1;
    if (strcmp(algorithm, "auto") != 0 || fit->folds == 0) return 0;
    const double terms = fit->model->terms, rows = (double)fit->model->labelled;
    return rows * terms * terms * fit->folds * LINEAR_L2S <= LINEAR_COST;
}

static int linear_validate(linear_work *work, persona_error *error)
{
    int rc = PERSONA_OK, l2_auto;
    psn_fraud_fitting *fit = work->fit;
    double loss[LINEAR_L2S] = {0}, *scores[LINEAR_L2S] = {0};
    const double asked = FRAUD_REAL(fit, "logistic.l2", &l2_auto);
    const int count = l2_auto ? LINEAR_L2S : 1;
    int best = 0;
    for (int c = 0; c < count; c++) {
        PSN_NEED(scores[c] = psn_alloc((size_t)fit->rows, sizeof **scores));
        for (int64_t i = 0; i < fit->rows; i++) scores[c][i] = NAN;
    }
    for (int32_t k = 0; k < fit->folds; k++) {
        PSN_TRY(psn_fraud_fit_rates(fit, k, error));
        for (int c = 0; c < count; c++)
            PSN_TRY(linear_fold(work, k, l2_auto ? linear_l2s[c] : asked, scores[c],
                                &loss[c], error));
        PSN_TRY(psn_task_check(fit->task, (k + 1.0) / fit->folds, error));
    }
    for (int c = 1; c < count; c++)
        if (loss[c] < loss[best]) best = c;
    fit->l2 = l2_auto ? linear_l2s[best] : asked;
    fit->score[PSN_FRAUD_LINEAR] = scores[best];
    scores[best] = NULL;
done:
    for (int c = 0; c < count; c++) psn_release(scores[c]);
    return rc;
}

int psn_fraud_fit_linear(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    linear_work work = {.fit = fit};
    const size_t n = (size_t)fit->rows;
    int l2_auto;
    PSN_TRY(linear_terms(&work, error));
    if (fit->model->terms == 0 || !linear_wanted(fit)) {
        fit->model->terms = 0;
        goto done;
    }
    PSN_NEED(work.row = psn_alloc(n, sizeof *work.row));
    PSN_NEED(work.label = psn_alloc(n, sizeof *work.label));
    PSN_NEED(work.weight = psn_alloc(n, sizeof *work.weight));
    fit->l2 = FRAUD_REAL(fit, "logistic.l2", &l2_auto);
    if (l2_auto) fit->l2 = 30;
    if (fit->folds > 0) PSN_TRY(linear_validate(&work, error));
    PSN_TRY(psn_fraud_fit_rates(fit, -1, error));
    PSN_TRY(linear_fit(&fit->model->linear, &work, -1, fit->l2, error));
done:
    psn_release(work.row);
    psn_release(work.label);
    psn_release(work.weight);
    return rc;
}
