/* kmeans_fit.c: seeding, Lloyd, swap search, Lloyd to the end. Tables above KMEANS_LARGE
 * rows are seeded and searched on a stratified sample; the last Lloyd sees every row. */
#include "learn/kmeans_engine.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/kmeans_sample.h"

#define FIT_SEARCH 0.4 /* share of the search on a sample */

/* Failed swaps in a row that end the search. */
static int32_t fit_swaps(int32_t k, int32_t asked)
{
    return asked >= 0 ? asked : 25 + 2 * k;
}

int psn_kmeans_optimise(kmeans_state *state, kmeans_engine *engine, const double *start,
                        int32_t k, const psn_kmeans_options *options, psn_kmeans *fit,
                        persona_error *error)
{
    const int32_t swaps = fit_swaps(k, options->swaps), most = options->max_iterations;
    int rc = PERSONA_OK;
    PSN_TRY(psn_kmeans_state_start(state, engine, start, k, error));
    psn_kmeans_stage(engine, 0.1, 0.5);
    PSN_TRY(psn_kmeans_lloyd(state, engine, most, &fit->iterations, error));
    if (swaps > 0 && state->k > 1) {
        psn_kmeans_stage(engine, 0.5, 0.9);
        PSN_TRY(psn_kmeans_swap_search(state, engine, options->seed, swaps, fit, error));
        psn_kmeans_stage(engine, 0.9, 1.0);
        state->fresh = 1;
        PSN_TRY(psn_kmeans_lloyd(state, engine, most, &fit->iterations, error));
    }
done:
    return rc;
}

/* The whole fit of a table that needs no sample. */
static int fit_small(psn_kmeans *out, kmeans_state *state, kmeans_engine *engine,
                     const psn_kmeans_options *options, persona_error *error)
{
    const int32_t k = options->k;
    if (options->start != NULL)
        return psn_kmeans_optimise(state, engine, options->start, k, options, out, error);
    return psn_kmeans_search(
        state, engine, 0, k, options,
        psn_kmeans_restarts(engine->points, k, options, KMEANS_RESTARTS), out, error);
}

/* The same on a sample. */
static int fit_search(double *centers, int32_t *k, psn_kmeans *out,
                      const psn_points *points, const psn_kmeans_options *options,
                      psn_pool *pool, persona_task *task, persona_error *error)
{
    kmeans_engine engine = {0};
    kmeans_state state = {0};
    int rc = PERSONA_OK;
    PSN_TRY(psn_kmeans_engine_open(&engine, points, options->k, pool, task, error));
    engine.to = FIT_SEARCH;
    PSN_TRY(psn_kmeans_state_open(&state, &engine, error));
    PSN_TRY(fit_small(out, &state, &engine, options, error));
    *k = state.k;
    memcpy(centers, state.centers,
           (size_t)state.k * (size_t)points->dims * sizeof *centers);
done:
    psn_kmeans_state_close(&state);
    if (engine.points != NULL) psn_kmeans_engine_close(&engine);
    return rc;
}

static int fit_large(psn_kmeans *out, kmeans_state *state, kmeans_engine *engine,
                     int64_t size, const psn_kmeans_options *options,
                     persona_error *error)
{
    const psn_points *p = engine->points;
    psn_kmeans_options rest = *options;
    kmeans_sample sample = {0};
    int32_t k;
    int rc = PERSONA_OK;
    PSN_TRY(
        psn_kmeans_sample_strata(&sample, p, size, options->seed, engine->pool, error));
    PSN_TRY(fit_search(state->centers, &k, out, sample.points, options, engine->pool,
                       engine->task, error));
    psn_kmeans_sample_close(&sample);
    rest.swaps = 0;
    engine->from = FIT_SEARCH;
    PSN_TRY(psn_kmeans_optimise(state, engine, state->centers, k, &rest, out, error));
done:
    psn_kmeans_sample_close(&sample);
    return rc;
}

static int fit_run(psn_kmeans *out, kmeans_state *state, kmeans_engine *engine,
                   const psn_kmeans_options *options, persona_error *error)
{
    const psn_points *p = engine->points;
    const int64_t size = psn_kmeans_sample_size(p->n, options->k);
    int rc = PERSONA_OK;
    if (size < p->n && (options->start == NULL || options->swaps != 0))
        PSN_TRY(fit_large(out, state, engine, size, options, error));
    else
        PSN_TRY(fit_small(out, state, engine, options, error));
    /* Stopped early: labels of the last centres. */
    if (!state->settled) psn_kmeans_assign(state, engine);
done:
    return rc;
}

void psn_kmeans_state_labels(int32_t *labels, const kmeans_state *state,
                             const psn_points *points)
{
    for (int64_t at = 0; at < points->positions; at++)
        if (at < points->full || at >= points->tail_at)
            labels[psn_points_index(points, at)] = state->label[at];
}

int psn_kmeans_fit(psn_kmeans *out, const psn_points *points,
                   const psn_kmeans_options *options, psn_pool *pool, persona_task *task,
                   persona_error *error)
{
    kmeans_engine engine = {0};
    kmeans_state state = {0};
    int rc = PERSONA_OK;
    memset(out, 0, sizeof *out);
    if (options->k < 1 || options->k > points->n)
        PSN_FAIL(error, PERSONA_EARG, "k must be 1 .. the number of rows");
    PSN_TRY(psn_kmeans_engine_open(&engine, points, options->k, pool, task, error));
    PSN_TRY(psn_kmeans_state_open(&state, &engine, error));
    PSN_TRY(fit_run(out, &state, &engine, options, error));
    psn_kmeans_state_trim(&state);
    PSN_NEED(out->labels = psn_alloc((size_t)points->n, sizeof *out->labels));
    psn_kmeans_state_labels(out->labels, &state, points);
    out->inertia = psn_kmeans_state_inertia(&state, &engine);
    out->k = state.k;
    out->centers = state.centers;
    state.centers = NULL;
done:
    psn_kmeans_state_close(&state);
    if (engine.points != NULL) psn_kmeans_engine_close(&engine);
    if (rc != PERSONA_OK) psn_kmeans_clear(out);
    return rc;
}

void psn_kmeans_clear(psn_kmeans *fit)
{
    psn_release(fit->centers);
    psn_release(fit->labels);
    memset(fit, 0, sizeof *fit);
}

int64_t psn_kmeans_bytes(int64_t rows, int32_t dims, int32_t k)
{
    const int64_t wide = dims >= KMEANS_WIDE;
    const int64_t width = wide ? (dims + 15) / 16 * 16 : dims;
    const int64_t bounds = wide ? 4 * (width / 4 < k ? width / 4 : k) + 8 : 4;
    const int64_t row =
        4 * width + 8 + (bounds > 4 ? bounds : 4) + (dims <= KMEANS_BOX_DIMS ? 32 : 0);
    const int64_t sample = psn_kmeans_sample_size(rows, k);
    const int64_t search = sample * (12 * width + 2 * bounds + 40);
    return rows * row + search + 260 * (int64_t)k * dims * 8;
}
