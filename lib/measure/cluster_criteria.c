/* cluster_criteria.c: silhouette, Calinski-Harabasz, Davies-Bouldin, BIC.
 *
 * With m_c the mean, W_c the weight and v_c = sum w |x - m_c|^2 / W_c the spread of
 * cluster c, the mean squared distance of x to the rows of c is |x - m_c|^2 + v_c; to
 * those of its own cluster a, without itself, (|x - m_a|^2 + v_a) W_a / (W_a - w). So the
 * silhouette with squared Euclidean distances needs only distances to means: O(n k d),
 * exact, in two passes over the rows: spreads first, then rivals. Chunks of fixed size
 * are added in order. */
#include "measure/cluster_criteria.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/lanes.h"
#include "math/nearest.h"

enum { CLUSTER_CHUNK = 4096 };

#define PSN_TEMPLATE "measure/cluster_kernel.inc"
#include "math/kernel_levels.h"

typedef void cluster_rivals_kernel(const double *, int32_t, const double *,
                                   const double *, int32_t, const double *, double *,
                                   double *);
static cluster_rivals_kernel *const cluster_rivals[] = PSN_KERNEL_TABLE(cluster_rivals);

typedef struct cluster_work {
    const psn_rows *rows;
    const double *centers;
    const int32_t *labels;
    psn_nearest *exact; /* for rows with missing values */
    int32_t k;
    double *buffers;              /* of each worker: rows, block, distances */
    int64_t buffer;               /* doubles in one */
    double *mass, *within, *away; /* chunks x k: w, w d^2, w d; then sums in chunk 0 */
    double *spread;               /* v_c */
    double *silhouette;           /* of each chunk */
} cluster_work;

/* 64 rows from `first` on: row-major, perhaps in `buffer`. */
static const double *cluster_rows(const psn_rows *rows, int64_t first, int64_t count,
                                  double *buffer)
{
    if (rows->dense != NULL) return rows->dense + first * rows->dims;
    rows->read(rows->context, first, count, buffer);
    return buffer;
}

static int cluster_complete(const psn_rows *rows, const double *values, int64_t count)
{
    double sum = 0;
    if (!rows->has_missing) return 1;
    for (int64_t i = 0; i < count * rows->dims; i++) sum += values[i] != values[i];
    return sum == 0;
}

/* Lanes are rows; rows beyond count repeat the first. */
static void cluster_turn(double *block, const double *values, int32_t dims, int64_t count)
{
    for (int32_t j = 0; j < dims; j++)
        for (int64_t i = 0; i < 64; i++)
            block[j * 64 + i] = values[(i < count ? i : 0) * dims + j];
}

/* own: squared distance to the own centre; rival: least distance + spread elsewhere. */
static void cluster_measure(const cluster_work *work, const double *values, int64_t first,
                            int64_t count, double *buffer, double *own, double *rival)
{
    const int32_t dims = work->rows->dims, k = work->k;
    double label[64], *block = buffer + 64 * dims, *all = block + 64 * dims;
    if (cluster_complete(work->rows, values, count)) {
        for (int64_t i = 0; i < 64; i++)
            label[i] = work->labels[first + (i < count ? i : 0)];
        cluster_turn(block, values, dims, count);
        cluster_rivals[psn_simd_level()](block, dims, work->centers, work->spread, k,
                                         label, own, rival);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        const int32_t mine = work->labels[first + i];
        psn_nearest_all(work->exact, values + i * dims, all);
        rival[i] = INFINITY;
        for (int32_t c = 0; c < k; c++)
            if (c != mine && all[c] + work->spread[c] < rival[i])
                rival[i] = all[c] + work->spread[c];
        own[i] = all[mine];
    }
}

