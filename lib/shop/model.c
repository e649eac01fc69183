/* The part of a model that all kinds share: reference count, notes, digest.
 *
 * A model is built by one thread, sealed, and immutable from then on; the count is the
 * only thing that changes, so threads share it without a lock. The thread that drops the
 * last reference frees it: release order on the way down and acquire at zero make all
 * uses happen before. */
#include "shop/model.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"

static int model_empty_notes(persona_table **out, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *notes = NULL;
    PSN_TRY(psn_table_new(&notes, error));
    PSN_TRY(psn_table_add_strings(notes, "code", NULL, 0, error));
    PSN_TRY(psn_table_add_strings(notes, "severity", NULL, 0, error));
    PSN_TRY(psn_table_add(notes, "count", PERSONA_TYPE_INT, NULL, NULL, 0, error));
    PSN_TRY(psn_table_add_strings(notes, "message", NULL, 0, error));
    *out = notes;
    notes = NULL;
done:
    psn_table_free(notes);
    return rc;
}

int psn_model_new(void **out, size_t size, const psn_kind *kind, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_model *model = NULL;
    *out = NULL;
    PSN_NEED(model = psn_alloc_zero(1, size));
    model->magic = PSN_MODEL_MAGIC;
    model->kind = kind;
    atomic_init(&model->references, 1);
    PSN_TRY(model_empty_notes(&model->notes, error));
    *out = model;
    model = NULL;
done:
    psn_release(model);
    return rc;
}

persona_model *psn_model_ref(const persona_model *model)
{
    persona_model *shared = (persona_model *)(uintptr_t)model;
    if (shared != NULL)
        atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

static void model_destroy(persona_model *model)
{
    while (model->idle != NULL) {
        persona_query *query = model->idle;
        model->idle = query->next;
        model->kind->query_destroy(query);
        query->magic = PSN_DEAD_MAGIC;
        psn_release(query);
    }
    model->kind->destroy(model);
    psn_table_free(model->notes);
    for (size_t i = 0; i < model->kept_count; i++)
        psn_release((void *)(uintptr_t)model->kept[i].data);
    psn_release(model->kept);
    model->magic = PSN_DEAD_MAGIC;
    psn_release(model);
}

void psn_model_free(persona_model *model)
{
    if (model == NULL || model->magic != PSN_MODEL_MAGIC) return;
    if (atomic_fetch_sub_explicit(&model->references, 1, memory_order_acq_rel) == 1)
        model_destroy(model);
}

int psn_model_note(persona_model *model, const char *code, const char *severity,
                   int64_t count, persona_error *error, const char *format, ...)
{
    int rc = PERSONA_OK;
    persona_table *row = NULL;
    char message[512];
    const char *text = message;
    va_list arguments;
    va_start(arguments, format);
    psn_vformat(message, sizeof message, format, arguments);
    va_end(arguments);
    PSN_TRY(psn_table_new(&row, error));
    PSN_TRY(psn_table_add_strings(row, "code", &code, 1, error));
    PSN_TRY(psn_table_add_strings(row, "severity", &severity, 1, error));
    PSN_TRY(psn_table_add(row, "count", PERSONA_TYPE_INT, &count, NULL, 1, error));
    PSN_TRY(psn_table_add_strings(row, "message", &text, 1, error));
    PSN_TRY(psn_table_append(model->notes, row, error));
done:
    psn_table_free(row);
    return rc;
}

int psn_model_seal(persona_model *model, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_writer *writer = NULL;
    PSN_TRY(psn_writer_new(&writer, model->kind->tag, error));
    PSN_TRY(model->kind->encode(model, writer, error));
    uint64_t digest = psn_writer_digest(writer);
    for (int i = 15; i >= 0; i--, digest >>= 4)
        model->digest[i] = "0123456789abcdef"[digest & 15];
done:
    psn_writer_free(writer);
    return rc;
}

int psn_model_check(const persona_model *model, const psn_kind *kind,
                    persona_error *error)
{
    if (model == NULL) return psn_fail(error, PERSONA_EARG, "model: is NULL");
    if (model->magic != PSN_MODEL_MAGIC)
        return psn_fail(error, PERSONA_EARG, "model: freed, or not a model");
    if (kind != NULL && model->kind != kind)
        return psn_fail(error, PERSONA_EKIND, "model: need a %s, this is a %s",
                        kind->name, model->kind->name);
    return PERSONA_OK;
}

int psn_model_ready(const persona_model *model, const psn_kind *kind, int ready,
                    persona_error *error)
{
    const int rc = psn_model_check(model, kind, error);
    if (rc != PERSONA_OK || ready) return rc;
    return psn_fail(error, PERSONA_EARG, "this model is a dry run and holds only notes");
}

int psn_model_describe(psn_text *out, const persona_model *model, persona_error *error)
{
    psn_text_format(out, "{\"kind\":\"%s\",\"digest\":\"%s\",\"format\":0,\"library\":",
                    model->kind->name, model->digest);
    psn_text_json(out, PERSONA_VERSION, PERSONA_NUL);
    int rc = model->kind->describe(model, out, error);
    psn_text_append(out, "}", 1);
    if (rc == PERSONA_OK && out->failed) rc = psn_fail_memory(error);
    return rc;
}
