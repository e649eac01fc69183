/* kmeans_assign_wide.c: the nearest centre of rows with many features.
 *
 * A distance costs hundreds of operations here, so each row keeps an upper bound of the
 * distance to its centre and a lower bound for every centre (Elkan 2003) or, where that
 * would take too much memory, for every group of centres (Ding et al. 2015, Yinyang).
 * Moves of centres loosen the bounds; only what a bound does not exclude is computed. The
 * error bound is that of kmeans_assign.c with width/16 + 4 steps: 16 partial sums. */
#include "learn/kmeans_engine.h"

#include <math.h>
#include <string.h>

enum {
    WIDE_ALL = 16, /* up to so many centres a row that is looked at meets all of them */
    WIDE_AHEAD = 2 /* rows fetched before they are needed */
};
#define WIDE_U    0x1.05p-24
#define WIDE_U64  0x1.2p-53
#define WIDE_LESS (1.0F - 0x1p-21F)
#define WIDE_MORE (1.0F + 0x1p-21F)

typedef struct wide_row {
    const float *x;
    float norm, twice_error, square_error;
    int64_t at;
} wide_row;

static wide_row wide_open(const kmeans_state *state, const psn_points *p, int64_t at)
{
    const double most = state->center_most, x = p->reach[at];
    const double steps = p->width / 16 + 8;
    const double error = steps * WIDE_U * (state->half_most + x * most) +
                         (p->dims + 3) * WIDE_U64 * (x * x + most * most) + 1e-30;
    wide_row row = {p->x + at * p->width, p->norm[at], 0, 0, at};
    row.twice_error = (float)(2.001 * error) * WIDE_MORE;
    row.square_error = (float)(2.001 * error + steps * WIDE_U * x * x) * WIDE_MORE;
    return row;
}

static inline float wide_above(const wide_row *row, float score)
{
    const float square = row->norm + 2 * score + row->square_error;
    return square > 0 ? sqrtf(square) * WIDE_MORE : 0;
}

static inline float wide_below(const wide_row *row, float score)
{
    const float square = row->norm + 2 * score - row->square_error;
    return square > 0 ? sqrtf(square) * WIDE_LESS : 0;
}

static inline int32_t wide_group_first(const kmeans_state *state, int32_t g)
{
    /* the least c with c * groups / k >= g */
    return (int32_t)(((int64_t)g * state->k + state->groups - 1) / state->groups);
}

/* Labels, bounds and exact decisions once scores are known: `some` candidates, scores in
 * score[]; every group that holds one is in it whole. */
static void wide_decide(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                        kmeans_scratch *s, const wide_row *row, const int32_t *candidate,
                        const float *score, int32_t some)
{
    const psn_points *p = engine->points;
    float best = INFINITY, second = INFINITY;
    float *lower = state->lower + row->at * state->group_room;
    int32_t label = 0, last = -1;
    for (int32_t i = 0; i < some; i++) {
        const float v = score[i];
        if (v < best || (v == best && candidate[i] < label)) {
            second = best;
            best = v;
            label = candidate[i];
        } else if (v < second)
            second = v;
    }
    if (second - best < row->twice_error) {
        label = psn_nearest_one(state->exact, psn_points_row(p, row->at, s->row), NULL);
        best = second; /* its upper bound covers either */
    }
    state->upper[row->at] = wide_above(row, best);
    for (int32_t i = 0; i < some; i++) {
        const int32_t g = (int32_t)((int64_t)candidate[i] * state->groups / state->k);
        const float low = candidate[i] == label ? INFINITY : wide_below(row, score[i]);
        lower[g] = g != last || low < lower[g] ? low : lower[g];
        last = g;
    }
    if (state->first != NULL) {
        const float a = row->norm + 2 * best, b = row->norm + 2 * second;
        state->first[row->at] = a > 0 ? a : 0;
        state->next[row->at] = b > 0 ? b : 0;
    }
    if (label == state->label[row->at]) return;
    psn_kmeans_delta_move(delta, engine, row->at, psn_points_row(p, row->at, s->row),
                          state->label[row->at], label);
    state->label[row->at] = label;
}

/* All centres at once for up to 64 rows. */
static void wide_fresh(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                       kmeans_scratch *s, int64_t from, int64_t count)
{
    const psn_points *p = engine->points;
    const int32_t k = state->k;
    engine->kernels->wide_dots(p->x + from * p->width, count, p->width, state->rows, k,
                               s->dots);
    for (int32_t c = 0; c < k; c++) s->candidate[c] = c;
    for (int64_t i = 0; i < count; i++) {
        const wide_row row = wide_open(state, p, from + i);
        float *lower = state->lower + row.at * state->group_room, *dots = s->dots + i * k;
        for (int32_t g = state->groups; g < state->group_room; g++) lower[g] = INFINITY;
        for (int32_t c = 0; c < k; c++) dots[c] += state->half[c];
        wide_decide(state, engine, delta, s, &row, s->candidate, dots, k);
    }
}

