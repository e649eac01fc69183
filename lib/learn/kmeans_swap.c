/* kmeans_swap.c: out of a poor optimum by moving one centre at a time (Franti 2018,
 * random swap), with the choice of the pair as in fast PAM (Schubert and Rousseeuw 2021).
 *
 * A new place p is a row drawn in proportion to its squared distance, or a point between
 * it and its centre: with many features a row is far from its own kind, and the mean of
 * two merged clusters is nearer to all of them than any of their rows. With the squared
 * distances d1, d2 to the best and second centre and dp to p, replacing centre c by p
 * changes the cost, before any centre moves, by
 *     sum over rows of c of (min(d2, dp) - d1) - sum over the others of max(0, d1 - dp),
 * which one pass over the rows near p gives for every c at once. The best pair of a few
 * draws gets a few steps of Lloyd on a copy of the state; it stays if the cost fell.
 * Pairs that cost far more than they gain are not worth the steps. Cost of a try: a
 * fraction of one pass, where most rows keep their bounds. */
#include "learn/kmeans_field.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum {
    SWAP_DRAWS = 3,  /* places looked at for one try */
    SWAP_WIDE = 12,  /* features from which on rows are far from their own kind */
    SWAP_STEPS = 4,  /* of Lloyd before a try must be better */
    SWAP_SETTLE = 8, /* more of them after it was */
    SWAP_RANKS = 3,  /* the best, second best, third best centre to take away, in turn */
    SWAP_MOST = 20,  /* tries at most: this many times the failures allowed */
    SWAP_CHUNK = 128 /* groups of 64 rows in a unit of work */
};
#define SWAP_BETTER 1e-6 /* relative fall of the cost that counts */
#define SWAP_HOPE   3.0  /* a pair may cost up to this times what p gains */

typedef struct swap_search {
    kmeans_engine *engine;
    kmeans_state *base, *trial;
    kmeans_spot spots[SWAP_DRAWS];
    float *reach_next; /* of each group: the largest d2 */
    double *sums;      /* of each group: weight x d1 */
    double *loss;      /* of each centre: cost of taking it away; as gain */
    double *gain,
        *delta; /* of each centre, for one place: of each chunk, summed in the first */
    int64_t chunks;
    double *place; /* dims */
    double total, cost;
} swap_search;

/* A place and the centre it may replace. */
typedef struct swap_pair {
    int32_t spot, gone;
    double change, gain;
} swap_pair;

/* A pass over the rows for one place, or for none. */
typedef struct swap_pass {
    swap_search *search;
    const kmeans_spot *spot;
    int32_t gone;
} swap_pass;

static void swap_run(swap_search *search, const kmeans_spot *spot, int32_t gone,
                     psn_pool_work each)
{
    swap_pass pass = {search, spot, gone};
    psn_pool_run(search->engine->pool, search->chunks, each, &pass);
}

/* Groups of a chunk end here. */
static int64_t swap_end(const swap_search *search, int64_t chunk)
{
    const int64_t groups = kmeans_field_groups(search->engine->points);
    return (chunk + 1) * SWAP_CHUNK < groups ? (chunk + 1) * SWAP_CHUNK : groups;
}

/* Adds what the chunks say of each centre, in their order, to the first chunk. */
static void swap_reduce(const swap_search *search, double *values)
{
    const int64_t k = search->base->k, room = search->engine->room;
    for (int64_t chunk = 1; chunk < search->chunks; chunk++)
        for (int64_t c = 0; c < k; c++) values[c] += values[chunk * room + c];
}

