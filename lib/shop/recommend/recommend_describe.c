/* recommend_describe.c: what a recommender says of itself: JSON, its inputs, and itself
 * without one user. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/inputs.h"
#include "shop/recommend/recommend.h"
#include "shop/settings.h"

#include <string.h>

static void describe_members(psn_text *json, const psn_rec_engine *engine)
{
    psn_text_format(json, ",\"members\":{");
    for (int m = 0, first = 1; m < PSN_REC_MEMBERS; m++) {
        if (!engine->member[m].fitted) continue;
        psn_text_format(json, "%s\"%s\":", first ? "" : ",", psn_rec_member_names[m]);
        psn_text_json_real(json, engine->member[m].share);
        first = 0;
    }
    psn_text_format(json, "}");
}

int psn_recommend_describe(const persona_model *base, psn_text *json,
                           persona_error *error)
{
    (void)error;
    const persona_recommender *model = (const persona_recommender *)base;
    const psn_rec_engine *engine = &model->engine;
    psn_text_format(json,
                    ",\"ready\":%s,\"data\":\"%s\",\"users\":%lld,\"items\":%d,"
                    "\"events\":%lld",
                    model->ready ? "true" : "false", psn_rec_mode_names[model->mode],
                    (long long)model->log.users, engine->items, (long long)model->events);
    describe_members(json, engine);
    psn_text_format(json, ",\"trees\":%d", engine->trees ? engine->trees->trees : 0);
    psn_text_format(json, ",\"personal\":\"ids and newest events of users; counts and "
                          "weights of items keep their influence\"");
    psn_roles_describe(json, &psn_recommend_roles, model->column);
    psn_settings_describe(json, model->options);
    return PERSONA_OK;
}

/* What a table of new events needs: the columns of the fit. */
int psn_recommend_inputs(persona_table **out, const persona_model *base,
                         persona_error *error)
{
    const persona_recommender *model = (const persona_recommender *)base;
    psn_input_row inputs[PSN_REC_ROLES];
    int64_t count = 0;
    for (int r = 0; r < PSN_REC_ROLES; r++) {
        if (model->column[r] == NULL) continue;
        const int number =
            r == PSN_REC_QUANTITY || r == PSN_REC_PRICE || r == PSN_REC_VALUE;
        inputs[count++] =
            (psn_input_row){model->column[r],
                            r == PSN_REC_TIME ? "time"
                            : number          ? "number"
                                              : "text",
                            r == PSN_REC_TIME ? "ms" : "", psn_recommend_roles.names[r]};
    }
    return psn_inputs_table(out, inputs, count, error);
}
