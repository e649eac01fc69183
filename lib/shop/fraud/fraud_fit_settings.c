/* fraud_fit_settings.c: the settings of the trees that are tried: those of the engine's
 * search (learn/gbdt_search.h), and what options fix in all of them. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/gbdt_search.h"
#include "shop/fraud/fraud_fit.h"

#include <string.h>

enum { SETTING_SHALLOW = 4, SETTING_MANY = 200000 };

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

/* Those of the engine, in its order, with one in the fifth place for few frauds in a
 * changing world (shallow trees), and with more leaves where there are rows for them. */
static void setting_of_trial(psn_gbdt_options *out, const psn_gbdt_options *base,
                             int64_t rows, int32_t trial, uint64_t seed)
{
    if (rows >= SETTING_MANY && trial < 2) {
        psn_gbdt_trial_options(out, base, rows, 0, seed);
        out->num_leaves = trial == 0 ? 63 : 255;
        return;
    }
    psn_gbdt_trial_options(out, base, rows,
                           trial < SETTING_SHALLOW    ? trial
                           : trial == SETTING_SHALLOW ? 0
                                                      : trial - 1,
                           seed);
    if (trial != SETTING_SHALLOW) return;
    out->num_leaves = 5;
    out->lambda_l2 = 10;
    out->row_fraction = 0.8;
}

void psn_fraud_fit_setting(psn_gbdt_options *out, const psn_fraud_fitting *fit,
                           int32_t trial)
{
    const int64_t rows = fit->model->labelled;
    psn_gbdt_options base;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    base.learning_rate = rows < SETTING_MANY ? 0.05 : 0.1;
    base.rounds = rows < SETTING_MANY ? 1500 : 800;
    base.early_stopping = rows < SETTING_MANY ? 40 : 25;
    if (fit->folds == 0) { /* nothing can be chosen: little is learnt */
        base.rounds = 60;
        base.early_stopping = 0;
        base.num_leaves = 4;
        base.lambda_l2 = 5;
        base.min_data_in_leaf = 2 + (int32_t)(rows / 50);
        *out = base;
        out->seed = fit->seed;
    } else {
        setting_of_trial(out, &base, rows, trial, fit->seed);
    }
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

int32_t psn_fraud_fit_trials(const psn_fraud_fitting *fit)
{
    int is_auto;
    const int64_t asked = FRAUD_INT(fit, "search", &is_auto);
    if (fit->folds == 0) return 1;
    if (!is_auto) return (int32_t)asked;
    return fit->model->labelled < 60000 ? 5 : fit->model->labelled < SETTING_MANY ? 3 : 2;
}

int32_t psn_fraud_fit_best(const psn_fraud_fitting *fit, int32_t trials)
{
    int is_auto;
    const int64_t asked = FRAUD_INT(fit, "blend", &is_auto);
    const int64_t wanted = is_auto ? 3 : asked;
    return wanted < trials ? (int32_t)wanted : trials;
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
