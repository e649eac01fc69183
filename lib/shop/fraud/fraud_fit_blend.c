/* fraud_fit_blend.c: from the scores of the members, all on rows that they did not learn
 * from, to a probability.
 *
 * Blend: raw = (1 - w) trees + w regression + v forest, w and v by a grid on log loss; a
 * member joins only if the mean loss falls by more than one standard error of the fall
 * (on the same rows). Calibration: on random folds the kind with the least log loss on
 * rows left out, none unless it helps by enough. By time, where the level of frauds moves
 * and rows left out of a window cannot tell what the next one will be like, Platt's on
 * the latest window, the more the more frauds it saw; over eleven tables (four real) that
 * halved the calibration error of none, and other windows and kinds were no better beyond
 * noise. Prevalence: odds x b, b of the prevalence that the rows had and the one to
 * come. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/calibrate.h"
#include "math/elementary.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

static double blend_loss(double raw, double label)
{
    const double margin = label > 0 ? -raw : raw;
    return margin > 30 ? margin : psn_log1p(psn_exp(margin));
}

static int blend_validates(const psn_fraud_fitting *fit, int64_t row)
{
    return fit->fold[row] >= 0;
}

/* keep x base + by x extra + level; level: what makes the loss least, since a change of
 * the share of frauds is for the calibration. */
typedef struct blend_try {
    const double *base, *extra;
    double keep, by, level;
} blend_try;

static double blend_raw(const blend_try *a, int64_t row)
{
    return a->keep * a->base[row] + (a->extra ? a->by * a->extra[row] : 0);
}

static void blend_find_level(const psn_fraud_fitting *fit, blend_try *a)
{
    a->level = 0;
    for (int step = 0; step < 6; step++) {
        double g = 0, h = 0;
        for (int64_t i = 0; i < fit->rows; i++) {
            if (!blend_validates(fit, i)) continue;
            const double p = psn_logistic_probability(blend_raw(a, i) + a->level);
            g += psn_fraud_fit_weight(fit, i) * (p - fit->label[i]);
            h += psn_fraud_fit_weight(fit, i) * p * (1 - p);
        }
        const double move = h > 1e-12 ? fmin(fmax(-g / h, -2), 2) : 0;
        a->level += move;
        if (fabs(move) < 1e-6) return;
    }
}

static double blend_mean(const psn_fraud_fitting *fit, blend_try *a)
{
    double sum = 0, all = 0;
    blend_find_level(fit, a);
    for (int64_t i = 0; i < fit->rows; i++) {
        if (!blend_validates(fit, i)) continue;
        sum += psn_fraud_fit_weight(fit, i) *
               blend_loss(blend_raw(a, i) + a->level, fit->label[i]);
        all += psn_fraud_fit_weight(fit, i);
    }
    return sum / all;
}

/* How much better b is than a, in standard errors. */
static double blend_gain(const psn_fraud_fitting *fit, const blend_try *a,
                         const blend_try *b)
{
    double sum = 0, squares = 0, count = 0;
    for (int64_t i = 0; i < fit->rows; i++) {
        if (!blend_validates(fit, i)) continue;
        const double fall = psn_fraud_fit_weight(fit, i) *
                            (blend_loss(blend_raw(a, i) + a->level, fit->label[i]) -
                             blend_loss(blend_raw(b, i) + b->level, fit->label[i]));
        sum += fall;
        squares += fall * fall;
        count++;
    }
    const double mean = sum / count, variance = squares / count - mean * mean;
    return variance > 0 ? mean / sqrt(variance / count) : mean > 0 ? 1e9 : 0;
}

static void blend_keep(psn_fraud_fitting *fit, const blend_try *a)
{
    for (int64_t i = 0; i < fit->rows; i++)
        fit->raw[i] = blend_validates(fit, i) ? blend_raw(a, i) : NAN;
}

