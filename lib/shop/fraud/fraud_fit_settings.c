/* fraud_fit_settings.c: what the search of the engine (learn/gbdt_search.h) is asked: its
 * defaults, and what options fix in all settings that it tries. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_fit.h"

#include <string.h>

static void setting_set_int(int32_t *to, const psn_fraud_fitting *fit, const char *name)
{
    int is_auto;
    const int64_t value = FRAUD_INT(fit, name, &is_auto);
    if (!is_auto) *to = (int32_t)value;
}

static void setting_set_real(double *to, const psn_fraud_fitting *fit, const char *name)
{
    int is_auto;
    const double value = FRAUD_REAL(fit, name, &is_auto);
    if (!is_auto) *to = value;
}

static void setting_growth(psn_gbdt_options *out, const psn_fraud_fitting *fit)
{
    const char *growth = FRAUD_TEXT(fit, "gbdt.growth");
    int is_auto;
    FRAUD_INT(fit, "gbdt.num_leaves", &is_auto);
    if (strcmp(growth, "auto") == 0 && is_auto) return;
    const int32_t wanted =
        strcmp(growth, "symmetric") == 0 ? PSN_GBDT_SYMMETRIC : PSN_GBDT_LEAF_WISE;
    if (out->growth == wanted) return;
    out->growth = wanted;
    out->max_depth = wanted == PSN_GBDT_SYMMETRIC ? 6 : 0;
}

static void setting_fix(const void *context, psn_gbdt_options *out)
{
    const psn_fraud_fitting *fit = context;
    setting_growth(out, fit);
    setting_set_int(&out->rounds, fit, "gbdt.rounds");
    setting_set_int(&out->num_leaves, fit, "gbdt.num_leaves");
    setting_set_int(&out->max_depth, fit, "gbdt.max_depth");
    setting_set_int(&out->min_data_in_leaf, fit, "gbdt.min_data_in_leaf");
    setting_set_int(&out->early_stopping, fit, "gbdt.early_stopping");
    setting_set_real(&out->learning_rate, fit, "gbdt.learning_rate");
    setting_set_real(&out->min_sum_hessian, fit, "gbdt.min_sum_hessian");
    setting_set_real(&out->lambda_l2, fit, "gbdt.lambda_l2");
    setting_set_real(&out->tree_columns, fit, "gbdt.tree_columns");
    setting_set_real(&out->node_columns, fit, "gbdt.node_columns");
    setting_set_real(&out->row_fraction, fit, "gbdt.row_fraction");
    if (out->growth == PSN_GBDT_SYMMETRIC && (out->max_depth < 1 || out->max_depth > 10))
        out->max_depth = 6;
}

void psn_fraud_fit_settings(psn_gbdt_options *base, psn_gbdt_search_options *search,
                            const psn_fraud_fitting *fit)
{
    const int64_t rows = fit->model->labelled;
    psn_gbdt_defaults(base, PSN_GBDT_BINARY);
    *search = (psn_gbdt_search_options){
        .seed = fit->seed, .adjust = setting_fix, .context = fit, .from = 0.1, .to = 0.7};
    setting_set_int(&search->trials, fit, "search");
    setting_set_int(&search->blend, fit, "blend");
    psn_gbdt_search_defaults(base, search, rows);
    base->seed = fit->seed;
    if (fit->folds > 0) return;
    /* nothing can be chosen: little is learnt */
    base->rounds = 60;
    base->early_stopping = 0;
    base->num_leaves = 4;
    base->lambda_l2 = 5;
    base->min_data_in_leaf = 2 + (int32_t)(rows / 50);
}

/* -1, 0, 1 for each feature; NULL where none is set. */
int psn_fraud_fit_monotone(int8_t **out, const psn_fraud_fitting *fit,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const char *key, *value;
    const persona_fraud_scorer *model = fit->model;
    int8_t *made = NULL;
    for (size_t i = 0;
         (key = psn_params_member(fit->params, "monotone.*", i, &value)) != NULL; i++) {
        if (made == NULL) PSN_NEED(made = psn_alloc_zero((size_t)model->features, 1));
        int found = 0;
        for (int32_t f = 0; f < model->features; f++) {
            if (strcmp(model->feature[f].name, key) != 0 ||
                model->feature[f].derive == PSN_FRAUD_LEVEL)
                continue;
            made[f] = (int8_t)(value[0] == '-' ? -1 : value[0] != '0');
            found = 1;
        }
        if (!found)
            PSN_FAIL(error, PERSONA_EOPTION,
                     "monotone.%.80s has no effect: no such number is learnt from", key);
    }
    *out = made;
    made = NULL;
done:
    psn_release(made);
    return rc;
}
