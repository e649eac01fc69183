/* kmeans_restart.c: seeding and search, several times over where that is cheap.
 *
 * Where rows have no clear groups, or few rows make a rough landscape, swaps stay in the
 * neighbourhood of their start, and a second seeding finds more than more swaps would:
 * over 76 small problems (150 .. 4,000 rows, k 3 .. 12) five searches left 0.7 % of the
 * fits more than 0.5 % above the best known, one search with as much work 6 %. How many
 * searches there are follows from the size alone, and they end early when the best
 * inertia has been found again, as it is where groups are clear. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { RESTART_AGREE = 2 };   /* times the best is found again before the end */
#define RESTART_WORK 165000.0 /* rows x k x (1 + dims / 16) of all searches of a fit */
#define RESTART_SAME 1e-7     /* relative difference of one optimum found twice */

int32_t psn_kmeans_restarts(const psn_points *points, int32_t k,
                            const psn_kmeans_options *options, int32_t most)
{
    const double work = (double)points->n * k * (1 + points->dims / 16.0);
    const double fits = RESTART_WORK * most / KMEANS_RESTARTS / work;
    if (options->swaps >= 0 || options->start != NULL || k < 2) return 1;
    return fits > most ? most : fits > 1 ? (int32_t)fits : 1;
}

/* One search from a seeding of its own; round 0 goes on from the first `given` centres.
 */
static int restart_round(kmeans_state *state, kmeans_engine *engine, int32_t given,
                         int32_t k, const psn_kmeans_options *options, int32_t round,
                         psn_kmeans *fit, persona_error *error)
{
    psn_kmeans_options one = *options;
    int32_t found = 0;
    int rc = PERSONA_OK;
    one.seed += (uint64_t)round << 32;
    psn_kmeans_stage(engine, 0.0, 0.1);
    PSN_TRY(psn_kmeans_seed(state->centers, &found, engine, round == 0 ? given : 0, k,
                            one.seed, error));
    PSN_TRY(psn_kmeans_optimise(state, engine, state->centers, found, &one, fit, error));
done:
    return rc;
}

/* The best of several rounds; `best` holds k x dims. */
static int restart_all(kmeans_state *state, kmeans_engine *engine, int32_t given,
                       int32_t k, const psn_kmeans_options *options, int32_t rounds,
                       double *best, psn_kmeans *fit, persona_error *error)
{
    const double from = engine->from, span = engine->to - from;
    const size_t row = (size_t)engine->points->dims * sizeof *best;
    double least = INFINITY;
    int32_t best_k = 0, again = 0;
    int rc = PERSONA_OK, last = 0;
    for (int32_t i = 0; i < rounds && again < RESTART_AGREE; i++) {
        engine->from = from + span * i / rounds;
        engine->to = from + span * (i + 1) / rounds;
        PSN_TRY(restart_round(state, engine, given, k, options, i, fit, error));
        const double inertia = psn_kmeans_state_inertia(state, engine);
        last = inertia < least;
        again += fabs(inertia - least) <= RESTART_SAME * inertia;
        if (!last) continue;
        if (inertia < least * (1 - RESTART_SAME)) again = 0;
        least = inertia;
        best_k = state->k;
        memcpy(best, state->centers, (size_t)best_k * row);
    }
    if (!last) {
        PSN_TRY(psn_kmeans_state_start(state, engine, best, best_k, error));
        PSN_TRY(psn_kmeans_lloyd(state, engine, options->max_iterations, &fit->iterations,
                                 error));
    }
done:
    engine->from = from;
    engine->to = from + span;
    return rc;
}

int psn_kmeans_search(kmeans_state *state, kmeans_engine *engine, int32_t given,
                      int32_t k, const psn_kmeans_options *options, int32_t rounds,
                      psn_kmeans *fit, persona_error *error)
{
    double *best = NULL;
    int rc = PERSONA_OK;
    if (rounds < 2) return restart_round(state, engine, given, k, options, 0, fit, error);
    PSN_NEED(best = psn_alloc((size_t)k, (size_t)engine->points->dims * sizeof *best));
    PSN_TRY(restart_all(state, engine, given, k, options, rounds, best, fit, error));
done:
    psn_release(best);
    return rc;
}
