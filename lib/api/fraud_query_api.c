/* Asking a fraud scorer. The hot functions check the handle and jump: one compare for the
 * query, one for its kind. */
#include "persona/fraud_scorer.h"

#include "api/check.h"
#include "shop/fraud/fraud.h"

persona_model *persona_fraud_scorer_model(const persona_fraud_scorer *scorer)
{
    return (persona_model *)(uintptr_t)scorer;
}

persona_fraud_scorer *persona_model_fraud_scorer(const persona_model *model)
{
    if (psn_model_check(model, &psn_fraud_kind, NULL) != PERSONA_OK) return NULL;
    return (persona_fraud_scorer *)(uintptr_t)model;
}

static int api_check_scorer(const persona_fraud_scorer *scorer, persona_error *error)
{
    return psn_model_check((const persona_model *)scorer, &psn_fraud_kind, error);
}

int persona_fraud_scorer_score_table(persona_table **out,
                                     const persona_fraud_scorer *model,
                                     const persona_table *table,
                                     const persona_params *query, persona_task *task,
                                     persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    const int rc = api_check_scorer(model, error);
    return rc != PERSONA_OK
               ? rc
               : psn_fraud_score_table(out, model, table, query, task, error);
}

int persona_fraud_scorer_prepare(persona_query **out, const persona_fraud_scorer *model,
                                 const persona_params *query, persona_error *error)
{
    PSN_API_OUT(out);
    const int rc = api_check_scorer(model, error);
    return rc != PERSONA_OK ? rc : psn_fraud_prepare(out, model, query, error);
}

int persona_fraud_scorer_score(persona_query *query, const double *numbers, int64_t count,
                               double amount, double *probability, int32_t *action,
                               persona_error *error)
{
    if (query == NULL || query->magic != PSN_QUERY_MAGIC ||
        query->model->kind != &psn_fraud_kind)
        return psn_query_check(query, &psn_fraud_kind, error);
    PSN_API_ARRAY(numbers, count);
    return psn_fraud_score(query, numbers, count, amount, probability, action, error);
}

int persona_fraud_scorer_explain(persona_table **out, persona_query *query,
                                 const double *numbers, int64_t count,
                                 persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_ARRAY(numbers, count);
    const int rc = psn_query_check(query, &psn_fraud_kind, error);
    return rc != PERSONA_OK ? rc : psn_fraud_explain(out, query, numbers, count, error);
}
