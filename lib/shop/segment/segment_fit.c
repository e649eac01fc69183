/* segment_fit.c: from a table to a segmenter.
 *
 *   roles and customers -> inputs -> scales -> points -> k-means (sweep over k)
 *   -> segments in their canonical order -> labels by the very code of a query
 *   -> profile, names, rules, map */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/segment/segment_fit.h"

enum { FIT_DENSE_BYTES = 256 << 20 };

const psn_column *psn_fit_column(const psn_fit *fit, int64_t column)
{
    return psn_table_column(fit->customers, column);
}

/* ---- what the model sees */

static int fit_inputs(psn_fit *fit, persona_error *error)
{
    int rc, gamma_auto;
    persona_segmenter *model = fit->model;
    psn_scale_column *scales = NULL;
    fit->gamma = PSN_FIT_REAL(fit, "gamma", &gamma_auto);
    if (gamma_auto) fit->gamma = 0.5;
    PSN_TRY(psn_fit_weights(fit, error));
    PSN_TRY(psn_fit_features(fit, &model->input, &model->inputs, error));
    PSN_NEED(scales = psn_alloc((size_t)model->inputs, sizeof *scales));
    PSN_TRY(psn_fit_transforms(fit, model->input, &model->inputs, scales, error));
    if (model->inputs == 0)
        PSN_FAIL(
            error, PERSONA_EDATA,
            "no column is left to group %lld customers by: ids, constant columns and "
            "text of many levels do not serve",
            (long long)fit->customers->rows);
    PSN_TRY(psn_fit_known(fit, error));
    PSN_TRY(psn_segment_set_inputs(model, model->input, model->inputs, scales, error));
    PSN_TRY(psn_fit_check_options(fit, error));
    PSN_TRY(psn_fit_value(fit, error));
    model->customers = fit->customers->rows;
done:
    psn_release(scales);
    return rc;
}

static void fit_read_rows(const void *context, int64_t first, int64_t count, double *out)
{
    psn_segment_view_rows(context, first, count, out);
}

/* Memory beside the table, and a rough time: 30 passes a k, 2 x 10^9 distances terms/s.
 */
static int fit_expect(psn_fit *fit, int64_t *bytes, int64_t *milliseconds,
                      persona_error *error)
{
    int k_auto, limited;
    const int64_t asked = PSN_FIT_INT(fit, "k", &k_auto);
    const int64_t low = k_auto ? PSN_FIT_INT(fit, "k_min", NULL) : asked;
    const int64_t high = k_auto ? PSN_FIT_INT(fit, "k_max", NULL) : asked;
    const int64_t limit = PSN_FIT_INT(fit, "max_bytes", &limited);
    const double rows = (double)fit->customers->rows, dims = (double)fit->model->dims;
    const double dense = rows * dims * 8 <= FIT_DENSE_BYTES ? rows * dims * 8 : 0;
    const double sum_k = (double)(low + high) * (double)(high - low + 1) / 2;
    *bytes = (int64_t)(dense + rows * 32) +
             psn_kmeans_bytes(fit->customers->rows, fit->model->dims, (int32_t)high);
    *milliseconds = (int64_t)(rows * dims * sum_k * 30 / 2e6) + 1;
    if (!limited && *bytes > limit)
        return psn_fail(error, PERSONA_ELIMIT,
                        "max_bytes: the fit would take %lld bytes beside the table",
                        (long long)*bytes);
    return PERSONA_OK;
}

static int fit_rows(psn_fit *fit, psn_rows *rows, double **dense, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t n = fit->customers->rows;
    const int32_t dims = fit->model->dims;
    *rows = (psn_rows){.rows = n,
                       .dims = dims,
                       .read = fit_read_rows,
                       .context = &fit->view,
                       .weights = fit->weights,
                       .share = fit->model->share,
                       .has_missing = fit->has_missing};
    if ((double)n * dims * 8 > FIT_DENSE_BYTES) return PERSONA_OK;
    PSN_NEED(*dense = psn_alloc_aligned((size_t)n, (size_t)dims * sizeof(double)));
    psn_segment_view_rows(&fit->view, 0, n, *dense);
    rows->dense = *dense;
done:
    return rc;
}

