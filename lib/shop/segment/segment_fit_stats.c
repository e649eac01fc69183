/* segment_fit_stats.c: what the customers of each segment are like, feature by feature.
 *
 * Means, quartiles and counts are of raw values. The lift of a feature is the difference
 * of the segment's mean to everybody's in standard deviations, on the transformed scale
 * for columns that group (skewed money would drown everything else), on the raw one for
 * others. Means are over every customer; quartiles over every n-th above 2^17 customers.
 * O(n) a feature, one column in memory at a time. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { STATS_SAMPLE = 1 << 17, STATS_CHUNK = 1 << 16, STATS_ARRAYS = 5 };

/* One feature's values while it is measured. Chunks of rows add to sums of their own,
 * which are summed in order: the number of threads changes nothing. */
typedef struct stats_column {
    const psn_fit *fit;
    psn_fit_feature *feature;
    double *raw, *scaled; /* customers */
    double *group;        /* sampled values by segment */
    int64_t *start;       /* k + 2 */
    double *sums;         /* chunks x 3 k: weight, raw, scaled */
    double *squares;      /* chunks x 2: raw, scaled */
    int64_t chunk_rows, chunks;
    double center; /* scaled mean of all */
} stats_column;

static double stats_tame(double v)
{
    return v > PSN_SCALE_MOST    ? PSN_SCALE_MOST
           : v < -PSN_SCALE_MOST ? -PSN_SCALE_MOST
                                 : v;
}

static void stats_read_numbers(stats_column *to, int64_t first, int64_t end)
{
    const psn_fit_feature *feature = to->feature;
    const psn_column *column = psn_fit_column(to->fit, feature->column);
    const psn_scale *scale = to->fit->model->scale;
    double buffer[PSN_SCALE_LANES], scaled[PSN_SCALE_LANES];
    for (int64_t at = first; at < end; at += PSN_SCALE_LANES) {
        const int32_t count =
            end - at < PSN_SCALE_LANES ? (int32_t)(end - at) : PSN_SCALE_LANES;
        const double *raw = psn_segment_numbers(column, at, count, buffer);
        if (feature->input >= 0) psn_scale_lanes(scale, feature->input, raw, scaled);
        for (int32_t i = 0; i < count; i++) {
            to->raw[at + i] = stats_tame(
                feature->input >= 0 ? psn_scale_value(scale, feature->input, raw[i])
                                    : raw[i]);
            to->scaled[at + i] = feature->input >= 0 ? scaled[i] : to->raw[at + i];
        }
    }
}

static void stats_read_level(stats_column *to, int64_t first, int64_t end)
{
    const psn_fit *fit = to->fit;
    const int32_t *level = fit->view.level[to->feature->input - fit->model->numbers];
    for (int64_t i = first; i < end; i++)
        to->raw[i] = to->scaled[i] = level[i] == PSN_LEVEL_MISSING    ? NAN
                                     : level[i] == to->feature->level ? 1
                                                                      : 0;
}

static int64_t stats_end(const stats_column *column, int64_t chunk)
{
    const int64_t end = (chunk + 1) * column->chunk_rows;
    return end < column->fit->customers->rows ? end : column->fit->customers->rows;
}

static void stats_sum_chunk(void *context, int64_t chunk, int worker)
{
    stats_column *column = context;
    const psn_fit *fit = column->fit;
    const int64_t first = chunk * column->chunk_rows, end = stats_end(column, chunk);
    const int32_t k = fit->model->k;
    double *weight = column->sums + (size_t)chunk * 3 * (size_t)k;
    double *raw = weight + k, *scaled = raw + k;
    (void)worker;
    if (column->feature->level >= 0)
        stats_read_level(column, first, end);
    else
        stats_read_numbers(column, first, end);
    memset(weight, 0, 3 * (size_t)k * sizeof(double));
    for (int64_t i = first; i < end; i++) {
        if (isnan(column->raw[i])) continue;
        const double w = fit->weights ? fit->weights[i] : 1;
        const int32_t c = fit->labels[i];
        weight[c] += w;
        raw[c] += w * column->raw[i];
        scaled[c] += w * column->scaled[i];
    }
}

static void stats_square_chunk(void *context, int64_t chunk, int worker)
{
    stats_column *column = context;
    const psn_fit *fit = column->fit;
    const int64_t end = stats_end(column, chunk);
    double raw = 0, scaled = 0;
    (void)worker;
    for (int64_t i = chunk * column->chunk_rows; i < end; i++) {
        if (isnan(column->raw[i])) continue;
        const double w = fit->weights ? fit->weights[i] : 1;
        const double t = column->scaled[i] - column->center;
        const double u = column->raw[i] - column->feature->mean;
        scaled += w * t * t;
        raw += w * u * u;
    }
    column->squares[2 * chunk] = raw;
    column->squares[2 * chunk + 1] = scaled;
}