static void cluster_spread(void *context, int64_t chunk, int worker)
{
    cluster_work *work = context;
    const psn_rows *rows = work->rows;
    const int32_t dims = rows->dims, k = work->k;
    double *buffer = work->buffers + worker * work->buffer;
    double *all = buffer + 128 * (int64_t)dims;
    double *mass = work->mass + chunk * k, *within = work->within + chunk * k;
    double *away = work->away + chunk * k;
    const int64_t end = (chunk + 1) * CLUSTER_CHUNK;
    const int64_t to = end < rows->rows ? end : rows->rows;
    for (int64_t at = chunk * CLUSTER_CHUNK; at < to; at += 64) {
        const int64_t count = to - at < 64 ? to - at : 64;
        const double *values = cluster_rows(rows, at, count, buffer);
        const int complete = cluster_complete(rows, values, count);
        for (int64_t i = 0; i < count; i++) {
            const double *x = values + i * dims;
            const int32_t c = work->labels[at + i];
            const double *center = work->centers + (int64_t)c * dims;
            const double w = rows->weights != NULL ? rows->weights[at + i] : 1.0;
            double d = 0;
            if (complete) {
                for (int32_t j = 0; j < dims; j++)
                    d += (x[j] - center[j]) * (x[j] - center[j]);
            } else {
                psn_nearest_all(work->exact, x, all);
                d = all[c];
            }
            if (d != d) continue; /* everything missing */
            mass[c] += w;
            within[c] += w * d;
            away[c] += w * sqrt(d);
        }
    }
}

static void cluster_silhouette(void *context, int64_t chunk, int worker)
{
    cluster_work *work = context;
    const psn_rows *rows = work->rows;
    double *buffer = work->buffers + worker * work->buffer, own[64], rival[64], sum = 0;
    const int64_t end = (chunk + 1) * CLUSTER_CHUNK;
    const int64_t to = end < rows->rows ? end : rows->rows;
    for (int64_t at = chunk * CLUSTER_CHUNK; at < to; at += 64) {
        const int64_t count = to - at < 64 ? to - at : 64;
        const double *values = cluster_rows(rows, at, count, buffer);
        cluster_measure(work, values, at, count, buffer, own, rival);
        for (int64_t i = 0; i < count; i++) {
            const int32_t c = work->labels[at + i];
            const double w = rows->weights != NULL ? rows->weights[at + i] : 1.0;
            const double rest = work->mass[c] - w;
            if (!(rest > 0) || own[i] != own[i]) continue; /* alone: 0 */
            const double a = (own[i] + work->spread[c]) * work->mass[c] / rest;
            const double most = a > rival[i] ? a : rival[i];
            if (most > 0) sum += w * (rival[i] - a) / most;
        }
    }
    work->silhouette[chunk] = sum;
}

