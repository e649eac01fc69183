/* Models to bytes and files, and back.
 *
 * A file is the kind's chunks, then the notes of the fit (ancillary: they change no
 * answer), then the ancillary chunks of later versions that were there when it was
 * loaded. A file is always read into memory: another process can cut or change a mapped
 * one while we look at it. */
#include "shop/model.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "data/table.h"

static const char notes_tag[] = "nOTE";

static const psn_option load_options[] = {
    {"max_bytes", PSN_OPTION_INT, "1073741824", 4096, 1125899906842624.0, NULL, "bytes",
     "Refuse a model whose decoded parts together are larger", "0.1"},
};

const psn_schema psn_model_load_schema = {"model.load", load_options,
                                          sizeof load_options / sizeof load_options[0]};

static int model_encode_notes(const persona_model *model, psn_writer *writer,
                              persona_error *error)
{
    psn_text notes = {0};
    int rc = psn_table_pack(&notes, model->notes, error);
    if (rc == PERSONA_OK) return psn_writer_add_text(writer, notes_tag, &notes, error);
    psn_text_free(&notes);
    return rc;
}

int psn_model_encode(psn_text *out, const persona_model *model, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_writer *writer = NULL;
    PSN_TRY(psn_writer_new(&writer, model->kind->tag, error));
    PSN_TRY(model->kind->encode(model, writer, error));
    PSN_TRY(model_encode_notes(model, writer, error));
    for (size_t i = 0; i < model->kept_count; i++) {
        const psn_chunk *kept = &model->kept[i];
        if (psn_writer_has(writer, kept->tag)) continue;
        PSN_TRY(psn_writer_add(writer, kept->tag, kept->element, kept->data, kept->size,
                               error));
    }
    PSN_TRY(psn_writer_finish(writer, out, error));
done:
    psn_writer_free(writer);
    return rc;
}

static const psn_kind *model_find_kind(const char *tag)
{
    for (size_t i = 0; psn_kinds[i] != NULL; i++) {
        if (strcmp(psn_kinds[i]->tag, tag) == 0) return psn_kinds[i];
    }
    return NULL;
}

static int model_notes_fit(const persona_table *notes)
{
    static const struct {
        const char *name;
        int32_t type;
    } wanted[] = {{"code", PERSONA_TYPE_TEXT},
                  {"severity", PERSONA_TYPE_TEXT},
                  {"count", PERSONA_TYPE_INT},
                  {"message", PERSONA_TYPE_TEXT}};
    const int64_t count = (int64_t)(sizeof wanted / sizeof wanted[0]);
    if (notes->count != count || notes->links != 0) return 0;
    for (int64_t i = 0; i < count; i++) {
        const psn_column *column = psn_table_column(notes, i);
        if (strcmp(column->name, wanted[i].name) != 0 || column->type != wanted[i].type)
            return 0;
    }
    return 1;
}

static int model_decode_notes(persona_model *model, psn_reader *reader,
                              persona_error *error)
{
    persona_table *notes = NULL;
    const psn_chunk *chunk = psn_reader_find(reader, notes_tag);
    if (chunk == NULL) return PERSONA_OK;
    int rc = psn_table_unpack(&notes, chunk->data, chunk->size, error);
    if (rc != PERSONA_OK) return rc;
    if (!model_notes_fit(notes)) {
        psn_table_free(notes);
        return psn_fail(error, PERSONA_EFORMAT, "model file: malformed notes");
    }
    psn_table_free(model->notes);
    model->notes = notes;
    return PERSONA_OK;
}

/* Chunks that nobody asked for: ancillary ones, since finish has refused the others. */
static int model_keep(persona_model *model, const psn_reader *reader,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t count = psn_reader_count(reader);
    PSN_NEED(model->kept = psn_alloc_zero(count, sizeof *model->kept));
    for (size_t i = 0; i < count; i++) {
        if (psn_reader_known(reader, i)) continue;
        psn_chunk *kept = &model->kept[model->kept_count];
        *kept = *psn_reader_chunk(reader, i);
        kept->data = psn_copy(kept->data, kept->size);
        PSN_NEED(kept->data);
        model->kept_count++;
    }
done:
    return rc;
}

