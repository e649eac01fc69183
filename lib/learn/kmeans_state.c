/* kmeans_state.c: centres out of sums, and how far they moved.
 *
 * Sums change only by the rows whose label changed, chunk by chunk in fixed order, so
 * they do not depend on the number of threads, and on integer data they are exact. With
 * means for centres the cost needs no pass over the rows: sum w |x - o|^2 - sum_c |S_c -
 * W_c o|^2 / W_c for any origin o. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { STATE_BOUND_SHARE = 4 }; /* wide: bounds take at most 1/4 of a row */

int psn_kmeans_state_open(kmeans_state *state, const kmeans_engine *engine,
                          persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t k = ((size_t)engine->room + 15) / 16 * 16, dims = (size_t)p->dims;
    const size_t places = (size_t)p->positions + 64;
    int rc = PERSONA_OK;
    memset(state, 0, sizeof *state);
    PSN_NEED(state->centers = psn_alloc(k, dims * sizeof(double)));
    PSN_NEED(state->sums = psn_alloc(k, dims * sizeof(double)));
    PSN_NEED(state->mass = psn_alloc(k, sizeof(double)));
    PSN_NEED(state->count = psn_alloc(k, sizeof *state->count));
    if (p->full < p->n) PSN_NEED(state->tail_mass = psn_alloc(k, dims * sizeof(double)));
    PSN_NEED(state->label = psn_alloc_aligned(places, sizeof *state->label));
    PSN_NEED(state->rows = psn_alloc_aligned(k, (size_t)p->width * sizeof(float)));
    PSN_NEED(state->half = psn_alloc_aligned(k, sizeof(float)));
    PSN_NEED(state->drift = psn_alloc_aligned(k, sizeof(float)));
    if (p->wide) {
        int32_t most = p->width / STATE_BOUND_SHARE / 16 * 16;
        if (most < 16) most = 16;
        state->group_room = most < (int32_t)k ? most : (int32_t)k;
        PSN_NEED(state->upper = psn_alloc_aligned(places, sizeof(float)));
        PSN_NEED(state->lower = psn_alloc_aligned(places, (size_t)state->group_room *
                                                              sizeof(float)));
        PSN_NEED(state->group_drift =
                     psn_alloc_aligned((size_t)state->group_room, sizeof(float)));
    } else {
        PSN_NEED(state->gap = psn_alloc_aligned(places, sizeof(float)));
        PSN_NEED(state->block_gap = psn_alloc((size_t)p->blocks + 1, sizeof(float)));
        PSN_NEED(state->packed = psn_alloc_aligned(k, dims * sizeof(float)));
        PSN_NEED(state->features = psn_alloc_aligned(k, dims * sizeof(float)));
    }
done:
    if (rc != PERSONA_OK) psn_kmeans_state_close(state);
    return rc;
}

void psn_kmeans_state_close(kmeans_state *state)
{
    psn_release(state->centers);
    psn_release(state->sums);
    psn_release(state->mass);
    psn_release(state->count);
    psn_release(state->tail_mass);
    psn_release_aligned(state->label);
    psn_release_aligned(state->rows);
    psn_release_aligned(state->half);
    psn_release_aligned(state->drift);
    psn_release_aligned(state->upper);
    psn_release_aligned(state->lower);
    psn_release_aligned(state->group_drift);
    psn_release_aligned(state->gap);
    psn_release(state->block_gap);
    psn_release_aligned(state->packed);
    psn_release_aligned(state->features);
    psn_release_aligned(state->first);
    psn_release_aligned(state->next);
    psn_nearest_free(state->exact);
    memset(state, 0, sizeof *state);
}

void psn_kmeans_state_trim(kmeans_state *state)
{
    psn_release_aligned(state->upper);
    psn_release_aligned(state->lower);
    psn_release_aligned(state->gap);
    state->upper = state->lower = state->gap = NULL;
}

/* The object for as many centres as there are. */
static int state_exact(kmeans_state *state, const psn_points *p, const double *centers,
                       int32_t k, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_nearest_free(state->exact);
    PSN_NEED(state->exact = psn_nearest_new(centers, k, p->dims, p->rows->share));
    state->k = k;
    state->groups = k < state->group_room ? k : state->group_room;
done:
    return rc;
}

int psn_kmeans_state_start(kmeans_state *state, const kmeans_engine *engine,
                           const double *centers, int32_t k, persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t dims = (size_t)p->dims;
    int rc = PERSONA_OK;
    PSN_TRY(state_exact(state, p, centers, k, error));
    if (state->centers != centers)
        memcpy(state->centers, centers, (size_t)k * dims * sizeof *centers);
    memset(state->sums, 0, (size_t)k * dims * sizeof(double));
    memset(state->mass, 0, (size_t)k * sizeof(double));
    memset(state->count, 0, (size_t)k * sizeof *state->count);
    if (state->tail_mass != NULL)
        memset(state->tail_mass, 0, (size_t)k * dims * sizeof(double));
    for (int64_t i = 0; i < p->positions; i++) state->label[i] = -1;
    psn_kmeans_state_prepare(state, engine);
    state->fresh = 1;
done:
    return rc;
}

