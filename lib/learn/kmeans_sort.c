/* kmeans_sort.c: rows of up to 3 features along a Morton curve: the bits of the features,
 * each brought to equal steps over its range, interleaved into one 32-bit key; radix
 * sort. Neighbours in the order are neighbours in space. O(n). */
#include "learn/kmeans_points.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { SORT_BITS = 11, SORT_BINS = 1 << SORT_BITS, SORT_PASSES = 3 };

typedef struct sort_item {
    uint32_t key;
    int64_t row;
} sort_item;

/* Spreads the low bits of v to every dims-th place. */
static uint32_t sort_spread(uint32_t v, int32_t dims)
{
    if (dims == 2) {
        v = (v | v << 8) & 0x00ff00ffU;
        v = (v | v << 4) & 0x0f0f0f0fU;
        v = (v | v << 2) & 0x33333333U;
        return (v | v << 1) & 0x55555555U;
    }
    if (dims == 3) {
        v = (v | v << 16) & 0x030000ffU;
        v = (v | v << 8) & 0x0300f00fU;
        v = (v | v << 4) & 0x030c30c3U;
        return (v | v << 2) & 0x09249249U;
    }
    return v;
}

static void sort_range(double *low, double *high, const int64_t *order, int64_t count,
                       const psn_points *points)
{
    double buffer[KMEANS_BOX_DIMS];
    for (int32_t j = 0; j < points->dims; j++) low[j] = INFINITY, high[j] = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        const double *row = buffer;
        if (points->values != NULL)
            row = points->values + order[i] * points->dims;
        else
            points->rows->read(points->rows->context, order[i], 1, buffer);
        for (int32_t j = 0; j < points->dims; j++) {
            low[j] = row[j] < low[j] ? row[j] : low[j];
            high[j] = row[j] > high[j] ? row[j] : high[j];
        }
    }
}

static uint32_t sort_key(const double *row, const double *low, const double *step,
                         int32_t dims)
{
    uint32_t key = 0;
    for (int32_t j = 0; j < dims; j++) {
        const double t = (row[j] - low[j]) * step[j]; /* 0 .. 2^bits - 1, or NaN */
        key |= sort_spread(t > 0 ? (uint32_t)t : 0, dims) << j;
    }
    return key;
}

static void sort_radix(sort_item *items, sort_item *spare, int64_t count)
{
    for (int pass = 0; pass < SORT_PASSES; pass++) {
        int64_t start[SORT_BINS] = {0}, sum = 0;
        for (int64_t i = 0; i < count; i++)
            start[items[i].key >> (pass * SORT_BITS) & (SORT_BINS - 1)]++;
        for (int b = 0; b < SORT_BINS; b++) {
            const int64_t here = start[b];
            start[b] = sum;
            sum += here;
        }
        for (int64_t i = 0; i < count; i++)
            spare[start[items[i].key >> (pass * SORT_BITS) & (SORT_BINS - 1)]++] =
                items[i];
        sort_item *swap = items;
        items = spare;
        spare = swap;
    }
}

int psn_points_sort(int64_t *order, int64_t count, const psn_points *points,
                    persona_error *error)
{
    static const double steps[] = {0, 4294967295.0, 65535.0, 1023.0};
    double low[KMEANS_BOX_DIMS], high[KMEANS_BOX_DIMS], step[KMEANS_BOX_DIMS];
    double buffer[KMEANS_BOX_DIMS];
    sort_item *items = NULL, *spare = NULL;
    int rc = PERSONA_OK;
    PSN_NEED(items = psn_alloc((size_t)count + 1, sizeof *items));
    PSN_NEED(spare = psn_alloc((size_t)count + 1, sizeof *spare));
    sort_range(low, high, order, count, points);
    for (int32_t j = 0; j < points->dims; j++)
        step[j] = high[j] > low[j] ? steps[points->dims] / (high[j] - low[j]) : 0;
    for (int64_t i = 0; i < count; i++) {
        const double *row = buffer;
        if (points->values != NULL)
            row = points->values + order[i] * points->dims;
        else
            points->rows->read(points->rows->context, order[i], 1, buffer);
        items[i].key = sort_key(row, low, step, points->dims);
        items[i].row = order[i];
    }
    sort_radix(items, spare, count); /* three passes: the result is in `spare` */
    for (int64_t i = 0; i < count; i++) order[i] = spare[i].row;
done:
    psn_release(items);
    psn_release(spare);
    return rc;
}
