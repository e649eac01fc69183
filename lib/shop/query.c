/* Prepared questions and their free list.
 *
 * A query in use holds a reference to its model; one in the free list does not, or the
 * model could never die. The last reference therefore goes after the query has been put
 * back, and freeing the model frees the list. */
#include "shop/model.h"

#include "base/error.h"
#include "base/memory.h"

static persona_query *query_pop(persona_model *model)
{
    psn_os_lock();
    persona_query *query = model->idle;
    if (query != NULL) {
        model->idle = query->next;
        model->idle_count--;
    }
    psn_os_unlock();
    return query;
}

/* 0 when the list is full. */
static int query_push(persona_query *query)
{
    persona_model *model = query->model;
    psn_os_lock();
    const int room = model->idle_count < PSN_MODEL_IDLE_QUERIES;
    if (room) {
        query->next = model->idle;
        model->idle = query;
        model->idle_count++;
    }
    psn_os_unlock();
    return room;
}

int psn_query_take(void **out, size_t size, persona_model *model, int *reused,
                   persona_error *error)
{
    persona_query *query = query_pop(model);
    *out = NULL;
    *reused = query != NULL;
    if (query == NULL) query = psn_alloc_zero(1, size);
    if (query == NULL) return psn_fail_memory(error);
    query->magic = PSN_QUERY_MAGIC;
    query->model = psn_model_ref(model);
    query->next = NULL;
    *out = query;
    return PERSONA_OK;
}

static void query_destroy(persona_query *query)
{
    query->model->kind->query_destroy(query);
    query->magic = PSN_DEAD_MAGIC;
    psn_release(query);
}

void psn_query_give(persona_query *query)
{
    if (query == NULL || query->magic != PSN_QUERY_MAGIC) return;
    persona_model *model = query->model;
    model->kind->query_clear(query);
    query->magic = PSN_IDLE_MAGIC;
    if (!query_push(query)) query_destroy(query);
    psn_model_free(model);
}

void psn_query_discard(persona_query *query)
{
    if (query == NULL || query->magic != PSN_QUERY_MAGIC) return;
    persona_model *model = query->model;
    query_destroy(query);
    psn_model_free(model);
}

int psn_query_check(const persona_query *query, const psn_kind *kind,
                    persona_error *error)
{
    if (query == NULL) return psn_fail(error, PERSONA_EARG, "query: is NULL");
    if (query->magic != PSN_QUERY_MAGIC)
        return psn_fail(error, PERSONA_EARG, "query: freed, or not a query");
    if (kind != NULL && query->model->kind != kind)
        return psn_fail(error, PERSONA_EKIND, "query: need one of a %s, this is of a %s",
                        kind->name, query->model->kind->name);
    return PERSONA_OK;
}
