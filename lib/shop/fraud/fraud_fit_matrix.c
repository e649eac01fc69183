/* fraud_fit_matrix.c: all rows as features, and the rates of categories.
 *
 * The rate of a level must not know the label of the row that it describes, or the trees
 * would trust it too much. So a row that learns sees the rate of the rows before it in
 * the sequence (time, or a random order): ordered target statistics (Prokhorenkova and
 * others, CatBoost, 2018); rows that validate, and later all that is scored, see the rate
 * of all that learnt. rate = log odds of (frauds + a p) / (rows + a), p the mean, a = 10
 * rows. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/gbdt_target.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

#define MATRIX_PRIOR 10.0
enum { MATRIX_CHUNK = 4096, MATRIX_SPREAD_ROWS = 20000 };

typedef struct matrix_job {
    psn_fraud_fitting *fit;
    double *values; /* inputs, for each worker */
} matrix_job;

static void matrix_chunk(void *context, int64_t chunk, int worker)
{
    const matrix_job *job = context;
    psn_fraud_fitting *fit = job->fit;
    const persona_fraud_scorer *model = fit->model;
    const int64_t first = chunk * MATRIX_CHUNK, last = first + MATRIX_CHUNK;
    double *values = job->values + (size_t)worker * (size_t)model->inputs;
    for (int64_t i = first; i < last && i < fit->rows; i++) {
        psn_fraud_view_row(&fit->view, i, values);
        psn_fraud_features(model, values, fit->x + i * model->features);
    }
}

static int matrix_codes(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t n = fit->model->features;
    PSN_NEED(fit->codes = psn_alloc_zero((size_t)n, sizeof *fit->codes));
    for (int32_t f = 0; f < n; f++) {
        if (fit->model->feature[f].derive != PSN_FRAUD_LEVEL) continue;
        PSN_NEED(fit->codes[f] = psn_alloc((size_t)fit->rows, sizeof **fit->codes));
        for (int64_t i = 0; i < fit->rows; i++) {
            const double level = fit->x[i * n + f];
            fit->codes[f][i] = isnan(level) ? -1 : (int32_t)level;
        }
    }
done:
    return rc;
}

int psn_fraud_fit_matrix(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_fraud_scorer *model = fit->model;
    matrix_job job = {.fit = fit};
    PSN_NEED(job.values = psn_alloc((size_t)psn_pool_workers(fit->pool),
                                    (size_t)model->inputs * sizeof(double)));
    PSN_NEED(fit->x =
                 psn_alloc((size_t)fit->rows, (size_t)model->features * sizeof(double)));
    const int64_t chunks = (fit->rows + MATRIX_CHUNK - 1) / MATRIX_CHUNK;
    psn_pool_run(fit->pool, chunks, matrix_chunk, &job);
    PSN_TRY(psn_task_check(fit->task, 0.5, error));
    PSN_TRY(matrix_codes(fit, error));
done:
    psn_release(job.values);
    return rc;
}

/* ---- rates */

static double matrix_log_odds(double p)
{
    const double q = p < 1e-9 ? 1e-9 : p > 1 - 1e-9 ? 1 - 1e-9 : p;
    return psn_log(q / (1 - q));
}

/* Rates of one feature into its column and its lookup. */
static int matrix_rate_feature(psn_fraud_fitting *fit, int32_t f, const uint8_t *learn,
                               double *encoded, persona_error *error)
{
    int rc;
    psn_gbdt_target target = {0};
    psn_fraud_feature *feature = fit->model->feature + f;
    const int32_t n = fit->model->features;
    const psn_gbdt_target_data data = {.codes = fit->view.level[feature->input],
                                       .levels = feature->lookups,
                                       .target = fit->label,
                                       .weight = fit->weight,
                                       .learn = learn,
                                       .rows = fit->rows,
                                       .time = fit->moment,
                                       .smoothing = MATRIX_PRIOR,
                                       .seed = fit->seed};
    PSN_TRY(psn_gbdt_target_fit(&target, encoded, &data, error));
    for (int64_t i = 0; i < fit->rows; i++)
        fit->x[i * n + f] = isnan(encoded[i]) ? NAN : matrix_log_odds(encoded[i]);
    for (int32_t l = 0; l < feature->lookups; l++)
        feature->lookup[l] = matrix_log_odds(psn_gbdt_target_value(&target, l));
done:
    psn_gbdt_target_clear(&target);
    return rc;
}

