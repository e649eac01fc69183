/* kmeans_assign.c: the nearest centre of every row, exactly.
 *
 * The float32 kernels give the least and second least score |c|^2/2 - x.c with an error
 * below E = (d + 3) (u (max|c|^2/2 + |x| max|c|) + u64 (|x|^2 + max|c|^2)), u = 2^-24:
 * the roundings of x, c, |c|^2/2 and of d fused steps, and those of the float64 formula
 * that has the last word. Where the two differ by less than 2 E, psn_nearest decides.
 *
 * Skipping (Hamerly 2010): a row keeps the clock time up to which its label cannot
 * change, that is now + second distance - first distance (both bounded safely); each
 * update of the centres advances the clock by the two largest moves. Blocks with a few
 * rows due have these gathered into a full block; with rows in spatial order a block is
 * scored only against the centres that its bounding box admits. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

enum { ASSIGN_DENSE = 12 }; /* from so many due rows on the whole block is scored */
#define ASSIGN_U   0x1.05p-24
#define ASSIGN_U64 0x1.2p-53

/* Bounds for rows with |x| <= reach. */
static psn_kmeans_finish assign_bounds(const kmeans_state *state, const psn_points *p,
                                       float reach)
{
    const double most = state->center_most, steps = p->dims + 3, x = reach;
    const double error = steps * (ASSIGN_U * (state->half_most + x * most) +
                                  ASSIGN_U64 * (x * x + most * most)) +
                         1e-30;
    psn_kmeans_finish bounds;
    bounds.twice_error = (float)(2.001 * error) * (1.0F + 0x1p-22F);
    bounds.square_error =
        (float)(2.001 * error + steps * ASSIGN_U * x * x) * (1.0F + 0x1p-22F);
    bounds.others = INFINITY;
    bounds.clock = state->clock;
    return bounds;
}

/* What is needed to settle the labels of up to 64 scored lanes. */
typedef struct assign_lanes {
    uint64_t lanes, changed, unclear;
    int64_t first;           /* position of lane 0 */
    const int64_t *position; /* or of each lane */
    int32_t *index;
} assign_lanes;

static void assign_settle(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                          kmeans_scratch *s, const assign_lanes *work)
{
    const psn_points *p = engine->points;
    uint64_t todo = (work->changed | work->unclear) & work->lanes;
    while (todo != 0) {
        const int lane = __builtin_ctzll(todo);
        const int64_t at =
            work->position != NULL ? work->position[lane] : work->first + lane;
        const double *row = psn_points_row(p, at, s->row);
        int32_t to = work->index[lane];
        todo &= todo - 1;
        if (work->unclear >> lane & 1) to = psn_nearest_one(state->exact, row, NULL);
        if (to == state->label[at]) continue;
        psn_kmeans_delta_move(delta, engine, at, row, state->label[at], to);
        state->label[at] = to;
    }
}

/* Squared distances to best and second for those who asked. */
static void assign_squares(kmeans_state *state, kmeans_engine *engine,
                           const kmeans_scratch *s, const float *norm, int64_t first,
                           float others)
{
    if (state->first == NULL) return;
    float *next = state->next + first;
    engine->kernels->squares(norm, s->best, state->first + first);
    engine->kernels->squares(norm, s->second, next);
    for (int i = 0; i < 64 && others < 1e18F; i++)
        next[i] = next[i] < others * others ? next[i] : others * others;
}

/* The centres that may be nearest to a row of the block: those whose nearest point of the
 * box is not farther than the farthest point of the box is from some centre. Returns how
 * many; *others bounds the distance to the rest from below. */
static int32_t assign_candidates(const kmeans_state *state, const kmeans_engine *engine,
                                 kmeans_scratch *s, int64_t block, float *others)
{
    const psn_points *p = engine->points;
    const float slip = (float)(p->dims + 8) * 0x1p-23F, reach = p->reach[block];
    const float away = 4 * 0x1p-23F * (reach + state->center_most) + 1e-18F;
    float limit, rest;
    int32_t found;
    limit = engine->kernels->box(p->low + block * p->dims, p->high + block * p->dims,
                                 p->dims, state->features, state->stride, s->near);
    limit = sqrtf(limit) * (1 + 2 * slip) + 2 * away;
    limit = limit * limit * (1 + slip);
    found = engine->kernels->admit(s->near, state->stride, limit, s->candidate, &rest);
    if (found > state->k) found = state->k; /* centres beyond float32 */
    *others = found < state->k ? sqrtf(rest) * (1 - slip) - away : INFINITY;
    return found;
}

