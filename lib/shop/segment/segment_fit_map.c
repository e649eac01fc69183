/* segment_fit_map.c: pictures of the segments: "map" (the centres and up to 500
 * customers, without a name, on the two axes of most variance) and, if asked for,
 * "examples" (the customers nearest to each centre, with their ids). */
#include "base/error.h"
#include "base/memory.h"
#include "learn/pca.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { MAP_CUSTOMERS = 500, MAP_PCA_ROWS = 20000 };

typedef struct map_rows {
    double *x, *y;
    int64_t *segment;
    const char **kind;
    int64_t count;
} map_rows;

/* A missing value lies on the mean. */
static void map_put(map_rows *to, const double *row, const double *mean,
                    const double *axes, int32_t dims, int32_t segment, const char *kind)
{
    double x = 0, y = 0;
    for (int32_t j = 0; j < dims; j++) {
        const double t = isnan(row[j]) ? 0 : row[j] - mean[j];
        x += t * axes[j];
        y += t * axes[dims + j];
    }
    to->x[to->count] = x;
    to->y[to->count] = y;
    to->segment[to->count] = segment;
    to->kind[to->count++] = kind;
}

static void map_row(double *out, const psn_rows *rows, int64_t row)
{
    if (rows->dense)
        memcpy(out, rows->dense + row * rows->dims, (size_t)rows->dims * sizeof *out);
    else
        rows->read(rows->context, row, 1, out);
}

/* The axes of every n-th row: enough for two. */
static int map_axes(double *mean, double *axes, const psn_rows *rows,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t dims = rows->dims;
    const int64_t step = (rows->rows - 1) / MAP_PCA_ROWS + 1;
    double *sample = NULL, variance[2];
    psn_rows seen = *rows;
    seen.weights = NULL;
    if (step > 1 || rows->dense == NULL) {
        seen.rows = (rows->rows - 1) / step + 1;
        PSN_NEED(sample = psn_alloc((size_t)seen.rows, (size_t)dims * sizeof *sample));
        for (int64_t r = 0; r < seen.rows; r++)
            map_row(sample + r * dims, rows, r * step);
        seen.dense = sample;
    }
    PSN_TRY(psn_pca_fit(mean, axes, variance, dims < 2 ? dims : 2, &seen, error));
done:
    psn_release(sample);
    return rc;
}

static int map_table(persona_table **out, const map_rows *rows, persona_error *error)
{
    int rc;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_strings(*out, "kind", rows->kind, rows->count, error));
    PSN_TRY(psn_table_add(*out, "segment", PERSONA_TYPE_INT, rows->segment, NULL,
                          rows->count, error));
    PSN_TRY(
        psn_table_add(*out, "x", PERSONA_TYPE_REAL, rows->x, NULL, rows->count, error));
    PSN_TRY(
        psn_table_add(*out, "y", PERSONA_TYPE_REAL, rows->y, NULL, rows->count, error));
done:
    return rc;
}

enum { MAP_MOST_DIMS = 256 };

