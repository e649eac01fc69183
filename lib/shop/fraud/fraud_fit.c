/* fraud_fit.c: from a table of orders to a fraud scorer.
 *
 *   linked columns -> roles -> labels -> folds -> inputs -> features -> matrix and bins
 *   -> trees, regression, forest (each validated, then learnt from all)
 *   -> blend -> calibration -> prevalence -> costs -> report */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "data/table_flatten.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

/* ---- costs */

/* Median amount of a sample, where orders tell it. */
static int fit_usual_amount(double *out, const psn_fraud_fitting *fit,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_fraud_scorer *model = fit->model;
    const int64_t step = fit->rows / 20000 + 1;
    int64_t count = 0;
    double *values = psn_alloc((size_t)model->inputs, sizeof *values);
    double *sample = psn_alloc((size_t)(fit->rows / step + 1), sizeof *sample);
    PSN_NEED(values);
    PSN_NEED(sample);
    for (int64_t i = 0; i < fit->rows; i += step) {
        psn_fraud_view_row(&fit->view, i, values);
        const double amount = fabs(psn_fraud_amount(model, values));
        if (amount <= 1e15) sample[count++] = amount;
    }
    psn_sort_reals(sample, count);
    if (count > 0) *out = psn_quantile_sorted(sample, count, 0.5);
done:
    psn_release(values);
    psn_release(sample);
    return rc;
}

static int fit_costs(psn_fraud_fitting *fit, persona_error *error)
{
    int rc, is_auto;
    persona_fraud_scorer *model = fit->model;
    psn_fraud_costs *costs = &model->costs;
    PSN_TRY(psn_fraud_costs_of(costs, fit->params, &psn_fraud_fit_schema, error));
    FRAUD_REAL(fit, "usual_amount", &is_auto);
    if (is_auto) PSN_TRY(fit_usual_amount(&costs->usual_amount, fit, error));
    PSN_TRY(psn_fraud_costs_note(model, error));
done:
    return rc;
}

/* ---- the whole */

static int fit_learn(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *algorithm = FRAUD_TEXT(fit, "algorithm");
    const int trees = strcmp(algorithm, "logistic") != 0;
    psn_task_enter(fit->task, "trees", 0.1, 0.7);
    if (trees) PSN_TRY(psn_fraud_fit_trees(fit, error));
    psn_task_enter(fit->task, "logistic regression", 0.7, 0.8);
    if (strcmp(algorithm, "gbdt") != 0) PSN_TRY(psn_fraud_fit_linear(fit, error));
    if (!trees && fit->model->linear == NULL)
        PSN_FAIL(error, PERSONA_EDATA,
                 "logistic regression finds no column that differs");
    psn_task_enter(fit->task, "isolation forest", 0.8, 0.85);
    if (strcmp(FRAUD_TEXT(fit, "anomaly"), "blend") == 0 && fit->folds > 0)
        PSN_TRY(psn_fraud_fit_forest(fit, error));
    PSN_TRY(psn_task_check(fit->task, 1, error));
    PSN_TRY(psn_fraud_fit_rates(fit, -1, error)); /* what the model will say */
    PSN_TRY(psn_fraud_fit_blend(fit, error));
    PSN_TRY(psn_fraud_fit_calibrate(fit, error));
done:
    return rc;
}

static int fit_forest_alone(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    psn_task_enter(fit->task, "isolation forest", 0.1, 0.85);
    PSN_TRY(psn_fraud_fit_forest(fit, error));
    PSN_TRY(psn_fraud_fit_unlabelled(fit, error));
done:
    return rc;
}

/* Memory beside the table: features, bins, gradients, what trees need for each row. */
static int fit_expect(psn_fraud_fitting *fit, int64_t *bytes, persona_error *error)
{
    int limited;
    const int64_t limit = FRAUD_INT(fit, "max_bytes", &limited);
    const double rows = (double)fit->rows, features = (double)fit->model->features;
    *bytes = (int64_t)(rows * (features * 11 + 120) + 4e6);
    if (!limited && *bytes > limit)
        return psn_fail(error, PERSONA_ELIMIT,
                        "max_bytes: the fit would take %lld bytes beside the table",
                        (long long)*bytes);
    return PERSONA_OK;
}