static void swap_sum_chunk(void *context, int64_t chunk, int worker)
{
    const swap_pass *pass = context;
    swap_search *search = pass->search;
    kmeans_state *base = search->base;
    const psn_points *p = search->engine->points;
    double *loss = search->loss + chunk * search->engine->room;
    (void)worker;
    memset(loss, 0, (size_t)base->k * sizeof *loss);
    for (int64_t g = chunk * SWAP_CHUNK; g < swap_end(search, chunk); g++) {
        const int64_t end = g * 64 + 64 < p->positions ? g * 64 + 64 : p->positions;
        double sum = 0;
        float reach = 0;
        for (int64_t at = g * 64; at < end; at++) {
            const double w = p->weight != NULL ? (double)p->weight[at] : 1.0;
            if (at >= p->full && at < p->tail_at) {
                base->first[at] = base->next[at] = 0;
                continue;
            }
            sum += w * base->first[at];
            loss[base->label[at]] += w * (base->next[at] - base->first[at]);
            reach = base->next[at] > reach ? base->next[at] : reach;
        }
        search->sums[g] = sum;
        search->reach_next[g] = reach;
    }
}

/* Distances, sums and losses of the base after it changed. */
static int swap_refresh(swap_search *search, persona_error *error)
{
    kmeans_state *base = search->base;
    const psn_points *p = search->engine->points;
    const int64_t groups = kmeans_field_groups(p);
    const double unit = 1 / (p->scale * p->scale);
    int32_t moves = base->k;
    int rc = PERSONA_OK;
    base->fresh = 1;
    if (psn_kmeans_assign(base, search->engine) > 0 &&
        psn_kmeans_state_update(base, search->engine) > 0)
        PSN_TRY(psn_kmeans_state_refill(base, search->engine, &moves, error));
    swap_run(search, NULL, 0, swap_sum_chunk);
    swap_reduce(search, search->loss);
    search->total = 0;
    for (int64_t g = 0; g < groups; g++) search->total += search->sums[g];
    for (int32_t c = 0; c < base->k; c++) search->loss[c] *= unit;
    search->cost = psn_kmeans_state_cost(base, search->engine);
done:
    return rc;
}

/* 1 if no row of the block can be nearer to the spot than its second centre is. */
static int swap_apart(const swap_search *search, const kmeans_spot *spot, int64_t group)
{
    const psn_points *p = search->engine->points;
    float sum = 0;
    if (p->low == NULL || group >= p->blocks) return 0;
    for (int32_t j = 0; j < p->dims; j++) {
        const float low = p->low[group * p->dims + j],
                    high = p->high[group * p->dims + j];
        const float x = spot->scaled[j], t = x < low ? low - x : x > high ? x - high : 0;
        sum += t * t;
    }
    return sum > search->reach_next[group] * 1.0001F;
}

/* The rows `near` (bits) of a group, nearer to the place than to their second centre. */
static void swap_gain(const swap_search *search, int64_t group, const float *squared,
                      uint64_t near, double *gain, double *delta)
{
    const kmeans_state *base = search->base;
    const psn_points *p = search->engine->points;
    const double unit = 1 / (p->scale * p->scale);
    for (; near != 0; near &= near - 1) {
        const int lane = __builtin_ctzll(near);
        const int64_t at = group * 64 + lane;
        if (at >= p->positions || (at >= p->full && at < p->tail_at)) continue;
        const double w = (p->weight != NULL ? (double)p->weight[at] : 1.0) * unit;
        const double better = (double)base->first[at] - squared[lane];
        const int32_t c = base->label[at];
        delta[c] += w * ((double)squared[lane] - base->next[at]);
        if (better > 0) gain[c] += w * better;
    }
}

static void swap_weigh_chunk(void *context, int64_t chunk, int worker)
{
    const swap_pass *pass = context;
    const swap_search *search = pass->search;
    const kmeans_engine *engine = search->engine;
    double *gain = search->gain + chunk * engine->room;
    double *delta = search->delta + chunk * engine->room;
    memset(gain, 0, (size_t)search->base->k * sizeof *gain);
    memset(delta, 0, (size_t)search->base->k * sizeof *delta);
    for (int64_t g = chunk * SWAP_CHUNK; g < swap_end(search, chunk); g++) {
        float squared[64] = {0};
        if (swap_apart(search, pass->spot, g)) continue;
        psn_kmeans_field_measure(squared, engine, g, pass->spot,
                                 engine->scratch[worker].row);
        swap_gain(search, g, squared,
                  engine->kernels->below(squared, search->base->next + g * 64), gain,
                  delta);
    }
}

