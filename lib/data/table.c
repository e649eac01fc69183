/* table.c: tables: life, adding columns, finding them.
 *
 * A table owns its columns and counts its references: links and models hold it beside the
 * caller. With more than one reference it is frozen, because another thread may be
 * reading it, so that every change begins with psn_table_need_open. What comes in is
 * checked whole and copied; afterwards everything else trusts it: bools are 0 or 1,
 * offsets rise, codes are in range, no dictionary has a level twice, texts are UTF-8, a
 * missing number is 0. */
#include "data/table.h"

#include <math.h>
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/column.h"

int psn_table_new(persona_table **out, persona_error *error)
{
    *out = psn_alloc_zero(1, sizeof **out);
    if (*out == NULL) return psn_fail_memory(error);
    atomic_init(&(*out)->references, 1);
    return PERSONA_OK;
}

persona_table *psn_table_ref(const persona_table *table)
{
    /* The count is the one part of a frozen table that changes. */
    persona_table *shared = (persona_table *)(uintptr_t)table;
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return shared;
}

void psn_table_free(persona_table *table)
{
    if (table == NULL) return;
    if (atomic_fetch_sub_explicit(&table->references, 1, memory_order_acq_rel) != 1)
        return;
    for (int64_t c = 0; c < table->count; c++) psn_column_release(&table->columns[c]);
    for (int64_t i = 0; i < table->links; i++) psn_table_free(table->link[i].other);
    psn_release(table->columns);
    psn_release(table->link);
    psn_release(table);
}

int psn_table_need_open(const persona_table *table, persona_error *error)
{
    if (table == NULL) return psn_fail(error, PERSONA_EARG, "table: is NULL");
    if (atomic_load_explicit(&table->references, memory_order_acquire) > 1)
        return psn_fail(error, PERSONA_EARG,
                        "table: is linked or in use and can no longer be changed");
    return PERSONA_OK;
}

int64_t psn_table_find(const persona_table *table, const char *name)
{
    if (table == NULL || name == NULL) return PERSONA_NONE;
    for (int64_t c = 0; c < table->count; c++)
        if (strcmp(table->columns[c].name, name) == 0) return c;
    return PERSONA_NONE;
}

const psn_column *psn_table_column(const persona_table *table, int64_t column)
{
    if (table == NULL || column < 0 || column >= table->count) return NULL;
    return &table->columns[column];
}

/* ---- taking over */

/* A validity without a 0 in it is dropped. */
static void table_drop_valid(psn_column *column, int64_t rows)
{
    if (column->valid == NULL) return;
    if (rows > 0 && memchr(column->valid, 0, (size_t)rows) != NULL) return;
    psn_release(column->valid);
    column->valid = NULL;
}

int psn_table_push(persona_table *table, psn_column *column, int64_t rows,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    if (table->count >= PSN_COLUMNS_MAX)
        PSN_FAIL(error, PERSONA_ELIMIT, "table: at most %d columns are allowed",
                 PSN_COLUMNS_MAX);
    if (table->count == table->capacity) {
        int64_t capacity = table->capacity * 2 + 8;
        psn_column *larger =
            psn_resize(table->columns, (size_t)capacity, sizeof *table->columns);
        PSN_NEED(larger);
        table->columns = larger;
        table->capacity = capacity;
    }
    table_drop_valid(column, rows);
    if (column->room < rows) column->room = rows;
    if (column->type == PERSONA_TYPE_TEXT) {
        int64_t texts = column->codes != NULL ? column->levels : rows;
        if (column->byte_room < column->offsets[texts])
            column->byte_room = column->offsets[texts];
        if (column->level_room < column->levels) column->level_room = column->levels;
    }
    table->columns[table->count++] = *column;
    memset(column, 0, sizeof *column);
    table->rows = rows;
done:
    if (rc != PERSONA_OK) psn_column_release(column);
    return rc;
}

/* All that can be refused before looking at the values. */
static int table_check_new(const persona_table *table, const char *name, int64_t rows,
                           persona_error *error)
{
    int rc = psn_table_need_open(table, error);
    if (rc == PERSONA_OK) rc = psn_name_check(name, error);
    if (rc != PERSONA_OK) return rc;
    int shown = psn_name_shown(name);
    if (rows < 0)
        return psn_fail(error, PERSONA_EARG, "column \"%.*s\": rows is negative", shown,
                        name);
    if (table->count > 0 && rows != table->rows)
        return psn_fail(error, PERSONA_EARG,
                        "column \"%.*s\": has %lld rows, but the table has %lld", shown,
                        name, (long long)rows, (long long)table->rows);
    if (psn_table_find(table, name) >= 0)
        return psn_fail(error, PERSONA_EARG, "column \"%.*s\": the table has it already",
                        shown, name);
    return PERSONA_OK;
}

int psn_table_adopt(persona_table *table, psn_column *column, int64_t rows,
                    persona_error *error)
{
    int rc = table_check_new(table, column->name, rows, error);
    if (rc == PERSONA_OK) return psn_table_push(table, column, rows, error);
    psn_column_release(column);
    return rc;
}

/* ---- adding numbers */

