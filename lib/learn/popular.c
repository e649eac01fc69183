/* popular.c: popularity of items, counted.
 *
 * The rise of an item compares its newest events r with what its own past p leads to
 * expect, e = p x (newest events of all / past events of all):
 *   log((r + prior) / (e + prior)) - caution x sqrt(1 / (r + prior) + e x ratio / (e +
 *   prior)^2)
 * is a shrunk log ratio less some of its standard errors (by the delta method, counts
 * being Poisson), so that two events out of nothing are no trend and a hundred are.
 * Events of unlike weights count as the number of like ones with the same relative
 * variance: weights are divided by sum w^2 / sum w. O(events). */
#include "learn/popular.h"

#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/order.h"

typedef struct popular_sums {
    double *all, *decayed, *newest; /* of each item */
    double unit;                    /* weight of one event */
} popular_sums;

void psn_popular_defaults(psn_popular_options *options)
{
    *options = (psn_popular_options){
        .half_life = 0.0, .window = 0.1, .prior = 4.0, .caution = 1.64};
}

void psn_popular_free(psn_popular *popular)
{
    if (popular == NULL) return;
    psn_release(popular->overall);
    psn_release(popular->decayed);
    psn_release(popular->newest);
    psn_release(popular->trend);
    psn_release(popular);
}

static int popular_check(const psn_popular_events *events, int32_t items,
                         const psn_popular_options *options, persona_error *error)
{
    const int good = options->half_life >= 0.0 && options->window > 0.0 &&
                     options->window <= 1.0 && options->prior > 0.0 &&
                     options->caution >= 0.0;
    if (!good)
        return psn_fail(error, PERSONA_EOPTION,
                        "popular: half_life and caution must not be negative, window be "
                        "within 0 and 1, prior be positive");
    for (int64_t i = 0; i < events->count; i++) {
        if (events->item[i] < 0 || events->item[i] >= items ||
            (events->time != NULL && !isfinite(events->time[i])) ||
            (events->weight != NULL && !isfinite(events->weight[i])))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "an event has no known item or no finite time or weight");
    }
    return PERSONA_OK;
}

/* now, the half-life and where the newest share of the events begins. */
static int popular_times(psn_popular *popular, const psn_popular_events *events,
                         const psn_popular_options *options, persona_error *error)
{
    int rc = PERSONA_OK;
    double oldest = 0.0, *times = NULL;
    if (events->time == NULL || events->count == 0) goto done;
    PSN_NEED(times = psn_copy(events->time, (size_t)events->count * sizeof *times));
    popular->now = oldest = times[0];
    for (int64_t i = 1; i < events->count; i++) {
        oldest = fmin(oldest, times[i]);
        popular->now = fmax(popular->now, times[i]);
    }
    const int64_t past = (int64_t)((1.0 - options->window) * (double)events->count);
    popular->window_from = psn_select_real(
        times, events->count, past < events->count ? past : events->count - 1);
    popular->half_life = options->half_life;
    if (popular->half_life == 0.0) popular->half_life = (popular->now - oldest) / 4.0;
done:
    psn_release(times);
    return rc;
}

/* Without a span of time everything is now. */
static double popular_decay(const psn_popular *popular, double time)
{
    const double age = popular->now - time;
    return popular->half_life > 0.0
               ? psn_exp(-0.69314718055994531 * age / popular->half_life)
               : 1.0;
}

static void popular_sum(const psn_popular *popular, const psn_popular_events *events,
                        popular_sums *sums)
{
    double weights = 0.0, squares = 0.0;
    for (int64_t i = 0; i < events->count; i++) {
        const int32_t item = events->item[i];
        const double w = events->weight != NULL ? (double)events->weight[i] : 1.0;
        const double time = events->time != NULL ? events->time[i] : 0.0;
        sums->all[item] += w;
        sums->decayed[item] += w * popular_decay(popular, time);
        if (time >= popular->window_from) sums->newest[item] += w;
        weights += fabs(w);
        squares += w * w;
    }
    sums->unit = weights > 0.0 ? squares / weights : 1.0;
}

/* What is below 0 counts as 0. */
static void popular_share(float *share, const double *sums, int32_t items)
{
    double sum = 0.0;
    for (int32_t i = 0; i < items; i++) sum += fmax(sums[i], 0.0);
    for (int32_t i = 0; i < items; i++)
        share[i] = sum > 0.0 ? (float)(fmax(sums[i], 0.0) / sum) : 0.0f;
}

/* Without any past there is nothing to rise above. */
static void popular_trend(float *trend, const popular_sums *sums, int32_t items,
                          const psn_popular_options *options)
{
    const double prior = options->prior;
    double past = 0.0, newest = 0.0;
    for (int32_t i = 0; i < items; i++) {
        newest += fmax(sums->newest[i], 0.0);
        past += fmax(sums->all[i] - sums->newest[i], 0.0);
    }
    const double ratio = past > 0.0 ? newest / past : 0.0;
    for (int32_t i = 0; i < items; i++) {
        const double before = fmax(sums->all[i] - sums->newest[i], 0.0);
        const double r = fmax(sums->newest[i], 0.0) / sums->unit + prior;
        const double e = ratio * before / sums->unit;
        const double variance = 1.0 / r + e * ratio / ((e + prior) * (e + prior));
        const double rise = psn_log(r / (e + prior)) - options->caution * sqrt(variance);
        trend[i] = past > 0.0 ? (float)rise : 0.0f;
    }
}

static int popular_new(psn_popular **out, int32_t items, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t count = (size_t)items;
    psn_popular *popular = psn_alloc_zero(1, sizeof *popular);
    *out = NULL;
    PSN_NEED(popular);
    popular->items = items;
    PSN_NEED(popular->overall = psn_alloc(count, sizeof(float)));
    PSN_NEED(popular->decayed = psn_alloc(count, sizeof(float)));
    PSN_NEED(popular->newest = psn_alloc(count, sizeof(float)));
    PSN_NEED(popular->trend = psn_alloc(count, sizeof(float)));
    *out = popular;
    popular = NULL;
done:
    psn_popular_free(popular);
    return rc;
}

int psn_popular_fit(psn_popular **out, const psn_popular_events *events, int32_t items,
                    const psn_popular_options *options, persona_error *error)
{
    int rc;
    psn_popular *popular = NULL;
    popular_sums sums = {NULL, NULL, NULL, 1.0};
    *out = NULL;
    PSN_TRY(popular_check(events, items, options, error));
    PSN_TRY(popular_new(&popular, items, error));
    PSN_TRY(popular_times(popular, events, options, error));
    PSN_NEED(sums.all = psn_alloc_zero((size_t)items, sizeof *sums.all));
    PSN_NEED(sums.decayed = psn_alloc_zero((size_t)items, sizeof *sums.decayed));
    PSN_NEED(sums.newest = psn_alloc_zero((size_t)items, sizeof *sums.newest));
    popular_sum(popular, events, &sums);
    popular_share(popular->overall, sums.all, items);
    popular_share(popular->decayed, sums.decayed, items);
    popular_share(popular->newest, sums.newest, items);
    popular_trend(popular->trend, &sums, items, options);
    *out = popular;
    popular = NULL;
done:
    psn_release(sums.all);
    psn_release(sums.decayed);
    psn_release(sums.newest);
    psn_popular_free(popular);
    return rc;
}
