/* recommend.h: what lib/api calls. Each has the contract of the public function of the
 * same name in persona/recommender.h. */
#ifndef PSN_SHOP_RECOMMEND_H
#define PSN_SHOP_RECOMMEND_H

#include "shop/recommend/recommend_model.h"

int psn_recommend_fit(persona_recommender **out, const persona_table *events,
                      const persona_params *fit, persona_task *task,
                      persona_error *error);
int psn_recommend_update(persona_recommender **out, const persona_recommender *model,
                         const persona_table *events, persona_task *task,
                         persona_error *error);

/* ---- queries: recommend_query.c */
int psn_recommend_prepare(persona_query **out, const persona_recommender *model,
                          const persona_params *query, persona_error *error);
int psn_recommend_user(persona_query *query, const char *id, int64_t length,
                       int32_t *known, persona_error *error);
int psn_recommend_items(persona_query *query, int32_t role, const int64_t *items,
                        int64_t count, persona_error *error);
int psn_recommend_events(persona_query *query, const int64_t *items, const int32_t *kinds,
                         const int64_t *times, int64_t count, persona_error *error);
int psn_recommend_mask(persona_query *query, const persona_mask *mask,
                       persona_error *error);
int psn_recommend_run(persona_query *query, int64_t k, int64_t *items, float *scores,
                      int32_t *reasons, int64_t *count, persona_error *error);
const char *psn_recommend_ids(const persona_query *query, int64_t *length);
int psn_recommend_explain(persona_table **out, persona_query *query, int64_t place,
                          persona_error *error);
void psn_recommend_query_clear(persona_query *query);
void psn_recommend_query_destroy(persona_query *query);
/* recommend_mask.c */
int psn_mask_new(persona_mask **out, const persona_recommender *model,
                 persona_error *error);
int psn_mask_items(persona_mask *mask, const int64_t *items, int64_t count,
                   int32_t allowed, persona_error *error);
int psn_mask_attribute(persona_mask *mask, const char *attribute, const char *text,
                       int64_t length, int32_t allowed, persona_error *error);
int psn_mask_all(persona_mask *mask, int32_t allowed, persona_error *error);
void psn_mask_free(persona_mask *mask);

/* ---- tables: recommend_table.c, recommend_evaluate.c */
int psn_recommend_table(persona_table **out, const persona_recommender *model,
                        const persona_table *table, const persona_params *query,
                        persona_task *task, persona_error *error);
int psn_recommend_evaluate(persona_table **out, const persona_table *events,
                           const persona_params *fit, const persona_params *evaluate,
                           persona_task *task, persona_error *error);

/* ---- the model's verbs (psn_kind): recommend_{decode,encode,describe,parts,without}.c
 */
int psn_recommend_decode(persona_model **out, psn_reader *reader, persona_error *error);
int psn_recommend_encode(const persona_model *model, psn_writer *writer,
                         persona_error *error);
int psn_recommend_describe(const persona_model *model, psn_text *json,
                           persona_error *error);
int psn_recommend_inputs(persona_table **out, const persona_model *model,
                         persona_error *error);
int psn_recommend_part(persona_table **out, const persona_model *model, const char *part,
                       persona_error *error);
int psn_recommend_without(persona_model **out, const persona_model *model,
                          const char *user, size_t length, persona_task *task,
                          persona_error *error);
void psn_recommend_destroy(persona_model *model);

extern const psn_schema psn_recommend_fit_schema, psn_recommend_query_schema,
    psn_recommend_evaluate_schema;

#endif
