/* forecast_fit_clean.c: anomalies by robust residuals.
 *
 * Logarithms (values as they are where one is not positive); the trend is a running
 * median over a season; the season is the median by phase of what is left, if it makes
 * residuals smaller by a fifth; a running median of five of the deseasonalised values is
 * what was expected. With the scale 1.4826 MAD of the residuals:
 *
 *   outlier      |residual| > CLEAN_FAR scales, its neighbours and its like one season
 *                away are not (on the same side)
 *   level shift  medians of the values before and after differ by more than CLEAN_STEP
 *                scales and by more than all within, once, and the step is a step: both
 *                sides lie close to their medians
 *
 * It is conservative: what is replaced is lost, and a series that is not cleaned loses
 * little. O(n season) time. */
#include "shop/forecast/forecast_fit_clean.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/decompose.h"
#include "math/elementary.h"
#include "math/order.h"

enum {
    CLEAN_FEWEST = 12, /* values */
    CLEAN_ARRAYS = 5,
    CLEAN_NEWEST = 2, /* values at both ends that are left alone */
    CLEAN_SIDE = 8    /* values on both sides of a shift */
};
#define CLEAN_ZEROS  0.1 /* share of zeros of an intermittent series */
#define CLEAN_FAR    4.5 /* chosen on M1 */
#define CLEAN_NEAR   0.5 /* of CLEAN_FAR: a neighbour that far speaks for a value */
#define CLEAN_STEP   6.0
#define CLEAN_SCALE  1.4826
#define CLEAN_SEASON 0.8 /* residuals that a season must leave at most */

typedef struct clean_job {
    int32_t count, season;
    int logs;
    double *x, *trend, *rest, *work, *phase;
    double scale;
} clean_job;

size_t psn_clean_scratch(int32_t count)
{
    return (size_t)(count + 8) * CLEAN_ARRAYS * sizeof(double);
}

/* ---- robust pieces */

static double clean_median(double *work, int32_t count)
{
    if (count == 0) return 0;
    const double upper = psn_select_real(work, count, count / 2);
    if (count % 2) return upper;
    double lower = work[0];
    for (int32_t i = 1; i < count / 2; i++)
        if (work[i] > lower) lower = work[i];
    return 0.5 * (lower + upper);
}

static double clean_window(const clean_job *job, const double *x, int32_t from,
                           int32_t to)
{
    if (from < 0) from = 0;
    if (to > job->count) to = job->count;
    memcpy(job->work, x + from, (size_t)(to - from) * sizeof *x);
    return clean_median(job->work, to - from);
}

static double clean_scale(const clean_job *job, const double *rest)
{
    for (int32_t t = 0; t < job->count; t++) job->work[t] = fabs(rest[t]);
    return CLEAN_SCALE * clean_median(job->work, job->count);
}

/* ---- trend and season */

/* 0: too few values, or an intermittent series. Holes are bridged. */
static int clean_start(clean_job *job, const double *value)
{
    int32_t known = 0, zeros = 0;
    job->logs = 1;
    for (int32_t t = 0; t < job->count; t++) {
        if (isnan(value[t])) continue;
        known++;
        zeros += value[t] == 0;
        job->logs &= value[t] > 0;
    }
    if (known < CLEAN_FEWEST || known * 2 < job->count || zeros > CLEAN_ZEROS * known)
        return 0;
    for (int32_t t = 0; t < job->count; t++)
        job->x[t] = job->logs && !isnan(value[t]) ? psn_log(value[t]) : value[t];
    psn_gaps_fill(job->x, job->x, job->count);
    return 1;
}

/* phase[] = the median of each phase about the trend; 0: it does not help. */
static int clean_find_season(clean_job *job)
{
    const int32_t m = job->season, half = m / 2 > 2 ? m / 2 : 2;
    if (m < 2 || job->count < 3 * m) return 0;
    for (int32_t t = 0; t < job->count; t++)
        job->trend[t] = clean_window(job, job->x, t - half, t + half + 1);
    for (int32_t t = 0; t < job->count; t++) job->rest[t] = job->x[t] - job->trend[t];
    const double without = clean_scale(job, job->rest);
    for (int32_t p = 0; p < m; p++) {
        int32_t of = 0;
        for (int32_t t = p; t < job->count; t += m) job->work[of++] = job->rest[t];
        job->phase[p] = clean_median(job->work, of);
    }
    for (int32_t t = 0; t < job->count; t++) job->rest[t] -= job->phase[t % m];
    return clean_scale(job, job->rest) <= CLEAN_SEASON * without;
}

