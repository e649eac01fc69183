/* chunks.c: chunks of a model file (chunks.h).
 *
 * Texts and levels travel as tables, whose unpacking checks offsets and encodings; so a
 * damaged file is refused here, and a kind need only look at the meaning of numbers. */
#include "shop/chunks.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"

/* ---- writing */

int psn_chunks_add_copy(psn_writer *writer, const char *tag, const void *data,
                        size_t size, persona_error *error)
{
    psn_text bytes = {0};
    psn_text_append(&bytes, data, size);
    if (!bytes.failed) return psn_writer_add_text(writer, tag, &bytes, error);
    psn_text_free(&bytes);
    return psn_fail_memory(error);
}

int psn_chunks_add_table(psn_writer *writer, const char *tag, const persona_table *table,
                         persona_error *error)
{
    psn_text bytes = {0};
    int rc = psn_table_pack(&bytes, table, error);
    if (rc == PERSONA_OK) return psn_writer_add_text(writer, tag, &bytes, error);
    psn_text_free(&bytes);
    return rc;
}

int psn_chunks_add_texts(psn_writer *writer, const char *tag, const char *column,
                         const char *const *texts, int64_t count, persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, column, texts, count, error));
    PSN_TRY(psn_chunks_add_table(writer, tag, table, error));
done:
    psn_table_free(table);
    return rc;
}

static int64_t chunks_count_levels(psn_dict *const *dicts, int64_t count)
{
    int64_t all = 0;
    for (int64_t i = 0; i < count; i++)
        if (dicts[i]) all += psn_dict_count(dicts[i]);
    return all;
}

int psn_chunks_add_levels(psn_writer *writer, const char *tag, psn_dict *const *dicts,
                          int64_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text bytes = {0};
    persona_table *table = NULL;
    int64_t levels = 0, *offsets = NULL;
    const int64_t all = chunks_count_levels(dicts, count);
    if (all == 0) return PERSONA_OK;
    PSN_NEED(offsets = psn_alloc((size_t)all + 1, sizeof *offsets));
    offsets[0] = 0;
    for (int64_t i = 0; i < count; i++)
        for (int64_t l = 0; dicts[i] && l < psn_dict_count(dicts[i]); l++) {
            size_t length;
            const char *text = psn_dict_text(dicts[i], l, &length);
            psn_text_append(&bytes, text, length);
            offsets[++levels] = (int64_t)bytes.length;
        }
    PSN_NEED(bytes.failed ? NULL : offsets);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_text(table, "level", bytes.bytes ? bytes.bytes : "", offsets,
                               NULL, levels, error));
    PSN_TRY(psn_chunks_add_table(writer, tag, table, error));
done:
    psn_table_free(table);
    psn_text_free(&bytes);
    psn_release(offsets);
    return rc;
}

/* ---- reading */

int psn_chunks_bad(persona_error *error, const char *what)
{
    return psn_fail(error, PERSONA_EFORMAT, "the model file is damaged: %s", what);
}

int psn_chunks_array(void *to, psn_reader *reader, const char *tag, size_t count,
                     size_t size, persona_error *error)
{
    const void *bytes;
    const int rc = psn_reader_array(reader, tag, count, size, &bytes, error);
    if (rc == PERSONA_OK) memcpy(to, bytes, count * size);
    return rc;
}

int psn_chunks_new_array(void **out, psn_reader *reader, const char *tag, size_t count,
                         size_t size, persona_error *error)
{
    int rc;
    const void *bytes;
    PSN_TRY(psn_reader_array(reader, tag, count, size, &bytes, error));
    PSN_NEED(*out = psn_alloc(count, size));
    memcpy(*out, bytes, count * size);
done:
    return rc;
}

int psn_chunks_table(persona_table **out, psn_reader *reader, const char *tag, int needed,
                     persona_error *error)
{
    const psn_chunk *chunk = psn_reader_find(reader, tag);
    if (chunk) return psn_table_unpack(out, chunk->data, chunk->size, error);
    return needed ? psn_fail(error, PERSONA_EFORMAT,
                             "the model file is damaged: it has no chunk %s", tag)
                  : PERSONA_OK;
}

int psn_chunks_column(const psn_column **out, const persona_table *table,
                      const char *name, int32_t type, persona_error *error)
{
    *out = psn_table_column(table, psn_table_find(table, name));
    if (*out && (*out)->type == type &&
        ((*out)->valid == NULL || type == PERSONA_TYPE_TEXT))
        return PERSONA_OK;
    return psn_fail(error, PERSONA_EFORMAT,
                    "the model file is damaged: no column %s where one must be", name);
}

int psn_chunks_texts(char **out, psn_reader *reader, const char *tag, const char *column,
                     int64_t count, persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    const psn_column *texts;
    PSN_TRY(psn_chunks_table(&table, reader, tag, 1, error));
    PSN_TRY(psn_chunks_column(&texts, table, column, PERSONA_TYPE_TEXT, error));
    if (table->rows != count)
        PSN_FAIL(error, PERSONA_EFORMAT,
                 "the model file is damaged: chunk %s must have %lld rows", tag,
                 (long long)count);
    for (int64_t i = 0; i < count; i++) {
        const char *text;
        int64_t length;
        psn_column_text(texts, i, &text, &length);
        if (text) PSN_NEED(out[i] = psn_copy_text(text, (size_t)length));
    }
done:
    psn_table_free(table);
    return rc;
}

int psn_chunks_levels(psn_dict **out, const persona_table *levels, int64_t *next,
                      int64_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *column = NULL;
    psn_dict *dict = psn_dict_new();
    PSN_NEED(dict);
    if (count > 0) {
        if (levels == NULL || count > levels->rows - *next)
            PSN_TRY(psn_chunks_bad(error, "it has fewer levels than its inputs"));
        PSN_TRY(psn_chunks_column(&column, levels, "level", PERSONA_TYPE_TEXT, error));
    }
    for (int64_t l = 0; l < count; l++) {
        const char *text;
        int64_t length;
        psn_column_text(column, (*next)++, &text, &length);
        const int64_t number = psn_dict_add(dict, text ? text : "", (size_t)length);
        if (number < 0) PSN_NEED(NULL);
        if (number != l) PSN_TRY(psn_chunks_bad(error, "a level stands twice"));
    }
    *out = dict;
    dict = NULL;
done:
    psn_dict_free(dict);
    return rc;
}

int psn_chunks_options(persona_table **out, psn_reader *reader, const char *tag,
                       persona_error *error)
{
    int rc;
    const psn_column *column;
    PSN_TRY(psn_chunks_table(out, reader, tag, 1, error));
    PSN_TRY(psn_chunks_column(&column, *out, "option", PERSONA_TYPE_TEXT, error));
    PSN_TRY(psn_chunks_column(&column, *out, "value", PERSONA_TYPE_TEXT, error));
done:
    return rc;
}