static int model_decode_reader(persona_model **out, psn_reader *reader,
                               persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_model *model = NULL;
    const psn_kind *kind = model_find_kind(psn_reader_kind(reader));
    if (kind == NULL)
        PSN_FAIL(error, PERSONA_EVERSION,
                 "model file: kind %s needs a later version of the library",
                 psn_reader_kind(reader));
    PSN_TRY(kind->decode(&model, reader, error));
    PSN_TRY(psn_task_check(task, 0.8, error));
    PSN_TRY(model_decode_notes(model, reader, error));
    PSN_TRY(psn_reader_finish(reader, error));
    PSN_TRY(model_keep(model, reader, error));
    PSN_TRY(psn_model_seal(model, error));
    *out = model;
    model = NULL;
done:
    psn_model_free(model);
    return rc;
}

static int model_limits(psn_read_limits *limits, const persona_params *load,
                        persona_error *error)
{
    int rc = psn_params_expect(load, &psn_model_load_schema, error);
    if (rc == PERSONA_OK)
        limits->max_bytes =
            psn_params_int(load, &psn_model_load_schema, "max_bytes", NULL);
    return rc;
}

int psn_model_decode(persona_model **out, const void *bytes, size_t size,
                     const persona_params *load, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_reader *reader = NULL;
    psn_read_limits limits;
    *out = NULL;
    PSN_TRY(model_limits(&limits, load, error));
    PSN_TRY(psn_reader_open(&reader, bytes, size, &limits, error));
    PSN_TRY(model_decode_reader(out, reader, NULL, error));
done:
    psn_reader_free(reader);
    return rc;
}

int psn_model_read(persona_model **out, const char *path, const persona_params *load,
                   persona_task *task, psn_model_origin *origin, persona_error *error)
{
    /* A stored file is larger than what it decodes to by at most its table and padding.
     */
    const int64_t overhead = 1 << 20;
    int rc = PERSONA_OK;
    void *bytes = NULL;
    size_t size = 0;
    psn_reader *reader = NULL;
    psn_read_limits limits;
    *out = NULL;
    psn_task_enter(task, "load", 0, 1);
    PSN_TRY(model_limits(&limits, load, error));
    PSN_TRY(psn_task_check(task, 0, error));
    PSN_TRY(psn_os_read_all(path, limits.max_bytes + overhead, &bytes, &size,
                            &origin->stamp, error));
    PSN_TRY(psn_task_check(task, 0.3, error));
    PSN_TRY(psn_reader_open(&reader, bytes, size, &limits, error));
    memcpy(origin->head, bytes, sizeof origin->head);
    psn_release(bytes);
    bytes = NULL;
    PSN_TRY(psn_task_check(task, 0.6, error));
    PSN_TRY(model_decode_reader(out, reader, task, error));
done:
    psn_release(bytes);
    psn_reader_free(reader);
    return rc;
}

int psn_model_load(persona_model **out, const char *path, const persona_params *load,
                   persona_task *task, persona_error *error)
{
    psn_model_origin origin;
    return psn_model_read(out, path, load, task, &origin, error);
}

static int model_write(psn_os_replace *file, const psn_text *bytes, persona_task *task,
                       persona_error *error)
{
    const size_t slice = (size_t)1 << 20;
    int rc = PERSONA_OK;
    for (size_t at = 0; rc == PERSONA_OK && at < bytes->length; at += slice) {
        const size_t left = bytes->length - at;
        rc = psn_task_check(task, (double)at / (double)bytes->length, error);
        if (rc == PERSONA_OK)
            rc = psn_os_replace_write(file, bytes->bytes + at,
                                      left < slice ? left : slice, error);
    }
    return rc;
}

int psn_model_save(const persona_model *model, const char *path, persona_task *task,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text bytes = {0};
    psn_os_replace *file = NULL;
    psn_task_enter(task, "save", 0, 1);
    PSN_TRY(psn_model_encode(&bytes, model, error));
    PSN_TRY(psn_os_replace_begin(&file, path, error));
    rc = model_write(file, &bytes, task, error);
    if (rc == PERSONA_OK) {
        rc = psn_os_replace_commit(file, error);
    } else {
        psn_os_replace_abandon(file);
    }
done:
    psn_text_free(&bytes);
    return rc;
}
