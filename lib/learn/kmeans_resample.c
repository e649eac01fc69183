/* kmeans_resample.c: what repeated fits say about k.
 *
 * Gap statistic (Tibshirani, Walther and Hastie 2001): gap(k) = mean over references of
 * log W*_k - log W_k, with references uniform in the box of the rows and W the inertia
 * for each unit of weight; its error is the deviation of log W*_k times sqrt(1 + 1/B).
 * The references' fits stop after 25 steps of Lloyd. Stability (Hennig 2007): refits on
 * bootstrap samples; for each cluster the best Jaccard similarity among the clusters of
 * the refit; mean over clusters and rounds. Both use at most 10,000 rows of a table for
 * one reference or round. */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/kmeans_sweep.h"
#include "math/elementary.h"
#include "measure/cluster_criteria.h"

enum { RESAMPLE_ROWS = 10000, RESAMPLE_STEPS = 25, RESAMPLE_SWAPS = 4 };
#define RESAMPLE_GAP       0.6 /* where in the caller's phase each begins */
#define RESAMPLE_STABILITY 0.8

static double resample_weight(const psn_points *points)
{
    double sum = 0;
    if (points->rows->weights == NULL) return (double)points->n;
    for (int64_t i = 0; i < points->n; i++) sum += points->rows->weights[i];
    return sum;
}

static double resample_log(double inertia)
{
    return psn_log(inertia > 1e-300 ? inertia : 1e-300);
}

/* log(W / n) of one reference for each k. */
static int gap_reference(double *logs, const psn_points *points, int32_t k_min,
                         int32_t k_max, const psn_kmeans_options *options, int32_t round,
                         psn_pool *pool, persona_task *task, persona_error *error)
{
    const int64_t rows = points->n < RESAMPLE_ROWS ? points->n : RESAMPLE_ROWS;
    kmeans_sample sample = {0};
    kmeans_sweep sweep = {0};
    psn_kmeans_options one = {.seed = options->seed, .max_iterations = RESAMPLE_STEPS};
    int rc = PERSONA_OK;
    PSN_TRY(psn_kmeans_sample_uniform(&sample, points, rows, options->seed, round, pool,
                                      error));
    PSN_TRY(psn_kmeans_sweep_open(&sweep, sample.points, k_max, pool, task, error));
    sweep.engine.to = 0; /* the rounds are the progress */
    for (int32_t k = k_min; k <= k_max; k++) {
        psn_kmeans fit = {0};
        if (k > rows) break;
        PSN_TRY(psn_kmeans_sweep_next(&sweep, k, &one, 1, &fit, error));
        logs[k - k_min] = resample_log(
            psn_kmeans_state_cost(&sweep.state, &sweep.engine) / (double)rows);
    }
done:
    psn_kmeans_sweep_close(&sweep);
    psn_kmeans_sample_close(&sample);
    return rc;
}

int psn_kmeans_sweep_gap(psn_kmeans_trial *trials, const psn_points *points,
                         int32_t k_min, int32_t k_max, const psn_kmeans_options *options,
                         int32_t references, psn_pool *pool, persona_task *task,
                         persona_error *error)
{
    const int32_t count = k_max - k_min + 1;
    const double n = resample_weight(points), b = references;
    double *logs = psn_alloc_zero((size_t)references * (size_t)count, sizeof *logs);
    int rc = PERSONA_OK;
    PSN_NEED(logs);
    for (int32_t r = 0; r < references; r++) {
        PSN_TRY(gap_reference(logs + (int64_t)r * count, points, k_min, k_max, options, r,
                              pool, task, error));
        PSN_TRY(psn_task_check(task, RESAMPLE_GAP + 0.2 * (r + 1) / b, error));
    }
    for (int32_t i = 0; i < count; i++) {
        double mean = 0, square = 0;
        for (int32_t r = 0; r < references; r++) mean += logs[(int64_t)r * count + i] / b;
        for (int32_t r = 0; r < references; r++) {
            const double t = logs[(int64_t)r * count + i] - mean;
            square += t * t / b;
        }
        trials[i].gap = mean - resample_log(trials[i].inertia / n);
        trials[i].gap_error = sqrt(square) * sqrt(1 + 1 / b);
    }
done:
    psn_release(logs);
    return rc;
}

/* What the fits say of the rows of a sample. */
static int stability_labels(int32_t *labels, const kmeans_sample *sample,
                            const psn_kmeans *fit, persona_error *error)
{
    const psn_rows *rows = &sample->rows;
    psn_nearest *nearest = psn_nearest_new(fit->centers, fit->k, rows->dims, rows->share);
    int rc = PERSONA_OK;
    PSN_NEED(nearest);
    for (int64_t i = 0; i < rows->rows; i++)
        labels[i] = psn_nearest_one(nearest, rows->dense + i * rows->dims, NULL);
done:
    psn_nearest_free(nearest);
    return rc;
}

static int stability_round(const psn_kmeans *fits, psn_kmeans_trial *trials,
                           const psn_points *points, int32_t k_min, int32_t k_max,
                           const psn_kmeans_options *options, int32_t round,
                           psn_pool *pool, persona_task *task, persona_error *error)
{
    const int64_t rows = points->n < RESAMPLE_ROWS ? points->n : RESAMPLE_ROWS;
    kmeans_sample sample = {0};
    kmeans_sweep sweep = {0};
    psn_kmeans_options one = {.seed = options->seed + 1 + (uint64_t)round,
                              .max_iterations = RESAMPLE_STEPS,
                              .swaps = RESAMPLE_SWAPS};
    int32_t *here = psn_alloc((size_t)rows, sizeof *here);
    int32_t *there = psn_alloc((size_t)rows, sizeof *there);
    int rc = PERSONA_OK;
    PSN_NEED(here);
    PSN_NEED(there);
    PSN_TRY(psn_kmeans_sample_bootstrap(&sample, points, rows, options->seed, round, pool,
                                        error));
    PSN_TRY(psn_kmeans_sweep_open(&sweep, sample.points, k_max, pool, task, error));
    sweep.engine.to = 0; /* the rounds are the progress */
    for (int32_t k = k_min; k <= k_max && k <= rows; k++) {
        psn_kmeans fit = {0};
        double jaccard;
        PSN_TRY(psn_kmeans_sweep_next(&sweep, k, &one, 1, &fit, error));
        psn_kmeans_state_labels(there, &sweep.state, sample.points);
        PSN_TRY(stability_labels(here, &sample, &fits[k - k_min], error));
        PSN_TRY(psn_cluster_jaccard(&jaccard, here, fits[k - k_min].k, there,
                                    sweep.state.k, sample.rows.weights, rows, error));
        trials[k - k_min].stability += jaccard;
    }
done:
    psn_kmeans_sweep_close(&sweep);
    psn_kmeans_sample_close(&sample);
    psn_release(here);
    psn_release(there);
    return rc;
}

int psn_kmeans_sweep_stability(const psn_kmeans *fits, psn_kmeans_trial *trials,
                               const psn_points *points, int32_t k_min, int32_t k_max,
                               const psn_kmeans_options *options, int32_t rounds,
                               psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int32_t k = k_min; k <= k_max; k++) trials[k - k_min].stability = 0;
    for (int32_t r = 0; r < rounds; r++) {
        PSN_TRY(stability_round(fits, trials, points, k_min, k_max, options, r, pool,
                                task, error));
        PSN_TRY(psn_task_check(task, RESAMPLE_STABILITY + 0.2 * (r + 1) / rounds, error));
    }
    for (int32_t k = k_min; k <= k_max; k++) trials[k - k_min].stability /= rounds;
done:
    return rc;
}
