/* kmeans_engine.c: scratch of the workers and the deltas of the chunks. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

static int engine_scratch(kmeans_scratch *s, const kmeans_engine *engine,
                          persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t k = ((size_t)engine->room + 15) / 16 * 16, width = (size_t)p->width;
    int rc = PERSONA_OK;
    PSN_NEED(s->row = psn_alloc((size_t)p->dims, 64 * sizeof *s->row));
    PSN_NEED(s->exact = psn_alloc(k, sizeof *s->exact));
    PSN_NEED(s->candidate = psn_alloc(k, sizeof *s->candidate));
    PSN_NEED(s->near = psn_alloc_aligned(k, sizeof *s->near));
    PSN_NEED(s->far = psn_alloc_aligned(k, sizeof *s->far));
    PSN_NEED(s->half = psn_alloc_aligned(k, sizeof *s->half));
    if (p->wide) {
        PSN_NEED(s->dots = psn_alloc_aligned(k, 64 * sizeof *s->dots));
    } else {
        PSN_NEED(s->block =
                     psn_alloc_aligned(width, PSN_KMEANS_STRIDE * sizeof *s->block));
        PSN_NEED(s->packed = psn_alloc_aligned(k, width * sizeof *s->packed));
        memset(s->block, 0, width * PSN_KMEANS_STRIDE * sizeof *s->block);
    }
done:
    return rc;
}

static int engine_delta(kmeans_delta *d, const kmeans_engine *engine,
                        persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t k = (size_t)engine->room, dims = (size_t)p->dims;
    int rc = PERSONA_OK;
    PSN_NEED(d->sums = psn_alloc(k, dims * sizeof *d->sums));
    PSN_NEED(d->mass = psn_alloc(k, sizeof *d->mass));
    PSN_NEED(d->count = psn_alloc(k, sizeof *d->count));
    PSN_NEED(d->touched = psn_alloc_zero(k, 1));
    if (p->full < p->n) PSN_NEED(d->tail_mass = psn_alloc(k, dims * sizeof(double)));
done:
    return rc;
}

int psn_kmeans_engine_open(kmeans_engine *engine, const psn_points *points, int32_t room,
                           psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    memset(engine, 0, sizeof *engine);
    engine->points = points;
    engine->room = room;
    engine->pool = pool;
    engine->task = task;
    engine->to = engine->stage_to = 1;
    engine->kernels = psn_kmeans_kernels_now();
    engine->workers = psn_pool_workers(pool);
    PSN_NEED(engine->scratch =
                 psn_alloc_zero((size_t)engine->workers, sizeof *engine->scratch));
    PSN_NEED(engine->deltas =
                 psn_alloc_zero((size_t)points->chunks, sizeof *engine->deltas));
    for (int i = 0; i < engine->workers; i++)
        PSN_TRY(engine_scratch(&engine->scratch[i], engine, error));
    for (int64_t i = 0; i < points->chunks; i++)
        PSN_TRY(engine_delta(&engine->deltas[i], engine, error));
done:
    if (rc != PERSONA_OK) psn_kmeans_engine_close(engine);
    return rc;
}

void psn_kmeans_engine_close(kmeans_engine *engine)
{
    for (int i = 0; engine->scratch != NULL && i < engine->workers; i++) {
        kmeans_scratch *s = &engine->scratch[i];
        psn_release(s->row);
        psn_release(s->exact);
        psn_release(s->candidate);
        psn_release_aligned(s->near);
        psn_release_aligned(s->far);
        psn_release_aligned(s->half);
        psn_release_aligned(s->dots);
        psn_release_aligned(s->block);
        psn_release_aligned(s->packed);
    }
    for (int64_t i = 0; engine->deltas != NULL && i < engine->points->chunks; i++) {
        kmeans_delta *d = &engine->deltas[i];
        psn_release(d->sums);
        psn_release(d->mass);
        psn_release(d->count);
        psn_release(d->touched);
        psn_release(d->tail_mass);
    }
    psn_release(engine->scratch);
    psn_release(engine->deltas);
    memset(engine, 0, sizeof *engine);
}

void psn_kmeans_stage(kmeans_engine *engine, double from, double to)
{
    const double span = engine->to - engine->from;
    engine->stage_from = engine->from + span * from;
    engine->stage_to = engine->from + span * to;
}

int psn_kmeans_check(const kmeans_engine *engine, double done, persona_error *error)
{
    const double span = engine->stage_to - engine->stage_from;
    return psn_task_check(engine->task, engine->stage_from + span * done, error);
}

static void delta_touch(kmeans_delta *d, const kmeans_engine *engine, int32_t c)
{
    const size_t dims = (size_t)engine->points->dims;
    if (d->touched[c]) return;
    d->touched[c] = 1;
    d->mass[c] = 0;
    d->count[c] = 0;
    memset(d->sums + (size_t)c * dims, 0, dims * sizeof *d->sums);
    if (d->tail_mass != NULL)
        memset(d->tail_mass + (size_t)c * dims, 0, dims * sizeof(double));
}

/* A row with something missing: each observed feature counts factor times. */
static void delta_add_tail(kmeans_delta *d, const kmeans_engine *engine,
                           const double *row, double weight, int32_t c)
{
    const int64_t dims = engine->points->dims;
    for (int64_t j = 0; j < dims; j++)
        if (row[j] == row[j]) {
            d->sums[c * dims + j] += weight * row[j];
            d->tail_mass[c * dims + j] += weight;
        }
}

static void delta_move_weighted(kmeans_delta *delta, const kmeans_engine *engine,
                                int64_t position, const double *row, int32_t c,
                                double sign)
{
    const psn_points *p = engine->points;
    const double weight = sign * psn_points_weight(p, position);
    if (position >= p->tail_at) {
        delta_add_tail(delta, engine, row, weight * psn_points_factor(p, row), c);
        return;
    }
    delta->mass[c] += weight;
    engine->kernels->add(delta->sums + (int64_t)c * p->dims, row, weight, p->dims);
}

void psn_kmeans_delta_move(kmeans_delta *delta, const kmeans_engine *engine,
                           int64_t position, const double *row, int32_t from, int32_t to)
{
    const psn_points *p = engine->points;
    const int64_t dims = p->dims;
    delta->changed++;
    delta_touch(delta, engine, to);
    delta->count[to]++;
    if (from >= 0) {
        delta_touch(delta, engine, from);
        delta->count[from]--;
    }
    if (position >= p->tail_at || p->weight != NULL) {
        if (from >= 0) delta_move_weighted(delta, engine, position, row, from, -1.0);
        delta_move_weighted(delta, engine, position, row, to, 1.0);
        return;
    }
    delta->mass[to] += 1.0;
    if (from >= 0) delta->mass[from] -= 1.0;
    engine->kernels->move(from >= 0 ? delta->sums + from * dims : NULL,
                          delta->sums + to * dims, row, p->dims);
}
