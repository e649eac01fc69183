/* bins.c: turns columns into bytes.
 *
 * Edges come from a sample of at most 200,000 rows: one row out of each of 200,000 equal
 * stretches, at a place that a counter-based generator picks, so the sample depends on
 * the number of rows only. A value finds its bin by a binary search without branches over
 * edges padded to a power of two: about 3 ns. Work is cut by columns for the edges and by
 * rows for the values, so that also row-major input is read once. O(n d log bins). */
#include "data/bins.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"

enum {
    BINS_SAMPLE = 200000,
    BINS_BLOCK = 2048, /* rows of one piece of work */
    BINS_PADDED = 256, /* edges with room for a search of 8 steps */
    BINS_RARE_COUNT = 3,
    BINS_COLUMNS_MAX = 65536
};
static const uint32_t BINS_PURPOSE = 0x62696e73;

typedef struct bins_work {
    psn_bins *bins;
    const psn_bins_source *sources;
    const int64_t *sample; /* rows */
    int64_t samples;
    int32_t max_bins;
    double *padded;  /* BINS_PADDED a column */
    int *steps;      /* of the search, a column */
    double *scratch; /* 2 x samples a worker */
    int64_t *counts; /* max_levels a worker */
    int32_t *order;  /* max_levels a worker */
    size_t max_levels;
    persona_task *task;
} bins_work;

static int64_t bins_sample_row(int64_t rows, int64_t samples, int64_t i)
{
    if (samples == rows) return i;
    int64_t begin = (int64_t)((__int128)rows * i / samples);
    int64_t end = (int64_t)((__int128)rows * (i + 1) / samples);
    psn_random random;
    psn_random_start(&random, 0, BINS_PURPOSE, (uint64_t)i);
    return begin + psn_random_below(&random, end - begin);
}

static void bins_pad(const psn_bins_column *column, double *padded, int *steps)
{
    int32_t edges = column->bins - 2;
    *steps = 0;
    while ((1 << *steps) - 1 < edges) (*steps)++;
    for (int32_t i = 0; i < BINS_PADDED; i++) {
        padded[i] = i < edges ? column->edges[i] : INFINITY;
    }
}

static void bins_find_edges(bins_work *work, int32_t c, int worker)
{
    const psn_bins_source *source = &work->sources[c];
    psn_bins_column *column = &work->bins->column[c];
    double *values = work->scratch + (size_t)worker * 2 * (size_t)work->samples;
    int64_t count = 0;
    for (int64_t i = 0; i < work->samples; i++) {
        double value = source->values[work->sample[i] * source->stride] + 0.0;
        values[count] = value;
        count += value == value;
    }
    psn_bins_sort(values, values + work->samples, count);
    int32_t limit = work->max_bins - 1; /* bins of values */
    column->bins = 2 + psn_bins_edges(column->edges, values, count, limit);
    bins_pad(column, work->padded + (size_t)c * BINS_PADDED, &work->steps[c]);
}

/* Levels by count down, then code up: a heap sort of the codes. */
static int bins_before(const int64_t *counts, int32_t a, int32_t b)
{
    return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
}

static void bins_sift(int32_t *order, const int64_t *counts, int32_t root, int32_t end)
{
    for (int32_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && bins_before(counts, order[child], order[child + 1]))
            child++;
        if (!bins_before(counts, order[root], order[child])) return;
        int32_t swap = order[root];
        order[root] = order[child];
        order[child] = swap;
    }
}

static void bins_sort_levels(int32_t *order, const int64_t *counts, int32_t levels)
{
    for (int32_t i = 0; i < levels; i++) order[i] = i;
    for (int32_t i = levels / 2; i-- > 0;) bins_sift(order, counts, i, levels);
    for (int32_t end = levels; end-- > 1;) {
        int32_t swap = order[0];
        order[0] = order[end];
        order[end] = swap;
        bins_sift(order, counts, 0, end);
    }
}

static void bins_find_levels(bins_work *work, int32_t c, int worker)
{
    const psn_bins_source *source = &work->sources[c];
    psn_bins_column *column = &work->bins->column[c];
    int64_t *counts = work->counts + (size_t)worker * work->max_levels;
    int32_t *order = work->order + (size_t)worker * work->max_levels;
    memset(counts, 0, (size_t)source->levels * sizeof *counts);
    for (int64_t row = 0; row < work->bins->rows; row++) {
        int32_t code = source->codes[row];
        if (code >= 0 && code < source->levels) counts[code]++;
    }
    bins_sort_levels(order, counts, source->levels);
    int32_t room = work->max_bins - 1, kept = 0;
    while (kept < source->levels && counts[order[kept]] >= BINS_RARE_COUNT) kept++;
    if (kept > room || (kept < source->levels && kept == room)) kept = room - 1;
    column->levels = source->levels;
    column->rare = kept < source->levels ? kept + 1 : 0;
    column->bins = 1 + kept + (column->rare > 0);
    for (int32_t i = 0; i < source->levels; i++) {
        column->bin_of_level[order[i]] = (uint8_t)(i < kept ? i + 1 : column->rare);
    }
}

