/* segment_view.c: the rows of a table as a model sees them, column by column in blocks of
 * 64, straight from the table's memory where it holds doubles. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "shop/inputs.h"
#include "shop/segment/segment_model.h"

#include <math.h>

enum { VIEW_LANES = PSN_SCALE_LANES, VIEW_CACHE = 128 << 10 };

/* A level that looks like a number stands in a column of ints when all of them do. */
static void view_int_levels(int32_t *level, const psn_segment_input *input,
                            const psn_column *column, int64_t rows)
{
    char text[PSN_NUMBER_BYTES];
    for (int64_t i = 0; i < rows; i++) {
        const size_t length = psn_print_int(text, ((const int64_t *)column->values)[i]);
        const int64_t found = psn_dict_find(input->levels, text, length);
        level[i] = psn_column_missing(column, i) ? PSN_LEVEL_MISSING
                   : found < 0                   ? PSN_LEVEL_UNSEEN
                                                 : (int32_t)found;
    }
}

static int view_levels(psn_segment_view *view, int32_t i, const psn_column *column,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_segment_input *input = view->model->input + i;
    const int64_t rows = view->table->rows;
    int32_t *level = psn_alloc((size_t)rows, sizeof *level);
    PSN_NEED(level);
    view->level[i - view->model->numbers] = level;
    if (column->type == PERSONA_TYPE_TEXT) {
        PSN_TRY(psn_inputs_levels(level, input->levels, column, rows, PSN_LEVEL_UNSEEN,
                                  error));
    } else if (column->type == PERSONA_TYPE_INT) {
        view_int_levels(level, input, column, rows);
    } else if (psn_inputs_empty(column, rows)) {
        for (int64_t r = 0; r < rows; r++) level[r] = PSN_LEVEL_MISSING;
    } else {
        PSN_FAIL(error, PERSONA_EDATA, "column \"%s\" must hold text", column->name);
    }
done:
    return rc;
}

static int view_column(psn_segment_view *view, int32_t i, persona_error *error)
{
    int rc;
    const psn_segment_input *input = view->model->input + i;
    const psn_column *column;
    PSN_TRY(psn_inputs_column(&column, view->table, input->name, error));
    if (input->type == PSN_SEGMENT_TEXT) return view_levels(view, i, column, error);
    view->number[i] = column;
    PSN_TRY(psn_inputs_need(column, view->table->rows, input->type == PSN_SEGMENT_TIME,
                            error));
done:
    return rc;
}

int psn_segment_view_open(psn_segment_view *view, const persona_segmenter *model,
                          const persona_table *table, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t texts = model->inputs - model->numbers;
    *view = (psn_segment_view){.model = model, .table = table};
    PSN_NEED(view->number = psn_alloc_zero((size_t)model->numbers, sizeof *view->number));
    PSN_NEED(view->level = psn_alloc_zero((size_t)texts, sizeof *view->level));
    for (int32_t i = 0; i < model->inputs; i++) PSN_TRY(view_column(view, i, error));
done:
    if (rc != PERSONA_OK) psn_segment_view_close(view);
    return rc;
}

void psn_segment_view_close(psn_segment_view *view)
{
    if (view->model == NULL) return;
    for (int32_t t = 0; view->level && t < view->model->inputs - view->model->numbers;
         t++)
        psn_release(view->level[t]);
    psn_release(view->level);
    psn_release(view->number);
    *view = (psn_segment_view){0};
}

const double *psn_segment_numbers(const psn_column *column, int64_t first, int32_t count,
                                  double *buffer)
{
    if (column->type == PERSONA_TYPE_REAL && count == VIEW_LANES)
        return (const double *)column->values + first;
    if (column->type == PERSONA_TYPE_REAL32) {
        const float *values = (const float *)column->values + first;
        for (int32_t r = 0; r < count; r++) buffer[r] = values[r];
    } else if ((column->type == PERSONA_TYPE_INT || column->type == PERSONA_TYPE_TIME) &&
               column->valid == NULL) {
        const int64_t *values = (const int64_t *)column->values + first;
        for (int32_t r = 0; r < count; r++) buffer[r] = (double)values[r];
    } else {
        for (int32_t r = 0; r < count; r++)
            buffer[r] = psn_column_number(column, first + r);
    }
    for (int32_t r = count; r < VIEW_LANES; r++) buffer[r] = 0;
    return buffer;
}

static void view_one_hot(const psn_segment_view *view, int32_t i, int64_t first,
                         int32_t count, double *block)
{
    const psn_segment_input *input = view->model->input + i;
    const int32_t *level = view->level[i - view->model->numbers] + first;
    double *column = block + (size_t)input->first * VIEW_LANES;
    for (int32_t j = 0; j < input->width; j++, column += VIEW_LANES) {
        for (int32_t r = 0; r < count; r++)
            column[r] = level[r] == PSN_LEVEL_MISSING ? NAN
                        : level[r] == j               ? input->one
                                                      : 0;
        for (int32_t r = count; r < VIEW_LANES; r++) column[r] = 0;
    }
}

static int64_t view_first_infinite(const double *values, int32_t count)
{
    for (int32_t r = 0; r < count; r++)
        if (isinf(values[r])) return r;
    return count;
}

