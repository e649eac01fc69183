/* fraud_costs.c: what mistakes cost, out of options. Fit and query read the same names;
 * what a query sets goes before what the model keeps. */
#include "base/error.h"
#include "shop/fraud/fraud_model.h"

#include <math.h>

#define COSTS_USUAL 100.0

static void costs_set(double *to, const persona_params *params, const psn_schema *schema,
                      const char *name)
{
    int is_auto;
    if (!psn_params_is_set(params, name)) return;
    const double value = psn_params_real(params, schema, name, &is_auto);
    if (!is_auto) *to = value;
}

typedef struct costs_member {
    const char *name;
    double *to;
} costs_member;
enum { COSTS_MEMBERS = 10, COSTS_PLAIN = 7 };

/* Those with a default first. */
static void costs_members(costs_member *out, psn_fraud_costs *costs)
{
    psn_decision_costs *d = &costs->decision;
    const costs_member members[COSTS_MEMBERS] = {
        {"margin", &d->margin},
        {"fee", &d->fee},
        {"fixed_fee", &d->fixed_fee},
        {"insult", &d->insult},
        {"review_cost", &d->review},
        {"review_miss", &d->review_miss},
        {"review_wrong", &d->review_wrong},
        {"usual_amount", &costs->usual_amount},
        {"review_from", &costs->review_from},
        {"block_from", &costs->block_from},
    };
    for (int i = 0; i < COSTS_MEMBERS; i++) out[i] = members[i];
}

int psn_fraud_costs_read(psn_fraud_costs *costs, const persona_params *params,
                         const psn_schema *schema, persona_error *error)
{
    costs_member members[COSTS_MEMBERS];
    costs_members(members, costs);
    for (int i = 0; i < COSTS_MEMBERS; i++)
        costs_set(members[i].to, params, schema, members[i].name);
    if (psn_params_is_set(params, "review"))
        costs->decision.no_review = !psn_params_bool(params, schema, "review");
    if (costs->decision.no_review && psn_params_is_set(params, "review_from") &&
        !isnan(costs->review_from))
        return psn_fail(error, PERSONA_EOPTION,
                        "review_from has no effect: review=false says that nobody looks");
    if (costs->review_from > costs->block_from)
        return psn_fail(error, PERSONA_EOPTION,
                        "review_from: must not be above block_from");
    return psn_decision_check(&costs->decision, error);
}

int psn_fraud_costs_of(psn_fraud_costs *costs, const persona_params *params,
                       const psn_schema *schema, persona_error *error)
{
    costs_member members[COSTS_MEMBERS];
    costs_members(members, costs);
    for (int i = 0; i < COSTS_PLAIN; i++)
        *members[i].to = psn_params_real(params, schema, members[i].name, NULL);
    costs->decision.no_review = 0;
    costs->review_from = costs->block_from = NAN;
    costs->usual_amount = COSTS_USUAL;
    return psn_fraud_costs_read(costs, params, schema, error);
}

int psn_fraud_costs_note(persona_fraud_scorer *model, persona_error *error)
{
    if (model->value >= 0 || model->price >= 0) return PERSONA_OK;
    return psn_model_note(&model->base, "no_amount", "info", 1, error,
                          "no column tells the amount of an order (column.value=...): "
                          "each counts %g (option usual_amount)",
                          model->costs.usual_amount);
}
