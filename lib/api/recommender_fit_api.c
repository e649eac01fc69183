/* Fitting a recommender: apart from the questions, which need none of this. */
#include "persona/recommender.h"

#include "api/check.h"
#include "shop/recommend/recommend.h"

int persona_recommender_fit(persona_recommender **out, const persona_table *events,
                            const persona_params *fit, persona_task *task,
                            persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(events);
    return psn_recommend_fit(out, events, fit, task, error);
}

int persona_recommender_update(persona_recommender **out,
                               const persona_recommender *model,
                               const persona_table *events, persona_task *task,
                               persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(events);
    const int rc =
        psn_model_check((const persona_model *)model, &psn_recommend_kind, error);
    return rc != PERSONA_OK ? rc : psn_recommend_update(out, model, events, task, error);
}

int persona_recommender_evaluate(persona_table **out, const persona_table *events,
                                 const persona_params *fit,
                                 const persona_params *evaluate, persona_task *task,
                                 persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(events);
    return psn_recommend_evaluate(out, events, fit, evaluate, task, error);
}