/* Scores a block against its candidates only. */
static float assign_box(kmeans_state *state, kmeans_engine *engine, kmeans_scratch *s,
                        int64_t block)
{
    const psn_points *p = engine->points;
    const int32_t dims = p->dims;
    float others, *rows = s->packed;
    const int32_t found = assign_candidates(state, engine, s, block, &others);
    const int32_t tiles = psn_kmeans_tiles(found);
    int32_t c = 0;
    for (int32_t t = 0; t < tiles; t++) {
        const int32_t size = psn_kmeans_tile_size(found, tiles, t);
        for (int32_t i = 0; i < size; i++, c++) {
            const float *row = state->rows + (int64_t)s->candidate[c] * dims;
            for (int32_t j = 0; j < dims; j++) rows[j * size + i] = row[j];
            s->half[c] = state->half[s->candidate[c]];
        }
        rows += (int64_t)size * dims;
    }
    engine->kernels->score(p->x + block * dims * 64, 64, dims, s->packed, s->half, found,
                           s->best, s->second, s->index);
    for (int i = 0; i < 64; i++) s->index[i] = s->candidate[s->index[i]];
    return others;
}

static void assign_block(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                         kmeans_scratch *s, int64_t block)
{
    const psn_points *p = engine->points;
    const psn_kmeans_kernels *kernels = engine->kernels;
    const float *norm = p->norm + block * 64;
    psn_kmeans_finish bounds = assign_bounds(state, p, p->reach[block]);
    assign_lanes work = {psn_points_lanes(p, block), 0, 0, block * 64, NULL, s->index};
    float *gap = state->gap + block * 64;
    if (p->low != NULL && state->k > 3)
        bounds.others = assign_box(state, engine, s, block);
    else
        kernels->score(p->x + block * p->dims * 64, 64, p->dims, state->packed,
                       state->half, state->k, s->best, s->second, s->index);
    work.changed = kernels->finish(&bounds, norm, s->best, s->second, s->index,
                                   state->label + block * 64, gap, &work.unclear);
    assign_squares(state, engine, s, norm, block * 64, bounds.others);
    assign_settle(state, engine, delta, s, &work);
    for (int i = 63; i >= 0 && !(work.lanes >> i & 1); i--) gap[i] = INFINITY;
    state->block_gap[block] = kernels->least(gap);
}

/* Scores the rows gathered so far. */
static void assign_held(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                        kmeans_scratch *s)
{
    const psn_points *p = engine->points;
    const psn_kmeans_kernels *kernels = engine->kernels;
    assign_lanes work = {0, 0, 0, 0, s->position, s->index};
    float reach = 0;
    if (s->held == 0) return;
    work.lanes = s->held == 64 ? ~(uint64_t)0 : ((uint64_t)1 << s->held) - 1;
    for (int32_t i = 0; i < s->held; i++) {
        const float r = p->reach[s->position[i] / 64];
        reach = r > reach ? r : reach;
    }
    for (int32_t i = s->held; i < 64; i++) s->norm[i] = 0, s->old[i] = 0;
    const psn_kmeans_finish bounds = assign_bounds(state, p, reach);
    kernels->score(s->block, PSN_KMEANS_STRIDE, p->dims, state->packed, state->half,
                   state->k, s->best, s->second, s->index);
    work.changed = kernels->finish(&bounds, s->norm, s->best, s->second, s->index, s->old,
                                   s->gap, &work.unclear);
    for (int32_t i = 0; i < s->held; i++) state->gap[s->position[i]] = s->gap[i];
    assign_settle(state, engine, delta, s, &work);
    s->held = 0;
}