/* trend = what is expected, rest = the residuals. */
static int clean_expect(clean_job *job)
{
    const int seasonal = clean_find_season(job);
    const int32_t m = job->season;
    for (int32_t t = 0; seasonal && t < job->count; t++) job->x[t] -= job->phase[t % m];
    for (int32_t t = 0; t < job->count; t++)
        job->trend[t] = clean_window(job, job->x, t - 2, t + 3);
    for (int32_t t = 0; t < job->count; t++) job->rest[t] = job->x[t] - job->trend[t];
    /* A running median follows half of the values: their residuals are 0. */
    for (int32_t t = 1; t < job->count; t++)
        job->work[t - 1] = fabs(job->x[t] - job->x[t - 1]);
    job->scale = CLEAN_SCALE * clean_median(job->work, job->count - 1) / 1.4142135623731;
    const double rest = clean_scale(job, job->rest);
    if (rest > job->scale) job->scale = rest;
    for (int32_t t = 0; seasonal && t < job->count; t++)
        job->trend[t] += job->phase[t % m];
    return job->scale > 0;
}

/* ---- finding */

/* A value at that place is out on the same side. */
static int clean_also(const clean_job *job, int32_t t, double side)
{
    if (t < 0 || t >= job->count) return 0;
    return job->rest[t] * side > CLEAN_NEAR * CLEAN_FAR * job->scale;
}

static int clean_is_outlier(const clean_job *job, int32_t t)
{
    const double side = job->rest[t] > 0 ? 1 : -1;
    if (!(fabs(job->rest[t]) > CLEAN_FAR * job->scale)) return 0;
    if (t < CLEAN_NEWEST || t >= job->count - CLEAN_NEWEST) return 0;
    if (clean_also(job, t - 1, side) || clean_also(job, t + 1, side)) return 0;
    if (job->season < 2) return 1;
    for (int k = 1; k <= 2; k++)
        if (clean_also(job, t - k * job->season, side) ||
            clean_also(job, t + k * job->season, side))
            return 0;
    return 1;
}

/* The step of medians before and after t; 0 where it is no clean step, or one of less
 * than CLEAN_STEP scales. */
static double clean_step(const clean_job *job, int32_t t)
{
    if (t < CLEAN_SIDE || t + CLEAN_SIDE > job->count) return 0;
    const double before = clean_window(job, job->x, t - CLEAN_SIDE, t);
    const double after = clean_window(job, job->x, t, t + CLEAN_SIDE);
    for (int32_t u = t - CLEAN_SIDE; u < t + CLEAN_SIDE; u++) {
        const double off = fabs(job->x[u] - (u < t ? before : after));
        job->work[u - t + CLEAN_SIDE] = off;
    }
    double spread = clean_median(job->work, 2 * CLEAN_SIDE) * CLEAN_SCALE;
    if (spread < job->scale) spread = job->scale;
    const double near = fabs(job->x[t] - after), last = fabs(job->x[t - 1] - before);
    const double step = after - before, jump = job->x[t] - job->x[t - 1];
    if (near > 0.25 * fabs(step) || last > 0.25 * fabs(step)) return 0;
    if (fabs(jump) < 0.6 * fabs(step)) return 0; /* a slope */
    return fabs(step) > CLEAN_STEP * spread ? step : 0;
}

/* 1 if the step at t is the largest around. */
static int clean_is_shift(const clean_job *job, int32_t t)
{
    const double step = fabs(clean_step(job, t));
    if (step == 0) return 0;
    for (int32_t u = t - CLEAN_SIDE; u <= t + CLEAN_SIDE; u++) {
        const double other = fabs(clean_step(job, u));
        if (u != t && (other > step || (other == step && u < t))) return 0;
    }
    return 1;
}

static double clean_back(const clean_job *job, double x)
{
    return job->logs ? psn_exp(x) : x;
}

int32_t psn_clean_series(psn_anomaly *out, int32_t most, const double *value,
                         int32_t count, int32_t season, double *clean, void *scratch)
{
    double *at = scratch;
    const size_t room = (size_t)count + 8;
    int32_t found = 0;
    clean_job job = {count,         season,        0, at, at + room, at + 2 * room,
                     at + 3 * room, at + 4 * room, 0};
    if (clean && clean != value) memcpy(clean, value, (size_t)count * sizeof *clean);
    if (!clean_start(&job, value) || !clean_expect(&job)) return 0;
    for (int32_t t = 0; t < count && found < most; t++) {
        if (isnan(value[t])) continue;
        const int outlier = clean_is_outlier(&job, t);
        if (!outlier && !clean_is_shift(&job, t)) continue;
        const double expected =
            outlier ? job.trend[t] : job.trend[t] - clean_step(&job, t);
        out[found].at = t;
        out[found].kind = outlier ? PSN_ANOMALY_OUTLIER : PSN_ANOMALY_SHIFT;
        out[found++].expected = clean_back(&job, expected);
    }
    for (int32_t i = 0; clean && i < found; i++)
        if (out[i].kind == PSN_ANOMALY_OUTLIER) clean[out[i].at] = out[i].expected;
    return found;
}
