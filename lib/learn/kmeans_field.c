/* kmeans_field.c: distances to one point and draws in proportion to them
 * (kmeans_field.h).
 */
#include "learn/kmeans_field.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define FIELD_FAR 1e17 /* scaled coordinates are cut here: squares stay finite */

int psn_kmeans_spot_open(kmeans_spot *spot, const psn_points *points,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    spot->scaled = NULL;
    PSN_NEED(spot->raw = psn_alloc((size_t)points->dims, sizeof *spot->raw));
    PSN_NEED(spot->scaled = psn_alloc_aligned((size_t)points->width, sizeof(float)));
    memset(spot->scaled, 0, (size_t)points->width * sizeof(float));
done:
    return rc;
}

void psn_kmeans_spot_close(kmeans_spot *spot)
{
    psn_release(spot->raw);
    psn_release_aligned(spot->scaled);
}

void psn_kmeans_spot_place(kmeans_spot *spot, const kmeans_engine *engine,
                           int64_t position)
{
    psn_kmeans_spot_at(spot, engine,
                       psn_points_row(engine->points, position, engine->scratch[0].row));
}

void psn_kmeans_spot_at(kmeans_spot *spot, const kmeans_engine *engine, const double *row)
{
    const psn_points *p = engine->points;
    for (int32_t j = 0; j < p->dims; j++)
        spot->raw[j] = row[j] == row[j] ? row[j] : p->offset[j];
    for (int32_t f = 0; f < p->features; f++) {
        const int32_t j = psn_points_column(p, f);
        const double t = (spot->raw[j] - p->offset[j]) * p->scale;
        spot->scaled[f] = (float)(t < -FIELD_FAR  ? -FIELD_FAR
                                  : t > FIELD_FAR ? FIELD_FAR
                                                  : t);
    }
}

static float field_tail(const psn_points *p, int64_t at, const double *center,
                        double *buffer)
{
    const double *row = psn_points_row(p, at, buffer);
    double sum = 0;
    for (int32_t j = 0; j < p->dims; j++) {
        const double t = (row[j] - center[j]) * p->scale;
        if (t == t) sum += t * t;
    }
    sum *= psn_points_factor(p, row);
    return (float)(sum < 1e30 ? sum : 1e30);
}

void psn_kmeans_field_measure(float *squared, const kmeans_engine *engine, int64_t group,
                              const kmeans_spot *spot, double *row)
{
    const psn_points *p = engine->points;
    const int64_t from = group * 64;
    const int64_t to = from + 64 < p->positions ? from + 64 : p->positions;
    if (group < p->blocks) {
        engine->kernels->distance(p->x + from * p->dims, p->dims, spot->scaled, squared);
        return;
    }
    for (int64_t at = from; at < to; at++)
        squared[at - from] = at < p->tail_at
                                 ? engine->kernels->wide_distance(p->x + at * p->width,
                                                                  spot->scaled, p->width)
                                 : field_tail(p, at, spot->raw, row);
}

/* The last row that counts at all. */
static int64_t field_last(const psn_points *p, const float *value)
{
    for (int64_t at = p->positions - 1; at >= 0; at--)
        if ((at < p->full || at >= p->tail_at) && value[at] > 0) return at;
    return 0;
}

int64_t psn_kmeans_field_draw(psn_random *random, const kmeans_engine *engine,
                              const float *value, const double *sums, double total)
{
    const psn_points *p = engine->points;
    const int64_t groups = kmeans_field_groups(p);
    double left = psn_random_unit(random) * total;
    int64_t group = 0, last = -1;
    while (group < groups - 1 && left >= sums[group]) left -= sums[group++];
    /* Rounding may leave a remainder after the last row that counts: take that row. */
    for (; group < groups; group++) {
        const int64_t from = group * 64;
        const int64_t to = from + 64 < p->positions ? from + 64 : p->positions;
        for (int64_t at = from; at < to; at++) {
            const double v =
                (double)value[at] * (p->weight != NULL ? (double)p->weight[at] : 1.0);
            if (at >= p->full && at < p->tail_at) continue;
            if (!(v > 0)) continue;
            last = at;
            left -= v;
            if (left < 0) return at;
        }
    }
    return last >= 0 ? last : field_last(p, value);
}