int psn_fit_map(psn_fit *fit, const psn_rows *seen, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_segmenter *model = fit->model;
    const int32_t dims = model->dims;
    const size_t most = (size_t)model->k + MAP_CUSTOMERS;
    const int64_t step = (fit->customers->rows - 1) / MAP_CUSTOMERS + 1;
    double *mean = NULL, *axes = NULL, *row = NULL;
    map_rows rows = {0};
    if (dims > MAP_MOST_DIMS) return PERSONA_OK; /* d^2 of variances: no picture */
    PSN_NEED(mean = psn_alloc_zero((size_t)dims, sizeof *mean));
    PSN_NEED(axes = psn_alloc_zero((size_t)dims, 2 * sizeof *axes));
    PSN_NEED(row = psn_alloc((size_t)dims, sizeof *row));
    PSN_NEED(rows.x = psn_alloc(most, sizeof *rows.x));
    PSN_NEED(rows.y = psn_alloc(most, sizeof *rows.y));
    PSN_NEED(rows.segment = psn_alloc(most, sizeof *rows.segment));
    PSN_NEED(rows.kind = psn_alloc(most, sizeof *rows.kind));
    PSN_TRY(map_axes(mean, axes, seen, error));
    for (int32_t c = 0; c < model->k; c++)
        map_put(&rows, model->centers + (size_t)c * (size_t)dims, mean, axes, dims, c,
                "center");
    for (int64_t i = 0; i < fit->customers->rows; i += step) {
        map_row(row, seen, i);
        map_put(&rows, row, mean, axes, dims, fit->labels[i], "customer");
    }
    PSN_TRY(map_table(&fit->model->part[PSN_PART_MAP], &rows, error));
done:
    psn_release(mean);
    psn_release(axes);
    psn_release(row);
    psn_release(rows.x);
    psn_release(rows.y);
    psn_release(rows.segment);
    psn_release(rows.kind);
    return rc;
}

/* ---- examples */

/* The `most` nearest customers of one segment, nearest first, ties by row. */
static int64_t examples_of(int64_t *nearest, int64_t most, const psn_fit *fit,
                           int32_t segment)
{
    int64_t count = 0;
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        if (fit->labels[i] != segment) continue;
        int64_t at = count < most ? count++ : most;
        for (; at > 0 && fit->squared[nearest[at - 1]] > fit->squared[i]; at--)
            if (at < most) nearest[at] = nearest[at - 1];
        if (at < most) nearest[at] = i;
    }
    return count;
}

/* The id of a customer as text. */
static int examples_id(psn_text *out, int64_t *offset, const psn_column *column,
                       int64_t row)
{
    const char *text;
    int64_t length;
    if (column->type == PERSONA_TYPE_TEXT) {
        psn_column_text(column, row, &text, &length);
        psn_text_append(out, text ? text : "", text ? (size_t)length : 0);
    } else {
        psn_text_format(out, "%lld", (long long)psn_column_number(column, row));
    }
    *offset = (int64_t)out->length;
    return out->failed;
}

int psn_fit_examples(psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t most = PSN_FIT_INT(fit, "examples", NULL);
    const size_t room = (size_t)most * (size_t)fit->model->k;
    persona_table **out = &fit->model->part[PSN_PART_EXAMPLES];
    psn_text ids = {0};
    int64_t *nearest = NULL, *segment = NULL, *offsets = NULL, rows = 0;
    double *distance = NULL;
    if (most == 0) return PERSONA_OK;
    PSN_NEED(nearest = psn_alloc((size_t)most, sizeof *nearest));
    PSN_NEED(segment = psn_alloc(room, sizeof *segment));
    PSN_NEED(offsets = psn_alloc(room + 1, sizeof *offsets));
    PSN_NEED(distance = psn_alloc(room, sizeof *distance));
    offsets[0] = 0;
    for (int32_t c = 0; c < fit->model->k; c++) {
        const int64_t count = examples_of(nearest, most, fit, c);
        for (int64_t i = 0; i < count; i++, rows++) {
            segment[rows] = c;
            distance[rows] = sqrt(fit->squared[nearest[i]]);
            PSN_NEED(examples_id(&ids, &offsets[rows + 1],
                                 psn_fit_column(fit, fit->column[PSN_ROLE_USER]),
                                 nearest[i])
                         ? NULL
                         : offsets);
        }
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "segment", PERSONA_TYPE_INT, segment, NULL, rows, error));
    PSN_TRY(psn_table_add_text(*out, "id", ids.bytes ? ids.bytes : "", offsets, NULL,
                               rows, error));
    PSN_TRY(
        psn_table_add(*out, "distance", PERSONA_TYPE_REAL, distance, NULL, rows, error));
done:
    psn_text_free(&ids);
    psn_release(nearest);
    psn_release(segment);
    psn_release(offsets);
    psn_release(distance);
    return rc;
}