static void blend_linear(psn_fraud_fitting *fit)
{
    persona_fraud_scorer *model = fit->model;
    const double *trees = fit->score[PSN_FRAUD_TREES],
                 *linear = fit->score[PSN_FRAUD_LINEAR];
    blend_try alone = {trees, linear, 1, 0, 0};
    double least = blend_mean(fit, &alone);
    blend_try best = alone;
    for (int step = 1; step <= 20; step++) {
        blend_try other = {trees, linear, 1 - 0.05 * step, 0.05 * step, 0};
        const double loss = blend_mean(fit, &other);
        if (loss >= least) continue;
        least = loss;
        best = other;
    }
    if (blend_gain(fit, &alone, &best) < 1) best = alone;
    model->weight[PSN_FRAUD_TREES] = best.keep;
    model->weight[PSN_FRAUD_LINEAR] = best.by;
    blend_keep(fit, &best);
}

static void blend_forest(psn_fraud_fitting *fit)
{
    const double *forest = fit->score[PSN_FRAUD_FOREST];
    blend_try alone = {fit->raw, forest, 1, 0, 0};
    double least = blend_mean(fit, &alone);
    blend_try best = alone;
    for (int step = 1; step <= 10; step++) {
        blend_try other = {fit->raw, forest, 1, 0.1 * step, 0};
        const double loss = blend_mean(fit, &other);
        if (loss >= least) continue;
        least = loss;
        best = other;
    }
    if (blend_gain(fit, &alone, &best) < 1) best = alone;
    fit->model->weight[PSN_FRAUD_FOREST] = best.by;
    blend_keep(fit, &best);
}

/* A member that has no say leaves the model. */
static void blend_drop(psn_fraud_fitting *fit)
{
    persona_fraud_scorer *model = fit->model;
    if (model->weight[PSN_FRAUD_TREES] == 0) {
        psn_gbdt_shap_free(model->shap);
        psn_gbdt_fast_free(model->fast);
        psn_gbdt_free(model->trees);
        model->shap = NULL;
        model->fast = NULL;
        model->trees = NULL;
    }
    if (model->weight[PSN_FRAUD_LINEAR] == 0) {
        psn_logistic_free(model->linear);
        model->linear = NULL;
        model->terms = 0;
    }
    if (model->weight[PSN_FRAUD_FOREST] == 0) {
        psn_iforest_free(model->forest);
        model->forest = NULL;
    }
}

int psn_fraud_fit_blend(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    model->weight[model->trees ? PSN_FRAUD_TREES : PSN_FRAUD_LINEAR] = 1;
    if (fit->folds == 0) {
        if (model->trees) model->weight[PSN_FRAUD_LINEAR] = 0;
        goto done;
    }
    PSN_NEED(fit->raw = psn_alloc((size_t)fit->rows, sizeof *fit->raw));
    const double *first = fit->score[PSN_FRAUD_TREES] ? fit->score[PSN_FRAUD_TREES]
                                                      : fit->score[PSN_FRAUD_LINEAR];
    const blend_try alone = {first, NULL, 1, 0, 0};
    blend_keep(fit, &alone);
    if (fit->score[PSN_FRAUD_TREES] && fit->score[PSN_FRAUD_LINEAR]) blend_linear(fit);
    if (fit->score[PSN_FRAUD_FOREST]) blend_forest(fit);
done:
    blend_drop(fit);
    return rc;
}

/* ---- calibration */

static int blend_kind(const char *name)
{
    for (int k = 0; k < PSN_CALIBRATE_AUTO; k++)
        if (strcmp(name, psn_calibrate_name(k)) == 0) return k;
    return PSN_CALIBRATE_AUTO;
}

/* Probabilities, labels and weights of the rows that validate; returns how many. */
static int64_t blend_gather(const psn_fraud_fitting *fit, double *p, double *label,
                            double *weight)
{
    int64_t count = 0;
    for (int64_t i = 0; i < fit->rows; i++) {
        if (!psn_fraud_fit_judges(fit, i)) continue;
        p[count] = psn_logistic_probability(fit->raw[i]);
        label[count] = fit->label[i];
        weight[count++] = psn_fraud_fit_weight(fit, i);
    }
    return count;
}

/* By time: half of what Platt found with so many frauds. 20 to 40 are as good. */
#define BLEND_HALFWAY 30.0

/* Frauds (or good orders, if fewer) that a kind needs. */
static const int64_t blend_needs[PSN_CALIBRATE_AUTO] = {0, 0, 150, 1000};

/* auto: platt, beta or isotonic only where the loss on rows left out falls by enough to
 * be more than chance: 1/2 % of it and 1 / rows for each number learnt. */
