/* ask_fraud.h: everything that a fraud scorer can be asked. What it says of one order it
 * says of that order in a table, to the bit. */
#ifndef TESTS_FUZZ_ASK_FRAUD_H
#define TESTS_FUZZ_ASK_FRAUD_H

#include "ask.h"
#include "shop/fraud/fraud.h"

/* The rows as both sides get them: numbers, and of a text its place in `text`. */
typedef struct fraud_rows {
    int32_t inputs;
    double number[ROWS][MOST_INPUTS];
    const char *text[ROWS][MOST_INPUTS];
    int64_t length[ROWS][MOST_INPUTS];
} fraud_rows;

/* A text that the model knows, one that it does not, none. */
static inline void fraud_text(fraud_rows *rows, const psn_fraud_input *input, int row,
                              int32_t i)
{
    size_t length = 0;
    const char *text = row % 3 == 2 ? NULL : "never seen";
    if (text != NULL) length = strlen(text);
    if (row % 3 == 0 && psn_dict_count(input->levels) > 0)
        text = psn_dict_text(input->levels, 0, &length);
    rows->text[row][i] = text;
    rows->length[row][i] = (int64_t)length;
}

/* wild: times that no table can hold. */
static inline void fraud_fill(fraud_rows *rows, const persona_fraud_scorer *model,
                              int wild)
{
    rows->inputs = model->inputs;
    for (int row = 0; row < ROWS; row++) {
        fill_row(rows->number[row], model->inputs, row);
        for (int32_t i = 0; i < model->inputs; i++) {
            const psn_fraud_input *input = &model->input[i];
            if (input->type == PSN_FRAUD_TIME && !wild)
                rows->number[row][i] = row == 1 ? NAN : row * 86400000.0 * 400 * (i + 1);
            if (input->type == PSN_FRAUD_TEXT) fraud_text(rows, input, row, i);
        }
    }
}

static inline void fraud_reasons(persona_query *query, const fraud_rows *rows, int row)
{
    persona_error error = {0};
    persona_table *why = NULL;
    const int rc = persona_fraud_scorer_explain(&why, query, rows->number[row],
                                                rows->inputs, &error);
    PROMISE(rc == PERSONA_OK);
    free_if_ok(rc, &error, why);
}

static inline void fraud_row(persona_query *query, const persona_fraud_scorer *model,
                             const fraud_rows *rows, int row, double *probability,
                             int32_t *action)
{
    for (int32_t i = model->numbers; i < model->inputs; i++)
        PROMISE(persona_query_text(query, i, rows->text[row][i], rows->length[row][i],
                                   NULL) == PERSONA_OK);
    PROMISE(persona_fraud_scorer_score(query, rows->number[row], rows->inputs, NAN,
                                       probability, action, NULL) == PERSONA_OK);
    PROMISE(*probability >= 0 && *probability <= 1);
    PROMISE(*action >= PERSONA_ACCEPT && *action <= PERSONA_BLOCK);
    fraud_reasons(query, rows, row);
}

static inline int fraud_add_text(persona_table *table, const fraud_rows *rows, int32_t i,
                                 const char *name)
{
    psn_text bytes = {0};
    int64_t offsets[ROWS + 1] = {0};
    uint8_t valid[ROWS];
    for (int row = 0; row < ROWS; row++) {
        valid[row] = rows->text[row][i] != NULL;
        if (valid[row])
            psn_text_append(&bytes, rows->text[row][i], (size_t)rows->length[row][i]);
        offsets[row + 1] = (int64_t)bytes.length;
    }
    const int rc = persona_table_add_text(
        table, name, bytes.length > 0 ? bytes.bytes : "", offsets, valid, ROWS, NULL);
    psn_text_free(&bytes);
    return rc;
}

static inline int fraud_add(persona_table *table, const fraud_rows *rows,
                            const psn_fraud_input *input, int32_t i)
{
    double numbers[ROWS];
    int64_t times[ROWS];
    uint8_t valid[ROWS];
    if (input->type == PSN_FRAUD_TEXT) return fraud_add_text(table, rows, i, input->name);
    for (int row = 0; row < ROWS; row++) {
        numbers[row] = rows->number[row][i];
        valid[row] = (uint8_t)!isnan(numbers[row]);
        times[row] =
            input->type == PSN_FRAUD_TIME && valid[row] ? (int64_t)numbers[row] : 0;
    }
    if (input->type == PSN_FRAUD_TIME)
        return persona_table_add_time(table, input->name, times, valid, ROWS, NULL);
    return persona_table_add_real(table, input->name, numbers, ROWS, NULL);
}

/* Two inputs of one name, or a name that is no text, make no table: then there is nothing
 * to compare with. */
static inline void fraud_table(const persona_fraud_scorer *model, const fraud_rows *rows,
                               const double *probability, int exact)
{
    persona_error error = {0};
    persona_params *query = NULL;
    persona_table *table = NULL, *out = NULL;
    int made = PERSONA_OK;
    PROMISE(persona_table_new(&table, NULL) == PERSONA_OK);
    PROMISE(persona_params_new(&query, "fraud_scorer.query", NULL) == PERSONA_OK);
    PROMISE(persona_params_parse(query, exact ? "exact=true" : "reasons=0", NULL) ==
            PERSONA_OK);
    for (int32_t i = 0; i < model->inputs && made == PERSONA_OK; i++)
        made = fraud_add(table, rows, &model->input[i], i);
    const int rc =
        persona_fraud_scorer_score_table(&out, model, table, query, NULL, &error);
    if (made == PERSONA_OK && rc == PERSONA_OK) {
        const int64_t column = persona_table_find(out, "probability");
        const double *scored = persona_table_reals(out, column);
        PROMISE(scored != NULL);
        PROMISE(memcmp(scored, probability, ROWS * sizeof *scored) == 0);
    }
    free_if_ok(rc, &error, out);
    persona_params_free(query);
    persona_table_free(table);
}

static inline void ask_fraud(const persona_fraud_scorer *model)
{
    static fraud_rows rows;
    persona_error error = {0};
    persona_query *query = NULL;
    double probability[ROWS];
    int32_t action = -1;
    const int rc = persona_fraud_scorer_prepare(&query, model, NULL, &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(query == NULL);
        return;
    }
    if (model->inputs <= MOST_INPUTS) {
        fraud_fill(&rows, model, 1);
        for (int row = 0; row < ROWS; row++)
            fraud_row(query, model, &rows, row, &probability[row], &action);
        fraud_fill(&rows, model, 0);
        for (int row = 0; row < ROWS; row++)
            fraud_row(query, model, &rows, row, &probability[row], &action);
        fraud_table(model, &rows, probability, 0);
        fraud_table(model, &rows, probability, 1);
    }
    persona_query_free(query);
}

#endif