static void bins_find(void *context, int64_t block, int worker)
{
    bins_work *work = context;
    if (work->sources[block].codes != NULL) {
        bins_find_levels(work, (int32_t)block, worker);
    } else {
        bins_find_edges(work, (int32_t)block, worker);
    }
}

/* How many edges are below x; straight code where the number of steps is known. */
static inline __attribute__((always_inline)) void
bins_fill_steps(uint8_t *out, const double *values, int64_t stride, int64_t count,
                const double *padded, int steps)
{
    for (int64_t i = 0; i < count; i++) {
        const double x = values[i * stride];
        uint64_t at = 0;
        for (int s = steps; s-- > 0;) {
            at |= (uint64_t)(padded[at + ((uint64_t)1 << s) - 1] < x) << s;
        }
        out[i] = (uint8_t)(x == x ? at + 1 : PSN_BINS_MISSING);
    }
}

static void bins_fill_numbers(uint8_t *out, const double *values, int64_t stride,
                              int64_t count, const double *padded, int steps)
{
    if (steps == 8) {
        bins_fill_steps(out, values, stride, count, padded, 8);
    } else {
        bins_fill_steps(out, values, stride, count, padded, steps);
    }
}

static void bins_fill_codes(uint8_t *out, const int32_t *codes, int64_t count,
                            const psn_bins_column *column)
{
    for (int64_t i = 0; i < count; i++) out[i] = psn_bins_of_code(column, codes[i]);
}

static void bins_fill(void *context, int64_t block, int worker)
{
    (void)worker;
    bins_work *work = context;
    int64_t first = block * BINS_BLOCK, count = work->bins->rows - first;
    if (count > BINS_BLOCK) count = BINS_BLOCK;
    for (int32_t c = 0; c < work->bins->columns; c++) {
        const psn_bins_source *source = &work->sources[c];
        uint8_t *out = work->bins->codes[c] + first;
        if (source->codes != NULL) {
            bins_fill_codes(out, source->codes + first, count, &work->bins->column[c]);
        } else {
            bins_fill_numbers(out, source->values + first * source->stride,
                              source->stride, count,
                              work->padded + (size_t)c * BINS_PADDED, work->steps[c]);
        }
    }
}

static void bins_count_missing(void *context, int64_t block, int worker)
{
    (void)worker;
    psn_bins *bins = ((bins_work *)context)->bins;
    const uint8_t *codes = bins->codes[block];
    int64_t missing = 0;
    for (int64_t i = 0; i < bins->rows; i++) missing += codes[i] == PSN_BINS_MISSING;
    bins->column[block].missing = missing;
}