/* Puts the due rows of a block with those of others. */
static void assign_gather(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                          kmeans_scratch *s, int64_t block, uint64_t due, int32_t count)
{
    const psn_points *p = engine->points;
    if (s->held + count > 64) assign_held(state, engine, delta, s);
    engine->kernels->gather(p->x + block * p->dims * 64, p->dims, due, s->block, s->held);
    for (; due != 0; due &= due - 1) {
        const int64_t at = block * 64 + __builtin_ctzll(due);
        s->norm[s->held] = p->norm[at];
        s->old[s->held] = state->label[at];
        s->position[s->held++] = at;
    }
}

void psn_kmeans_assign_narrow(kmeans_state *state, kmeans_engine *engine, int64_t chunk,
                              kmeans_scratch *s)
{
    const psn_points *p = engine->points;
    kmeans_delta *delta = &engine->deltas[chunk];
    const int64_t from = chunk * p->chunk / 64, end = from + p->chunk / 64;
    const int64_t to = end < p->blocks ? end : p->blocks;
    const int boxes = p->low != NULL && state->k > 3;
    s->held = 0;
    for (int64_t block = from; block < to; block++) {
        if (state->fresh) {
            assign_block(state, engine, delta, s, block);
        } else if (boxes) {
            if (!(state->clock < state->block_gap[block]))
                assign_block(state, engine, delta, s, block);
        } else {
            int32_t count;
            const uint64_t due =
                engine->kernels->pending(state->gap + block * 64, state->clock,
                                         psn_points_lanes(p, block), &count);
            if (count >= ASSIGN_DENSE)
                assign_block(state, engine, delta, s, block);
            else if (count > 0)
                assign_gather(state, engine, delta, s, block, due, count);
        }
    }
    assign_held(state, engine, delta, s);
}

/* Squared distances to best and second of a tail row. */
static void assign_tail_squares(kmeans_state *state, kmeans_scratch *s, const double *row,
                                int64_t at, double scale)
{
    double best = INFINITY, second = INFINITY;
    psn_nearest_all(state->exact, row, s->exact);
    for (int32_t c = 0; c < state->k; c++) {
        const double d = s->exact[c] < 1e30 ? s->exact[c] * scale * scale : 1e30;
        second = d < best ? best : d < second ? d : second;
        best = d < best ? d : best;
    }
    state->first[at] = (float)(best < 1e30 ? best : 0);
    state->next[at] = (float)(second < 1e30 ? second : 1e30);
}

static void assign_tail(kmeans_state *state, kmeans_engine *engine, int64_t chunk,
                        kmeans_scratch *s)
{
    const psn_points *p = engine->points;
    const int64_t from = p->tail_at + (chunk - p->tail_chunk) * p->chunk;
    const int64_t to = from + p->chunk < p->positions ? from + p->chunk : p->positions;
    for (int64_t at = from; at < to; at++) {
        const double *row = psn_points_row(p, at, s->row);
        const int32_t c = psn_nearest_one(state->exact, row, NULL);
        if (state->first != NULL) assign_tail_squares(state, s, row, at, p->scale);
        if (c == state->label[at]) continue;
        psn_kmeans_delta_move(&engine->deltas[chunk], engine, at, row, state->label[at],
                              c);
        state->label[at] = c;
    }
}

typedef struct assign_work {
    kmeans_state *state;
    kmeans_engine *engine;
} assign_work;

static void assign_chunk(void *context, int64_t chunk, int worker)
{
    const assign_work *work = context;
    kmeans_scratch *s = &work->engine->scratch[worker];
    if (chunk >= work->engine->points->tail_chunk)
        assign_tail(work->state, work->engine, chunk, s);
    else if (work->engine->points->wide)
        psn_kmeans_assign_wide(work->state, work->engine, chunk, s);
    else
        psn_kmeans_assign_narrow(work->state, work->engine, chunk, s);
}

int64_t psn_kmeans_assign(kmeans_state *state, kmeans_engine *engine)
{
    assign_work work = {state, engine};
    int64_t changed = 0;
    if (state->fresh) state->clock = 0;
    psn_pool_run(engine->pool, engine->points->chunks, assign_chunk, &work);
    for (int64_t i = 0; i < engine->points->chunks; i++)
        changed += engine->deltas[i].changed;
    state->fresh = 0;
    return changed;
}
