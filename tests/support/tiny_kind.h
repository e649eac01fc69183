/* tiny_kind.h: the smallest kind of model, for tests of what all kinds share. It knows an
 * array of reals and answers with their sum. A test that includes this must not link
 * lib/api/kinds.c: it brings psn_kinds itself. */
#ifndef TESTS_SUPPORT_TINY_KIND_H
#define TESTS_SUPPORT_TINY_KIND_H

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"
#include "shop/model.h"

typedef struct tiny_model {
    persona_model base;
    double *values;
    size_t count;
} tiny_model;

typedef struct tiny_query {
    persona_query base;
    double *scratch;
    int64_t bound; /* the input bound last, -1 = none */
} tiny_query;

/* How many models and queries are alive. */
static int tiny_models, tiny_queries;

static const psn_kind tiny_kind;

static int tiny_new(tiny_model **out, const double *values, size_t count,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    void *made = NULL;
    *out = NULL;
    PSN_TRY(psn_model_new(&made, sizeof **out, &tiny_kind, error));
    tiny_model *model = made;
    tiny_models++;
    model->count = count;
    model->values = psn_copy(values, count * sizeof *values);
    PSN_NEED(model->values);
    *out = model;
    made = NULL;
done:
    psn_model_free(made);
    return rc;
}

static int tiny_decode(persona_model **out, psn_reader *reader, persona_error *error)
{
    tiny_model *model = NULL;
    *out = NULL;
    const psn_chunk *chunk = psn_reader_find(reader, "VALS");
    if (chunk == NULL || chunk->size % sizeof(double) != 0)
        return psn_fail(error, PERSONA_EFORMAT, "model file: malformed values");
    int rc = tiny_new(&model, chunk->data, chunk->size / sizeof(double), error);
    *out = &model->base;
    return rc;
}

static int tiny_encode(const persona_model *model, psn_writer *writer,
                       persona_error *error)
{
    const tiny_model *tiny = (const tiny_model *)model;
    return psn_writer_add(writer, "VALS", 8, tiny->values, tiny->count * sizeof(double),
                          error);
}

static int tiny_describe(const persona_model *model, psn_text *json, persona_error *error)
{
    (void)error;
    psn_text_format(json, ",\"count\":%zu", ((const tiny_model *)model)->count);
    return PERSONA_OK;
}

static int tiny_part(persona_table **out, const persona_model *model, const char *part,
                     persona_error *error)
{
    const tiny_model *tiny = (const tiny_model *)model;
    if (strcmp(part, "values") != 0)
        return psn_fail(error, PERSONA_EARG, "part: need values");
    int rc = psn_table_new(out, error);
    if (rc != PERSONA_OK) return rc;
    return psn_table_add(*out, "value", PERSONA_TYPE_REAL, tiny->values, NULL,
                         (int64_t)tiny->count, error);
}

static int tiny_inputs(persona_table **out, const persona_model *model,
                       persona_error *error)
{
    return tiny_part(out, model, "values", error);
}

static int tiny_without_user(persona_model **out, const persona_model *model,
                             const char *user, size_t length, persona_task *task,
                             persona_error *error)
{
    (void)model, (void)user, (void)length, (void)task;
    *out = NULL;
    return psn_fail(error, PERSONA_EDATA, "user: the model knows no such user");
}

static void tiny_destroy(persona_model *model)
{
    psn_release(((tiny_model *)model)->values);
    tiny_models--;
}

static void tiny_query_clear(persona_query *query)
{
    ((tiny_query *)query)->bound = -1;
}

static void tiny_query_destroy(persona_query *query)
{
    psn_release(((tiny_query *)query)->scratch);
    tiny_queries--;
}

static int tiny_query_text(persona_query *query, int64_t input, const char *text,
                           int64_t length, persona_error *error)
{
    (void)text, (void)length, (void)error;
    ((tiny_query *)query)->bound = input;
    return PERSONA_OK;
}

static inline int tiny_prepare(tiny_query **out, tiny_model *model, int *reused)
{
    void *query = NULL;
    *out = NULL;
    int rc = psn_query_take(&query, sizeof **out, &model->base, reused, NULL);
    if (rc != PERSONA_OK) return rc;
    *out = query;
    if (*reused) return PERSONA_OK;
    tiny_queries++;
    (*out)->scratch = psn_alloc(8, sizeof(double));
    (*out)->bound = -1;
    return PERSONA_OK;
}

static const psn_kind tiny_kind = {
    .name = "tiny",
    .tag = "TINY",
    .decode = tiny_decode,
    .encode = tiny_encode,
    .describe = tiny_describe,
    .inputs = tiny_inputs,
    .part = tiny_part,
    .without_user = tiny_without_user,
    .destroy = tiny_destroy,
    .query_clear = tiny_query_clear,
    .query_destroy = tiny_query_destroy,
    .query_text = tiny_query_text,
};

const psn_kind *const psn_kinds[] = {&tiny_kind, NULL};

#endif