/* Members of the groups that the bounds do not exclude, in order, own centre included. */
static int32_t wide_candidates(const kmeans_state *state, kmeans_scratch *s,
                               const float *lower, float upper, int32_t own)
{
    const int32_t home = (int32_t)((int64_t)own * state->groups / state->k);
    int32_t some = 0;
    if (state->groups == state->k) {
        for (int32_t c = 0; c < state->k; c++)
            if (lower[c] < upper || c == own) s->candidate[some++] = c;
        return some;
    }
    for (int32_t g = 0; g < state->groups; g++) {
        const int32_t end = wide_group_first(state, g + 1);
        if (!(lower[g] < upper) && g != home) continue;
        for (int32_t c = wide_group_first(state, g); c < end; c++)
            s->candidate[some++] = c;
    }
    return some;
}

/* Loosens the bounds of one row; 1 if they no longer decide. */
static int wide_due(kmeans_state *state, const psn_kmeans_kernels *kernels, int64_t at)
{
    const float upper =
        (state->upper[at] + state->drift[state->label[at]]) * (1.0F + 0x1p-22F);
    state->upper[at] = upper;
    return kernels->wide_fade(state->lower + at * state->group_room, state->group_drift,
                              state->group_room, upper);
}

static void wide_review(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                        kmeans_scratch *s, int64_t at)
{
    const psn_points *p = engine->points;
    const psn_kmeans_kernels *kernels = engine->kernels;
    const float *lower = state->lower + at * state->group_room;
    const int32_t own = state->label[at];
    const wide_row row = wide_open(state, p, at);
    int32_t some = state->k;
    if (state->k > WIDE_ALL) {
        const float mine =
            state->half[own] +
            kernels->wide_dot(row.x, state->rows + (int64_t)own * p->width, p->width);
        const float upper = wide_above(&row, mine);
        if (upper < state->upper[at]) state->upper[at] = upper;
        some = wide_candidates(state, s, lower, state->upper[at], own);
        if (some == 1) return;
    } else
        for (int32_t c = 0; c < some; c++) s->candidate[c] = c;
    kernels->wide_some(row.x, p->width, state->rows, s->candidate, some, s->dots);
    for (int32_t i = 0; i < some; i++) s->dots[i] += state->half[s->candidate[i]];
    wide_decide(state, engine, delta, s, &row, s->candidate, s->dots, some);
}

static void wide_fetch(const psn_points *p, int64_t at)
{
    const float *x = p->x + at * p->width;
    for (int32_t j = 0; j < p->width; j += 16) __builtin_prefetch(x + j);
}

/* Rows whose bounds fail, while the next ones are on their way from memory. */
static void wide_reviews(kmeans_state *state, kmeans_engine *engine, kmeans_delta *delta,
                         kmeans_scratch *s, int64_t from, int64_t to)
{
    const psn_points *p = engine->points;
    int64_t due[64];
    int count = 0;
    for (int64_t at = from; at < to; at++)
        if (state->label[at] < 0 || wide_due(state, engine->kernels, at))
            due[count++] = at;
    for (int i = 0; i < WIDE_AHEAD && i < count; i++) wide_fetch(p, due[i]);
    for (int i = 0; i < count; i++) {
        if (i + WIDE_AHEAD < count) wide_fetch(p, due[i + WIDE_AHEAD]);
        if (state->label[due[i]] < 0)
            wide_fresh(state, engine, delta, s, due[i], 1);
        else
            wide_review(state, engine, delta, s, due[i]);
    }
}

void psn_kmeans_assign_wide(kmeans_state *state, kmeans_engine *engine, int64_t chunk,
                            kmeans_scratch *s)
{
    const psn_points *p = engine->points;
    kmeans_delta *delta = &engine->deltas[chunk];
    const int64_t from = chunk * p->chunk;
    const int64_t to = from + p->chunk < p->full ? from + p->chunk : p->full;
    for (int64_t at = from; at < to; at += 64) {
        const int64_t end = at + 64 < to ? at + 64 : to;
        if (state->fresh)
            wide_fresh(state, engine, delta, s, at, end - at);
        else
            wide_reviews(state, engine, delta, s, at, end);
    }
}
