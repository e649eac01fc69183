/* kmeans_sweep.c: fits for k_min .. k_max on one working copy. Each k starts from the
 * centres of the one before and a new row chosen as in greedy k-means++, then Lloyd and
 * swap search. Above KMEANS_LARGE rows all of it, criteria included, is done on one
 * sample. */
#include "learn/kmeans_sweep.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "measure/cluster_criteria.h"

enum { SWEEP_SWAPS = 8 }; /* failed swaps allowed for each k, and k more */
#define SWEEP_SHARE 0.6   /* of the time, where gap or stability follow */

int psn_kmeans_sweep_open(kmeans_sweep *sweep, const psn_points *points, int32_t k_max,
                          psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    memset(sweep, 0, sizeof *sweep);
    PSN_TRY(psn_kmeans_engine_open(&sweep->engine, points, k_max, pool, task, error));
    PSN_TRY(psn_kmeans_state_open(&sweep->state, &sweep->engine, error));
done:
    if (rc != PERSONA_OK) psn_kmeans_sweep_close(sweep);
    return rc;
}

void psn_kmeans_sweep_close(kmeans_sweep *sweep)
{
    psn_kmeans_state_close(&sweep->state);
    if (sweep->engine.points != NULL) psn_kmeans_engine_close(&sweep->engine);
}

void psn_kmeans_sweep_span(kmeans_sweep *sweep, double share, int32_t step, int32_t steps)
{
    sweep->engine.from = share * step / steps;
    sweep->engine.to = share * (step + 1) / steps;
}

int psn_kmeans_sweep_next(kmeans_sweep *sweep, int32_t k,
                          const psn_kmeans_options *options, int32_t rounds,
                          psn_kmeans *fit, persona_error *error)
{
    int32_t distinct;
    int rc = PERSONA_OK;
    PSN_TRY(psn_kmeans_distinct(&sweep->engine, &distinct, error));
    if (sweep->state.k == distinct) goto done; /* there is nothing to split */
    PSN_TRY(psn_kmeans_search(&sweep->state, &sweep->engine, sweep->state.k, k, options,
                              rounds, fit, error));
done:
    return rc;
}

static int sweep_keep(psn_kmeans *fit, const kmeans_sweep *sweep, persona_error *error)
{
    const kmeans_state *state = &sweep->state;
    const size_t dims = (size_t)sweep->engine.points->dims;
    int rc = PERSONA_OK;
    fit->k = state->k;
    PSN_NEED(fit->centers =
                 psn_copy(state->centers, (size_t)state->k * dims * sizeof(double)));
done:
    return rc;
}

static int sweep_measure(psn_kmeans_trial *trial, psn_kmeans *fit,
                         const kmeans_sweep *sweep, int32_t *labels, persona_error *error)
{
    const psn_points *p = sweep->engine.points;
    psn_rows rows = *p->rows;
    psn_cluster_criteria criteria;
    int rc = PERSONA_OK;
    rows.dense = p->values;
    psn_kmeans_state_labels(labels, &sweep->state, p);
    PSN_TRY(psn_cluster_criteria_of(&criteria, &rows, fit->centers, labels, fit->k,
                                    sweep->engine.pool, error));
    fit->inertia = criteria.inertia;
    trial->k = fit->k;
    trial->inertia = criteria.inertia;
    trial->silhouette = criteria.silhouette;
    trial->calinski_harabasz = criteria.calinski_harabasz;
    trial->davies_bouldin = criteria.davies_bouldin;
    trial->bic = criteria.bic;
    trial->gap = trial->gap_error = trial->stability = NAN;
done:
    return rc;
}

static int sweep_run(psn_kmeans *fits, psn_kmeans_trial *trials, const psn_points *points,
                     int32_t k_min, int32_t k_max, const psn_kmeans_options *options,
                     double share, psn_pool *pool, persona_task *task,
                     persona_error *error)
{
    kmeans_sweep sweep = {0};
    psn_kmeans_options one = *options;
    const int32_t most = k_min == k_max ? KMEANS_RESTARTS : KMEANS_SWEEP_RESTARTS;
    int32_t *labels = psn_alloc((size_t)points->n, sizeof *labels);
    int rc = PERSONA_OK;
    PSN_NEED(labels);
    PSN_TRY(psn_kmeans_sweep_open(&sweep, points, k_max, pool, task, error));
    one.start = NULL;
    for (int32_t k = k_min; k <= k_max; k++) {
        psn_kmeans *fit = &fits[k - k_min];
        psn_kmeans_sweep_span(&sweep, share, k - k_min, k_max - k_min + 1);
        if (options->swaps < 0 && k_min < k_max) one.swaps = SWEEP_SWAPS + k;
        const int32_t rounds = psn_kmeans_restarts(points, k, options, most);
        PSN_TRY(psn_kmeans_sweep_next(&sweep, k, &one, rounds, fit, error));
        PSN_TRY(sweep_keep(fit, &sweep, error));
        PSN_TRY(sweep_measure(&trials[k - k_min], fit, &sweep, labels, error));
        PSN_TRY(psn_kmeans_check(&sweep.engine, 1, error));
    }
done:
    psn_kmeans_sweep_close(&sweep);
    psn_release(labels);
    return rc;
}

int psn_kmeans_sweep(psn_kmeans *fits, psn_kmeans_trial *trials, const psn_points *points,
                     int32_t k_min, int32_t k_max, const psn_kmeans_options *options,
                     int32_t gap_references, int32_t stability_rounds, psn_pool *pool,
                     persona_task *task, persona_error *error)
{
    kmeans_sample sample = {0};
    const psn_points *use = points;
    const int32_t count = k_max - k_min + 1;
    int rc = PERSONA_OK;
    if (k_min < 1 || k_max < k_min || k_max > points->n)
        return psn_fail(error, PERSONA_EARG,
                        "k_min must be 1 .. k_max, and k_max at most the number of rows");
    memset(fits, 0, (size_t)count * sizeof *fits);
    memset(trials, 0, (size_t)count * sizeof *trials);
    const int64_t size = psn_kmeans_sample_size(points->n, k_max);
    if (size < points->n) {
        PSN_TRY(
            psn_kmeans_sample_strata(&sample, points, size, options->seed, pool, error));
        use = sample.points;
    }
    const double share = gap_references > 0 || stability_rounds > 0 ? SWEEP_SHARE : 1;
    PSN_TRY(
        sweep_run(fits, trials, use, k_min, k_max, options, share, pool, task, error));
    if (gap_references > 0)
        PSN_TRY(psn_kmeans_sweep_gap(trials, use, k_min, k_max, options, gap_references,
                                     pool, task, error));
    if (stability_rounds > 0)
        PSN_TRY(psn_kmeans_sweep_stability(fits, trials, use, k_min, k_max, options,
                                           stability_rounds, pool, task, error));
done:
    for (int32_t i = 0; rc != PERSONA_OK && i < count; i++) psn_kmeans_clear(&fits[i]);
    psn_kmeans_sample_close(&sample);
    return rc;
}