/* Fills gain[c] (what rows of c gain) and delta[c] (correction of loss[c]); returns what
 * all gain. */
static double swap_weigh(swap_search *search, const kmeans_spot *spot)
{
    double all = 0;
    swap_run(search, spot, 0, swap_weigh_chunk);
    swap_reduce(search, search->gain);
    swap_reduce(search, search->delta);
    for (int32_t c = 0; c < search->base->k; c++) all += search->gain[c];
    return all;
}

/* The centre of the given rank to take away for a place that was weighed. */
static swap_pair swap_match(const swap_search *search, int32_t spot, double all, int rank)
{
    swap_pair best[SWAP_RANKS];
    int held = 0;
    for (int32_t c = 0; c < search->base->k; c++) {
        const swap_pair pair = {
            spot, c, search->loss[c] + search->delta[c] - all + search->gain[c], all};
        int i = held < SWAP_RANKS ? held++ : SWAP_RANKS;
        for (; i > 0 && pair.change < best[i - 1].change; i--)
            if (i < SWAP_RANKS) best[i] = best[i - 1];
        if (i < SWAP_RANKS) best[i] = pair;
    }
    return best[rank < held ? rank : held - 1];
}

/* How far from its centre towards a drawn row the place lies. */
static double swap_reach(const psn_points *points, int32_t draw)
{
    static const double narrow[SWAP_DRAWS] = {1, 1, 0.5};
    static const double wide[SWAP_DRAWS] = {0.75, 0.5, 0.3};
    return points->dims < SWAP_WIDE ? narrow[draw] : wide[draw];
}

static void swap_place(swap_search *search, int32_t draw, int64_t position)
{
    const psn_points *p = search->engine->points;
    const kmeans_state *base = search->base;
    const double *center = base->centers + (int64_t)base->label[position] * p->dims;
    const double reach = swap_reach(p, draw);
    kmeans_spot *spot = &search->spots[draw];
    psn_kmeans_spot_place(spot, search->engine, position);
    if (reach == 1) return;
    for (int32_t j = 0; j < p->dims; j++)
        search->place[j] = center[j] + reach * (spot->raw[j] - center[j]);
    psn_kmeans_spot_at(spot, search->engine, search->place);
}

static swap_pair swap_choose(swap_search *search, uint64_t seed, int64_t attempt,
                             int rank)
{
    swap_pair best = {0, 0, INFINITY, 0};
    psn_random random;
    psn_random_start(&random, seed, KMEANS_PURPOSE_SWAP, (uint64_t)attempt);
    for (int32_t i = 0; i < SWAP_DRAWS; i++) {
        swap_place(search, i,
                   psn_kmeans_field_draw(&random, search->engine, search->base->first,
                                         search->sums, search->total));
        const double all = swap_weigh(search, &search->spots[i]);
        const swap_pair pair = swap_match(search, i, all, rank);
        if (pair.change < best.change) best = pair;
    }
    return best;
}

/* Bounds of wide rows after the replacement. */
static void swap_wide(swap_search *search, const float *squared, int64_t at, int32_t gone)
{
    const kmeans_state *base = search->base;
    kmeans_state *trial = search->trial;
    const psn_points *p = search->engine->points;
    const size_t room = (size_t)base->group_room;
    const int64_t group = (int64_t)gone * base->groups / base->k;
    const float reach = p->reach[at] + trial->center_most;
    const float error = (float)(p->width / 16 + 16) * 0x1p-22F * reach * reach;
    const float far = *squared > error ? sqrtf(*squared - error) * (1.0F - 0x1p-21F) : 0;
    float *lower = trial->lower + at * (int64_t)room;
    memcpy(lower, base->lower + at * (int64_t)room, room * sizeof *lower);
    trial->upper[at] = base->upper[at];
    lower[group] = far < lower[group] || base->groups == base->k ? far : lower[group];
    if (trial->label[at] == gone) trial->label[at] = -1;
}

