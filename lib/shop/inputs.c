/* inputs.c: the inputs of a model (inputs.h). */
#include "shop/inputs.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"

int psn_inputs_table(persona_table **out, const psn_input_row *inputs, int64_t count,
                     persona_error *error)
{
    static const char *const columns[] = {"name", "type", "unit", "role"};
    int rc = PERSONA_OK;
    const size_t n = (size_t)count;
    persona_table *table = NULL;
    int64_t *number = psn_alloc(n, sizeof *number);
    const char **text = psn_alloc(n, 4 * sizeof *text);
    PSN_NEED(number);
    PSN_NEED(text);
    for (size_t i = 0; i < n; i++) {
        number[i] = (int64_t)i;
        text[i] = inputs[i].name;
        text[n + i] = inputs[i].type;
        text[2 * n + i] = inputs[i].unit;
        text[3 * n + i] = inputs[i].role;
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add(table, "input", PERSONA_TYPE_INT, number, NULL, count, error));
    for (size_t c = 0; c < 4; c++)
        PSN_TRY(psn_table_add_strings(table, columns[c], text + c * n, count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(number);
    psn_release(text);
    return rc;
}

int psn_inputs_column(const psn_column **out, const persona_table *table,
                      const char *name, persona_error *error)
{
    int64_t at;
    const int rc = psn_name_column(&at, table, name, "an input of the model", error);
    *out = psn_table_column(table, at);
    return rc;
}

int psn_inputs_empty(const psn_column *column, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        if (!psn_column_missing(column, i)) return 0;
    return 1;
}

int psn_inputs_need(const psn_column *column, int64_t rows, int is_time,
                    persona_error *error)
{
    const int fits =
        is_time ? column->type == PERSONA_TYPE_TIME
                : column->type != PERSONA_TYPE_TEXT && column->type != PERSONA_TYPE_TIME;
    if (fits || psn_inputs_empty(column, rows)) return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA, "column \"%.100s\" must hold %s", column->name,
                    is_time ? "times" : "numbers");
}

static int32_t inputs_find(const psn_dict *levels, const char *text, size_t length,
                           int32_t unseen)
{
    const int64_t level = psn_dict_find(levels, text, length);
    return level < 0 ? unseen : (int32_t)level;
}

int psn_inputs_levels(int32_t *level, const psn_dict *levels, const psn_column *column,
                      int64_t rows, int32_t unseen, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t *known = NULL;
    const char *text;
    int64_t length;
    if (column->codes == NULL) {
        for (int64_t i = 0; i < rows; i++) {
            psn_column_text(column, i, &text, &length);
            level[i] = text ? inputs_find(levels, text, (size_t)length, unseen) : -1;
        }
        return PERSONA_OK;
    }
    PSN_NEED(known = psn_alloc((size_t)column->levels, sizeof *known));
    for (int64_t l = 0; l < column->levels; l++)
        known[l] =
            inputs_find(levels, column->bytes + column->offsets[l],
                        (size_t)(column->offsets[l + 1] - column->offsets[l]), unseen);
    for (int64_t i = 0; i < rows; i++)
        level[i] = column->codes[i] < 0 ? -1 : known[column->codes[i]];
done:
    psn_release(known);
    return rc;
}

int psn_inputs_infinite(const psn_column *column, int64_t row, persona_error *error)
{
    return psn_fail_at(error, PERSONA_EDATA, row,
                       "column \"%.80s\" is infinite in row %lld; leave it empty if it "
                       "is unknown",
                       column->name, (long long)row);
}

int psn_inputs_check_count(int64_t count, int32_t inputs, persona_error *error)
{
    if (count == inputs) return PERSONA_OK;
    return psn_fail(error, PERSONA_EARG,
                    "count must be %d, the number of inputs of the model", inputs);
}

int psn_inputs_check_text(int64_t input, int32_t numbers, int32_t inputs,
                          persona_error *error)
{
    if (input >= numbers && input < inputs) return PERSONA_OK;
    return psn_fail(error, PERSONA_EARG,
                    "input must be the number of a text input of this model");
}

int psn_inputs_infinite_number(int32_t input, const char *name, persona_error *error)
{
    return psn_fail_at(error, PERSONA_EDATA, input,
                       "input %d (%.80s) is infinite; NaN says that it is unknown", input,
                       name);
}
