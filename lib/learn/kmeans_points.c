/* kmeans_points.c: the float32 working copy.
 *
 * Columns are centred on the mean of a sample and scaled by one power of two, so that the
 * float32 copy keeps the digits that tell rows apart; the error bound of the kernels
 * holds for any centring. Narrow rows stand feature-major in blocks of 64 (one lane is
 * one row), wide ones row-major. With up to 3 features the rows are put in spatial order,
 * so that a block is a small box and needs only the centres near it. Memory: 4 bytes a
 * value, 4 a row, and 8 a row where the order is not that of the table. */
#include "learn/kmeans_points.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/kmeans_kernel.h"

enum {
    POINTS_SAMPLE = 256,
    POINTS_CHUNK = 8192,
    POINTS_MOST_CHUNKS = 256,
    POINTS_CACHE = 1 << 21, /* values kept when rows are made on demand */
    POINTS_SORTED_FROM = 512
};
#define POINTS_WILD 1e12 /* scaled values beyond go to the tail */
#define POINTS_MOST 1e150

const double *psn_points_row(const psn_points *points, int64_t position, double *buffer)
{
    const int64_t row = psn_points_index(points, position);
    if (points->values != NULL) return points->values + row * points->dims;
    points->rows->read(points->rows->context, row, 1, buffer);
    return buffer;
}

const double *psn_points_run(const psn_points *points, int64_t position, int64_t count,
                             double *buffer)
{
    const int32_t dims = points->dims;
    if (points->order == NULL) {
        if (points->values != NULL) return points->values + position * dims;
        points->rows->read(points->rows->context, position, count, buffer);
        return buffer;
    }
    for (int64_t i = 0; i < count; i++) {
        double *out = buffer + i * dims;
        const double *row = psn_points_row(points, position + i, out);
        if (row != out) memcpy(out, row, (size_t)dims * sizeof *out);
    }
    return buffer;
}

double psn_points_weight(const psn_points *points, int64_t position)
{
    const double *weights = points->rows->weights;
    return weights != NULL ? weights[psn_points_index(points, position)] : 1.0;
}

double psn_points_factor(const psn_points *points, const double *row)
{
    const double *share = points->rows->share;
    double observed = 0;
    for (int32_t j = 0; j < points->dims; j++)
        if (row[j] == row[j]) observed += share != NULL ? share[j] : 1.0;
    if (observed == points->share) return 1.0;
    return observed > 0 ? points->share / observed : 0.0;
}

/* Offset: means of a few hundred rows; scale: so that their largest deviation is about
 * 1. Any choice is right, a good one is fast. */
static int points_measure(psn_points *p, persona_error *error)
{
    const int64_t step = (p->n + POINTS_SAMPLE - 1) / POINTS_SAMPLE;
    const int64_t count = (p->n + step - 1) / step;
    const int32_t dims = p->dims;
    double *sample = psn_alloc((size_t)count * (size_t)dims, sizeof *sample), most = 0;
    int64_t *known = psn_alloc_zero((size_t)dims, sizeof *known);
    int rc = PERSONA_OK, exponent = 0;
    PSN_NEED(sample);
    PSN_NEED(known);
    for (int64_t i = 0; i < count; i++) {
        double *to = sample + i * dims;
        const double *row = psn_points_row(p, i * step, to);
        if (row != to) memcpy(to, row, (size_t)dims * sizeof *to);
        for (int32_t j = 0; j < dims; j++)
            if (fabs(to[j]) <= POINTS_MOST) p->offset[j] += to[j], known[j]++;
    }
    for (int32_t j = 0; j < dims; j++)
        if (known[j] > 0) p->offset[j] /= (double)known[j];
    for (int64_t i = 0; i < count * dims; i++) {
        const double t = fabs(sample[i] - p->offset[i % dims]);
        if (t <= 2 * POINTS_MOST && t > most) most = t;
    }
    if (most > 0) frexp(most, &exponent);
    p->scale = ldexp(1.0, -exponent);
done:
    psn_release(sample);
    psn_release(known);
    return rc;
}