/* Blocks scaled at once: memory likes long stretches of a column better than half a
 * kilobyte, as long as all of them fit the cache. */
static int32_t view_span(const persona_segmenter *model)
{
    const int32_t fits = VIEW_CACHE / (int32_t)sizeof(double) / VIEW_LANES / model->dims;
    return fits < 1 ? 1 : fits > 32 ? 32 : fits;
}

size_t psn_segment_view_scratch(const persona_segmenter *model)
{
    return (size_t)model->dims * (size_t)(view_span(model) * VIEW_LANES) * sizeof(double);
}

/* Rows first .. end - 1, at most a span, as blocks of 64. Returns the first row with an
 * infinity, or `end`. */
static int64_t view_blocks(const psn_segment_view *view, int64_t first, int64_t end,
                           double *blocks)
{
    const persona_segmenter *model = view->model;
    const size_t stride = (size_t)model->dims * VIEW_LANES;
    double buffer[VIEW_LANES];
    int64_t bad = end;
    for (int32_t i = 0; i < model->inputs; i++) {
        double *block = blocks;
        for (int64_t at = first; at < end; at += VIEW_LANES, block += stride) {
            const int32_t count =
                end - at < VIEW_LANES ? (int32_t)(end - at) : VIEW_LANES;
            if (i >= model->numbers) {
                view_one_hot(view, i, at, count, block);
                continue;
            }
            const double *values =
                psn_segment_numbers(view->number[i], at, count, buffer);
            if (psn_scale_lanes(model->scale, i, values, block + (size_t)i * VIEW_LANES))
                continue;
            const int64_t row = at + view_first_infinite(values, count);
            if (row < bad) bad = row;
        }
    }
    return bad;
}

int64_t psn_segment_view_nearest(const psn_segment_view *view, const psn_nearest *nearest,
                                 int64_t first, int64_t end, double *scratch,
                                 int32_t *labels, double *squared)
{
    const int64_t span = view_span(view->model) * VIEW_LANES;
    for (int64_t at = first; at < end; at += span) {
        const int64_t stop = end - at < span ? end : at + span;
        const double *block = scratch;
        const int64_t bad = view_blocks(view, at, stop, scratch);
        if (bad < stop) return bad;
        for (int64_t row = at; row < stop; row += VIEW_LANES) {
            const int32_t count =
                stop - row < VIEW_LANES ? (int32_t)(stop - row) : VIEW_LANES;
            psn_nearest_block(nearest, block, count, labels + (row - first),
                              squared + (row - first));
            block += (size_t)view->model->dims * VIEW_LANES;
        }
    }
    return -1;
}

/* The numbers of rows first .. first + count - 1 (at most 64) into row-major `to`. */
static void view_scale_rows(const psn_segment_view *view, int64_t first, int32_t count,
                            double *to)
{
    const persona_segmenter *model = view->model;
    double buffer[VIEW_LANES], scaled[VIEW_LANES];
    for (int32_t i = 0; i < model->numbers; i++) {
        psn_scale_lanes(model->scale, i,
                        psn_segment_numbers(view->number[i], first, count, buffer),
                        scaled);
        for (int32_t r = 0; r < count; r++) to[(int64_t)r * model->dims + i] = scaled[r];
    }
}

/* The same for one row, column by column of one register: 64 lanes would be wasted. */
static void view_scale_row(const psn_segment_view *view, int64_t row, double *to)
{
    const persona_segmenter *model = view->model;
    for (int32_t i = 0; i < model->numbers; i++)
        to[i] = psn_column_number(view->number[i], row);
    (void)psn_scale_one(model->scale, to, to);
}

static void view_one_hot_rows(const psn_segment_view *view, int64_t first, int32_t count,
                              double *to)
{
    const persona_segmenter *model = view->model;
    for (int32_t i = model->numbers; i < model->inputs; i++) {
        const psn_segment_input *input = model->input + i;
        const int32_t *level = view->level[i - model->numbers] + first;
        for (int32_t r = 0; r < count; r++)
            for (int32_t j = 0; j < input->width; j++)
                to[(int64_t)r * model->dims + input->first + j] =
                    level[r] == PSN_LEVEL_MISSING ? NAN
                    : level[r] == j               ? input->one
                                                  : 0;
    }
}

void psn_segment_view_rows(const psn_segment_view *view, int64_t first, int64_t count,
                           double *out)
{
    for (int64_t from = 0; from < count; from += VIEW_LANES) {
        const int32_t rows =
            count - from < VIEW_LANES ? (int32_t)(count - from) : VIEW_LANES;
        double *to = out + from * view->model->dims;
        if (rows == 1)
            view_scale_row(view, first + from, to);
        else
            view_scale_rows(view, first + from, rows, to);
        view_one_hot_rows(view, first + from, rows, to);
    }
}

int psn_segment_view_infinite(const psn_segment_view *view, int64_t row,
                              persona_error *error)
{
    for (int32_t i = 0; i < view->model->numbers; i++)
        if (isinf(psn_column_number(view->number[i], row)))
            return psn_inputs_infinite(view->number[i], row, error);
    return psn_fail_at(error, PERSONA_EDATA, row, "row %lld holds an infinity",
                       (long long)row);
}