static int blend_choose(int *kind, const psn_calibrate *tried, int64_t rows,
                        int64_t rarer)
{
    static const double learnt[] = {0, 2, 3, 10};
    double least = tried->log_loss[PSN_CALIBRATE_NONE];
    if (!(least > 0)) return 0;
    const double alone = least;
    *kind = PSN_CALIBRATE_NONE;
    for (int k = PSN_CALIBRATE_PLATT; k < PSN_CALIBRATE_AUTO; k++) {
        const double loss = tried->log_loss[k];
        const double asked = fmin(0.995 * alone, alone - learnt[k] / (double)rows);
        if (!(loss < least && loss < asked) || rarer < blend_needs[k]) continue;
        least = loss;
        *kind = k;
    }
    return 1;
}

/* The best kind, or none. */
static int blend_calibrate_auto(psn_fraud_fitting *fit, int *kind, const double *p,
                                const double *label, const double *weight, int64_t rows,
                                int64_t rarer, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = fit->model;
    PSN_TRY(psn_calibrate_fit(&model->calibrate, PSN_CALIBRATE_AUTO, p, label, weight,
                              rows, error));
    if (!blend_choose(kind, model->calibrate, rows, rarer))
        *kind = model->calibrate->kind;
    psn_calibrate_free(model->calibrate);
    model->calibrate = NULL;
done:
    return rc;
}

static int blend_calibrate(psn_fraud_fitting *fit, double *p, double *label,
                           double *weight, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    const int64_t rows = blend_gather(fit, p, label, weight);
    int kind = blend_kind(FRAUD_TEXT(fit, "calibrate"));
    const int is_auto = kind == PSN_CALIBRATE_AUTO;
    int64_t frauds = 0;
    for (int64_t i = 0; i < rows; i++) frauds += label[i] > 0;
    const int64_t rarer = frauds * 2 < rows ? frauds : rows - frauds;
    if (is_auto && fit->rolling) kind = PSN_CALIBRATE_PLATT;
    if (is_auto && !fit->rolling)
        PSN_TRY(blend_calibrate_auto(fit, &kind, p, label, weight, rows, rarer, error));
    if (kind == PSN_CALIBRATE_NONE) goto done;
    PSN_TRY(psn_calibrate_fit(&model->calibrate, (psn_calibrate_kind)kind, p, label,
                              weight, rows, error));
    if (is_auto && fit->rolling)
        psn_calibrate_temper(model->calibrate,
                             (double)rarer / ((double)rarer + BLEND_HALFWAY));
done:
    return rc;
}

static int blend_prevalence(psn_fraud_fitting *fit, persona_error *error)
{
    int is_auto;
    persona_fraud_scorer *model = fit->model;
    const double asked = FRAUD_REAL(fit, "prevalence", &is_auto);
    model->shift = 1;
    if (is_auto) return PERSONA_OK;
    model->shift = psn_calibrate_shift_of(model->prevalence, asked);
    const double trained = model->prevalence;
    model->prevalence = asked;
    return psn_model_note(
        &model->base, "prevalence", "info", 1, error,
        "probabilities are shifted from a share of frauds of %.4f to %.6f", trained,
        asked);
}

int psn_fraud_fit_calibrate(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    const size_t n = (size_t)fit->rows;
    double *p = NULL, *label = NULL, *weight = NULL;
    if (fit->folds > 0) {
        PSN_NEED(p = psn_alloc(n, sizeof *p));
        PSN_NEED(label = psn_alloc(n, sizeof *label));
        PSN_NEED(weight = psn_alloc(n, sizeof *weight));
        PSN_TRY(blend_calibrate(fit, p, label, weight, error));
    }
    fit->calibrated = psn_calibrate_name(model->calibrate ? model->calibrate->kind
                                                          : PSN_CALIBRATE_NONE);
    PSN_TRY(blend_prevalence(fit, error));
    if (fit->folds == 0) goto done;
    PSN_NEED(fit->probability = psn_alloc(n, sizeof *fit->probability));
    for (int64_t i = 0; i < fit->rows; i++)
        fit->probability[i] =
            blend_validates(fit, i) ? psn_fraud_probability(model, fit->raw[i]) : NAN;
done:
    psn_release(p);
    psn_release(label);
    psn_release(weight);
    return rc;
}
