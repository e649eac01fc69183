/* kmeans_seed.c: greedy k-means++ (Arthur and Vassilvitskii 2007, section 4): each
 * new centre is the best of 2 + ln k rows drawn in proportion to weight x squared
 * distance to the centres so far. Cost O(n k d log k). Rows at distance 0 are never
 * drawn, so centres are distinct rows; where float32 sees no distance any more, float64
 * looks for the farthest row, and when none is far by more than rounding there are fewer
 * centres. */
#include "learn/kmeans_field.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"

enum { SEED_MOST = 16 };

typedef struct seed_work {
    kmeans_engine *engine;
    const kmeans_spot *spots;
    int32_t count; /* candidates */
    float *least;  /* of each position */
    double *sums;  /* of each group: of least, or for each candidate */
} seed_work;

enum { SEED_CHUNK = 128 }; /* groups in a unit of work */

static void seed_group(seed_work *work, int64_t group, double *row)
{
    const psn_points *p = work->engine->points;
    const psn_kmeans_kernels *kernels = work->engine->kernels;
    const float *weight = p->weight != NULL ? p->weight + group * 64 : NULL;
    float *least = work->least + group * 64, squared[64] = {0};
    for (int32_t c = 0; c < work->count; c++) {
        psn_kmeans_field_measure(squared, work->engine, group, &work->spots[c], row);
        work->sums[group * SEED_MOST + c] = kernels->potential(least, squared, weight);
    }
}

static void seed_weigh(void *context, int64_t chunk, int worker)
{
    seed_work *work = context;
    const int64_t groups = kmeans_field_groups(work->engine->points);
    const int64_t from = chunk * SEED_CHUNK, to = from + SEED_CHUNK;
    for (int64_t g = from; g < to && g < groups; g++)
        seed_group(work, g, work->engine->scratch[worker].row);
}

/* Takes spot 0: least becomes the minimum, sums[group] its sum. */
static void seed_take(void *context, int64_t chunk, int worker)
{
    seed_work *work = context;
    const psn_points *p = work->engine->points;
    const int64_t groups = kmeans_field_groups(p);
    const int64_t from = chunk * SEED_CHUNK, to = from + SEED_CHUNK;
    for (int64_t g = from; g < to && g < groups; g++) {
        const float *weight = p->weight != NULL ? p->weight + g * 64 : NULL;
        float squared[64] = {0};
        psn_kmeans_field_measure(squared, work->engine, g, work->spots,
                                 work->engine->scratch[worker].row);
        work->sums[g] =
            work->engine->kernels->lower(work->least + g * 64, squared, weight);
    }
}

static void seed_run(seed_work *work, psn_pool_work each)
{
    const int64_t groups = kmeans_field_groups(work->engine->points);
    psn_pool_run(work->engine->pool, (groups + SEED_CHUNK - 1) / SEED_CHUNK, each, work);
}

/* Draws candidates and leaves the best in spots[0]. */
static void seed_choose(seed_work *work, kmeans_spot *spots, int32_t tries,
                        const double *sums, double *trial_sums, double total,
                        psn_random *random)
{
    const int64_t groups = kmeans_field_groups(work->engine->points);
    seed_work weigh = {work->engine, spots, tries, work->least, trial_sums};
    double best = INFINITY;
    int32_t chosen = 0;
    for (int32_t c = 0; c < tries; c++)
        psn_kmeans_spot_place(
            &spots[c], work->engine,
            psn_kmeans_field_draw(random, work->engine, work->least, sums, total));
    if (tries == 1) return;
    seed_run(&weigh, seed_weigh);
    for (int32_t c = 0; c < tries; c++) {
        double sum = 0;
        for (int64_t g = 0; g < groups; g++) sum += trial_sums[g * SEED_MOST + c];
        if (sum < best) best = sum, chosen = c;
    }
    const kmeans_spot spot = spots[0];
    spots[0] = spots[chosen];
    spots[chosen] = spot;
}

