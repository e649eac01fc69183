/* psn_kmeans_lloyd.c: Lloyd's iteration (1982): nearest centre, mean, until no label
 * changes; and what happens to clusters that lose all their rows. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

typedef struct refill_place {
    double cost;
    int64_t position;
} refill_place;

typedef struct refill_work {
    const kmeans_state *state;
    kmeans_engine *engine;
    refill_place *best; /* of each chunk */
} refill_work;

/* The dearest row of a chunk, the first of the table on ties. */
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
        psn_nearest_all(state->exact, row, s->exact);
        const double cost = psn_points_weight(p, at) * s->exact[state->label[at]];
        if (!(cost > 0) || cost < best.cost) continue;
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

int psn_kmeans_state_refill(kmeans_state *state, kmeans_engine *engine,
                            persona_error *error)
{
    const psn_points *p = engine->points;
    refill_place *places = psn_alloc((size_t)p->chunks, sizeof *places);
    int rc = PERSONA_OK;
    int32_t c;
    PSN_NEED(places);
    while ((c = refill_empty(state)) >= 0) {
        const refill_place far = refill_find(state, engine, places);
        if (far.position < 0) {
            PSN_TRY(refill_drop(state, engine, c, error));
        } else {
            double *buffer = engine->scratch[0].row;
            const int64_t chunk =
                far.position >= p->tail_at
                    ? p->tail_chunk + (far.position - p->tail_at) / p->chunk
                    : far.position / p->chunk;
            psn_kmeans_delta_move(&engine->deltas[chunk], engine, far.position,
                                  psn_points_row(p, far.position, buffer),
                                  state->label[far.position], c);
            state->label[far.position] = c;
            psn_kmeans_state_update(state, engine);
        }
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
    int rc = PERSONA_OK;
    int64_t changed = 1;
    for (int32_t i = 1; changed > 0; i++) {
        changed = psn_kmeans_assign(state, engine);
        if (changed == 0) break;
        if (psn_kmeans_state_update(state, engine) > 0)
            PSN_TRY(psn_kmeans_state_refill(state, engine, error));
        if (iterations != NULL) ++*iterations;
        if (most > 0 && i >= most) break;
        /* Lloyd usually shrinks its changes by a constant factor: a rough progress. */
        PSN_TRY(psn_task_check(engine->task, 1 - 1 / (1 + 0.1 * i), error));
    }
done:
    return rc;
}
