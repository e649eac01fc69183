/* fraud_fit_options.c: options that have no effect are errors; what every option was in
 * the end is kept in the model. Threads and limits are not: they change no result. */
#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

static int options_useless(persona_error *error, const char *name, const char *why)
{
    return psn_fail(error, PERSONA_EOPTION, "%s has no effect: %s", name, why);
}

static int options_set(const psn_fraud_fitting *fit, const char *name)
{
    return psn_params_is_set(fit->params, name);
}

/* The first option of the schema that begins like that and is set; NULL: none is. */
static const char *options_any(const psn_fraud_fitting *fit, const char *start)
{
    for (size_t o = 0; o < psn_fraud_fit_schema.count; o++) {
        const char *name = psn_fraud_fit_schema.options[o].name;
        if (strncmp(name, start, strlen(start)) == 0 && options_set(fit, name))
            return name;
    }
    return NULL;
}

static int options_unlabelled(const psn_fraud_fitting *fit, persona_error *error)
{
    static const char *const names[] = {"positive",         "validation", "calibrate",
                                        "validation_share", "refit",      "anomaly",
                                        "search",           "blend",      "monotone.*"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (options_set(fit, names[i]))
            return options_useless(error, names[i],
                                   "nothing is learnt from labels (isolation forest)");
    const char *name = options_any(fit, "gbdt.");
    if (name == NULL) name = options_any(fit, "logistic.");
    return name ? options_useless(error, name, "the algorithm is the isolation forest")
                : PERSONA_OK;
}

int psn_fraud_fit_check_options(const psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *algorithm = FRAUD_TEXT(fit, "algorithm"), *name;
    if (!fit->supervised) return options_unlabelled(fit, error);
    if (strcmp(FRAUD_TEXT(fit, "anomaly"), "none") == 0 &&
        (name = options_any(fit, "iforest.")) != NULL)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "%s has no effect: the isolation forest has no say (anomaly=blend)",
                 name);
    if (strcmp(algorithm, "logistic") == 0) {
        name = options_any(fit, "gbdt.");
        if (name == NULL) name = options_any(fit, "monotone.");
        if (name == NULL && options_set(fit, "search")) name = "search";
        if (name == NULL && options_set(fit, "blend")) name = "blend";
        if (name)
            return options_useless(error, name, "the algorithm is logistic regression");
    }
    if (strcmp(algorithm, "gbdt") == 0 && options_set(fit, "logistic.l2"))
        return options_useless(error, "logistic.l2", "the algorithm is trees alone");
    if (strcmp(FRAUD_TEXT(fit, "gbdt.growth"), "symmetric") == 0 &&
        options_set(fit, "gbdt.num_leaves"))
        return options_useless(error, "gbdt.num_leaves",
                               "symmetric trees are set by gbdt.max_depth");
done:
    return rc;
}

/* ---- resolved */

typedef struct options_rows {
    const char *name[256], *value[256];
    char *owned[256];
    int64_t count;
} options_rows;

static int options_put(options_rows *rows, const char *family, const char *name,
                       const char *value, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text text = {0};
    if (rows->count == 256) return PERSONA_OK;
    if (family) psn_text_format(&text, "%.*s", (int)strlen(family) - 1, family);
    psn_text_format(&text, "%s", name);
    const size_t at = text.length + 1;
    psn_text_append(&text, "", 1); /* name NUL value */
    psn_text_format(&text, "%s", value);
    PSN_NEED(text.failed ? NULL : text.bytes);
    rows->owned[rows->count] = text.bytes;
    rows->name[rows->count] = text.bytes;
    rows->value[rows->count++] = text.bytes + at;
    return PERSONA_OK;
done:
    psn_text_free(&text);
    return rc;
}

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

static void options_auto(char *out, size_t capacity, const psn_fraud_fitting *fit,
                         const char *name, const char *value)
{
    const persona_fraud_scorer *model = fit->model;
    psn_format(out, capacity, "%s", value);
    if (strcmp(value, "auto") != 0 || !model->ready) return;
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
static int options_silent(const psn_fraud_fitting *fit, const char *name)
{
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

static int options_table(psn_fraud_fitting *fit, const options_rows *rows,
                         persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "option", rows->name, rows->count, error));
    PSN_TRY(psn_table_add_strings(table, "value", rows->value, rows->count, error));
    fit->model->options = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

int psn_fraud_fit_resolved(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    options_rows *rows = psn_alloc_zero(1, sizeof *rows);
    psn_text features = {0};
    PSN_NEED(rows);
    for (size_t o = 0; o < psn_fraud_fit_schema.count; o++) {
        const psn_option *option = psn_fraud_fit_schema.options + o;
        const char *key, *value;
        char resolved[256];
        if (options_silent(fit, option->name)) continue;
        if (strchr(option->name, '*') == NULL) {
            options_auto(resolved, sizeof resolved, fit, option->name,
                         FRAUD_TEXT(fit, option->name));
            PSN_TRY(options_put(rows, NULL, option->name, resolved, error));
            continue;
        }
        for (size_t i = 0;
             (key = psn_params_member(fit->params, option->name, i, &value)) != NULL; i++)
            PSN_TRY(options_put(rows, option->name, key, value, error));
    }
    PSN_TRY(options_features(&features, fit, error));
    PSN_TRY(
        options_put(rows, NULL, "features", features.bytes ? features.bytes : "", error));
    PSN_TRY(options_table(fit, rows, error));
done:
    psn_text_free(&features);
    for (int64_t i = 0; rows && i < rows->count; i++) psn_release(rows->owned[i]);
    psn_release(rows);
    return rc;
}
