/* intermittent_tune.c: smoothing constants for many series at once.
 *
 * A single intermittent series has too few events to choose a constant by, and its own
 * optimum mostly fits luck; over thousands the squared error of the rate is a smooth
 * curve with one minimum. Every series counts the same: its errors are in units of its
 * mean squared first difference. The grid is walked field by field. O(grid x origins x
 * values looked at). */
#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "learn/intermittent.h"
#include "math/elementary.h"

enum { LOOKED_AT = 2000, ORIGINS = 6, BLOCK = 64, MOST_VALUES = 1024 };

typedef struct tune_work {
    const psn_local_learner *learner;
    const psn_series *series;
    const psn_intermittent_options *options;
    int64_t count, looked_at;
    int32_t horizon, room;
    double *value; /* of every worker: room doubles, then horizon ones */
    double *loss;  /* of every series looked at; NaN = none */
    double *sums;  /* of every series and origin: sales and forecasts, in its own scale */
} tune_work;

static double tune_scale(const psn_series *series)
{
    double sum = 0;
    int32_t pairs = 0;
    for (int32_t t = 1; t < series->count; t++) {
        const double d = series->value[t] - series->value[t - 1];
        if (isnan(d)) continue;
        sum += d * d;
        pairs++;
    }
    return pairs > 0 ? sum / pairs : 0;
}

/* Squared error of the mean of the periods after `count`; NaN where nothing is known. */
static double tune_error(const tune_work *work, const psn_series *series, int32_t count,
                         double *value, double *sums)
{
    const psn_series past = {series->value, count, series->season};
    psn_local_model model = {.value = value};
    double *mean = value + work->room, error = 0;
    int32_t known = 0;
    if (!work->learner->fit(&model, &past, work->options, NULL)) return NAN;
    work->learner->forecast(&model, work->horizon, mean);
    for (int32_t h = 0; h < work->horizon; h++) {
        const double e = series->value[count + h] - mean[h];
        if (isnan(e)) continue;
        error += e;
        sums[0] += series->value[count + h];
        sums[1] += mean[h];
        known++;
    }
    return known > 0 ? error / known * (error / known) : NAN;
}

static void tune_series(const tune_work *work, int64_t i, double *value)
{
    psn_series series = work->series[i * work->count / work->looked_at];
    if (series.count > MOST_VALUES) { /* what is long ago decides nothing */
        const int32_t cut = (series.count - MOST_VALUES) / series.season * series.season;
        series.value += cut;
        series.count -= cut;
    }
    const double scale = tune_scale(&series);
    double sum = 0, *sums = work->sums + i * 2 * ORIGINS;
    int32_t origins = 0;
    /* Short series: origins half a horizon apart. */
    const int32_t apart =
        series.count / 8 >= work->horizon ? work->horizon : (work->horizon + 1) / 2;
    for (int32_t k = 0; k < 2 * ORIGINS; k++) sums[k] = 0;
    for (int32_t o = 1; o <= ORIGINS && scale > 0; o++) {
        const int32_t count = series.count - work->horizon - (o - 1) * apart;
        if (count < 2 || count < series.count / 2) break;
        double *pair = sums + 2 * (o - 1);
        const double error = tune_error(work, &series, count, value, pair);
        pair[0] /= sqrt(scale);
        pair[1] /= sqrt(scale);
        if (!isfinite(error / scale)) continue;
        sum += error / scale;
        origins++;
    }
    work->loss[i] = origins > 0 ? sum / origins : NAN;
}

static void tune_block(void *context, int64_t block, int worker)
{
    const tune_work *work = context;
    double *value = work->value + (int64_t)worker * (work->room + work->horizon);
    for (int64_t i = block * BLOCK; i < (block + 1) * BLOCK && i < work->looked_at; i++)
        tune_series(work, i, value);
}

/* Mean over series; the roots of errors, so that a few series do not decide alone. */
static double tune_loss(tune_work *work, const psn_intermittent_options *options,
                        psn_pool *pool)
{
    double sum = 0;
    int64_t series = 0;
    work->options = options;
    psn_pool_run(pool, (work->looked_at + BLOCK - 1) / BLOCK, tune_block, work);
    for (int64_t i = 0; i < work->looked_at; i++) {
        if (isnan(work->loss[i])) continue;
        sum += sqrt(work->loss[i]);
        series++;
    }
    return series >= 5 ? sum / (double)series : INFINITY;
}

static const double tune_gains[] = {0.01, 0.02, 0.03, 0.04, 0.06,
                                    0.08, 0.12, 0.16, 0.22, 0.3};
static const int32_t tune_windows[] = {4, 6, 8, 12, 16, 24, 28, 35, 42, 56, 84, 112};
static const double tune_profiles[] = {10, 40, 160};

