/* fraud_query.c: questions about one order. A prepared query owns all memory that a score
 * needs: it allocates nothing, locks nothing and parses no option. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_model.h"
#include "shop/inputs.h"
#include "shop/settings.h"

#include <math.h>
#include <string.h>

/* What lies in query->level: levels of texts, then (aligned) scratch, row, values. */
void psn_fraud_query_clear(persona_query *base)
{
    psn_fraud_query *query = (psn_fraud_query *)base;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base->model;
    for (int32_t t = 0; t < model->inputs - model->numbers; t++) query->level[t] = NAN;
}

void psn_fraud_query_destroy(persona_query *base)
{
    psn_fraud_query *query = (psn_fraud_query *)base;
    psn_release(query->level);
    psn_release_aligned(query->scratch);
}

static int query_costs(psn_fraud_query *query, const persona_fraud_scorer *model,
                       const persona_params *params, persona_error *error)
{
    static const char *const only_tables[] = {"threads"};
    const int rc = psn_settings_only_tables(params, only_tables, 1, error);
    if (rc != PERSONA_OK) return rc;
    query->costs = model->costs;
    query->reasons =
        (int32_t)psn_params_int(params, &psn_fraud_query_schema, "reasons", NULL);
    if (!psn_params_is_set(params, "reasons")) query->reasons = 0;
    query->exact = psn_params_bool(params, &psn_fraud_query_schema, "exact");
    return psn_fraud_costs_read(&query->costs, params, &psn_fraud_query_schema, error);
}

int psn_fraud_prepare(persona_query **out, const persona_fraud_scorer *model,
                      const persona_params *params, persona_error *error)
{
    int rc, reused;
    void *taken = NULL;
    *out = NULL;
    PSN_TRY(psn_fraud_ready(model, error));
    PSN_TRY(psn_params_expect(params, &psn_fraud_query_schema, error));
    PSN_TRY(psn_query_take(&taken, sizeof(psn_fraud_query), (persona_model *)&model->base,
                           &reused, error));
    psn_fraud_query *query = taken;
    PSN_TRY(query_costs(query, model, params, error));
    if (!reused) {
        const size_t texts = (size_t)(model->inputs - model->numbers);
        const size_t doubles = psn_fraud_scratch(model) + 2 * (size_t)model->features +
                               (size_t)model->inputs;
        PSN_NEED(query->level = psn_alloc(texts, sizeof *query->level));
        PSN_NEED(query->scratch = psn_alloc_aligned(doubles, sizeof(double)));
    }
    psn_fraud_query_clear(&query->base);
    *out = &query->base;
    taken = NULL;
done:
    if (taken) psn_query_discard(taken);
    return rc;
}

int psn_fraud_query_text(persona_query *base, int64_t input, const char *text,
                         int64_t length, persona_error *error)
{
    psn_fraud_query *query = (psn_fraud_query *)base;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base->model;
    const int rc = psn_inputs_check_text(input, model->numbers, model->inputs, error);
    if (rc != PERSONA_OK) return rc;
    query->level[input - model->numbers] =
        text == NULL || length < 0
            ? NAN
            : psn_fraud_text_level(model->input + input, text, (size_t)length);
    return PERSONA_OK;
}

static int query_infinite(const persona_fraud_scorer *model, const double *numbers,
                          persona_error *error)
{
    int32_t i = 0;
    while (i + 1 < model->numbers && !isinf(numbers[i])) i++;
    return psn_inputs_infinite_number(i, model->input[i].name, error);
}

/* The order as features, in query->row. */
static int query_read(psn_fraud_query *query, const double *numbers, int64_t count,
                      psn_fraud_order_row *at, persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)query->base.model;
    int infinite = 0;
    const int rc = psn_inputs_check_count(count, model->inputs, error);
    if (rc != PERSONA_OK) return rc;
    at->row = query->scratch + psn_fraud_scratch(model);
    at->effects = at->row + model->features;
    at->values = at->effects + model->features;
    for (int32_t i = 0; i < model->numbers; i++) {
        infinite |= isinf(numbers[i]) != 0;
        at->values[i] = model->input[i].type == PSN_FRAUD_CODE
                            ? psn_fraud_code_level(model->input + i, numbers[i])
                            : numbers[i];
    }
    if (infinite) return query_infinite(model, numbers, error);
    memcpy(at->values + model->numbers, query->level,
           (size_t)(model->inputs - model->numbers) * sizeof(double));
    psn_fraud_features(model, at->values, at->row);
    return PERSONA_OK;
}