/* Labels and bounds of an ordinary block after the replacement. */
static void swap_block(const swap_search *search, int64_t group, const float *squared,
                       int32_t gone)
{
    const kmeans_state *base = search->base;
    kmeans_state *trial = search->trial;
    const psn_points *p = search->engine->points;
    const psn_kmeans_kernels *kernels = search->engine->kernels;
    const float reach = p->reach[group] + trial->center_most;
    const float error = (float)(p->dims + 8) * 0x1p-22F * reach * reach;
    float *gap = trial->gap + group * 64;
    kernels->replace(base->first + group * 64, base->next + group * 64, squared, error,
                     gone, trial->label + group * 64, gap);
    for (int64_t i = p->full - group * 64; i < 64; i++) gap[i] = INFINITY;
    trial->block_gap[group] = kernels->least(gap);
}

static void swap_bound_chunk(void *context, int64_t chunk, int worker)
{
    const swap_pass *pass = context;
    swap_search *search = pass->search;
    int32_t *label = search->trial->label;
    const psn_points *p = search->engine->points;
    for (int64_t g = chunk * SWAP_CHUNK; g < swap_end(search, chunk); g++) {
        const int64_t end = g * 64 + 64 < p->positions ? g * 64 + 64 : p->positions;
        float squared[64];
        psn_kmeans_field_measure(squared, search->engine, g, pass->spot,
                                 search->engine->scratch[worker].row);
        if (g < p->blocks) {
            swap_block(search, g, squared, pass->gone);
            continue;
        }
        for (int64_t at = g * 64; at < end; at++) {
            if (at < p->tail_at)
                swap_wide(search, squared + at % 64, at, pass->gone);
            else if (label[at] == pass->gone)
                label[at] = -1;
        }
    }
}

/* The trial state: the base with one centre replaced. */
static int swap_replace(swap_search *search, const swap_pair *pair, persona_error *error)
{
    kmeans_state *trial = search->trial;
    const kmeans_spot *spot = &search->spots[pair->spot];
    const size_t dims = (size_t)search->engine->points->dims;
    const size_t gone = (size_t)pair->gone * dims;
    int rc = PERSONA_OK;
    PSN_TRY(psn_kmeans_state_copy(trial, search->base, search->engine, error));
    memcpy(trial->centers + gone, spot->raw, dims * sizeof(double));
    memset(trial->sums + gone, 0, dims * sizeof(double));
    if (trial->tail_mass != NULL)
        memset(trial->tail_mass + gone, 0, dims * sizeof(double));
    trial->mass[pair->gone] = 0;
    trial->count[pair->gone] = 0;
    psn_kmeans_state_prepare(trial, search->engine);
    trial->clock = 0;
    trial->fresh = 0;
    swap_run(search, spot, pair->gone, swap_bound_chunk);
done:
    return rc;
}

/* A few steps of Lloyd; *better = 1 if the cost fell below that of the base. */
static int swap_improve(swap_search *search, const swap_pair *pair, int *better,
                        persona_error *error)
{
    kmeans_state *trial = search->trial;
    double before = search->cost + pair->change;
    int rc = PERSONA_OK, settle = 0;
    *better = 0;
    for (int step = 0; step < SWAP_STEPS + settle; step++) {
        double cost;
        if (psn_kmeans_assign(trial, search->engine) == 0) break;
        if (psn_kmeans_state_update(trial, search->engine) > 0) {
            *better = 0;
            break;
        }
        cost = psn_kmeans_state_cost(trial, search->engine);
        *better = cost < search->cost * (1 - SWAP_BETTER);
        if (*better) settle = SWAP_SETTLE;
        /* Falling too slowly to get there. */
        if (!*better && step > 0 && cost - 3 * (before - cost) > search->cost) break;
        if (*better && before - cost < 1e-4 * cost) break;
        before = cost;
        PSN_TRY(psn_kmeans_check(search->engine, 0, error));
    }
done:
    return rc;
}