static void matrix_count_feature(psn_fraud_fitting *fit, int32_t f)
{
    psn_fraud_feature *feature = fit->model->feature + f;
    const int32_t n = fit->model->features, *level = fit->view.level[feature->input];
    memset(feature->lookup, 0, (size_t)feature->lookups * sizeof(double));
    for (int64_t i = 0; i < fit->rows; i++)
        if (level[i] >= 0) feature->lookup[level[i]] += 1;
    for (int32_t l = 0; l < feature->lookups; l++)
        feature->lookup[l] = psn_log1p(feature->lookup[l]);
    for (int64_t i = 0; i < fit->rows; i++)
        if (level[i] >= 0) fit->x[i * n + f] = feature->lookup[level[i]];
}

int psn_fraud_fit_rates(psn_fraud_fitting *fit, int32_t fold, persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *learn = NULL;
    double *encoded = NULL;
    if (fit->rates == 0) return PERSONA_OK;
    PSN_NEED(learn = psn_alloc((size_t)fit->rows, 1));
    PSN_NEED(encoded = psn_alloc((size_t)fit->rows, sizeof *encoded));
    for (int64_t i = 0; i < fit->rows; i++)
        learn[i] = (uint8_t)psn_fraud_fit_learns(fit, i, fold);
    for (int32_t f = 0; f < fit->model->features; f++) {
        const psn_fraud_feature *feature = fit->model->feature + f;
        if (feature->derive == PSN_FRAUD_COUNT) matrix_count_feature(fit, f);
        if (feature->derive == PSN_FRAUD_RATE)
            PSN_TRY(matrix_rate_feature(fit, f, learn, encoded, error));
    }
done:
    psn_release(learn);
    psn_release(encoded);
    return rc;
}

int psn_fraud_fit_bins(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK, is_auto;
    const int32_t n = fit->model->features;
    psn_bins_source *sources = psn_alloc_zero((size_t)n, sizeof *sources);
    PSN_NEED(sources);
    psn_bins_free(fit->bins);
    fit->bins = NULL;
    for (int32_t f = 0; f < n; f++) {
        sources[f] = (psn_bins_source){.values = fit->x + f, .stride = n};
        if (fit->codes[f] == NULL) continue;
        const psn_fraud_input *input = fit->model->input + fit->model->feature[f].input;
        sources[f] = (psn_bins_source){
            .codes = fit->codes[f], .levels = (int32_t)psn_dict_count(input->levels) + 1};
    }
    fit->max_bins = (int32_t)FRAUD_INT(fit, "gbdt.max_bins", &is_auto);
    if (is_auto) fit->max_bins = fit->rows < 30000 ? 127 : 255;
    PSN_TRY(psn_bins_new(&fit->bins, sources, n, fit->rows, fit->max_bins, fit->pool,
                         NULL, error));
done:
    psn_release(sources);
    return rc;
}

/* Where most values lie, for the words "low" and "high". */
int psn_fraud_fit_spread(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t n = fit->model->features;
    const int64_t step = fit->rows / MATRIX_SPREAD_ROWS + 1;
    double *sorted = psn_alloc((size_t)(fit->rows / step + 1), sizeof *sorted);
    PSN_NEED(sorted);
    for (int32_t f = 0; f < n; f++) {
        psn_fraud_feature *feature = fit->model->feature + f;
        int64_t count = 0;
        if (feature->derive != PSN_FRAUD_VALUE && feature->derive != PSN_FRAUD_AGE)
            continue;
        for (int64_t i = 0; i < fit->rows; i += step)
            if (!isnan(fit->x[i * n + f])) sorted[count++] = fit->x[i * n + f];
        if (count == 0) continue;
        psn_sort_reals(sorted, count);
        feature->low = psn_quantile_sorted(sorted, count, 0.1);
        feature->high = psn_quantile_sorted(sorted, count, 0.9);
    }
done:
    psn_release(sorted);
    return rc;
}