/* 0 ordinary, 1 tail, -1 infinite or beyond 1e150. */
static int points_class(const psn_points *p, const double *row)
{
    int tail = 0;
    for (int32_t j = 0; j < p->dims; j++) {
        if (row[j] != row[j]) {
            tail = 1;
            continue;
        }
        if (!(fabs(row[j]) <= POINTS_MOST)) return -1;
        if (fabs((row[j] - p->offset[j]) * p->scale) > POINTS_WILD) tail = 1;
    }
    return tail;
}

/* Splits rows into ordinary ones, front of the order, and the tail. */
static int points_classify(psn_points *p, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t tail = 0, *late = NULL;
    double *buffer = psn_alloc((size_t)p->dims, sizeof *buffer);
    PSN_NEED(buffer);
    PSN_NEED(late = psn_alloc((size_t)p->n, sizeof *late));
    p->full = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const double *row = buffer;
        if (p->values != NULL)
            row = p->values + i * p->dims;
        else
            p->rows->read(p->rows->context, i, 1, buffer);
        const int class = points_class(p, row);
        if (class < 0) {
            rc = psn_fail_at(error, PERSONA_EDATA, i,
                             "values must be finite and at most 1e150 in size");
            goto done;
        }
        if (class > 0)
            late[tail++] = i;
        else
            p->order[p->full++] = i;
    }
    p->tail_at = p->wide ? p->full : (p->full + 63) / 64 * 64;
    for (int64_t i = p->full; i < p->tail_at; i++) p->order[i] = -1;
    memcpy(p->order + p->tail_at, late, (size_t)tail * sizeof *late);
done:
    psn_release(buffer);
    psn_release(late);
    return rc;
}

typedef struct points_work {
    psn_points *p;
    double *buffers;
    double *spread; /* of each chunk */
    int *wild;      /* of each worker */
    const psn_kmeans_kernels *kernels;
} points_work;

static void points_box(psn_points *p, int64_t block, int count)
{
    for (int32_t j = 0; j < p->dims; j++) {
        const float *x = p->x + (block * p->dims + j) * 64;
        float low = x[0], high = x[0];
        for (int i = 1; i < count; i++) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
        p->low[block * p->dims + j] = low;
        p->high[block * p->dims + j] = high;
    }
}

/* One block: 64 rows, converted in `rows`, become lanes. */
static void points_block(psn_points *p, int64_t block, const float *rows, int count)
{
    const int32_t dims = p->dims;
    float *x = p->x + block * dims * 64, *norm = p->norm + block * 64, reach = 0;
    for (int32_t j = 0; j < dims; j++) {
        float *lane = x + j * 64;
        for (int i = 0; i < count; i++) lane[i] = rows[i * dims + j];
        for (int i = count; i < 64; i++) lane[i] = 0;
        for (int i = 0; i < 64; i++) norm[i] += lane[i] * lane[i];
    }
    for (int i = 0; i < count; i++) reach = norm[i] > reach ? norm[i] : reach;
    p->reach[block] = sqrtf(reach) * (1.0F + (float)(dims + 8) * 0x1p-23F) + 1e-18F;
    if (p->low != NULL) points_box(p, block, count);
}

/* What there is besides the values of a wide row. */
static void points_wide(psn_points *p, int64_t at)
{
    float *x = p->x + at * p->width, part[16] = {0}, norm = 0;
    for (int32_t j = p->features; j < p->width; j++) x[j] = 0;
    for (int32_t j = 0; j < p->width; j += 16)
        for (int i = 0; i < 16; i++) part[i] += x[j + i] * x[j + i];
    for (int i = 0; i < 16; i++) norm += part[i];
    p->norm[at] = norm;
    p->reach[at] = sqrtf(norm) * (1.0F + (float)(p->dims + 8) * 0x1p-23F) + 1e-18F;
}

/* Runs of neighbouring columns at a time; returns the largest size. */
static double points_copy(const psn_points *p, const psn_kmeans_kernels *kernels,
                          float *to, const double *rows, int count)
{
    double most = 0;
    int32_t from = 0;
    while (from < p->features) {
        const int32_t first = psn_points_column(p, from);
        int32_t next = from + 1;
        while (next < p->features && psn_points_column(p, next) == first + next - from)
            next++;
        const double here =
            kernels->convert(to + from, p->width, rows + first, p->dims, count,
                             next - from, p->offset + first, p->scale);
        most = here > most ? here : most;
        from = next;
    }
    return most;
}

