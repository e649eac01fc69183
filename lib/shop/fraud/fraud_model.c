/* fraud_model.c: the fraud scorer as a kind of model. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_model.h"

const char *const psn_fraud_type_names[PSN_FRAUD_TYPES] = {"number", "bool", "time",
                                                           "code", "text"};
const char *const psn_fraud_derive_names[PSN_FRAUD_DERIVES] = {
    "value", "level", "hour", "weekday", "age", "rate", "count"};
const char *const psn_fraud_role_names[PSN_FRAUD_ROLES] = {
    "label", "time", "user", "order", "value", "price", "quantity", "weight"};
const psn_roles psn_fraud_roles = {psn_fraud_role_names, PSN_FRAUD_ROLES, 1};
const char *const psn_fraud_member_names[PSN_FRAUD_MEMBERS] = {"gbdt", "logistic",
                                                               "iforest"};

const psn_kind psn_fraud_kind = {
    .name = "fraud_scorer",
    .tag = "FRAU",
    .decode = psn_fraud_decode,
    .encode = psn_fraud_encode,
    .describe = psn_fraud_describe,
    .inputs = psn_fraud_inputs,
    .part = psn_fraud_part_of,
    .without_user = psn_fraud_without_user,
    .destroy = psn_fraud_destroy,
    .query_clear = psn_fraud_query_clear,
    .query_destroy = psn_fraud_query_destroy,
    .query_text = psn_fraud_query_text,
};

int psn_fraud_ready(const persona_fraud_scorer *model, persona_error *error)
{
    return psn_model_ready(&model->base, &psn_fraud_kind, model->ready, error);
}

/* Levels, rates and trees are made of many rows each; no id is kept. */
int psn_fraud_without_user(persona_model **out, const persona_model *model,
                           const char *user, size_t length, persona_task *task,
                           persona_error *error)
{
    (void)model;
    (void)user;
    (void)length;
    (void)task;
    *out = NULL;
    return psn_fail(error, PERSONA_EDATA, "the model stores no user");
}

static void model_free_inputs(persona_fraud_scorer *model)
{
    for (int32_t i = 0; model->input && i < model->inputs; i++) {
        psn_release(model->input[i].name);
        psn_dict_free(model->input[i].levels);
    }
    psn_release(model->input);
    for (int32_t f = 0; model->feature && f < model->features; f++) {
        psn_release(model->feature[f].name);
        psn_release(model->feature[f].lookup);
    }
    psn_release(model->feature);
}

void psn_fraud_destroy(persona_model *base)
{
    persona_fraud_scorer *model = (persona_fraud_scorer *)base;
    model_free_inputs(model);
    psn_gbdt_shap_free(model->shap);
    psn_gbdt_fast_free(model->fast);
    psn_gbdt_free(model->trees);
    psn_logistic_free(model->linear);
    psn_release(model->term);
    psn_iforest_free(model->forest);
    psn_calibrate_free(model->calibrate);
    psn_roles_free(model->role, &psn_fraud_roles);
    psn_table_free(model->options);
    psn_parts_free(model->part, &psn_fraud_parts);
}
