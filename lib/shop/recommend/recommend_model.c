/* recommend_model.c: the recommender as a kind of model. */
#include "base/memory.h"
#include "shop/recommend/recommend.h"

const char *const psn_rec_member_names[PSN_REC_MEMBERS] = {
    "popular",     "trending", "rp3beta",         "item_knn",
    "ease",        "als",      "sequence",        "directed_ridge",
    "session_knn", "own",      "bought_together", "content"};

const char *const psn_rec_mode_names[PSN_REC_MODES] = {"sessions", "sequences", "sets"};

const psn_kind psn_recommend_kind = {
    .name = "recommender",
    .tag = "RECO",
    .decode = psn_recommend_decode,
    .encode = psn_recommend_encode,
    .describe = psn_recommend_describe,
    .inputs = psn_recommend_inputs,
    .part = psn_recommend_part,
    .without_user = psn_recommend_without,
    .destroy = psn_recommend_destroy,
    .query_clear = psn_recommend_query_clear,
    .query_destroy = psn_recommend_query_destroy,
};

void psn_recommend_destroy(persona_model *base)
{
    persona_recommender *model = (persona_recommender *)base;
    psn_rec_engine_clear(&model->engine);
    psn_rec_log_clear(&model->log);
    psn_dict_free(model->users);
    psn_dict_free(model->items);
    psn_roles_free(model->column, &psn_recommend_roles);
    psn_table_free(model->options);
    psn_parts_free(model->part, &psn_recommend_parts);
}