static void points_convert(void *context, int64_t chunk, int worker)
{
    points_work *work = context;
    psn_points *p = work->p;
    double *buffer = work->buffers + (int64_t)worker * 64 * p->dims, spread = 0;
    const int64_t from = chunk * p->chunk;
    const int64_t end = from + p->chunk < p->full ? from + p->chunk : p->full;
    float narrow[64 * KMEANS_WIDE];
    for (int64_t at = from; at < end; at += 64) {
        const int count = end - at < 64 ? (int)(end - at) : 64;
        const double *rows = psn_points_run(p, at, count, buffer);
        float *to = p->wide ? p->x + at * p->width : narrow;
        if (!(points_copy(p, work->kernels, to, rows, count) <= POINTS_WILD))
            work->wild[worker] = 1;
        if (!p->wide) points_block(p, at / 64, narrow, count);
        for (int i = 0; p->wide && i < count; i++) points_wide(p, at + i);
        for (int i = 0; i < count; i++) {
            const double w = psn_points_weight(p, at + i);
            if (p->weight != NULL) p->weight[at + i] = (float)w;
            spread += w * (double)p->norm[at + i];
        }
    }
    work->spread[chunk] = spread;
}

static void points_tail(psn_points *p, double *buffer, double *spread)
{
    for (int64_t at = p->tail_at; at < p->positions; at++) {
        const double *row = psn_points_row(p, at, buffer);
        const double w = psn_points_weight(p, at);
        double sum = 0;
        for (int32_t j = 0; j < p->dims; j++) {
            const double t = (row[j] - p->offset[j]) * p->scale;
            if (t == t) sum += t * t;
        }
        if (p->weight != NULL) p->weight[at] = (float)w;
        *spread += w * psn_points_factor(p, row) * sum;
    }
}

/* Fills the copy; *wild = 1 if the rows must be classified first. */
static int points_fill(psn_points *p, psn_pool *pool, int *wild, persona_error *error)
{
    const int workers = psn_pool_workers(pool);
    const int64_t chunks = (p->full + p->chunk - 1) / p->chunk;
    points_work work = {p, NULL, NULL, NULL, psn_kmeans_kernels_now()};
    int rc = PERSONA_OK;
    double spread = 0;
    *wild = 0;
    PSN_NEED(work.buffers = psn_alloc((size_t)workers * 64, (size_t)p->dims * 8));
    PSN_NEED(work.spread = psn_alloc_zero((size_t)chunks + 1, sizeof *work.spread));
    PSN_NEED(work.wild = psn_alloc_zero((size_t)workers, sizeof *work.wild));
    memset(p->norm, 0, (size_t)(p->tail_at) * sizeof *p->norm);
    psn_pool_run(pool, chunks, points_convert, &work);
    for (int i = 0; i < workers; i++) *wild |= work.wild[i];
    for (int64_t i = 0; i < chunks; i++) spread += work.spread[i];
    points_tail(p, work.buffers, &spread);
    p->spread = spread / (p->scale * p->scale);
done:
    psn_release(work.buffers);
    psn_release(work.spread);
    psn_release(work.wild);
    return rc;
}

/* Arrays of the copy for tail_at positions. */
static int points_room(psn_points *p, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t at = (size_t)p->tail_at + 64, width = (size_t)p->width;
    const size_t bounds = p->wide ? at : at / 64 + 1;
    PSN_NEED(p->x = psn_alloc_aligned(at, width * sizeof *p->x));
    PSN_NEED(p->norm = psn_alloc_aligned(at, sizeof *p->norm));
    PSN_NEED(p->reach = psn_alloc(bounds, sizeof *p->reach));
    if (p->rows->weights != NULL)
        PSN_NEED(p->weight =
                     psn_alloc_zero((size_t)p->positions + 64, sizeof *p->weight));
    if (p->dims <= KMEANS_BOX_DIMS && p->order != NULL) {
        PSN_NEED(p->low = psn_alloc(bounds * width, sizeof *p->low));
        PSN_NEED(p->high = psn_alloc(bounds * width, sizeof *p->high));
    }
done:
    return rc;
}

