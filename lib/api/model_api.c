/* The life cycle of models and queries of every kind. */
#include "persona/model.h"

#include <string.h>
#include "api/check.h"
#include "base/buffer.h"
#include "data/table.h"
#include "shop/model.h"

int persona_model_load(persona_model **out, const char *path, const persona_params *load,
                       persona_task *task, persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(path);
    return psn_model_load(out, path, load, task, error);
}

int persona_model_open(persona_model **out, const char *path, const persona_params *load,
                       persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(path);
    return psn_model_open(out, path, load, error);
}

int persona_model_from_bytes(persona_model **out, const void *bytes, int64_t size,
                             const persona_params *load, persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_ARRAY(bytes, size);
    return psn_model_decode(out, bytes, (size_t)size, load, error);
}

int persona_model_save(const persona_model *model, const char *path, persona_task *task,
                       persona_error *error)
{
    PSN_API_NEED(path);
    int rc = psn_model_check(model, NULL, error);
    return rc != PERSONA_OK ? rc : psn_model_save(model, path, task, error);
}

/* Both texts of a model, as a buffer. */
static int api_text(persona_buffer **out, const persona_model *model,
                    int (*make)(psn_text *, const persona_model *, persona_error *),
                    persona_error *error)
{
    psn_text text = {0};
    PSN_API_OUT(out);
    int rc = psn_model_check(model, NULL, error);
    if (rc == PERSONA_OK) rc = make(&text, model, error);
    if (rc == PERSONA_OK) return psn_buffer_from_text(out, &text, error);
    psn_text_free(&text);
    return rc;
}

int persona_model_to_bytes(persona_buffer **out, const persona_model *model,
                           persona_error *error)
{
    return api_text(out, model, psn_model_encode, error);
}

int persona_model_describe(persona_buffer **out, const persona_model *model,
                           persona_error *error)
{
    return api_text(out, model, psn_model_describe, error);
}

int persona_model_notes(persona_table **out, const persona_model *model,
                        persona_error *error)
{
    PSN_API_OUT(out);
    int rc = psn_model_check(model, NULL, error);
    if (rc == PERSONA_OK) *out = psn_table_ref(model->notes);
    return rc;
}

/* A kind that fails half way may leave what it has made of the table. */
static int api_whole(int rc, persona_table **out)
{
    if (rc == PERSONA_OK) return rc;
    psn_table_free(*out);
    *out = NULL;
    return rc;
}

int persona_model_inputs(persona_table **out, const persona_model *model,
                         persona_error *error)
{
    PSN_API_OUT(out);
    int rc = psn_model_check(model, NULL, error);
    return rc != PERSONA_OK ? rc : api_whole(model->kind->inputs(out, model, error), out);
}

int persona_model_part(persona_table **out, const persona_model *model, const char *part,
                       persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(part);
    int rc = psn_model_check(model, NULL, error);
    if (rc != PERSONA_OK) return rc;
    return api_whole(model->kind->part(out, model, part, error), out);
}

int persona_model_without_user(persona_model **out, const persona_model *model,
                               const char *user, int64_t length, persona_task *task,
                               persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_TEXT(user, length);
    int rc = psn_model_check(model, NULL, error);
    if (rc != PERSONA_OK) return rc;
    const char *bytes = user == NULL ? "" : user;
    const size_t size = length == PERSONA_NUL ? strlen(bytes) : (size_t)length;
    return model->kind->without_user(out, model, bytes, size, task, error);
}

const char *persona_model_digest(const persona_model *model)
{
    return psn_model_check(model, NULL, NULL) == PERSONA_OK ? model->digest : NULL;
}

const char *persona_model_kind(const persona_model *model)
{
    return psn_model_check(model, NULL, NULL) == PERSONA_OK ? model->kind->name : NULL;
}

persona_model *persona_model_ref(const persona_model *model)
{
    return psn_model_check(model, NULL, NULL) == PERSONA_OK ? psn_model_ref(model) : NULL;
}

void persona_model_free(persona_model *model)
{
    psn_model_free(model);
}

void persona_query_free(persona_query *query)
{
    psn_query_give(query);
}

void persona_query_clear(persona_query *query)
{
    if (psn_query_check(query, NULL, NULL) == PERSONA_OK)
        query->model->kind->query_clear(query);
}

int persona_query_text(persona_query *query, int64_t input, const char *text,
                       int64_t length, persona_error *error)
{
    PSN_API_TEXT(text, length);
    int rc = psn_query_check(query, NULL, error);
    if (rc != PERSONA_OK) return rc;
    if (length == PERSONA_NUL) length = (int64_t)strlen(text);
    return query->model->kind->query_text(query, input, text, length, error);
}