/* Sums of the first chunk become those of all. */
static void stats_add_chunks(stats_column *column, size_t per_chunk, double *sums)
{
    for (int64_t c = 1; c < column->chunks; c++)
        for (size_t i = 0; i < per_chunk; i++) sums[i] += sums[(size_t)c * per_chunk + i];
}

static void stats_means(stats_column *column)
{
    psn_fit_feature *feature = column->feature;
    const int32_t k = column->fit->model->k;
    const double *weight = column->sums, *raw = weight + k, *scaled = raw + k;
    double all_weight = 0, all_raw = 0, all_scaled = 0;
    psn_pool_run(column->fit->pool, column->chunks, stats_sum_chunk, column);
    stats_add_chunks(column, 3 * (size_t)k, column->sums);
    for (int32_t c = 0; c < k; c++) {
        all_weight += weight[c];
        all_raw += raw[c];
        all_scaled += scaled[c];
    }
    feature->mean = all_raw / all_weight;
    column->center = all_scaled / all_weight;
    psn_pool_run(column->fit->pool, column->chunks, stats_square_chunk, column);
    stats_add_chunks(column, 2, column->squares);
    feature->deviation = sqrt(column->squares[0] / all_weight);
    const double deviation = sqrt(column->squares[1] / all_weight);
    for (int32_t c = 0; c < k; c++) {
        feature->segment_mean[c] = raw[c] / weight[c];
        feature->lift[c] =
            deviation > 0 ? (scaled[c] / weight[c] - column->center) / deviation : NAN;
    }
}

static double stats_quartile(double *values, int64_t count, double q)
{
    if (count == 0) return NAN;
    const double rank = q * (double)(count - 1);
    const int64_t below = (int64_t)rank;
    const double low = psn_select_real(values, count, below);
    if (rank == (double)below) return low;
    const double high = psn_select_real(values, count, below + 1);
    return low + (rank - (double)below) * (high - low);
}

static void stats_quartiles(stats_column *column)
{
    const psn_fit *fit = column->fit;
    psn_fit_feature *feature = column->feature;
    const int32_t k = fit->model->k;
    const int64_t rows = fit->customers->rows, step = (rows - 1) / STATS_SAMPLE + 1;
    memset(column->start, 0, ((size_t)k + 2) * sizeof(int64_t));
    for (int64_t i = 0; i < rows; i += step)
        if (!isnan(column->raw[i])) column->start[fit->labels[i] + 2]++;
    for (int32_t c = 0; c < k; c++) column->start[c + 2] += column->start[c + 1];
    for (int64_t i = 0; i < rows; i += step)
        if (!isnan(column->raw[i]))
            column->group[column->start[fit->labels[i] + 1]++] = column->raw[i];
    for (int32_t c = 0; c < k; c++) {
        double *values = column->group + column->start[c];
        const int64_t count = column->start[c + 1] - column->start[c];
        feature->low[c] = stats_quartile(values, count, 0.25);
        feature->median[c] = stats_quartile(values, count, 0.5);
        feature->high[c] = stats_quartile(values, count, 0.75);
    }
}

/* ---- which features */

static int stats_extra(const psn_fit *fit, int64_t column)
{
    const psn_column *values = psn_fit_column(fit, column);
    if (column == fit->column[PSN_ROLE_USER] || column == fit->column[PSN_ROLE_WEIGHT])
        return 0;
    if (values->type == PERSONA_TYPE_TEXT || values->type == PERSONA_TYPE_TIME) return 0;
    for (int32_t i = 0; i < fit->model->inputs; i++)
        if (strcmp(fit->model->input[i].name, values->name) == 0) return 0;
    double first = NAN;
    int varied = 0;
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double x = psn_column_number(values, i);
        if (isinf(x)) return 0;
        if (isnan(x)) continue;
        if (isnan(first)) first = x;
        varied |= x != first;
    }
    return varied;
}

