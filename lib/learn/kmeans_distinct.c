/* kmeans_distinct.c: how many different rows there are, counted as far as it matters, and
 * which distances are more than rounding. There cannot be more clusters than different
 * rows; asking for more would make a search move equal rows to and fro. The count stops
 * at the number of clusters, so that only tables with few different rows are read whole.
 */
#include "learn/kmeans_engine.h"

#include <math.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"

/* Equal rows get equal bytes: -0 is 0, every NaN the same. */
static void distinct_row(double *out, const double *row, int32_t dims)
{
    for (int32_t j = 0; j < dims; j++) out[j] = row[j] == row[j] ? row[j] + 0.0 : NAN;
}

int psn_kmeans_distinct(kmeans_engine *engine, int32_t *count, persona_error *error)
{
    const psn_points *p = engine->points;
    const size_t bytes = (size_t)p->dims * sizeof(double);
    psn_dict *seen = NULL;
    double *row = NULL;
    int rc = PERSONA_OK;
    if (engine->distinct == 0) {
        PSN_NEED(seen = psn_dict_new());
        PSN_NEED(row = psn_alloc(1, bytes));
        for (int64_t at = 0; at < p->positions && engine->distinct < engine->room; at++) {
            if (at >= p->full && at < p->tail_at) continue;
            distinct_row(row, psn_points_row(p, at, engine->scratch[0].row), p->dims);
            if (psn_dict_add(seen, (const char *)row, bytes) < 0) PSN_NEED(NULL);
            engine->distinct = (int32_t)psn_dict_count(seen);
        }
    }
    *count = engine->distinct;
done:
    psn_dict_free(seen);
    psn_release(row);
    return rc;
}

int psn_kmeans_apart(const psn_points *points, const double *row, const double *center,
                     double squared)
{
    double size = 0;
    for (int32_t j = 0; j < points->dims; j++)
        if (row[j] == row[j]) size += row[j] * row[j] + center[j] * center[j];
    return squared > 0x1p-88 * size; /* 6e-14 of their length: room for sums of rows */
}