static void points_empty(psn_points *p)
{
    psn_release_aligned(p->x);
    psn_release_aligned(p->norm);
    psn_release(p->reach);
    psn_release(p->weight);
    psn_release(p->low);
    psn_release(p->high);
    psn_release(p->order);
    p->x = p->norm = p->reach = p->weight = p->low = p->high = NULL;
    p->order = NULL;
}

/* Decides the order and the units of work. */
static int points_arrange(psn_points *p, int classify, persona_error *error)
{
    int rc = PERSONA_OK;
    const int sort = p->dims <= KMEANS_BOX_DIMS && p->n >= POINTS_SORTED_FROM;
    int64_t chunk = (p->n / POINTS_MOST_CHUNKS + 63) / 64 * 64;
    p->full = p->n;
    p->tail_at = p->wide ? p->n : (p->n + 63) / 64 * 64;
    p->positions = p->tail_at;
    if (classify || sort) {
        PSN_NEED(p->order = psn_alloc((size_t)p->n + 64, sizeof *p->order));
        for (int64_t i = 0; i < p->tail_at; i++) p->order[i] = i < p->n ? i : -1;
    }
    if (classify) {
        PSN_TRY(points_classify(p, error));
        p->positions = p->tail_at + p->n - p->full;
    }
    if (sort) PSN_TRY(psn_points_sort(p->order, p->full, p, error));
    p->blocks = p->wide ? 0 : p->tail_at / 64;
    if (chunk < POINTS_CHUNK) chunk = POINTS_CHUNK;
    p->chunk = chunk;
    p->tail_chunk = (p->full + chunk - 1) / chunk;
    p->chunks = p->tail_chunk + (p->n - p->full + chunk - 1) / chunk;
    PSN_TRY(points_room(p, error));
done:
    return rc;
}

static int points_source(psn_points *p, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rows *rows = p->rows;
    p->values = rows->dense;
    if (rows->dense == NULL && p->n <= POINTS_CACHE / p->dims) {
        PSN_NEED(p->cache = psn_alloc((size_t)p->n * (size_t)p->dims, sizeof(double)));
        rows->read(rows->context, 0, p->n, p->cache);
        p->values = p->cache;
    }
    for (int32_t j = 0; j < p->dims; j++)
        p->share += rows->share != NULL ? rows->share[j] : 1.0;
done:
    return rc;
}

int psn_points_new(psn_points **out, const psn_rows *rows, psn_pool *pool,
                   persona_error *error)
{
    int rc = PERSONA_OK, wild = 0;
    psn_points *p = NULL;
    *out = NULL;
    if (rows->rows < 1 || rows->dims < 1)
        PSN_FAIL(error, PERSONA_EDATA, "there must be at least one row and one column");
    PSN_NEED(p = psn_alloc_zero(1, sizeof *p));
    p->rows = rows;
    p->n = rows->rows;
    p->dims = rows->dims;
    p->wide = p->dims >= KMEANS_WIDE;
    p->features = p->width = p->dims;
    PSN_NEED(p->offset = psn_alloc_zero((size_t)p->dims, sizeof *p->offset));
    PSN_TRY(points_source(p, error));
    PSN_TRY(points_measure(p, error));
    if (p->wide) PSN_TRY(psn_points_columns(p, pool, error));
    PSN_TRY(points_arrange(p, rows->has_missing, error));
    PSN_TRY(points_fill(p, pool, &wild, error));
    if (wild) {
        points_empty(p);
        PSN_TRY(points_arrange(p, 1, error));
        PSN_TRY(points_fill(p, pool, &wild, error));
    }
    *out = p;
    p = NULL;
done:
    psn_points_free(p);
    return rc;
}

void psn_points_free(psn_points *points)
{
    if (points == NULL) return;
    points_empty(points);
    psn_release(points->offset);
    psn_release(points->column);
    psn_release(points->cache);
    psn_release(points);
}