int psn_fraud_score(persona_query *base, const double *numbers, int64_t count,
                    double amount, double *probability, int32_t *action,
                    persona_error *error)
{
    psn_fraud_query *query = (psn_fraud_query *)base;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base->model;
    psn_fraud_order_row at;
    const int rc = query_read(query, numbers, count, &at, error);
    if (rc != PERSONA_OK) return rc;
    const double p =
        psn_fraud_probability(model, psn_fraud_raw(model, at.row, query->scratch));
    if (isnan(amount)) amount = psn_fraud_amount(model, at.values);
    if (probability) *probability = p;
    if (action) *action = psn_fraud_action(&query->costs, p, amount);
    return PERSONA_OK;
}

/* ---- why */

typedef struct query_reasons {
    const char **feature, **words;
    double *value, *effect;
    char **owned;
    int64_t count;
} query_reasons;

static int query_reason(query_reasons *to, const persona_fraud_scorer *model, int32_t f,
                        const psn_fraud_order_row *at, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text words = {0};
    const psn_fraud_feature *feature = model->feature + f;
    psn_fraud_words(&words, model, f, at->values, at->row);
    PSN_NEED(words.failed ? NULL : words.bytes);
    to->owned[to->count] = words.bytes;
    to->words[to->count] = words.bytes;
    to->feature[to->count] = feature->name;
    to->value[to->count] =
        psn_fraud_is_category(model->input[feature->input].type) ? NAN : at->row[f];
    to->effect[to->count++] = at->effects[f];
    return PERSONA_OK;
done:
    psn_text_free(&words);
    return rc;
}

static int query_reason_table(persona_table **out, const query_reasons *rows,
                              persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "feature", rows->feature, rows->count, error));
    PSN_TRY(psn_table_add(table, "value", PERSONA_TYPE_REAL, rows->value, NULL,
                          rows->count, error));
    PSN_TRY(psn_table_add(table, "effect", PERSONA_TYPE_REAL, rows->effect, NULL,
                          rows->count, error));
    PSN_TRY(psn_table_add_strings(table, "words", rows->words, rows->count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    return rc;
}

int psn_fraud_explain(persona_table **out, persona_query *base, const double *numbers,
                      int64_t count, persona_error *error)
{
    int rc;
    psn_fraud_query *query = (psn_fraud_query *)base;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base->model;
    const size_t n = (size_t)model->features;
    psn_fraud_order_row at;
    query_reasons rows = {0};
    int32_t *order = NULL;
    *out = NULL;
    PSN_TRY(query_read(query, numbers, count, &at, error));
    PSN_NEED(order = psn_alloc(n, sizeof *order));
    PSN_NEED(rows.feature = psn_alloc(n, sizeof *rows.feature));
    PSN_NEED(rows.words = psn_alloc(n, sizeof *rows.words));
    PSN_NEED(rows.owned = psn_alloc(n, sizeof *rows.owned));
    PSN_NEED(rows.value = psn_alloc(n, 2 * sizeof(double)));
    rows.effect = rows.value + n;
    psn_fraud_effects(model, at.row, query->exact, query->scratch, at.effects);
    int32_t told = psn_fraud_order(model, at.effects, order);
    if (query->reasons > 0 && told > query->reasons) told = query->reasons;
    for (int32_t i = 0; i < told; i++)
        PSN_TRY(query_reason(&rows, model, order[i], &at, error));
    PSN_TRY(query_reason_table(out, &rows, error));
done:
    for (int64_t i = 0; i < rows.count; i++) psn_release(rows.owned[i]);
    psn_release(order);
    psn_release(rows.feature);
    psn_release(rows.words);
    psn_release(rows.owned);
    psn_release(rows.value);
    return rc;
}