uint8_t psn_bins_of_number(const psn_bins_column *column, double value)
{
    if (value != value) return PSN_BINS_MISSING;
    int32_t low = 0, high = column->bins - 2;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (column->edges[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint8_t)(low + 1);
}

uint8_t psn_bins_of_code(const psn_bins_column *column, int64_t code)
{
    if (code < 0) return PSN_BINS_MISSING;
    return code < column->levels ? column->bin_of_level[code] : (uint8_t)column->rare;
}

static int bins_check(const psn_bins_source *sources, int32_t columns, int64_t rows,
                      int32_t max_bins, persona_error *error)
{
    if (max_bins < 2 || max_bins > PSN_BINS_MAX) {
        return psn_fail(error, PERSONA_EOPTION, "max_bins = %d; must be 2 .. %d",
                        max_bins, (int)PSN_BINS_MAX);
    }
    if (columns < 1 || columns > BINS_COLUMNS_MAX) {
        return psn_fail(error, PERSONA_EDATA, "%d columns; must be 1 .. %d", columns,
                        (int)BINS_COLUMNS_MAX);
    }
    if (rows < 1 || rows > INT32_MAX) {
        return psn_fail(error, PERSONA_EDATA, "%lld rows; must be 1 .. %d",
                        (long long)rows, INT32_MAX);
    }
    for (int32_t c = 0; c < columns; c++) {
        if (sources[c].codes == NULL && sources[c].values == NULL) {
            return psn_fail(error, PERSONA_EARG, "column %d has no data", c);
        }
        if (sources[c].levels < 0) {
            return psn_fail(error, PERSONA_EARG, "column %d has a negative levels", c);
        }
    }
    return PERSONA_OK;
}

static int bins_make_columns(psn_bins *bins, const psn_bins_source *sources,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(bins->column = psn_alloc_zero((size_t)bins->columns, sizeof *bins->column));
    PSN_NEED(bins->codes = psn_alloc_zero((size_t)bins->columns, sizeof *bins->codes));
    for (int32_t c = 0; c < bins->columns; c++) {
        psn_bins_column *column = &bins->column[c];
        column->kind = sources[c].codes != NULL ? PSN_BINS_CATEGORY : PSN_BINS_NUMBER;
        if (column->kind == PSN_BINS_CATEGORY) {
            PSN_NEED(column->bin_of_level = psn_alloc((size_t)sources[c].levels, 1));
        } else {
            PSN_NEED(column->edges = psn_alloc(PSN_BINS_MAX, sizeof *column->edges));
        }
        PSN_NEED(bins->codes[c] = psn_alloc_aligned((size_t)bins->rows, 1));
    }
done:
    return rc;
}

static int bins_make_scratch(bins_work *work, int64_t **sample, psn_pool *pool,
                             persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_bins *bins = work->bins;
    size_t workers = (size_t)psn_pool_workers(pool), columns = (size_t)bins->columns;
    work->samples = bins->rows < BINS_SAMPLE ? bins->rows : BINS_SAMPLE;
    for (int32_t c = 0; c < bins->columns; c++) {
        size_t levels = (size_t)work->sources[c].levels;
        if (work->sources[c].codes != NULL && levels > work->max_levels) {
            work->max_levels = levels;
        }
    }
    PSN_NEED(*sample = psn_alloc((size_t)work->samples, sizeof **sample));
    for (int64_t i = 0; i < work->samples; i++) {
        (*sample)[i] = bins_sample_row(bins->rows, work->samples, i);
    }
    work->sample = *sample;
    PSN_NEED(work->padded = psn_alloc(columns * BINS_PADDED, sizeof *work->padded));
    PSN_NEED(work->steps = psn_alloc_zero(columns, sizeof *work->steps));
    PSN_NEED(work->scratch =
                 psn_alloc(workers * 2 * (size_t)work->samples, sizeof *work->scratch));
    PSN_NEED(work->counts = psn_alloc(workers * work->max_levels, sizeof *work->counts));
    PSN_NEED(work->order = psn_alloc(workers * work->max_levels, sizeof *work->order));
done:
    return rc;
}

int psn_bins_new(psn_bins **out, const psn_bins_source *sources, int32_t columns,
                 int64_t rows, int32_t max_bins, psn_pool *pool, persona_task *task,
                 persona_error *error)
{
    int rc = PERSONA_OK;
    psn_bins *bins = NULL;
    int64_t *sample = NULL;
    bins_work work = {.sources = sources, .max_bins = max_bins, .task = task};
    *out = NULL;
    PSN_TRY(bins_check(sources, columns, rows, max_bins, error));
    PSN_NEED(bins = psn_alloc_zero(1, sizeof *bins));
    bins->rows = rows;
    bins->columns = columns;
    work.bins = bins;
    PSN_TRY(bins_make_columns(bins, sources, error));
    PSN_TRY(bins_make_scratch(&work, &sample, pool, error));
    psn_pool_run(pool, columns, bins_find, &work);
    PSN_TRY(psn_task_check(task, 0.5, error));
    psn_pool_run(pool, (rows + BINS_BLOCK - 1) / BINS_BLOCK, bins_fill, &work);
    psn_pool_run(pool, columns, bins_count_missing, &work);
    PSN_TRY(psn_task_check(task, 1.0, error));
    *out = bins;
    bins = NULL;
done:
    psn_bins_free(bins);
    psn_release(sample);
    psn_release(work.padded);
    psn_release(work.steps);
    psn_release(work.scratch);
    psn_release(work.counts);
    psn_release(work.order);
    return rc;
}

void psn_bins_free(psn_bins *bins)
{
    if (bins == NULL) return;
    for (int32_t c = 0; c < bins->columns; c++) {
        if (bins->column != NULL) {
            psn_release(bins->column[c].edges);
            psn_release(bins->column[c].bin_of_level);
        }
        if (bins->codes != NULL) psn_release_aligned(bins->codes[c]);
    }
    psn_release(bins->column);
    psn_release(bins->codes);
    psn_release(bins);
}
