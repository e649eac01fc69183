/* segment_fit_stats.c: what the customers of each segment are like, feature by feature.
 *
 * Means, quartiles and counts are of raw values. The lift of a feature is the difference of
 * the segment's mean to everybody's in standard deviations, on the transformed scale for
 * columns that group (skewed money would drown everything else), on the raw one for others.
 * Means are over every customer; quartiles over every n-th above 2^20 customers. O(n) a
 * feature, one column in memory at a time. */
#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { STATS_SAMPLE = 1 << 20, STATS_ARRAYS = 5 };

/* One feature's values while it is measured. */
typedef struct stats_column {
    double *raw, *scaled; /* customers */
    double *group;        /* customers: sampled values by segment */
    int64_t *start;       /* k + 1 */
    double *sums;         /* 3 k: weight, raw, scaled */
} stats_column;

static double stats_tame(double v)
{
    return v > PSN_SCALE_MOST ? PSN_SCALE_MOST : v < -PSN_SCALE_MOST ? -PSN_SCALE_MOST : v;
}

static void stats_read_number(stats_column *to, const psn_fit *fit,
                              const psn_fit_feature *feature)
{
    const psn_column *column = psn_fit_column(fit, feature->column);
    const psn_scale *scale = fit->model->scale;
    const int64_t rows = fit->customers->rows;
    double buffer[PSN_SCALE_LANES] = {0}, scaled[PSN_SCALE_LANES];
    for (int64_t at = 0; at < rows; at += PSN_SCALE_LANES) {
        const int64_t count = rows - at < PSN_SCALE_LANES ? rows - at : PSN_SCALE_LANES;
        for (int64_t i = 0; i < count; i++)
            buffer[i] = psn_column_number(column, at + i);
        if (feature->input >= 0) psn_scale_lanes(scale, feature->input, buffer, scaled);
        for (int64_t i = 0; i < count; i++) {
            to->raw[at + i] =
                stats_tame(feature->input >= 0
                               ? psn_scale_value(scale, feature->input, buffer[i])
                               : buffer[i]);
            to->scaled[at + i] = feature->input >= 0 ? scaled[i] : to->raw[at + i];
        }
    }
}

static void stats_read_level(stats_column *to, const psn_fit *fit,
                             const psn_fit_feature *feature)
{
    const int32_t *level = fit->view.level[feature->input - fit->model->numbers];
    for (int64_t i = 0; i < fit->customers->rows; i++)
        to->raw[i] = to->scaled[i] = level[i] == PSN_LEVEL_MISSING ? NAN
                                     : level[i] == feature->level  ? 1
                                                                   : 0;
}

static void stats_means(psn_fit_feature *feature, stats_column *column, const psn_fit *fit)
{
    const int32_t k = fit->model->k;
    double *weight = column->sums, *raw = weight + k, *scaled = raw + k;
    double all_weight = 0, all_raw = 0, all_scaled = 0, square = 0, raw_square = 0;
    memset(column->sums, 0, 3 * (size_t)k * sizeof(double));
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        if (isnan(column->raw[i])) continue;
        const double w = fit->weights ? fit->weights[i] : 1;
        const int32_t c = fit->labels[i];
        weight[c] += w;
        raw[c] += w * column->raw[i];
        scaled[c] += w * column->scaled[i];
    }
    for (int32_t c = 0; c < k; c++) {
        all_weight += weight[c];
        all_raw += raw[c];
        all_scaled += scaled[c];
    }
    feature->mean = all_raw / all_weight;
    const double center = all_scaled / all_weight;
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        if (isnan(column->raw[i])) continue;
        const double w = fit->weights ? fit->weights[i] : 1;
        const double t = column->scaled[i] - center, u = column->raw[i] - feature->mean;
        square += w * t * t;
        raw_square += w * u * u;
    }
    feature->deviation = sqrt(raw_square / all_weight);
    const double deviation = sqrt(square / all_weight);
    for (int32_t c = 0; c < k; c++) {
        feature->segment_mean[c] = raw[c] / weight[c];
        feature->lift[c] =
            deviation > 0 ? (scaled[c] / weight[c] - center) / deviation : NAN;
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

static void stats_quartiles(psn_fit_feature *feature, stats_column *column,
                            const psn_fit *fit)
{
    const int32_t k = fit->model->k;
    const int64_t rows = fit->customers->rows, step = rows / STATS_SAMPLE + 1;
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
                psn_format(to->label + used, sizeof to->label - used, "=%.*s", (int)length,
                           text);
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
    PSN_NEED(out->memory = psn_alloc((size_t)out->features, k * STATS_ARRAYS *
                                                                sizeof(double)));
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

int psn_fit_stats_make(psn_fit_stats *out, psn_fit *fit, persona_error *error)
{
    int rc;
    const size_t rows = (size_t)fit->customers->rows, k = (size_t)fit->model->k;
    stats_column column = {psn_alloc(rows, sizeof(double)), psn_alloc(rows, sizeof(double)),
                           psn_alloc(rows, sizeof(double)),
                           psn_alloc(k + 2, sizeof(int64_t)),
                           psn_alloc(k, 3 * sizeof(double))};
    *out = (psn_fit_stats){0};
    PSN_NEED(column.raw);
    PSN_NEED(column.scaled);
    PSN_NEED(column.group);
    PSN_NEED(column.start);
    PSN_NEED(column.sums);
    PSN_TRY(stats_room(out, fit, error));
    stats_sizes(out, fit);
    for (int64_t f = 0; f < out->features; f++) {
        psn_fit_feature *feature = out->feature + f;
        if (feature->level >= 0) stats_read_level(&column, fit, feature);
        else stats_read_number(&column, fit, feature);
        stats_means(feature, &column, fit);
        stats_quartiles(feature, &column, fit);
    }
done:
    psn_release(column.raw);
    psn_release(column.scaled);
    psn_release(column.group);
    psn_release(column.start);
    psn_release(column.sums);
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