/* Missing values become 0 (NaN for reals), validity bytes 0 or 1: one content, one form.
 */
static void table_blank_missing(psn_column *column, int64_t rows)
{
    size_t width = psn_type_width(column->type);
    int real = column->type == PERSONA_TYPE_REAL,
        real32 = column->type == PERSONA_TYPE_REAL32;
    for (int64_t i = 0; i < rows; i++) {
        column->valid[i] = column->valid[i] != 0;
        if (column->valid[i]) continue;
        if (real)
            ((double *)column->values)[i] = NAN;
        else if (real32)
            ((float *)column->values)[i] = NAN;
        else
            memset((char *)column->values + (size_t)i * width, 0, width);
    }
    if (!real && !real32) return;
    psn_release(column->valid);
    column->valid = NULL;
}

int psn_table_add(persona_table *table, const char *name, int32_t type,
                  const void *values, const uint8_t *valid, int64_t rows,
                  persona_error *error)
{
    psn_column column = {.type = type};
    size_t width = psn_type_width(type);
    int rc = PERSONA_OK;
    PSN_TRY(table_check_new(table, name, rows, error));
    if (width == 0) PSN_FAIL(error, PERSONA_EARG, "type: must be a number, bool or time");
    if (values == NULL && rows > 0)
        PSN_FAIL(error, PERSONA_EARG, "column \"%.*s\": values is NULL",
                 psn_name_shown(name), name);
    PSN_NEED(column.name = psn_copy_text(name, strlen(name)));
    PSN_NEED(column.values = psn_alloc((size_t)rows, width));
    if (rows > 0) memcpy(column.values, values, (size_t)rows * width);
    if (valid != NULL && rows > 0) {
        PSN_NEED(column.valid = psn_copy(valid, (size_t)rows));
        table_blank_missing(&column, rows);
    }
    for (int64_t i = 0; type == PERSONA_TYPE_BOOL && i < rows; i++)
        if (((uint8_t *)column.values)[i] > 1) {
            rc = psn_fail_at(error, PERSONA_EDATA, i,
                             "column \"%.*s\": row %lld is not 0 or 1",
                             psn_name_shown(name), name, (long long)i);
            goto done;
        }
    rc = psn_table_push(table, &column, rows, error);
done:
    psn_column_release(&column);
    return rc;
}

/* ---- adding texts */

/* `what` is "row" or "level". */
static int table_check_texts(const char *name, const char *what, const char *bytes,
                             const int64_t *offsets, int64_t count, persona_error *error)
{
    int shown = psn_name_shown(name);
    if (offsets == NULL)
        return psn_fail(error, PERSONA_EARG, "column \"%.*s\": offsets is NULL", shown,
                        name);
    int64_t bad = psn_offsets_bad_row(offsets, count);
    if (bad >= 0)
        return psn_fail_at(error, PERSONA_EARG, bad,
                           "column \"%.*s\": offsets must begin with 0 and never fall "
                           "(%s %lld)",
                           shown, name, what, (long long)bad);
    if (bytes == NULL && offsets[count] > 0)
        return psn_fail(error, PERSONA_EARG, "column \"%.*s\": bytes is NULL", shown,
                        name);
    bad = psn_text_bad_row(bytes, offsets, count);
    if (bad >= 0)
        return psn_fail_at(error, PERSONA_EARG, bad,
                           "column \"%.*s\": %s %lld is not valid UTF-8", shown, name,
                           what, (long long)bad);
    return PERSONA_OK;
}

/* Copies name, bytes and offsets. */
static int table_copy_texts(psn_column *column, const char *name, const char *bytes,
                            const int64_t *offsets, int64_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    size_t total = (size_t)offsets[count];
    PSN_NEED(column->name = psn_copy_text(name, strlen(name)));
    PSN_NEED(column->bytes = psn_alloc(total, 1));
    if (total > 0) memcpy(column->bytes, bytes, total);
    PSN_NEED(column->offsets = psn_alloc((size_t)count + 1, sizeof(int64_t)));
    memcpy(column->offsets, offsets, ((size_t)count + 1) * sizeof(int64_t));
done:
    return rc;
}

int psn_table_add_text(persona_table *table, const char *name, const char *bytes,
                       const int64_t *offsets, const uint8_t *valid, int64_t rows,
                       persona_error *error)
{
    static const int64_t nothing[1] = {0};
    psn_column column = {.type = PERSONA_TYPE_TEXT};
    int rc = PERSONA_OK;
    PSN_TRY(table_check_new(table, name, rows, error));
    if (offsets == NULL && rows == 0) offsets = nothing;
    PSN_TRY(table_check_texts(name, "row", bytes, offsets, rows, error));
    PSN_TRY(table_copy_texts(&column, name, bytes, offsets, rows, error));
    if (valid != NULL && rows > 0) {
        PSN_NEED(column.valid = psn_copy(valid, (size_t)rows));
        for (int64_t i = 0; i < rows; i++) column.valid[i] = valid[i] != 0;
    }
    rc = psn_table_push(table, &column, rows, error);
done:
    psn_column_release(&column);
    return rc;
}

