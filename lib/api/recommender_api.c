/* Asking a recommender. The hot functions check the handle and jump. */
#include "persona/recommender.h"

#include <string.h>

#include "api/check.h"
#include "shop/recommend/recommend.h"
#include "shop/recommend/recommend_query.h"

_Static_assert((int)PERSONA_HISTORY == PSN_REC_AS_HISTORY &&
                   (int)PERSONA_CART == PSN_REC_AS_CART &&
                   (int)PERSONA_LIKE == PSN_REC_AS_LIKE &&
                   (int)PERSONA_EXCLUDE == PSN_REC_AS_EXCLUDE,
               "roles of items");
_Static_assert((int)PERSONA_REASON_NEXT == PSN_REC_WHY_NEXT &&
                   (int)PERSONA_REASON_AGAIN == PSN_REC_WHY_AGAIN &&
                   (int)PERSONA_REASON_TOGETHER == PSN_REC_WHY_TOGETHER &&
                   (int)PERSONA_REASON_SIMILAR == PSN_REC_WHY_SIMILAR &&
                   (int)PERSONA_REASON_CATEGORY == PSN_REC_WHY_CATEGORY &&
                   (int)PERSONA_REASON_TRENDING == PSN_REC_WHY_TRENDING &&
                   (int)PERSONA_REASON_POPULAR == PSN_REC_WHY_POPULAR,
               "reasons");

/* ---- the model */

persona_model *persona_recommender_model(const persona_recommender *recommender)
{
    return (persona_model *)(uintptr_t)recommender;
}

persona_recommender *persona_model_recommender(const persona_model *model)
{
    if (psn_model_check(model, &psn_recommend_kind, NULL) != PERSONA_OK) return NULL;
    return (persona_recommender *)(uintptr_t)model;
}

static int api_check_recommender(const persona_recommender *model, persona_error *error)
{
    return psn_model_check((const persona_model *)model, &psn_recommend_kind, error);
}

int64_t persona_recommender_items(const persona_recommender *model)
{
    return api_check_recommender(model, NULL) == PERSONA_OK ? model->engine.items : 0;
}

static int64_t api_length(const char *text, int64_t length)
{
    return length == PERSONA_NUL ? (int64_t)strlen(text) : length;
}

int64_t persona_recommender_item(const persona_recommender *model, const char *id,
                                 int64_t length)
{
    if (api_check_recommender(model, NULL) != PERSONA_OK || model->items == NULL ||
        id == NULL || length < PERSONA_NUL)
        return PERSONA_NONE;
    return psn_dict_find(model->items, id, (size_t)api_length(id, length));
}

int persona_recommender_item_id(const persona_recommender *model, int64_t item,
                                const char **id, int64_t *length)
{
    size_t bytes;
    if (id) *id = NULL;
    if (length) *length = 0;
    const int rc = api_check_recommender(model, NULL);
    if (rc != PERSONA_OK) return rc;
    if (item < 0 || item >= model->engine.items) return PERSONA_EARG;
    const char *text = psn_dict_text(model->items, item, &bytes);
    if (id) *id = text;
    if (length) *length = (int64_t)bytes;
    return PERSONA_OK;
}

/* ---- queries */

int persona_recommender_prepare(persona_query **out, const persona_recommender *model,
                                const persona_params *query, persona_error *error)
{
    PSN_API_OUT(out);
    const int rc = api_check_recommender(model, error);
    return rc != PERSONA_OK ? rc : psn_recommend_prepare(out, model, query, error);
}

#define API_OURS(query)                                                                  \
    do {                                                                                 \
        if ((query) == NULL || (query)->magic != PSN_QUERY_MAGIC ||                      \
            (query)->model->kind != &psn_recommend_kind)                                 \
            return psn_query_check(query, &psn_recommend_kind, error);                   \
    } while (0)

int persona_query_user(persona_query *query, const char *id, int64_t length,
                       int32_t *known, persona_error *error)
{
    API_OURS(query);
    PSN_API_TEXT(id, length);
    return psn_recommend_user(query, id ? id : "", id ? api_length(id, length) : -1,
                              known, error);
}

int persona_query_items(persona_query *query, int32_t role, const int64_t *items,
                        int64_t count, persona_error *error)
{
    API_OURS(query);
    PSN_API_ARRAY(items, count);
    return psn_recommend_items(query, role, items, count, error);
}

int persona_query_events(persona_query *query, const int64_t *items, const int32_t *kinds,
                         const int64_t *times, int64_t count, persona_error *error)
{
    API_OURS(query);
    PSN_API_ARRAY(items, count);
    return psn_recommend_events(query, items, kinds, times, count, error);
}

int persona_query_mask(persona_query *query, const persona_mask *mask,
                       persona_error *error)
{
    API_OURS(query);
    return psn_recommend_mask(query, mask, error);
}

int persona_recommender_run(persona_query *query, int64_t k, int64_t *items,
                            float *scores, int32_t *reasons, int64_t *count,
                            persona_error *error)
{
    API_OURS(query);
    if (k < 0) return psn_fail(error, PERSONA_EARG, "k: need 0 or more");
    return psn_recommend_run(query, k, items, scores, reasons, count, error);
}

const char *persona_query_ids(const persona_query *query, int64_t *length)
{
    if (length) *length = 0;
    if (psn_query_check(query, &psn_recommend_kind, NULL) != PERSONA_OK) return NULL;
    return psn_recommend_ids(query, length);
}

int persona_recommender_explain(persona_table **out, persona_query *query, int64_t place,
                                persona_error *error)
{
    PSN_API_OUT(out);
    API_OURS(query);
    return psn_recommend_explain(out, query, place, error);
}

int persona_recommender_recommend_table(persona_table **out,
                                        const persona_recommender *model,
                                        const persona_table *table,
                                        const persona_params *query, persona_task *task,
                                        persona_error *error)
{
    PSN_API_OUT(out);
    const int rc = api_check_recommender(model, error);
    return rc != PERSONA_OK ? rc
                            : psn_recommend_table(out, model, table, query, task, error);
}

/* ---- masks */

int persona_mask_new(persona_mask **out, const persona_recommender *model,
                     persona_error *error)
{
    PSN_API_OUT(out);
    const int rc = api_check_recommender(model, error);
    return rc != PERSONA_OK ? rc : psn_mask_new(out, model, error);
}

int persona_mask_items(persona_mask *mask, const int64_t *items, int64_t count,
                       int32_t allowed, persona_error *error)
{
    PSN_API_ARRAY(items, count);
    return psn_mask_items(mask, items, count, allowed, error);
}

int persona_mask_attribute(persona_mask *mask, const char *attribute, const char *text,
                           int64_t length, int32_t allowed, persona_error *error)
{
    PSN_API_NEED(attribute);
    PSN_API_NEED(text);
    PSN_API_TEXT(text, length);
    return psn_mask_attribute(mask, attribute, text, api_length(text, length), allowed,
                              error);
}

int persona_mask_all(persona_mask *mask, int32_t allowed, persona_error *error)
{
    return psn_mask_all(mask, allowed, error);
}

void persona_mask_free(persona_mask *mask)
{
    psn_mask_free(mask);
}