static void tune_try(tune_work *work, psn_intermittent_options *best, double *least,
                     psn_intermittent_options options, psn_pool *pool)
{
    const double loss = tune_loss(work, &options, pool);
    if (!(loss < *least)) return;
    *least = loss;
    *best = options;
}

static void tune_walk(tune_work *work, psn_intermittent_options *best, psn_pool *pool)
{
    const psn_local_learner *learner = work->learner;
    const int sizes = learner == &psn_croston_learner || learner == &psn_sba_learner ||
                      learner == &psn_tsb_learner;
    double least = INFINITY;
    psn_intermittent_options options = {0};
    if (learner == &psn_empirical_learner) {
        for (size_t i = 0; i < sizeof tune_windows / sizeof *tune_windows; i++) {
            options.window = tune_windows[i];
            tune_try(work, best, &least, options, pool);
        }
        return;
    }
    for (size_t i = 0; i < sizeof tune_gains / sizeof *tune_gains; i++) {
        options.rate = tune_gains[i];
        tune_try(work, best, &least, options, pool);
    }
    options = *best;
    for (size_t i = 0; sizes && i < sizeof tune_gains / sizeof *tune_gains; i++) {
        options.size = tune_gains[i];
        tune_try(work, best, &least, options, pool);
    }
    options = *best;
    for (size_t i = 0; learner == &psn_count_learner && i < 3; i++) {
        options.profile = tune_profiles[i];
        tune_try(work, best, &least, options, pool);
    }
}

/* Logarithms of sales / forecasts of each origin, newest first; returns how many. Series
 * of which nothing is expected stay out: no factor changes that, and that they wake up is
 * no reason to expect more of the others. */
static int32_t tune_ratios(const tune_work *work, double *ratio)
{
    int32_t origins = 0;
    for (int32_t o = 0; o < ORIGINS; o++) {
        double sales = 0, forecasts = 0;
        for (int64_t i = 0; i < work->looked_at; i++) {
            const double *pair = work->sums + (i * ORIGINS + o) * 2;
            if (!isfinite(pair[0]) || !(pair[1] > 0)) continue;
            sales += pair[0];
            forecasts += pair[1];
        }
        if (sales > 0 && forecasts > 0) ratio[origins++] = psn_log(sales / forecasts);
    }
    return origins;
}

/* Their mean (the k-th newest with weight 1 / k) drawn towards 0 as James and Stein would
 * by how the origins differ, as if two more had shown a deviation of 0.05. One origin
 * alone is no evidence. */
static double tune_factor(tune_work *work, const psn_intermittent_options *options,
                          psn_pool *pool)
{
    double ratio[ORIGINS], mean = 0, variance = 2 * 0.05 * 0.05, weight = 0, square = 0;
    if (!(tune_loss(work, options, pool) < INFINITY)) return 1;
    const int32_t origins = tune_ratios(work, ratio);
    if (origins < 2) return 1;
    for (int32_t o = 0; o < origins; o++) {
        const double w = 1 / (o + 1.0);
        mean += w * ratio[o];
        weight += w;
        square += w * w;
    }
    mean /= weight;
    for (int32_t o = 0; o < origins; o++)
        variance += (ratio[o] - mean) * (ratio[o] - mean);
    variance *= square / (weight * weight) / (origins + 1.0);
    return mean * mean > variance ? psn_exp(mean - variance / mean) : 1;
}

int psn_intermittent_tune(psn_intermittent_options *options,
                          const psn_local_learner *learner, const psn_series *series,
                          int64_t count, int32_t horizon, psn_pool *pool,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t longest = 1;
    tune_work work = {.learner = learner,
                      .series = series,
                      .count = count,
                      .looked_at = count < LOOKED_AT ? count : LOOKED_AT,
                      .horizon = horizon};
    *options = (psn_intermittent_options){0};
    if (count == 0 || horizon < 1) return PERSONA_OK;
    for (int64_t i = 0; i < count; i++)
        if (series[i].season > longest) longest = series[i].season;
    work.room = learner->room(longest);
    /* Seasons beyond a learner's longest profile need no more room than none. */
    for (int32_t season = 2; season <= 24; season++)
        if (learner->room(season) > work.room) work.room = learner->room(season);
    PSN_NEED(work.value = psn_alloc((size_t)psn_pool_workers(pool),
                                    ((size_t)work.room + (size_t)horizon) * 8));
    PSN_NEED(work.loss = psn_alloc((size_t)work.looked_at, sizeof *work.loss));
    PSN_NEED(work.sums = psn_alloc((size_t)work.looked_at, 2 * ORIGINS * sizeof(double)));
    tune_walk(&work, options, pool);
    options->factor = tune_factor(&work, options, pool);
done:
    psn_release(work.sums);
    psn_release(work.loss);
    psn_release(work.value);
    return rc;
}