/* The row farthest from the centres so far in float64; *any = 0 if all are at one. */
static int seed_farthest(kmeans_spot *spot, int *any, kmeans_engine *engine,
                         const double *centers, int32_t k, persona_error *error)
{
    const psn_points *p = engine->points;
    psn_nearest *exact = psn_nearest_new(centers, k, p->dims, p->rows->share);
    int64_t far = -1;
    double most = 0;
    int rc = PERSONA_OK;
    PSN_NEED(exact);
    for (int64_t at = 0; at < p->positions; at++) {
        double squared;
        if (at >= p->full && at < p->tail_at) continue;
        const double *row = psn_points_row(p, at, engine->scratch[0].row);
        const int32_t c = psn_nearest_one(exact, row, &squared);
        if (squared > most &&
            psn_kmeans_apart(p, row, centers + (int64_t)c * p->dims, squared))
            most = squared, far = at;
    }
    *any = far >= 0;
    if (far >= 0) psn_kmeans_spot_place(spot, engine, far);
done:
    psn_nearest_free(exact);
    return rc;
}

static int seed_all(double *centers, int32_t *found, seed_work *work, kmeans_spot *spots,
                    double *trial_sums, int32_t given, int32_t k, uint64_t seed,
                    persona_error *error)
{
    kmeans_engine *engine = work->engine;
    const psn_points *p = engine->points;
    const int64_t groups = kmeans_field_groups(p);
    int32_t tries = 2 + (int32_t)psn_log((double)k);
    int rc = PERSONA_OK, any = 1;
    psn_random random;
    if (tries > SEED_MOST) tries = SEED_MOST;
    for (int32_t c = 0; c < k; c++) {
        double total = 0;
        psn_random_start(&random, seed, KMEANS_PURPOSE_SEED, (uint64_t)c);
        for (int64_t g = 0; g < groups; g++) total += work->sums[g];
        if (c < given)
            psn_kmeans_spot_at(&spots[0], engine, centers + (int64_t)c * p->dims);
        else if (total > 0)
            seed_choose(work, spots, c == 0 ? 1 : tries, work->sums, trial_sums, total,
                        &random);
        else
            PSN_TRY(seed_farthest(&spots[0], &any, engine, centers, c, error));
        if (!any) break;
        memcpy(centers + (int64_t)c * p->dims, spots[0].raw,
               (size_t)p->dims * sizeof *centers);
        if (c == 0)
            for (int64_t i = 0; i < p->positions; i++)
                if (work->least[i] > 0) work->least[i] = INFINITY;
        seed_run(work, seed_take);
        *found = c + 1;
        PSN_TRY(psn_kmeans_check(engine, (double)c / k, error));
    }
done:
    return rc;
}

int psn_kmeans_seed(double *centers, int32_t *found, kmeans_engine *engine, int32_t given,
                    int32_t k, uint64_t seed, persona_error *error)
{
    const psn_points *p = engine->points;
    const int64_t groups = kmeans_field_groups(p);
    kmeans_spot spots[SEED_MOST] = {{0}};
    seed_work work = {engine, spots, 1, NULL, NULL};
    double *trial_sums = NULL;
    int32_t distinct;
    int rc = PERSONA_OK;
    *found = 0;
    PSN_TRY(psn_kmeans_distinct(engine, &distinct, error));
    if (k > distinct) k = distinct;
    for (int32_t c = 0; c < SEED_MOST; c++)
        PSN_TRY(psn_kmeans_spot_open(&spots[c], p, error));
    PSN_NEED(work.least = psn_alloc_aligned((size_t)groups, 64 * sizeof(float)));
    PSN_NEED(work.sums = psn_alloc((size_t)groups, sizeof(double)));
    PSN_NEED(trial_sums = psn_alloc((size_t)groups * SEED_MOST, sizeof(double)));
    memset(work.least, 0, (size_t)groups * 64 * sizeof(float));
    for (int64_t at = 0; at < p->positions; at++)
        if (at < p->full || at >= p->tail_at) work.least[at] = 1;
    for (int64_t g = 0; g < groups; g++) {
        work.sums[g] = 0;
        for (int64_t i = g * 64; i < g * 64 + 64 && i < p->positions; i++)
            work.sums[g] +=
                (double)work.least[i] * (p->weight != NULL ? (double)p->weight[i] : 1.0);
    }
    PSN_TRY(seed_all(centers, found, &work, spots, trial_sums, given, k, seed, error));
done:
    for (int32_t c = 0; c < SEED_MOST; c++) psn_kmeans_spot_close(&spots[c]);
    psn_release_aligned(work.least);
    psn_release(work.sums);
    psn_release(trial_sums);
    return rc;
}