int psn_kmeans_state_copy(kmeans_state *to, const kmeans_state *from,
                          const kmeans_engine *engine, persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t k = (size_t)from->k, cells = k * (size_t)p->dims * sizeof(double);
    int rc = PERSONA_OK;
    if (to->k != from->k) PSN_TRY(state_exact(to, p, from->centers, from->k, error));
    memcpy(to->centers, from->centers, cells);
    memcpy(to->sums, from->sums, cells);
    memcpy(to->mass, from->mass, k * sizeof(double));
    memcpy(to->count, from->count, k * sizeof *to->count);
    if (to->tail_mass != NULL) memcpy(to->tail_mass, from->tail_mass, cells);
    memcpy(to->label, from->label, (size_t)p->positions * sizeof *to->label);
done:
    return rc;
}

/* One centre in float32; returns |c|^2, with the columns that the copy leaves out. */
static double state_float(kmeans_state *state, const psn_points *p, int32_t c)
{
    const double *center = state->centers + (int64_t)c * p->dims;
    float *row = state->rows + (int64_t)c * p->width;
    double norm = 0;
    for (int32_t j = 0; j < p->dims; j++) {
        const double t = (center[j] - p->offset[j]) * p->scale;
        norm += t * t;
    }
    for (int32_t f = 0; f < p->features; f++) {
        const int32_t j = psn_points_column(p, f);
        const double t = (center[j] - p->offset[j]) * p->scale;
        /* Scores are |c|^2 / 2 + x.(-c); a centre beyond float32 makes every row unclear.
         */
        row[f] = -(float)(t < -1e18 ? -1e18 : t > 1e18 ? 1e18 : t);
    }
    for (int32_t f = p->features; f < p->width; f++) row[f] = 0;
    state->half[c] = norm < 1e30 ? (float)(norm / 2) : 1e30F;
    return norm;
}

void psn_kmeans_state_prepare(kmeans_state *state, const kmeans_engine *engine)
{
    const psn_points *p = engine->points;
    const int32_t k = state->k;
    double most = 0;
    for (int32_t c = 0; c < k; c++) {
        const double norm = state_float(state, p, c);
        most = norm > most ? norm : most;
        state->drift[c] = 0;
    }
    state->half_most = most < 1e30 ? (float)(most / 2) * 1.000001F : INFINITY;
    state->center_most = most < 1e30 ? (float)sqrt(most) * 1.000001F : INFINITY;
    psn_nearest_move(state->exact, state->centers);
    for (int32_t g = 0; g < state->group_room; g++) state->group_drift[g] = 0;
    if (p->wide) return;
    psn_kmeans_pack(state->packed, state->rows, k, p->width);
    state->stride = (k + 15) / 16 * 16;
    for (int32_t j = 0; j < p->dims && p->low != NULL; j++)
        for (int32_t c = 0; c < state->stride; c++)
            state->features[j * state->stride + c] =
                c < k ? -state->rows[(int64_t)c * p->width + j] : 1e18F;
}

/* Adds the deltas, in the order of the chunks. */
static void state_merge(kmeans_state *state, kmeans_engine *engine,
                        unsigned char *touched)
{
    const psn_points *p = engine->points;
    const int64_t dims = p->dims;
    for (int64_t i = 0; i < p->chunks; i++) {
        kmeans_delta *d = &engine->deltas[i];
        if (d->changed == 0) continue;
        for (int32_t c = 0; c < state->k; c++) {
            if (!d->touched[c]) continue;
            touched[c] = 1;
            d->touched[c] = 0;
            state->mass[c] += d->mass[c];
            state->count[c] += d->count[c];
            for (int64_t j = c * dims; j < (c + 1) * dims; j++)
                state->sums[j] += d->sums[j];
            for (int64_t j = c * dims; j < (c + 1) * dims && d->tail_mass != NULL; j++)
                state->tail_mass[j] += d->tail_mass[j];
        }
        d->changed = 0;
    }
}

