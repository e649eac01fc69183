/* Asking a segmenter. The hot functions check the handle and jump: one compare for the
 * query, one for its kind. */
#include "persona/segmenter.h"

#include "api/check.h"
#include "shop/segment/segment.h"

persona_model *persona_segmenter_model(const persona_segmenter *segmenter)
{
    return (persona_model *)(uintptr_t)segmenter;
}

persona_segmenter *persona_model_segmenter(const persona_model *model)
{
    if (psn_model_check(model, &psn_segment_kind, NULL) != PERSONA_OK) return NULL;
    return (persona_segmenter *)(uintptr_t)model;
}

static int api_check_segmenter(const persona_segmenter *segmenter, persona_error *error)
{
    return psn_model_check((const persona_model *)segmenter, &psn_segment_kind, error);
}

int persona_segmenter_assign_table(persona_table **out, const persona_segmenter *model,
                                   const persona_table *table,
                                   const persona_params *query, persona_task *task,
                                   persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    int rc = api_check_segmenter(model, error);
    if (rc != PERSONA_OK) return rc;
    return psn_segment_assign_table(out, model, table, query, task, error);
}

int persona_segmenter_prepare(persona_query **out, const persona_segmenter *model,
                              const persona_params *query, persona_error *error)
{
    PSN_API_OUT(out);
    int rc = api_check_segmenter(model, error);
    return rc != PERSONA_OK ? rc : psn_segment_prepare(out, model, query, error);
}

static inline int api_is_ours(const persona_query *query)
{
    return query != NULL && query->magic == PSN_QUERY_MAGIC &&
           query->model->kind == &psn_segment_kind;
}

int persona_segmenter_assign(persona_query *query, const double *numbers, int64_t count,
                             int32_t *segment, double *distance, persona_error *error)
{
    if (!api_is_ours(query)) return psn_query_check(query, &psn_segment_kind, error);
    PSN_API_ARRAY(numbers, count);
    return psn_segment_assign(query, numbers, count, segment, distance, error);
}

int persona_segmenter_distances(persona_query *query, const double *numbers,
                                int64_t count, double *distances, int64_t segments,
                                persona_error *error)
{
    if (!api_is_ours(query)) return psn_query_check(query, &psn_segment_kind, error);
    PSN_API_ARRAY(numbers, count);
    PSN_API_ARRAY(distances, segments);
    return psn_segment_distances(query, numbers, count, distances, segments, error);
}

int persona_segmenter_membership(persona_query *query, const double *numbers,
                                 int64_t count, double *membership, int64_t segments,
                                 persona_error *error)
{
    if (!api_is_ours(query)) return psn_query_check(query, &psn_segment_kind, error);
    PSN_API_ARRAY(numbers, count);
    PSN_API_ARRAY(membership, segments);
    return psn_segment_membership(query, numbers, count, membership, segments, error);
}

int persona_segmenter_explain(persona_table **out, persona_query *query,
                              const double *numbers, int64_t count, persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_ARRAY(numbers, count);
    int rc = psn_query_check(query, &psn_segment_kind, error);
    return rc != PERSONA_OK ? rc : psn_segment_explain(out, query, numbers, count, error);
}
