/* kmeans_sample.c: rows drawn by counter-based random numbers (base/philox.h):
 * stratified, with replacement, or made up uniformly in a box. */
#include "learn/kmeans_sample.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "learn/kmeans_engine.h"

int64_t psn_kmeans_sample_size(int64_t rows, int32_t k)
{
    int64_t size = 512 * (int64_t)k;
    if (size < KMEANS_LARGE / 2) size = KMEANS_LARGE / 2;
    return rows > KMEANS_LARGE && size < rows / 2 ? size : rows;
}

static const double *sample_row(const psn_points *points, int64_t row, double *buffer)
{
    if (points->values != NULL) return points->values + row * points->dims;
    points->rows->read(points->rows->context, row, 1, buffer);
    return buffer;
}

static int sample_open(kmeans_sample *sample, const psn_points *points, int64_t count,
                       int weighted, persona_error *error)
{
    int rc = PERSONA_OK;
    memset(sample, 0, sizeof *sample);
    PSN_NEED(sample->values =
                 psn_alloc((size_t)count, (size_t)points->dims * sizeof(double)));
    if (weighted && points->rows->weights != NULL)
        PSN_NEED(sample->weights = psn_alloc((size_t)count, sizeof(double)));
    sample->rows.rows = count;
    sample->rows.dims = points->dims;
    sample->rows.dense = sample->values;
    sample->rows.weights = sample->weights;
    sample->rows.share = points->rows->share;
    sample->rows.has_missing = points->rows->has_missing;
done:
    return rc;
}

static void sample_take(kmeans_sample *sample, const psn_points *points, int64_t to,
                        int64_t row)
{
    double *out = sample->values + to * points->dims;
    const double *from = sample_row(points, row, out);
    if (from != out) memcpy(out, from, (size_t)points->dims * sizeof *out);
    if (sample->weights != NULL) sample->weights[to] = points->rows->weights[row];
}

int psn_kmeans_sample_strata(kmeans_sample *sample, const psn_points *points,
                             int64_t count, uint64_t seed, psn_pool *pool,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    psn_random random;
    PSN_TRY(sample_open(sample, points, count, 1, error));
    psn_random_start(&random, seed, KMEANS_PURPOSE_SAMPLE, 0);
    for (int64_t i = 0; i < count; i++) {
        const int64_t from = (int64_t)((double)points->n / (double)count * (double)i);
        const int64_t next =
            (int64_t)((double)points->n / (double)count * (double)(i + 1));
        const int64_t end = i + 1 < count && next > from ? next : points->n;
        sample_take(sample, points, i, from + psn_random_below(&random, end - from));
    }
    PSN_TRY(psn_points_new(&sample->points, &sample->rows, pool, error));
done:
    if (rc != PERSONA_OK) psn_kmeans_sample_close(sample);
    return rc;
}

int psn_kmeans_sample_bootstrap(kmeans_sample *sample, const psn_points *points,
                                int64_t count, uint64_t seed, int32_t round,
                                psn_pool *pool, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_random random;
    PSN_TRY(sample_open(sample, points, count, 1, error));
    psn_random_start(&random, seed, KMEANS_PURPOSE_BOOTSTRAP, (uint64_t)round);
    for (int64_t i = 0; i < count; i++)
        sample_take(sample, points, i, psn_random_below(&random, points->n));
    PSN_TRY(psn_points_new(&sample->points, &sample->rows, pool, error));
done:
    if (rc != PERSONA_OK) psn_kmeans_sample_close(sample);
    return rc;
}

static void sample_box(double *low, double *high, const psn_points *points)
{
    const int64_t step = points->n / KMEANS_LARGE + 1;
    double *buffer = high + points->dims;
    for (int32_t j = 0; j < points->dims; j++) low[j] = INFINITY, high[j] = -INFINITY;
    for (int64_t i = 0; i < points->n; i += step) {
        const double *row = sample_row(points, i, buffer);
        for (int32_t j = 0; j < points->dims; j++) {
            low[j] = row[j] < low[j] ? row[j] : low[j];
            high[j] = row[j] > high[j] ? row[j] : high[j];
        }
    }
    for (int32_t j = 0; j < points->dims; j++)
        if (!(low[j] <= high[j])) low[j] = high[j] = 0; /* nothing observed */
}

int psn_kmeans_sample_uniform(kmeans_sample *sample, const psn_points *points,
                              int64_t count, uint64_t seed, int32_t round, psn_pool *pool,
                              persona_error *error)
{
    const int64_t dims = points->dims;
    double *low = psn_alloc((size_t)dims, 3 * sizeof *low), *high;
    int rc = PERSONA_OK;
    psn_random random;
    PSN_NEED(low);
    high = low + dims;
    PSN_TRY(sample_open(sample, points, count, 0, error));
    sample->rows.has_missing = 0;
    sample_box(low, high, points);
    psn_random_start(&random, seed, KMEANS_PURPOSE_GAP, (uint64_t)round);
    for (int64_t i = 0; i < count * dims; i++)
        sample->values[i] =
            low[i % dims] + psn_random_unit(&random) * (high[i % dims] - low[i % dims]);
    PSN_TRY(psn_points_new(&sample->points, &sample->rows, pool, error));
done:
    psn_release(low);
    if (rc != PERSONA_OK) psn_kmeans_sample_close(sample);
    return rc;
}

void psn_kmeans_sample_close(kmeans_sample *sample)
{
    psn_points_free(sample->points);
    psn_release(sample->values);
    psn_release(sample->weights);
    memset(sample, 0, sizeof *sample);
}
