/* Fitting and evaluating a fraud scorer, apart from asking one: the library of queries
 * alone is built without this file and the learners below it. */
#include "persona/fraud_scorer.h"

#include "api/check.h"
#include "shop/fraud/fraud.h"

int persona_fraud_scorer_fit(persona_fraud_scorer **out, const persona_table *table,
                             const persona_params *fit, persona_task *task,
                             persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    return psn_fraud_fit(out, table, fit, task, error);
}

int persona_fraud_scorer_evaluate(persona_table **out, const persona_fraud_scorer *model,
                                  const persona_table *table, const persona_params *fit,
                                  const persona_params *evaluate, persona_task *task,
                                  persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    if (model != NULL) {
        const int rc =
            psn_model_check((const persona_model *)model, &psn_fraud_kind, error);
        if (rc != PERSONA_OK) return rc;
    }
    return psn_fraud_evaluate(out, model, table, fit, evaluate, task, error);
}
