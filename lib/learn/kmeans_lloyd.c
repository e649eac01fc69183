/* kmeans_lloyd.c: Lloyd's iteration (1982): nearest centre, mean, until no label changes;
 * and what happens to clusters that lose all their rows.
 *
 * Why it ends: every iteration lowers the cost, a float64 number that is never negative,
 * or is one of LLOYD_IDLE that do not (rounding can send rows to and fro between centres
 * that are equally near). Clusters are refilled REFILL_MOST + 2 k times at most; then
 * they are dropped, which happens k - 1 times at most. One refill gives each empty
 * cluster one row of a cluster that has more, so it makes no new empty ones. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum {
    LLOYD_IDLE = 100, /* iterations that do not lower the cost, before Lloyd ends */
    REFILL_MOST = 16
};

typedef struct refill_place {
    double cost;
    int64_t position;
} refill_place;

typedef struct refill_work {
    const kmeans_state *state;
    kmeans_engine *engine;
    refill_place *best; /* of each chunk */
} refill_work;

/* The dearest row of a chunk, the first of the table on ties. Rows alone in their
 * cluster, and those at their centre but for rounding, stay. */
static void refill_chunk(void *context, int64_t chunk, int worker)
{
    const refill_work *work = context;
    const psn_points *p = work->engine->points;
    const kmeans_state *state = work->state;
    const int tail = chunk >= p->tail_chunk;
    const int64_t from =
        tail ? p->tail_at + (chunk - p->tail_chunk) * p->chunk : chunk * p->chunk;
    const int64_t end = tail ? p->positions : p->full;
    const int64_t to = from + p->chunk < end ? from + p->chunk : end;
    kmeans_scratch *s = &work->engine->scratch[worker];
    refill_place best = {0, -1};
    for (int64_t at = from; at < to; at++) {
        const double *row = psn_points_row(p, at, s->row);
        const int32_t c = state->label[at];
        if (state->count[c] < 2) continue;
        psn_nearest_all(state->exact, row, s->exact);
        const double cost = psn_points_weight(p, at) * s->exact[c];
        if (!(cost > 0) || cost < best.cost) continue;
        if (!psn_kmeans_apart(p, row, state->centers + (int64_t)c * p->dims, s->exact[c]))
            continue;
        if (cost == best.cost &&
            psn_points_index(p, at) > psn_points_index(p, best.position))
            continue;
        best.cost = cost;
        best.position = at;
    }
    work->best[chunk] = best;
}

static refill_place refill_find(const kmeans_state *state, kmeans_engine *engine,
                                refill_place *places)
{
    const psn_points *p = engine->points;
    refill_work work = {state, engine, places};
    refill_place best = {0, -1};
    psn_pool_run(engine->pool, p->chunks, refill_chunk, &work);
    for (int64_t i = 0; i < p->chunks; i++) {
        if (places[i].position < 0 || places[i].cost < best.cost) continue;
        if (places[i].cost == best.cost &&
            psn_points_index(p, places[i].position) > psn_points_index(p, best.position))
            continue;
        best = places[i];
    }
    return best;
}

/* Takes cluster c out of the numbering. */
static int refill_drop(kmeans_state *state, kmeans_engine *engine, int32_t c,
                       persona_error *error)
{
    const psn_points *p = engine->points;
    const int64_t dims = p->dims, rest = state->k - c - 1;
    const size_t cells = (size_t)(rest * dims) * sizeof(double);
    int rc = PERSONA_OK;
    memmove(state->centers + c * dims, state->centers + (c + 1) * dims, cells);
    memmove(state->sums + c * dims, state->sums + (c + 1) * dims, cells);
    memmove(state->mass + c, state->mass + c + 1, (size_t)rest * sizeof(double));
    memmove(state->count + c, state->count + c + 1, (size_t)rest * sizeof *state->count);
    if (state->tail_mass != NULL)
        memmove(state->tail_mass + c * dims, state->tail_mass + (c + 1) * dims, cells);
    for (int64_t i = 0; i < p->positions; i++) state->label[i] -= state->label[i] > c;
    state->k--;
    state->groups = state->k < state->group_room ? state->k : state->group_room;
    psn_nearest_free(state->exact);
    PSN_NEED(state->exact =
                 psn_nearest_new(state->centers, state->k, p->dims, p->rows->share));
done:
    return rc;
}

/* The first empty cluster, or -1. */
static int32_t refill_empty(const kmeans_state *state)
{
    for (int32_t c = 0; c < state->k; c++)
        if (state->count[c] == 0) return c;
    return -1;
}

static void refill_move(kmeans_state *state, kmeans_engine *engine, int64_t position,
                        int32_t c)
{
    const psn_points *p = engine->points;
    const int64_t chunk = position >= p->tail_at
                              ? p->tail_chunk + (position - p->tail_at) / p->chunk
                              : position / p->chunk;
    psn_kmeans_delta_move(&engine->deltas[chunk], engine, position,
                          psn_points_row(p, position, engine->scratch[0].row),
                          state->label[position], c);
    state->label[position] = c;
    psn_kmeans_state_update(state, engine);
}

int psn_kmeans_state_refill(kmeans_state *state, kmeans_engine *engine, int32_t *moves,
                            persona_error *error)
{
    refill_place *places = psn_alloc((size_t)engine->points->chunks, sizeof *places);
    int rc = PERSONA_OK;
    int32_t c;
    PSN_NEED(places);
    while ((c = refill_empty(state)) >= 0) {
        refill_place far = {0, -1};
        if (*moves > 0) far = refill_find(state, engine, places);
        if (far.position < 0) {
            PSN_TRY(refill_drop(state, engine, c, error));
            continue;
        }
        refill_move(state, engine, far.position, c);
        --*moves;
        PSN_TRY(psn_kmeans_check(engine, 0, error));
    }
    psn_kmeans_state_prepare(state, engine);
    state->fresh = 1;
done:
    psn_release(places);
    return rc;
}

int psn_kmeans_lloyd(kmeans_state *state, kmeans_engine *engine, int32_t most,
                     int32_t *iterations, persona_error *error)
{
    double least = INFINITY;
    int32_t moves = REFILL_MOST + 2 * state->k, idle = 0;
    int rc = PERSONA_OK;
    for (int64_t i = 1; idle < LLOYD_IDLE; i++) {
        state->settled = psn_kmeans_assign(state, engine) == 0;
        if (state->settled) break;
        if (psn_kmeans_state_update(state, engine) > 0)
            PSN_TRY(psn_kmeans_state_refill(state, engine, &moves, error));
        if (iterations != NULL) ++*iterations;
        if (most > 0 && i >= most) break;
        const double cost = psn_kmeans_state_cost(state, engine);
        if (cost < least)
            least = cost;
        else
            idle++;
        /* Lloyd usually shrinks its changes by a constant factor: a rough progress. */
        PSN_TRY(psn_kmeans_check(engine, 1 - 1 / (1 + 0.1 * (double)i), error));
    }
done:
    return rc;
}
