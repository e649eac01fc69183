/* fraud_view.c: the rows of a table as a model sees them. Levels of categories are looked
 * up once a level, or once a row where the column has no dictionary; rows are then read
 * in any order, from any thread. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_model.h"
#include "shop/inputs.h"

#include <math.h>

static int32_t view_level(double level)
{
    return isnan(level) ? -1 : (int32_t)level;
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
    if (column->type == PERSONA_TYPE_TIME && !psn_inputs_empty(column, rows))
        PSN_FAIL(error, PERSONA_EDATA, "column \"%.100s\" must hold text", column->name);
    PSN_NEED(view->level[i] = psn_alloc((size_t)rows, sizeof **view->level));
    if (column->type == PERSONA_TYPE_TEXT)
        PSN_TRY(psn_inputs_levels(view->level[i], input->levels, column, rows,
                                  (int32_t)psn_dict_count(input->levels), error));
    else
        view_others(view->level[i], input, column, rows);
done:
    return rc;
}

static int view_column(psn_fraud_view *view, int32_t i, persona_error *error)
{
    const psn_fraud_input *input = view->model->input + i;
    const int rc = psn_inputs_column(&view->column[i], view->table, input->name, error);
    if (rc != PERSONA_OK) return rc;
    if (psn_fraud_is_category(input->type)) return view_levels(view, i, error);
    return psn_inputs_need(view->column[i], view->table->rows,
                           input->type == PSN_FRAUD_TIME, error);
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
    return psn_inputs_infinite(view->column[input], row, error);
}
