/* fraud_fit_options.c: options that have no effect are errors; what every option was in
 * the end is kept in the model. Threads and limits are not: they change no result. */
#include "base/error.h"
#include "data/name.h"
#include "shop/fraud/fraud_fit.h"
#include "shop/settings.h"

#include <string.h>

static int options_set(const psn_fraud_fitting *fit, const char *name)
{
    return psn_params_is_set(fit->params, name);
}

static int options_unlabelled(const psn_fraud_fitting *fit, persona_error *error)
{
    static const char *const names[] = {"positive",         "validation", "calibrate",
                                        "validation_share", "refit",      "anomaly",
                                        "search",           "blend",      "monotone.*"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (options_set(fit, names[i]))
            return psn_settings_useless(
                error, names[i], "nothing is learnt from labels (isolation forest)");
    const char *name = psn_settings_any(&psn_fraud_fit_schema, fit->params, "gbdt.");
    if (name == NULL)
        name = psn_settings_any(&psn_fraud_fit_schema, fit->params, "logistic.");
    return name ? psn_settings_useless(error, name,
                                       "the algorithm is the isolation forest")
                : PERSONA_OK;
}

int psn_fraud_fit_check_options(const psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *algorithm = FRAUD_TEXT(fit, "algorithm"), *name;
    if (!fit->supervised) return options_unlabelled(fit, error);
    if (strcmp(FRAUD_TEXT(fit, "anomaly"), "none") == 0 &&
        (name = psn_settings_any(&psn_fraud_fit_schema, fit->params, "iforest.")) != NULL)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "%s has no effect: the isolation forest has no say (anomaly=blend)",
                 name);
    if (strcmp(algorithm, "logistic") == 0) {
        name = psn_settings_any(&psn_fraud_fit_schema, fit->params, "gbdt.");
        if (name == NULL)
            name = psn_settings_any(&psn_fraud_fit_schema, fit->params, "monotone.");
        if (name == NULL && options_set(fit, "search")) name = "search";
        if (name == NULL && options_set(fit, "blend")) name = "blend";
        if (name)
            return psn_settings_useless(error, name,
                                        "the algorithm is logistic regression");
    }
    if (strcmp(algorithm, "gbdt") == 0 && options_set(fit, "logistic.l2"))
        return psn_settings_useless(error, "logistic.l2", "the algorithm is trees alone");
    if (strcmp(FRAUD_TEXT(fit, "gbdt.growth"), "symmetric") == 0 &&
        options_set(fit, "gbdt.num_leaves"))
        return psn_settings_useless(error, "gbdt.num_leaves",
                                    "symmetric trees are set by gbdt.max_depth");
done:
    return rc;
}

/* ---- resolved */

/* What auto came to, where it is a number of the trees. */
static int options_trees(char *out, size_t capacity, const psn_fraud_fitting *fit,
                         const char *name)
{
    const psn_gbdt_options *o = &fit->tree_options;
    const struct {
        const char *name;
        double value;
    } known[] = {{"gbdt.rounds", o->rounds},
                 {"gbdt.learning_rate", o->learning_rate},
                 {"gbdt.num_leaves", o->num_leaves},
                 {"gbdt.max_depth", o->max_depth},
                 {"gbdt.min_data_in_leaf", o->min_data_in_leaf},
                 {"gbdt.min_sum_hessian", o->min_sum_hessian},
                 {"gbdt.lambda_l2", o->lambda_l2},
                 {"gbdt.tree_columns", o->tree_columns},
                 {"gbdt.node_columns", o->node_columns},
                 {"gbdt.row_fraction", o->row_fraction},
                 {"gbdt.early_stopping", o->early_stopping},
                 {"gbdt.max_bins", fit->max_bins},
                 {"search", fit->trials},
                 {"blend", fit->blended}};
    if (strcmp(name, "gbdt.growth") == 0) {
        psn_format(out, capacity, "%s",
                   o->growth == PSN_GBDT_SYMMETRIC ? "symmetric" : "leaf_wise");
        return 1;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0) {
            psn_format(out, capacity, "%g", known[i].value);
            return 1;
        }
    return 0;
}

static void options_algorithm(char *out, size_t capacity,
                              const persona_fraud_scorer *model)
{
    const char *join = "";
    size_t used = 0;
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++) {
        if (model->weight[m] == 0) continue;
        used += psn_format(out + used, capacity - used, "%s%s", join,
                           psn_fraud_member_names[m]);
        join = "+";
    }
}

static void options_auto(char *out, size_t capacity, const void *context,
                         const char *name)
{
    const psn_fraud_fitting *fit = context;
    const persona_fraud_scorer *model = fit->model;
    if (!model->ready) return;
    if (strcmp(name, "algorithm") == 0) options_algorithm(out, capacity, model);
    if (strcmp(name, "validation") == 0)
        psn_format(out, capacity, "%s", fit->validation[0] ? fit->validation : "none");
    if (strcmp(name, "calibrate") == 0) psn_format(out, capacity, "%s", fit->calibrated);
    if (strcmp(name, "prevalence") == 0)
        psn_format(out, capacity, "%g", model->prevalence);
    if (strcmp(name, "usual_amount") == 0)
        psn_format(out, capacity, "%g", model->costs.usual_amount);
    if (strcmp(name, "logistic.l2") == 0 && model->linear)
        psn_format(out, capacity, "%g", fit->l2);
    if (model->trees) options_trees(out, capacity, fit, name);
}

/* Options that changed nothing of this model. */
static int options_silent(const void *context, const char *name)
{
    const psn_fraud_fitting *fit = context;
    const persona_fraud_scorer *model = fit->model;
    if (psn_name_in(name, "threads max_bytes dry_run features")) return 1;
    if (!model->ready) return 0;
    if (strncmp(name, "gbdt.", 5) == 0 || strcmp(name, "search") == 0 ||
        strcmp(name, "blend") == 0)
        return model->trees == NULL;
    if (strncmp(name, "logistic.", 9) == 0) return model->linear == NULL;
    return strncmp(name, "iforest.", 8) == 0 && model->forest == NULL;
}

static int options_features(psn_text *out, const psn_fraud_fitting *fit,
                            persona_error *error)
{
    for (int32_t i = 0; i < fit->model->inputs; i++)
        if (!fit->model->input[i].silent)
            psn_text_format(out, "%s%s", out->length > 0 ? "," : "",
                            fit->model->input[i].name);
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

int psn_fraud_fit_resolved(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    psn_text features = {0};
    PSN_TRY(options_features(&features, fit, error));
    const psn_settings settings = {
        &psn_fraud_fit_schema, fit->params,  fit,
        options_silent,        options_auto, features.bytes ? features.bytes : ""};
    PSN_TRY(psn_settings_resolved(&fit->model->options, &settings, error));
done:
    psn_text_free(&features);
    return rc;
}
