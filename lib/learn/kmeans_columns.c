/* kmeans_columns.c: columns of wide rows that hold one value only (an image's border, a
 * category nobody has) need no place in the working copy. A first look at some rows finds
 * who may be constant, a second at all rows, over those columns only, who is. */
#include "learn/kmeans_points.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { COLUMNS_LOOK = 64, COLUMNS_CHUNK = 1024 };

typedef struct columns_work {
    const psn_points *points;
    const double *value;    /* row 0 */
    const int32_t *suspect; /* columns */
    int32_t suspects;
    unsigned char *varies; /* chunks x suspects */
    double *buffers;       /* of each worker: 64 rows */
} columns_work;

static const double *columns_rows(const psn_points *p, int64_t first, int64_t count,
                                  double *buffer)
{
    if (p->values != NULL) return p->values + first * p->dims;
    p->rows->read(p->rows->context, first, count, buffer);
    return buffer;
}

static void columns_chunk(void *context, int64_t chunk, int worker)
{
    const columns_work *work = context;
    const psn_points *p = work->points;
    unsigned char *varies = work->varies + chunk * work->suspects;
    double *buffer = work->buffers + (int64_t)worker * 64 * p->dims;
    const int64_t from = chunk * COLUMNS_CHUNK, end = from + COLUMNS_CHUNK;
    const int64_t to = end < p->n ? end : p->n;
    for (int64_t at = from; at < to; at += 64) {
        const int64_t count = to - at < 64 ? to - at : 64;
        const double *rows = columns_rows(p, at, count, buffer);
        for (int64_t i = 0; i < count; i++, rows += p->dims)
            for (int32_t s = 0; s < work->suspects; s++)
                varies[s] |= !(rows[work->suspect[s]] == work->value[work->suspect[s]]);
    }
}

/* Columns in which some rows agree; `varies` has one byte for each column. */
static int32_t columns_suspects(int32_t *suspect, const psn_points *p,
                                const double *value, double *buffer)
{
    const int64_t step = (p->n + COLUMNS_LOOK - 1) / COLUMNS_LOOK;
    int32_t count = p->dims;
    for (int32_t j = 0; j < p->dims; j++) suspect[j] = j;
    for (int64_t i = 0; i < p->n && count > 0; i += step) {
        const double *row = columns_rows(p, i, 1, buffer);
        int32_t left = 0;
        for (int32_t s = 0; s < count; s++)
            if (row[suspect[s]] == value[suspect[s]]) suspect[left++] = suspect[s];
        count = left;
    }
    return count;
}

/* Takes the constant columns out of the list of features. */
static void columns_leave(psn_points *p, const columns_work *work, int64_t chunks)
{
    int32_t kept = 0, s = 0;
    for (int32_t j = 0; j < p->dims; j++) {
        int varies = 1;
        if (s < work->suspects && work->suspect[s] == j) {
            varies = 0;
            for (int64_t c = 0; c < chunks; c++)
                varies |= work->varies[c * work->suspects + s];
            s++;
        }
        if (varies)
            p->column[kept++] = j;
        else
            p->offset[j] = work->value[j];
    }
    if (kept == 0) p->column[kept++] = 0;
    p->features = kept;
    p->width = (kept + 15) / 16 * 16;
}

int psn_points_columns(psn_points *p, psn_pool *pool, persona_error *error)
{
    const size_t dims = (size_t)p->dims, workers = (size_t)psn_pool_workers(pool);
    const int64_t chunks = (p->n + COLUMNS_CHUNK - 1) / COLUMNS_CHUNK;
    double *value = psn_alloc(dims, sizeof *value);
    int32_t *suspect = psn_alloc(dims, sizeof *suspect);
    columns_work work = {p, value, suspect, 0, NULL, NULL};
    int rc = PERSONA_OK;
    PSN_NEED(value);
    PSN_NEED(suspect);
    PSN_NEED(p->column = psn_alloc(dims, sizeof *p->column));
    PSN_NEED(work.buffers = psn_alloc(workers * 64, dims * sizeof(double)));
    memcpy(value, columns_rows(p, 0, 1, work.buffers), dims * sizeof *value);
    work.suspects = columns_suspects(suspect, p, value, work.buffers);
    PSN_NEED(work.varies = psn_alloc_zero((size_t)chunks, (size_t)work.suspects + 1));
    if (work.suspects > 0) psn_pool_run(pool, chunks, columns_chunk, &work);
    columns_leave(p, &work, chunks);
done:
    psn_release(value);
    psn_release(suspect);
    psn_release(work.buffers);
    psn_release(work.varies);
    return rc;
}