static int swap_open(swap_search *search, kmeans_state *state, kmeans_state *trial,
                     kmeans_engine *engine, persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t groups = (size_t)kmeans_field_groups(p), k = (size_t)engine->room;
    const size_t chunks = (groups + SWAP_CHUNK - 1) / SWAP_CHUNK;
    int rc = PERSONA_OK;
    memset(search, 0, sizeof *search);
    search->chunks = (int64_t)chunks;
    search->engine = engine;
    search->base = state;
    search->trial = trial;
    PSN_TRY(psn_kmeans_state_open(trial, engine, error));
    for (int i = 0; i < SWAP_DRAWS; i++)
        PSN_TRY(psn_kmeans_spot_open(&search->spots[i], p, error));
    PSN_NEED(search->reach_next = psn_alloc(groups, sizeof(float)));
    PSN_NEED(search->sums = psn_alloc(groups, sizeof(double)));
    PSN_NEED(search->loss = psn_alloc(chunks, k * sizeof(double)));
    PSN_NEED(search->gain = psn_alloc(chunks, k * sizeof(double)));
    PSN_NEED(search->delta = psn_alloc(chunks, k * sizeof(double)));
    PSN_NEED(search->place = psn_alloc((size_t)p->dims, sizeof(double)));
    PSN_NEED(state->first = psn_alloc_aligned(groups + 1, 64 * sizeof(float)));
    PSN_NEED(state->next = psn_alloc_aligned(groups + 1, 64 * sizeof(float)));
done:
    return rc;
}

static void swap_close(swap_search *search)
{
    psn_kmeans_state_close(search->trial);
    for (int i = 0; i < SWAP_DRAWS; i++) psn_kmeans_spot_close(&search->spots[i]);
    psn_release(search->reach_next);
    psn_release(search->sums);
    psn_release(search->loss);
    psn_release(search->gain);
    psn_release(search->delta);
    psn_release(search->place);
    psn_release_aligned(search->base->first);
    psn_release_aligned(search->base->next);
    search->base->first = search->base->next = NULL;
}

/* The trial becomes the base; the arrays of distances stay with the base. */
static void swap_keep(swap_search *search)
{
    kmeans_state *base = search->base, *trial = search->trial;
    float *first = base->first, *next = base->next;
    const kmeans_state state = *base;
    *base = *trial;
    *trial = state;
    trial->first = trial->next = NULL;
    base->first = first;
    base->next = next;
}

int psn_kmeans_swap_search(kmeans_state *state, kmeans_engine *engine, uint64_t seed,
                           int32_t failures, psn_kmeans *fit, persona_error *error)
{
    swap_search search;
    kmeans_state trial = {0};
    int rc = PERSONA_OK, better = 0;
    int32_t failed = 0;
    const int64_t most = (int64_t)failures * SWAP_MOST;
    if (state->k < 2) return PERSONA_OK;
    PSN_TRY(swap_open(&search, state, &trial, engine, error));
    PSN_TRY(swap_refresh(&search, error));
    for (int64_t i = 0; i < most && failed < failures && search.total > 0; i++) {
        const swap_pair pair = swap_choose(&search, seed, i, failed % SWAP_RANKS);
        fit->swaps_tried++;
        failed++;
        PSN_TRY(psn_kmeans_check(engine, (double)failed / failures, error));
        if (!(pair.change < SWAP_HOPE * pair.gain)) continue;
        PSN_TRY(swap_replace(&search, &pair, error));
        PSN_TRY(swap_improve(&search, &pair, &better, error));
        if (!better) continue;
        swap_keep(&search);
        PSN_TRY(swap_refresh(&search, error));
        fit->swaps_kept++;
        failed = 0;
    }
done:
    swap_close(&search);
    return rc;
}