static void stats_list(psn_fit_stats *out, const psn_fit *fit)
{
    const persona_segmenter *model = fit->model;
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_segment_input *input = model->input + i;
        for (int32_t l = 0; l < input->width; l++) {
            psn_fit_feature *to = out->feature + out->features++;
            to->column = psn_table_find(fit->customers, input->name);
            to->input = i;
            to->level = input->levels ? l : -1;
            psn_segment_label(to->label, sizeof to->label, input);
            if (input->levels) {
                size_t length, used = strlen(to->label);
                const char *text = psn_dict_text(input->levels, l, &length);
                psn_format(to->label + used, sizeof to->label - used, "=%.*s",
                           (int)length, text);
            }
        }
    }
    for (int64_t c = 0; c < fit->customers->count; c++) {
        if (!stats_extra(fit, c)) continue;
        psn_fit_feature *to = out->feature + out->features++;
        to->column = c;
        to->input = to->level = -1;
        psn_format(to->label, sizeof to->label, "%s", psn_fit_column(fit, c)->name);
    }
}

static void stats_sizes(psn_fit_stats *out, const psn_fit *fit)
{
    double total = 0;
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double weight = fit->weights ? fit->weights[i] : 1;
        out->size[fit->labels[i]]++;
        out->weight[fit->labels[i]] += weight;
        total += weight;
        if (out->revenue == NULL) continue;
        out->revenue[fit->labels[i]] += weight * fit->value[i];
        out->total_revenue += weight * fit->value[i];
    }
    for (int32_t c = 0; c < fit->model->k; c++) out->weight[c] /= total;
}

static int stats_room(psn_fit_stats *out, const psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t k = (size_t)fit->model->k;
    const size_t most = (size_t)fit->model->dims + (size_t)fit->customers->count;
    PSN_NEED(out->feature = psn_alloc_zero(most, sizeof *out->feature));
    PSN_NEED(out->size = psn_alloc_zero(k, sizeof *out->size));
    PSN_NEED(out->weight = psn_alloc_zero(k, sizeof *out->weight));
    if (fit->value) PSN_NEED(out->revenue = psn_alloc_zero(k, sizeof *out->revenue));
    stats_list(out, fit);
    PSN_NEED(out->memory =
                 psn_alloc((size_t)out->features, k * STATS_ARRAYS * sizeof(double)));
    for (int64_t f = 0; f < out->features; f++) {
        double *at = out->memory + (size_t)f * k * STATS_ARRAYS;
        psn_fit_feature *to = out->feature + f;
        to->segment_mean = at;
        to->median = at + k;
        to->low = at + 2 * k;
        to->high = at + 3 * k;
        to->lift = at + 4 * k;
    }
done:
    return rc;
}

static int stats_open(stats_column *column, const psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)fit->customers->rows, k = (size_t)fit->model->k;
    column->fit = fit;
    /* so many rows a chunk that all sums together are smaller than a column */
    column->chunk_rows =
        4 * fit->model->k > STATS_CHUNK ? 4 * fit->model->k : STATS_CHUNK;
    column->chunks = (fit->customers->rows + column->chunk_rows - 1) / column->chunk_rows;
    PSN_NEED(column->raw = psn_alloc(rows, sizeof(double)));
    PSN_NEED(column->scaled = psn_alloc(rows, sizeof(double)));
    PSN_NEED(column->group =
                 psn_alloc(rows < STATS_SAMPLE ? rows : STATS_SAMPLE, sizeof(double)));
    PSN_NEED(column->start = psn_alloc(k + 2, sizeof(int64_t)));
    PSN_NEED(column->sums = psn_alloc((size_t)column->chunks * k, 3 * sizeof(double)));
    PSN_NEED(column->squares = psn_alloc((size_t)column->chunks, 2 * sizeof(double)));
done:
    return rc;
}

int psn_fit_stats_make(psn_fit_stats *out, psn_fit *fit, persona_error *error)
{
    int rc;
    stats_column column = {0};
    *out = (psn_fit_stats){0};
    PSN_TRY(stats_open(&column, fit, error));
    PSN_TRY(stats_room(out, fit, error));
    stats_sizes(out, fit);
    for (int64_t f = 0; f < out->features; f++) {
        column.feature = out->feature + f;
        stats_means(&column);
        stats_quartiles(&column);
        PSN_TRY(psn_task_check(fit->task, (double)f / (double)out->features, error));
    }
done:
    psn_release(column.raw);
    psn_release(column.scaled);
    psn_release(column.group);
    psn_release(column.start);
    psn_release(column.sums);
    psn_release(column.squares);
    return rc;
}

void psn_fit_stats_free(psn_fit_stats *stats)
{
    psn_release(stats->feature);
    psn_release(stats->size);
    psn_release(stats->weight);
    psn_release(stats->revenue);
    psn_release(stats->memory);
}
