/* Importing a fraud scorer: the library of queries alone is built without it. */
#include "persona/fraud_scorer.h"

#include "api/check.h"
#include "shop/fraud/fraud.h"

int persona_fraud_scorer_import(persona_fraud_scorer **out, const char *path,
                                const persona_params *params, persona_task *task,
                                persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(path);
    return psn_fraud_import(out, path, params, task, error);
}