/* The mean of cluster c; returns how far the centre moved, scaled, rounded up. */
static double state_move(kmeans_state *state, const psn_points *p, int32_t c)
{
    const int64_t dims = p->dims;
    double *center = state->centers + c * dims, drift = 0;
    if (state->count[c] == 0) {
        memset(state->sums + c * dims, 0, (size_t)dims * sizeof(double));
        state->mass[c] = 0;
        if (state->tail_mass != NULL)
            memset(state->tail_mass + c * dims, 0, (size_t)dims * sizeof(double));
        return 0;
    }
    for (int64_t j = 0; j < dims; j++) {
        const double extra =
            state->tail_mass != NULL ? state->tail_mass[c * dims + j] : 0;
        const double mass = state->mass[c] + extra;
        const double next = mass > 0 ? state->sums[c * dims + j] / mass : center[j];
        const double t = (next - center[j]) * p->scale;
        center[j] = next;
        drift += t * t;
    }
    return sqrt(drift) * (1 + 1e-6) + 1e-18;
}

static void state_clock(kmeans_state *state, const psn_points *p)
{
    float most = 0, next = 0;
    for (int32_t c = 0; c < state->k; c++) {
        const float d = state->drift[c];
        if (d > most)
            next = most, most = d;
        else if (d > next)
            next = d;
    }
    state->clock = (state->clock + (most + next)) * (1.0F + 0x1p-22F);
    for (int32_t c = 0; c < state->k && p->wide; c++) {
        float *group = &state->group_drift[(int64_t)c * state->groups / state->k];
        *group = state->drift[c] > *group ? state->drift[c] : *group;
    }
}

int32_t psn_kmeans_state_update(kmeans_state *state, kmeans_engine *engine)
{
    const psn_points *p = engine->points;
    unsigned char *touched = (unsigned char *)engine->scratch[0].candidate;
    float *drift = state->drift;
    int32_t empty = 0;
    memset(touched, 0, (size_t)state->k);
    state_merge(state, engine, touched);
    for (int32_t c = 0; c < state->k; c++) {
        engine->scratch[0].exact[c] = touched[c] ? state_move(state, p, c) : 0;
        empty += state->count[c] == 0;
    }
    psn_kmeans_state_prepare(state, engine);
    for (int32_t c = 0; c < state->k; c++) drift[c] = (float)engine->scratch[0].exact[c];
    state_clock(state, p);
    return empty;
}

double psn_kmeans_state_cost(const kmeans_state *state, const kmeans_engine *engine)
{
    const psn_points *p = engine->points;
    const int64_t dims = p->dims;
    double between = 0;
    for (int64_t c = 0; c < state->k; c++)
        for (int64_t j = 0; j < dims; j++) {
            const double extra =
                state->tail_mass != NULL ? state->tail_mass[c * dims + j] : 0;
            const double mass = state->mass[c] + extra;
            const double s = state->sums[c * dims + j] - mass * p->offset[j];
            if (mass > 0) between += s * s / mass;
        }
    return p->spread - between;
}

typedef struct state_sum {
    const kmeans_state *state;
    kmeans_engine *engine;
    double *sums;
} state_sum;

/* The same for one row of the tail. */
static double state_tail(const psn_points *p, const double *row, const double *center)
{
    double sum = 0;
    for (int32_t j = 0; j < p->dims; j++) {
        const double t = row[j] - center[j];
        if (t == t) sum += t * t;
    }
    return sum * psn_points_factor(p, row);
}

static void state_sum_chunk(void *context, int64_t chunk, int worker)
{
    const state_sum *work = context;
    const psn_points *p = work->engine->points;
    const int tail = chunk >= p->tail_chunk;
    const int64_t from =
        tail ? p->tail_at + (chunk - p->tail_chunk) * p->chunk : chunk * p->chunk;
    const int64_t end = tail ? p->positions : p->full;
    const int64_t to = from + p->chunk < end ? from + p->chunk : end;
    double sum = 0;
    for (int64_t at = from; at < to; at += 64) {
        const int count = to - at < 64 ? (int)(to - at) : 64;
        const double *rows =
            psn_points_run(p, at, count, work->engine->scratch[worker].row);
        const int32_t *label = work->state->label + at;
        double weight[64];
        for (int i = 0; i < count && p->rows->weights != NULL; i++)
            weight[i] = psn_points_weight(p, at + i);
        if (!tail)
            sum += work->engine->kernels->direct(
                rows, count, p->dims, work->state->centers, label,
                p->rows->weights != NULL ? weight : NULL);
        for (int i = 0; tail && i < count; i++)
            sum += psn_points_weight(p, at + i) *
                   state_tail(p, rows + (int64_t)i * p->dims,
                              work->state->centers + (int64_t)label[i] * p->dims);
    }
    work->sums[chunk] = sum;
}

double psn_kmeans_state_inertia(const kmeans_state *state, kmeans_engine *engine)
{
    double sums[520], total = 0; /* at most 2 x (256 + 1) chunks */
    state_sum work = {state, engine, sums};
    psn_pool_run(engine->pool, engine->points->chunks, state_sum_chunk, &work);
    for (int64_t i = 0; i < engine->points->chunks; i++) total += sums[i];
    return total;
}
