/* fraud_fit_trees.c: the boosted trees: settings and rounds chosen by the search of the
 * engine (learn/gbdt_search.h) on the folds of the fit, then learnt from all rows. Rates
 * of categories, and so the bins over them, are those that the rows of a fold know. The
 * scores out of fold are what blending and calibration see. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

typedef struct trees_work {
    psn_fraud_fitting *fit;
    uint8_t *mask;
    double *label; /* unknown ones 0 */
    psn_fraud_loss loss;
} trees_work;

static void trees_mask(trees_work *work, int32_t fold)
{
    const psn_fraud_fitting *fit = work->fit;
    for (int64_t i = 0; i < fit->rows; i++)
        work->mask[i] = psn_fraud_fit_learns(fit, i, fold)  ? PSN_GBDT_TRAIN
                        : fold >= 0 && fit->fold[i] == fold ? PSN_GBDT_VALIDATE
                                                            : PSN_GBDT_UNUSED;
}

/* Fold `folds` is what the model keeps: all rows, or without refit those of fold 0. */
static int trees_open(void *context, psn_gbdt_data *data, int32_t fold,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    trees_work *work = context;
    psn_fraud_fitting *fit = work->fit;
    const int refit = FRAUD_BOOL(fit, "refit") || !(fit->rolling || fit->folds == 1);
    const int validates = fold < fit->folds;
    const int32_t learns = validates ? fold : refit ? -1 : 0;
    trees_mask(work, learns);
    if (fit->rates > 0 || fit->bins == NULL) {
        PSN_TRY(psn_fraud_fit_rates(fit, learns, error));
        PSN_TRY(psn_fraud_fit_bins(fit, error));
    }
    *data = (psn_gbdt_data){.bins = fit->bins,
                            .label = work->label,
                            .weight = fit->weight,
                            .mask = work->mask};
    if (!validates) goto done;
    PSN_TRY(psn_fraud_loss_open(&work->loss, error));
    data->loss = psn_fraud_loss_value;
    data->context = &work->loss;
done:
    return rc;
}

static int trees_keep(psn_fraud_fitting *fit, psn_gbdt_found *found, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    model->trees = found->model;
    found->model = NULL;
    fit->score[PSN_FRAUD_TREES] = found->scores;
    found->scores = NULL;
    fit->tree_options = found->best->options;
    fit->tree_options.monotone = NULL;
    fit->tree_options.rounds = found->best->rounds;
    fit->trials = found->trials;
    for (int32_t t = 0; t < found->trials; t++) fit->blended += found->trial[t].share > 0;
    PSN_TRY(psn_gbdt_fast_new(&model->fast, model->trees, error));
    PSN_TRY(psn_gbdt_shap_new(&model->shap, model->trees, error));
    if (fit->folds > 0)
        PSN_TRY(psn_gbdt_trial_table(&model->part[PSN_FRAUD_PART_SEARCH], found->trial,
                                     found->trials, error));
done:
    return rc;
}

int psn_fraud_fit_trees(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    int8_t *monotone = NULL;
    psn_gbdt_found found = {0};
    psn_gbdt_options base;
    psn_gbdt_search_options search;
    trees_work work = {.fit = fit};
    const psn_gbdt_folds folds = {fit->folds, trees_open, &work};
    PSN_TRY(psn_fraud_fit_monotone(&monotone, fit, error));
    PSN_NEED(work.mask = psn_alloc((size_t)fit->rows, 1));
    PSN_NEED(work.label = psn_alloc((size_t)fit->rows, sizeof *work.label));
    for (int64_t i = 0; i < fit->rows; i++)
        work.label[i] = isnan(fit->label[i]) ? 0 : fit->label[i];
    work.loss = (psn_fraud_loss){
        .label = work.label, .weight = fit->weight, .mask = work.mask, .rows = fit->rows};
    psn_fraud_fit_settings(&base, &search, fit);
    base.monotone = monotone;
    PSN_TRY(psn_gbdt_search(&found, &folds, &base, &search, fit->pool, fit->task, error));
    PSN_TRY(trees_keep(fit, &found, error));
done:
    psn_gbdt_found_clear(&found);
    psn_fraud_loss_close(&work.loss);
    psn_release(work.mask);
    psn_release(work.label);
    psn_release(monotone);
    return rc;
}
