/* fraud_view.c: the rows of a table as a model sees them. Levels of categories are looked
 * up once a level, or once a row where the column has no dictionary; rows are then read
 * in any order, from any thread. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/name.h"
#include "shop/fraud/fraud_model.h"

#include <math.h>

static int view_all_missing(const psn_column *column, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        if (!psn_column_missing(column, i)) return 0;
    return 1;
}

static int32_t view_level(double level)
{
    return isnan(level) ? -1 : (int32_t)level;
}

static int view_texts(int32_t *level, const psn_fraud_input *input,
                      const psn_column *column, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t *known = NULL;
    const char *text;
    int64_t length;
    if (column->codes == NULL) {
        for (int64_t i = 0; i < rows; i++) {
            psn_column_text(column, i, &text, &length);
            level[i] = view_level(psn_fraud_text_level(input, text, (size_t)length));
        }
        return PERSONA_OK;
    }
    PSN_NEED(known = psn_alloc((size_t)column->levels, sizeof *known));
    for (int64_t l = 0; l < column->levels; l++)
        known[l] = view_level(
            psn_fraud_text_level(input, column->bytes + column->offsets[l],
                                 (size_t)(column->offsets[l + 1] - column->offsets[l])));
    for (int64_t i = 0; i < rows; i++)
        level[i] = column->codes[i] < 0 ? -1 : known[column->codes[i]];
done:
    psn_release(known);
    return rc;
}

/* Levels that look like numbers or truths stand in a column of those when all do. */
static void view_others(int32_t *level, const psn_fraud_input *input,
                        const psn_column *column, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) {
        const double x = psn_column_number(column, i);
        if (column->type == PERSONA_TYPE_BOOL && !isnan(x))
            level[i] = view_level(
                psn_fraud_text_level(input, x != 0 ? "true" : "false", x != 0 ? 4 : 5));
        else
            level[i] = view_level(psn_fraud_code_level(input, x));
    }
}

static int view_levels(psn_fraud_view *view, int32_t i, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_fraud_input *input = view->model->input + i;
    const psn_column *column = view->column[i];
    const int64_t rows = view->table->rows;
    if (column->type == PERSONA_TYPE_TIME && !view_all_missing(column, rows))
        PSN_FAIL(error, PERSONA_EDATA, "column \"%.100s\" must hold text", column->name);
    PSN_NEED(view->level[i] = psn_alloc((size_t)rows, sizeof **view->level));
    if (column->type == PERSONA_TYPE_TEXT)
        PSN_TRY(view_texts(view->level[i], input, column, rows, error));
    else
        view_others(view->level[i], input, column, rows);
done:
    return rc;
}

/* A column without any value has no type of its own: it goes with every input. */
static int view_type_fits(const psn_fraud_input *input, const psn_column *column)
{
    if (input->type == PSN_FRAUD_TIME) return column->type == PERSONA_TYPE_TIME;
    return column->type != PERSONA_TYPE_TEXT && column->type != PERSONA_TYPE_TIME;
}

static int view_column(psn_fraud_view *view, int32_t i, persona_error *error)
{
    const psn_fraud_input *input = view->model->input + i;
    int64_t at;
    const int rc =
        psn_name_column(&at, view->table, input->name, "an input of the model", error);
    if (rc != PERSONA_OK) return rc;
    const psn_column *column = psn_table_column(view->table, at);
    view->column[i] = column;
    if (psn_fraud_is_category(input->type)) return view_levels(view, i, error);
    if (view_type_fits(input, column)) return PERSONA_OK;
    if (view_all_missing(column, view->table->rows)) return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA, "column \"%.100s\" must hold %s", column->name,
                    input->type == PSN_FRAUD_TIME ? "times" : "numbers");
}

int psn_fraud_view_open(psn_fraud_view *view, const persona_fraud_scorer *model,
                        const persona_table *table, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)model->inputs;
    *view = (psn_fraud_view){.model = model, .table = table};
    PSN_NEED(view->column = psn_alloc_zero(n, sizeof *view->column));
    PSN_NEED(view->level = psn_alloc_zero(n, sizeof *view->level));
    for (int32_t i = 0; i < model->inputs; i++) PSN_TRY(view_column(view, i, error));
done:
    if (rc != PERSONA_OK) psn_fraud_view_close(view);
    return rc;
}

void psn_fraud_view_close(psn_fraud_view *view)
{
    if (view->model == NULL) return;
    for (int32_t i = 0; view->level && i < view->model->inputs; i++)
        psn_release(view->level[i]);
    psn_release(view->level);
    psn_release(view->column);
    *view = (psn_fraud_view){0};
}

int32_t psn_fraud_view_row(const psn_fraud_view *view, int64_t row, double *values)
{
    int32_t bad = -1;
    for (int32_t i = view->model->inputs - 1; i >= 0; i--) {
        if (view->level[i]) {
            values[i] =
                view->level[i][row] < 0 ? (double)NAN : (double)view->level[i][row];
            continue;
        }
        values[i] = psn_column_number(view->column[i], row);
        if (isinf(values[i])) bad = i;
    }
    return bad;
}

int psn_fraud_view_infinite(const psn_fraud_view *view, int32_t input, int64_t row,
                            persona_error *error)
{
    return psn_fail_at(
        error, PERSONA_EDATA, row,
        "column \"%.80s\" is infinite in row %lld; leave it empty if it is "
        "unknown",
        view->column[input]->name, (long long)row);
}
