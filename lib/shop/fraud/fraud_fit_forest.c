/* fraud_fit_forest.c: the isolation forest: how unusual is a row, whatever its label.
 *
 * As a member its score is standardised over the rows of the fit. Without labels it is
 * all there is; then the probability is a guess of the right size: log odds rise by 2 for
 * each standard deviation and their mean is the prevalence asked for (1 % by default), so
 * that orders can be ranked and limits set. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

#define FOREST_PREVALENCE 0.01
#define FOREST_SLOPE      2.0

static int forest_sources(psn_bins_source **out, const psn_fraud_fitting *fit,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t n = fit->model->features;
    psn_bins_source *sources = psn_alloc_zero((size_t)n, sizeof *sources);
    PSN_NEED(sources);
    for (int32_t f = 0; f < n; f++) {
        sources[f] = (psn_bins_source){.values = fit->x + f, .stride = n};
        if (fit->codes[f] == NULL) continue;
        const psn_fraud_input *input = fit->model->input + fit->model->feature[f].input;
        sources[f] = (psn_bins_source){
            .codes = fit->codes[f], .levels = (int32_t)psn_dict_count(input->levels) + 1};
    }
    *out = sources;
done:
    return rc;
}

int psn_fraud_fit_forest(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = fit->model;
    psn_bins_source *sources = NULL;
    psn_iforest_options options;
    double *scores = NULL, sum = 0, squares = 0;
    const double n = (double)fit->rows;
    psn_iforest_defaults(&options);
    options.trees = (int32_t)FRAUD_INT(fit, "iforest.trees", NULL);
    options.sample = (int32_t)FRAUD_INT(fit, "iforest.sample", NULL);
    options.gain = FRAUD_REAL(fit, "iforest.gain", NULL);
    options.seed = fit->seed;
    PSN_TRY(psn_fraud_fit_rates(fit, -1, error));
    PSN_TRY(forest_sources(&sources, fit, error));
    PSN_TRY(psn_iforest_fit(&model->forest, sources, model->features, fit->rows, &options,
                            fit->pool, NULL, error));
    PSN_NEED(scores = psn_alloc((size_t)fit->rows, sizeof *scores));
    const psn_rows rows = {
        .rows = fit->rows, .dims = model->features, .dense = fit->x, .has_missing = 1};
    PSN_TRY(psn_iforest_predict(model->forest, &rows, scores, fit->pool, NULL, error));
    for (int64_t i = 0; i < fit->rows; i++) sum += scores[i];
    model->forest_mean = sum / n;
    for (int64_t i = 0; i < fit->rows; i++)
        squares += (scores[i] - model->forest_mean) * (scores[i] - model->forest_mean);
    model->forest_scale = squares > 1e-12 * n ? 1 / sqrt(squares / n) : 0;
    for (int64_t i = 0; i < fit->rows; i++)
        scores[i] = (scores[i] - model->forest_mean) * model->forest_scale;
    fit->score[PSN_FRAUD_FOREST] = scores;
    scores = NULL;
done:
    psn_release(sources);
    psn_release(scores);
    return rc;
}

/* The intercept with which the mean probability is `wanted`, by halving. */
static double forest_bias(const double *scores, int64_t rows, double wanted)
{
    double low = -100, high = 100;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        double sum = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += psn_logistic_probability(middle + FOREST_SLOPE * scores[r]);
        if (sum / (double)rows < wanted)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

int psn_fraud_fit_unlabelled(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK, is_auto;
    persona_fraud_scorer *model = fit->model;
    const double asked = FRAUD_REAL(fit, "prevalence", &is_auto);
    const double known = model->frauds > 0 ? model->prevalence : FOREST_PREVALENCE;
    model->prevalence = is_auto ? known : asked;
    model->weight[PSN_FRAUD_FOREST] = FOREST_SLOPE;
    model->bias = forest_bias(fit->score[PSN_FRAUD_FOREST], fit->rows, model->prevalence);
    model->shift = 1;
    PSN_NEED(fit->probability = psn_alloc((size_t)fit->rows, sizeof(double)));
    for (int64_t i = 0; i < fit->rows; i++)
        fit->probability[i] = psn_logistic_probability(
            model->bias + FOREST_SLOPE * fit->score[PSN_FRAUD_FOREST][i]);
    fit->calibrated = "none";
done:
    return rc;
}
