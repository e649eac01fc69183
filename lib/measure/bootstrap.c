/* bootstrap.c: percentile bootstrap of a metric or of the difference of two.
 *
 * A draw is how often each row was taken, which is a weight; AUC and AP walk rows in an
 * order sorted once. Draw d takes its random numbers from the stream (seed, d). */
#include "measure/bootstrap.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "math/order.h"
#include "measure/roc.h"

enum { PURPOSE_BOOTSTRAP = 0x626f6f74 };

void psn_bootstrap_defaults(psn_bootstrap_options *options)
{
    *options = (psn_bootstrap_options){
        .draws = 1000, .level = 0.95, .seed = 1, .higher_is_better = 1};
}

typedef struct bootstrap_job {
    psn_bootstrap_metric metric;
    const double *a, *b, *label, *weight;
    int64_t *order_a, *order_b; /* by score, for AUC and AP */
    int64_t rows;
    uint64_t seed;
    double *times; /* rows for each worker */
    double *value; /* of each draw; NaN = does not count */
} bootstrap_job;

static double bootstrap_mean(const double *value, const double *times, int64_t rows)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < rows; i++) {
        sum += times[i] * value[i];
        weight += times[i];
    }
    return sum / weight; /* NaN without weight */
}

static double bootstrap_measure(const bootstrap_job *job, const double *score,
                                const int64_t *order, const double *times)
{
    switch (job->metric) {
    case PSN_BOOTSTRAP_AUC:
        return psn_roc_auc_sorted(score, order, job->label, times, job->rows);
    case PSN_BOOTSTRAP_AP:
        return psn_roc_ap_sorted(score, order, job->label, times, job->rows);
    case PSN_BOOTSTRAP_ROOT:
        return sqrt(bootstrap_mean(score, times, job->rows));
    case PSN_BOOTSTRAP_MEAN:
        break;
    }
    return bootstrap_mean(score, times, job->rows);
}

static double bootstrap_value(const bootstrap_job *job, const double *times)
{
    const double a = bootstrap_measure(job, job->a, job->order_a, times);
    return job->b == NULL ? a : a - bootstrap_measure(job, job->b, job->order_b, times);
}

static void bootstrap_draw(void *context, int64_t draw, int worker)
{
    bootstrap_job *job = context;
    double *times = job->times + worker * job->rows;
    psn_random random;
    psn_random_start(&random, job->seed, PURPOSE_BOOTSTRAP, (uint64_t)draw);
    for (int64_t i = 0; i < job->rows; i++) times[i] = 0;
    for (int64_t i = 0; i < job->rows; i++) {
        const int64_t row = psn_random_below(&random, job->rows);
        times[row] += job->weight != NULL ? job->weight[row] : 1;
    }
    job->value[draw] = bootstrap_value(job, times);
}

/* ---- the summary */

static void bootstrap_moments(psn_bootstrap_result *out, const double *value)
{
    double sum = 0, squares = 0;
    for (int32_t d = 0; d < out->draws; d++) sum += value[d];
    out->mean = sum / out->draws;
    for (int32_t d = 0; d < out->draws; d++)
        squares += (value[d] - out->mean) * (value[d] - out->mean);
    out->standard_error = sqrt(squares / out->draws);
}

static int bootstrap_summarise(psn_bootstrap_result *out, double *value,
                               const psn_bootstrap_options *options, persona_error *error)
{
    const double sign = options->higher_is_better ? 1 : -1;
    int32_t better = 0;
    out->draws = 0;
    for (int32_t d = 0; d < options->draws; d++) {
        if (isnan(value[d])) continue;
        value[out->draws++] = value[d];
        better += sign * value[d] > 0;
    }
    if (out->draws < 2)
        return psn_fail(error, PERSONA_EDATA, "too few rows of both labels to draw from");
    bootstrap_moments(out, value);
    psn_sort_reals(value, out->draws);
    out->low = psn_quantile_sorted(value, out->draws, (1 - options->level) / 2);
    out->high = psn_quantile_sorted(value, out->draws, (1 + options->level) / 2);
    out->share_better = (double)better / out->draws;
    out->verdict = out->low > 0 ? 1 : out->high < 0 ? -1 : 0;
    if (!options->higher_is_better) out->verdict = -out->verdict;
    return PERSONA_OK;
}

static int bootstrap_check(const double *score, const double *label, int64_t rows,
                           persona_error *error)
{
    for (int64_t i = 0; i < rows; i++)
        if (isnan(score[i]) || (label != NULL && isnan(label[i])))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "a score, loss or label is missing");
    return PERSONA_OK;
}

static int bootstrap_prepare(bootstrap_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)job->rows;
    PSN_TRY(bootstrap_check(job->a, job->label, job->rows, error));
    if (job->b != NULL) PSN_TRY(bootstrap_check(job->b, NULL, job->rows, error));
    if (job->metric != PSN_BOOTSTRAP_AUC && job->metric != PSN_BOOTSTRAP_AP) goto done;
    PSN_NEED(job->order_a = psn_alloc(rows, sizeof *job->order_a));
    psn_sort_order(job->order_a, job->a, job->rows);
    if (job->b == NULL) goto done;
    PSN_NEED(job->order_b = psn_alloc(rows, sizeof *job->order_b));
    psn_sort_order(job->order_b, job->b, job->rows);
done:
    return rc;
}

int psn_bootstrap_paired(psn_bootstrap_result *out, psn_bootstrap_metric metric,
                         const double *a, const double *b, const double *label,
                         const double *weight, int64_t rows,
                         const psn_bootstrap_options *options, psn_pool *pool,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    bootstrap_job job = {.metric = metric,
                         .a = a,
                         .b = b,
                         .label = label,
                         .weight = weight,
                         .rows = rows,
                         .seed = options->seed};
    const size_t workers = (size_t)psn_pool_workers(pool);
    *out = (psn_bootstrap_result){0};
    if (options->draws < 2 || options->draws > 1000000)
        PSN_FAIL(error, PERSONA_EOPTION, "draws must be in 2 .. 1000000");
    if (!(options->level > 0 && options->level < 1))
        PSN_FAIL(error, PERSONA_EOPTION, "level must be between 0 and 1");
    if (rows < 1) PSN_FAIL(error, PERSONA_EDATA, "there is no row to draw from");
    PSN_TRY(bootstrap_prepare(&job, error));
    PSN_NEED(job.times = psn_alloc((size_t)rows, workers * sizeof *job.times));
    PSN_NEED(job.value = psn_alloc((size_t)options->draws, sizeof *job.value));
    for (int64_t i = 0; i < rows; i++) job.times[i] = weight != NULL ? weight[i] : 1;
    out->value = bootstrap_value(&job, job.times);
    psn_pool_run(pool, options->draws, bootstrap_draw, &job);
    PSN_TRY(bootstrap_summarise(out, job.value, options, error));
done:
    psn_release(job.order_a);
    psn_release(job.order_b);
    psn_release(job.times);
    psn_release(job.value);
    return rc;
}
