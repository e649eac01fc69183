/* Tables. */
#include "persona/table.h"

#include "api/check.h"
#include "base/buffer.h"
#include "data/arrow.h"
#include "data/csv.h"
#include "data/table.h"

int persona_table_new(persona_table **out, persona_error *error)
{
    PSN_API_OUT(out);
    return psn_table_new(out, error);
}

void persona_table_free(persona_table *table)
{
    psn_table_free(table);
}

int persona_table_read_csv(persona_table **out, const char *path,
                           const persona_params *csv, persona_task *task,
                           persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(path);
    return psn_csv_read(out, path, csv, task, error);
}

int persona_table_from_csv(persona_table **out, const void *bytes, int64_t size,
                           const persona_params *csv, persona_task *task,
                           persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_ARRAY(bytes, size);
    return psn_csv_from_bytes(out, bytes, (size_t)size, csv, task, error);
}

int64_t persona_table_skipped(const persona_table *table)
{
    return table == NULL ? 0 : table->skipped;
}

int persona_table_to_csv(persona_buffer **out, const persona_table *table,
                         const persona_params *csv, persona_error *error)
{
    psn_text text = {0};
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    int rc = psn_csv_to_text(&text, table, csv, error);
    if (rc == PERSONA_OK) return psn_buffer_from_text(out, &text, error);
    psn_text_free(&text);
    return rc;
}

int persona_table_write_csv(const persona_table *table, const char *path,
                            const persona_params *csv, persona_task *task,
                            persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(path);
    return psn_csv_write(table, path, csv, task, error);
}

int persona_table_from_arrow(persona_table **out, struct ArrowArrayStream *stream,
                             persona_error *error)
{
    if (out == NULL && stream != NULL && stream->release != NULL) stream->release(stream);
    PSN_API_OUT(out);
    PSN_API_NEED(stream);
    return psn_arrow_import(out, stream, error);
}

int persona_table_to_arrow(struct ArrowArrayStream *out, const persona_table *table,
                           persona_error *error)
{
    PSN_API_NEED(out);
    PSN_API_NEED(table);
    return psn_arrow_export(out, table, error);
}

static int api_add(persona_table *table, const char *name, int32_t type,
                   const void *values, const uint8_t *valid, int64_t rows,
                   persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(name);
    PSN_API_ARRAY(values, rows);
    return psn_table_add(table, name, type, values, valid, rows, error);
}

int persona_table_add_int(persona_table *table, const char *name, const int64_t *values,
                          const uint8_t *valid, int64_t rows, persona_error *error)
{
    return api_add(table, name, PERSONA_TYPE_INT, values, valid, rows, error);
}

int persona_table_add_real(persona_table *table, const char *name, const double *values,
                           int64_t rows, persona_error *error)
{
    return api_add(table, name, PERSONA_TYPE_REAL, values, NULL, rows, error);
}

int persona_table_add_real32(persona_table *table, const char *name, const float *values,
                             int64_t rows, persona_error *error)
{
    return api_add(table, name, PERSONA_TYPE_REAL32, values, NULL, rows, error);
}

int persona_table_add_bool(persona_table *table, const char *name, const uint8_t *values,
                           const uint8_t *valid, int64_t rows, persona_error *error)
{
    return api_add(table, name, PERSONA_TYPE_BOOL, values, valid, rows, error);
}

int persona_table_add_time(persona_table *table, const char *name, const int64_t *ms,
                           const uint8_t *valid, int64_t rows, persona_error *error)
{
    return api_add(table, name, PERSONA_TYPE_TIME, ms, valid, rows, error);
}

/* Offsets say where the bytes end, so bytes may be NULL only when that is at 0. */
static int api_check_text(const char *bytes, const int64_t *offsets, int64_t count,
                          persona_error *error)
{
    if (offsets == NULL) return psn_fail(error, PERSONA_EARG, "offsets: is NULL");
    if (bytes == NULL && offsets[count] != 0)
        return psn_fail(error, PERSONA_EARG, "bytes: is NULL");
    return PERSONA_OK;
}