static int fit_prepare(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    psn_task_enter(fit->task, "features", 0, 0.1);
    PSN_TRY(psn_fraud_fit_roles(fit, error));
    PSN_TRY(psn_fraud_fit_labels(fit, error));
    PSN_TRY(psn_fraud_fit_check_options(fit, error));
    PSN_TRY(psn_fraud_fit_split(fit, error));
    PSN_TRY(psn_fraud_fit_inputs(fit, error));
    PSN_TRY(psn_fraud_fit_features(fit, error));
    PSN_TRY(psn_roles_keep(fit->model->role, &psn_fraud_roles, fit->table, fit->column,
                           error));
    fit->model->rows = fit->rows;
done:
    return rc;
}

static int fit_run(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    int64_t bytes;
    PSN_TRY(fit_prepare(fit, error));
    PSN_TRY(fit_expect(fit, &bytes, error));
    PSN_TRY(fit_costs(fit, error));
    if (FRAUD_BOOL(fit, "dry_run")) {
        PSN_TRY(psn_model_note(&fit->model->base, "expected_bytes", "info", bytes, error,
                               "the fit would take about %lld bytes beside the table",
                               (long long)bytes));
    } else {
        PSN_TRY(psn_fraud_fit_matrix(fit, error));
        PSN_TRY(fit->supervised ? fit_learn(fit, error) : fit_forest_alone(fit, error));
        PSN_TRY(psn_fraud_fit_spread(fit, error));
        fit->model->ready = 1;
        psn_task_enter(fit->task, "report", 0.85, 1);
        PSN_TRY(psn_fraud_fit_report(fit, error));
    }
    PSN_TRY(psn_fraud_fit_resolved(fit, error));
    PSN_TRY(psn_model_seal(&fit->model->base, error));
done:
    return rc;
}

static void fit_close(psn_fraud_fitting *fit)
{
    psn_fraud_view_close(&fit->view); /* looks at the model */
    psn_pool_close(fit->pool);
    for (int32_t f = 0; fit->codes && f < fit->model->features; f++)
        psn_release(fit->codes[f]);
    psn_release(fit->codes);
    psn_bins_free(fit->bins);
    psn_release(fit->x);
    psn_release(fit->label);
    psn_release(fit->weight);
    psn_release(fit->time);
    psn_release(fit->fold);
    psn_release(fit->moment);
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++) psn_release(fit->score[m]);
    psn_release(fit->raw);
    psn_release(fit->probability);
}

int psn_fraud_fit(persona_fraud_scorer **out, const persona_table *table,
                  const persona_params *params, persona_task *task, persona_error *error)
{
    int rc;
    void *made = NULL;
    persona_table *flat = NULL;
    psn_fraud_fitting fit = {.params = params, .task = task};
    *out = NULL;
    PSN_TRY(psn_params_expect(params, &psn_fraud_fit_schema, error));
    PSN_TRY(psn_table_flatten(&flat, table, error));
    PSN_TRY(psn_model_new(&made, sizeof(persona_fraud_scorer), &psn_fraud_kind, error));
    fit.model = made;
    fit.model->shift = 1;
    fit.model->value = fit.model->price = fit.model->quantity = -1;
    fit.table = flat;
    fit.rows = flat->rows;
    fit.seed = (uint64_t)FRAUD_INT(&fit, "seed", NULL);
    fit.calibrated = "none";
    PSN_TRY(psn_pool_open(&fit.pool, FRAUD_INT(&fit, "threads", NULL), error));
    PSN_TRY(fit_run(&fit, error));
    *out = made;
    made = NULL;
done:
    fit_close(&fit);
    if (made) psn_model_free(made);
    psn_table_free(flat);
    return rc;
}