/* A dictionary that has a text twice gets it once, and the codes follow. */
static int table_merge_levels(psn_column *column, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t levels = column->levels, distinct;
    int32_t *map = NULL;
    psn_dict *dict = psn_dict_new();
    PSN_NEED(dict);
    PSN_NEED(map = psn_alloc((size_t)levels, sizeof *map));
    for (int64_t i = 0; i < levels; i++) {
        const char *bytes = column->bytes + column->offsets[i];
        size_t length = (size_t)(column->offsets[i + 1] - column->offsets[i]);
        int64_t number = psn_dict_add(dict, bytes, length);
        if (number < 0) PSN_TRY(psn_fail_memory(error));
        map[i] = (int32_t)number;
    }
    distinct = psn_dict_count(dict);
    if (distinct == levels) goto done;
    for (int64_t i = 0; i < rows; i++)
        if (column->codes[i] >= 0) column->codes[i] = map[column->codes[i]];
    const int64_t *offsets = psn_dict_offsets(dict);
    memcpy(column->bytes, psn_dict_bytes(dict), (size_t)offsets[distinct]);
    memcpy(column->offsets, offsets, ((size_t)distinct + 1) * sizeof *offsets);
    column->levels = distinct;
done:
    psn_release(map);
    psn_dict_free(dict);
    return rc;
}

/* Codes in range; anything below 0 but -1 is refused too. */
static int table_check_codes(const char *name, const int32_t *codes, int64_t rows,
                             int64_t levels, persona_error *error)
{
    int shown = psn_name_shown(name);
    if (levels < 0 || levels > INT32_MAX)
        return psn_fail(error, PERSONA_EARG,
                        "column \"%.*s\": levels must be 0 to 2147483647", shown, name);
    if (codes == NULL && rows > 0)
        return psn_fail(error, PERSONA_EARG, "column \"%.*s\": codes is NULL", shown,
                        name);
    for (int64_t i = 0; i < rows; i++)
        if (codes[i] < -1 || codes[i] >= levels)
            return psn_fail_at(error, PERSONA_EARG, i,
                               "column \"%.*s\": the code of row %lld must be -1 to %lld",
                               shown, name, (long long)i, (long long)(levels - 1));
    return PERSONA_OK;
}

int psn_table_add_codes(persona_table *table, const char *name, const int32_t *codes,
                        int64_t rows, const char *bytes, const int64_t *offsets,
                        int64_t levels, persona_error *error)
{
    static const int64_t nothing[1] = {0};
    psn_column column = {.type = PERSONA_TYPE_TEXT, .levels = levels};
    int rc = PERSONA_OK;
    PSN_TRY(table_check_new(table, name, rows, error));
    if (offsets == NULL && levels == 0) offsets = nothing;
    PSN_TRY(table_check_codes(name, codes, rows, levels, error));
    PSN_TRY(table_check_texts(name, "level", bytes, offsets, levels, error));
    PSN_TRY(table_copy_texts(&column, name, bytes, offsets, levels, error));
    PSN_NEED(column.codes = psn_alloc((size_t)rows, sizeof(int32_t)));
    if (rows > 0) memcpy(column.codes, codes, (size_t)rows * sizeof(int32_t));
    PSN_TRY(table_merge_levels(&column, rows, error));
    rc = psn_table_push(table, &column, rows, error);
done:
    psn_column_release(&column);
    return rc;
}

int psn_table_add_strings(persona_table *table, const char *name,
                          const char *const *texts, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    size_t total = 0;
    char *bytes = NULL;
    int64_t *offsets = NULL;
    uint8_t *valid = NULL;
    PSN_TRY(table_check_new(table, name, rows, error));
    if (texts == NULL && rows > 0) PSN_FAIL(error, PERSONA_EARG, "texts: is NULL");
    PSN_NEED(offsets = psn_alloc_zero((size_t)rows + 1, sizeof *offsets));
    PSN_NEED(valid = psn_alloc((size_t)rows, 1));
    for (int64_t i = 0; i < rows; i++) {
        valid[i] = texts[i] != NULL;
        total += texts[i] != NULL ? strlen(texts[i]) : 0;
        offsets[i + 1] = (int64_t)total;
    }
    PSN_NEED(bytes = psn_alloc(total, 1));
    for (int64_t i = 0; i < rows; i++)
        if (offsets[i + 1] > offsets[i])
            memcpy(bytes + offsets[i], texts[i], (size_t)(offsets[i + 1] - offsets[i]));
    rc = psn_table_add_text(table, name, bytes, offsets, valid, rows, error);
done:
    psn_release(bytes);
    psn_release(offsets);
    psn_release(valid);
    return rc;
}

int psn_table_add_column(persona_table *table, const char *name, const psn_column *column,
                         int64_t rows, persona_error *error)
{
    if (column->codes)
        return psn_table_add_codes(table, name, column->codes, rows, column->bytes,
                                   column->offsets, column->levels, error);
    if (column->type == PERSONA_TYPE_TEXT)
        return psn_table_add_text(table, name, column->bytes, column->offsets,
                                  column->valid, rows, error);
    return psn_table_add(table, name, column->type, column->values, column->valid, rows,
                         error);
}