int persona_table_add_text(persona_table *table, const char *name, const char *bytes,
                           const int64_t *offsets, const uint8_t *valid, int64_t rows,
                           persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(name);
    PSN_API_ARRAY(offsets, rows);
    int rc = api_check_text(bytes, offsets, rows, error);
    if (rc != PERSONA_OK) return rc;
    return psn_table_add_text(table, name, bytes, offsets, valid, rows, error);
}

int persona_table_add_codes(persona_table *table, const char *name, const int32_t *codes,
                            int64_t rows, const char *bytes, const int64_t *offsets,
                            int64_t levels, persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(name);
    PSN_API_ARRAY(codes, rows);
    PSN_API_ARRAY(offsets, levels);
    int rc = api_check_text(bytes, offsets, levels, error);
    if (rc != PERSONA_OK) return rc;
    return psn_table_add_codes(table, name, codes, rows, bytes, offsets, levels, error);
}

int persona_table_append(persona_table *table, const persona_table *more,
                         persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(more);
    return psn_table_append(table, more, error);
}

int persona_table_link(persona_table *table, const char *column,
                       const persona_table *other, const char *key, persona_error *error)
{
    PSN_API_NEED(table);
    PSN_API_NEED(column);
    PSN_API_NEED(other);
    PSN_API_NEED(key);
    return psn_table_link(table, column, other, key, error);
}

int persona_table_select(persona_table **out, const persona_table *table,
                         const int64_t *rows, int64_t count, persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    PSN_API_ARRAY(rows, count);
    return psn_table_select(out, table, rows, count, error);
}

int64_t persona_table_rows(const persona_table *table)
{
    return table == NULL ? 0 : table->rows;
}

int64_t persona_table_columns(const persona_table *table)
{
    return table == NULL ? 0 : table->count;
}

int64_t persona_table_find(const persona_table *table, const char *name)
{
    return table == NULL || name == NULL ? PERSONA_NONE : psn_table_find(table, name);
}

static const psn_column *api_column(const persona_table *table, int64_t column)
{
    if (table == NULL || column < 0 || column >= table->count) return NULL;
    return psn_table_column(table, column);
}

const char *persona_table_name(const persona_table *table, int64_t column)
{
    const psn_column *found = api_column(table, column);
    return found == NULL ? NULL : found->name;
}

int32_t persona_table_type(const persona_table *table, int64_t column)
{
    const psn_column *found = api_column(table, column);
    return found == NULL ? 0 : found->type;
}

static const void *api_values(const persona_table *table, int64_t column, int32_t type)
{
    const psn_column *found = api_column(table, column);
    return found == NULL || found->type != type ? NULL : found->values;
}

const int64_t *persona_table_ints(const persona_table *table, int64_t column)
{
    return api_values(table, column, PERSONA_TYPE_INT);
}

const double *persona_table_reals(const persona_table *table, int64_t column)
{
    return api_values(table, column, PERSONA_TYPE_REAL);
}

const float *persona_table_reals32(const persona_table *table, int64_t column)
{
    return api_values(table, column, PERSONA_TYPE_REAL32);
}

const uint8_t *persona_table_bools(const persona_table *table, int64_t column)
{
    return api_values(table, column, PERSONA_TYPE_BOOL);
}

const int64_t *persona_table_times(const persona_table *table, int64_t column)
{
    return api_values(table, column, PERSONA_TYPE_TIME);
}

const uint8_t *persona_table_valid(const persona_table *table, int64_t column)
{
    const psn_column *found = api_column(table, column);
    return found == NULL ? NULL : found->valid;
}

int persona_table_text(const persona_table *table, int64_t column, int64_t row,
                       const char **bytes, int64_t *length)
{
    const psn_column *found = api_column(table, column);
    if (bytes == NULL || length == NULL) return PERSONA_EARG;
    *bytes = NULL;
    *length = 0;
    if (found == NULL || found->type != PERSONA_TYPE_TEXT || row < 0 ||
        row >= table->rows)
        return PERSONA_EARG;
    psn_column_text(found, row, bytes, length);
    return PERSONA_OK;
}