static double cluster_gap(const double *a, const double *b, int32_t dims)
{
    double sum = 0;
    for (int32_t j = 0; j < dims; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

/* Mean over clusters of the worst (s_i + s_j) / |m_i - m_j|. */
static double cluster_davies_bouldin(const cluster_work *work)
{
    const int32_t dims = work->rows->dims, k = work->k;
    double total = 0;
    for (int64_t i = 0; i < k; i++) {
        double worst = 0;
        for (int64_t j = 0; j < k; j++) {
            const double between = sqrt(
                cluster_gap(work->centers + i * dims, work->centers + j * dims, dims));
            const double within =
                work->away[i] / work->mass[i] + work->away[j] / work->mass[j];
            if (i != j && between > 0 && within / between > worst)
                worst = within / between;
        }
        total += worst;
    }
    return total / k;
}

static double cluster_bic(const cluster_work *work, double inertia, double n)
{
    const double d = work->rows->dims, k = work->k, two_pi = 6.283185307179586;
    const double freedom = n > k ? n - k : 1;
    double variance = inertia / (d * freedom), likelihood = 0;
    if (!(variance > 1e-300)) variance = 1e-300;
    for (int32_t c = 0; c < work->k; c++)
        if (work->mass[c] > 0) likelihood += work->mass[c] * psn_log(work->mass[c] / n);
    likelihood -= n * d / 2 * psn_log(two_pi * variance) + d * freedom / 2;
    return likelihood - k * (d + 1) / 2 * psn_log(n);
}

static void cluster_conclude(psn_cluster_criteria *out, const cluster_work *work,
                             double *mean, int64_t chunks)
{
    const int32_t dims = work->rows->dims, k = work->k;
    double n = 0, inertia = 0, between = 0, silhouette = 0;
    for (int32_t c = 0; c < k; c++) n += work->mass[c], inertia += work->within[c];
    for (int64_t c = 0; c < k; c++)
        for (int32_t j = 0; j < dims; j++)
            mean[j] += work->mass[c] / n * work->centers[c * dims + j];
    for (int64_t c = 0; c < k; c++)
        between += work->mass[c] * cluster_gap(work->centers + c * dims, mean, dims);
    for (int64_t i = 0; i < chunks; i++) silhouette += work->silhouette[i];
    out->inertia = inertia;
    out->silhouette = k > 1 ? silhouette / n : 0;
    out->calinski_harabasz = k < 2         ? 0
                             : inertia > 0 ? between * (n - k) / (inertia * (k - 1))
                                           : 1;
    out->davies_bouldin = k > 1 ? cluster_davies_bouldin(work) : 0;
    out->bic = cluster_bic(work, inertia, n);
}

static int cluster_open(cluster_work *work, int64_t chunks, psn_pool *pool,
                        persona_error *error)
{
    const size_t k = (size_t)work->k, dims = (size_t)work->rows->dims;
    const size_t cells = (size_t)chunks * k;
    int rc = PERSONA_OK;
    work->buffer = (int64_t)(128 * dims + k + 8);
    PSN_NEED(work->buffers = psn_alloc((size_t)psn_pool_workers(pool),
                                       (size_t)work->buffer * sizeof(double)));
    PSN_NEED(work->mass = psn_alloc_zero(cells, sizeof(double)));
    PSN_NEED(work->within = psn_alloc_zero(cells, sizeof(double)));
    PSN_NEED(work->away = psn_alloc_zero(cells, sizeof(double)));
    PSN_NEED(work->spread = psn_alloc_zero(k, sizeof(double)));
    PSN_NEED(work->silhouette = psn_alloc_zero((size_t)chunks, sizeof(double)));
    PSN_NEED(work->exact = psn_nearest_new(work->centers, work->k, work->rows->dims,
                                           work->rows->share));
done:
    return rc;
}

int psn_cluster_criteria_of(psn_cluster_criteria *out, const psn_rows *rows,
                            const double *centers, const int32_t *labels, int32_t k,
                            psn_pool *pool, persona_error *error)
{
    cluster_work work = {.rows = rows, .centers = centers, .labels = labels, .k = k};
    const int64_t chunks = (rows->rows + CLUSTER_CHUNK - 1) / CLUSTER_CHUNK;
    double *mean = psn_alloc_zero((size_t)rows->dims, sizeof *mean);
    int rc = PERSONA_OK;
    PSN_NEED(mean);
    PSN_TRY(cluster_open(&work, chunks, pool, error));
    psn_pool_run(pool, chunks, cluster_spread, &work);
    for (int64_t i = 1; i < chunks; i++)
        for (int32_t c = 0; c < k; c++) {
            work.mass[c] += work.mass[i * k + c];
            work.within[c] += work.within[i * k + c];
            work.away[c] += work.away[i * k + c];
        }
    for (int32_t c = 0; c < k; c++)
        work.spread[c] = work.mass[c] > 0 ? work.within[c] / work.mass[c] : INFINITY;
    if (k > 1) psn_pool_run(pool, chunks, cluster_silhouette, &work);
    cluster_conclude(out, &work, mean, chunks);
done:
    psn_release(mean);
    psn_release(work.buffers);
    psn_release(work.mass);
    psn_release(work.within);
    psn_release(work.away);
    psn_release(work.spread);
    psn_release(work.silhouette);
    psn_nearest_free(work.exact);
    return rc;
}

int psn_cluster_jaccard(double *out, const int32_t *a, int32_t clusters_a,
                        const int32_t *b, int32_t clusters_b, const double *weights,
                        int64_t rows, persona_error *error)
{
    const size_t cells = (size_t)clusters_a * (size_t)clusters_b;
    double *both = psn_alloc_zero(cells, sizeof *both);
    double *in_a = psn_alloc_zero((size_t)clusters_a, sizeof *in_a);
    double *in_b = psn_alloc_zero((size_t)clusters_b, sizeof *in_b), total = 0;
    int rc = PERSONA_OK, held = 0;
    PSN_NEED(both);
    PSN_NEED(in_a);
    PSN_NEED(in_b);
    for (int64_t i = 0; i < rows; i++) {
        const double w = weights != NULL ? weights[i] : 1.0;
        both[(int64_t)a[i] * clusters_b + b[i]] += w;
        in_a[a[i]] += w;
        in_b[b[i]] += w;
    }
    for (int64_t i = 0; i < clusters_a; i++) {
        double best = 0;
        for (int32_t j = 0; j < clusters_b; j++) {
            const double common = both[i * clusters_b + j];
            const double all = in_a[i] + in_b[j] - common;
            if (all > 0 && common / all > best) best = common / all;
        }
        if (in_a[i] > 0) total += best, held++;
    }
    *out = held > 0 ? total / held : 0;
done:
    psn_release(both);
    psn_release(in_a);
    psn_release(in_b);
    return rc;
}