/* ---- the whole */

static int fit_group(psn_fit *fit, persona_error *error)
{
    int rc;
    psn_rows rows;
    psn_points *points = NULL;
    double *dense = NULL, *centers = NULL;
    int32_t k = 0;
    const size_t n = (size_t)fit->customers->rows;
    PSN_TRY(psn_segment_view_open(&fit->view, fit->model, fit->customers, error));
    PSN_NEED(fit->labels = psn_alloc(n, sizeof *fit->labels));
    PSN_NEED(fit->squared = psn_alloc(n, sizeof *fit->squared));
    PSN_TRY(fit_rows(fit, &rows, &dense, error));
    PSN_TRY(psn_points_new(&points, &rows, fit->pool, error));
    psn_task_enter(fit->task, "k-means", 0.3, 0.9);
    PSN_TRY(psn_fit_centers(fit, points, &centers, &k, error));
    psn_points_free(points);
    points = NULL;
    psn_task_enter(fit->task, "profile", 0.9, 1);
    PSN_TRY(psn_task_check(fit->task, 0, error));
    double *taken = centers;
    centers = NULL;
    PSN_TRY(psn_fit_finish(fit, taken, k, error));
    PSN_TRY(psn_fit_map(fit, &rows, error));
done:
    psn_points_free(points);
    psn_release(centers);
    psn_release_aligned(dense);
    return rc;
}

static int fit_meaning(psn_fit *fit, persona_error *error)
{
    int rc;
    PSN_TRY(psn_fit_rfm(fit, error));
    PSN_TRY(psn_fit_profile(fit, error));
    PSN_TRY(psn_fit_rules(fit, error));
    PSN_TRY(psn_fit_examples(fit, error));
done:
    return rc;
}

static int fit_dry(psn_fit *fit, int64_t bytes, int64_t milliseconds,
                   persona_error *error)
{
    int rc;
    PSN_TRY(psn_model_note(&fit->model->base, "expected_bytes", "info", bytes, error,
                           "the fit would take about %lld bytes beside the table",
                           (long long)bytes));
    PSN_TRY(psn_model_note(&fit->model->base, "expected_ms", "info", milliseconds, error,
                           "the fit would take about %.1f seconds",
                           (double)milliseconds / 1000));
done:
    return rc;
}

static int fit_run(psn_fit *fit, persona_error *error)
{
    int rc;
    int64_t bytes, milliseconds;
    PSN_TRY(psn_fit_customers(fit, error));
    PSN_TRY(fit_inputs(fit, error));
    PSN_TRY(fit_expect(fit, &bytes, &milliseconds, error));
    if (PSN_FIT_BOOL(fit, "dry_run")) {
        PSN_TRY(fit_dry(fit, bytes, milliseconds, error));
    } else {
        PSN_TRY(fit_group(fit, error));
        PSN_TRY(fit_meaning(fit, error));
    }
    PSN_TRY(psn_fit_resolved(fit, error));
    PSN_TRY(psn_model_seal(&fit->model->base, error));
done:
    return rc;
}

int psn_segment_fit(persona_segmenter **out, const persona_table *table,
                    const persona_params *params, persona_task *task,
                    persona_error *error)
{
    int rc;
    void *made = NULL;
    psn_fit fit = {.table = table, .params = params, .task = task};
    *out = NULL;
    if (table == NULL) PSN_FAIL(error, PERSONA_EARG, "table: must not be NULL");
    PSN_TRY(psn_params_expect(params, &psn_segment_fit_schema, error));
    PSN_TRY(psn_model_new(&made, sizeof(persona_segmenter), &psn_segment_kind, error));
    fit.model = made;
    PSN_TRY(psn_pool_open(&fit.pool, PSN_FIT_INT(&fit, "threads", NULL), error));
    PSN_TRY(fit_run(&fit, error));
    *out = made;
    made = NULL;
done:
    psn_pool_close(fit.pool);
    psn_segment_view_close(&fit.view); /* looks at the model */
    if (made) psn_model_free(made);
    psn_table_free(fit.customers);
    psn_release(fit.weights);
    psn_release(fit.value);
    psn_release(fit.squared);
    psn_release(fit.labels);
    return rc;
}
