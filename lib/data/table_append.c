/* table_append.c: rows of one table after the rows of another.
 *
 * All or nothing: first everything is compared, then every column gets its room and its
 * copy of the new rows beyond the last row, and only when nothing can fail any more does
 * the number of rows change. What an append that failed wrote lies beyond the last row
 * and is written again by the next. Dictionary text keeps an index of its levels between
 * appends, so that chunk after chunk costs the chunk and not the dictionary. */
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/column.h"

static int append_too_large(persona_error *error)
{
    return psn_fail(error, PERSONA_ELIMIT, "append: the table would be too large");
}

static int append_values(psn_column *to, int64_t rows, const psn_column *from,
                         int64_t more)
{
    size_t width = psn_type_width(to->type);
    if (more > 0)
        memcpy((char *)to->values + (size_t)rows * width, from->values,
               (size_t)more * width);
    return PERSONA_OK;
}

/* Validity comes into being with the first missing value; reals and codes have none. */
static int append_valid(psn_column *to, int64_t rows, const psn_column *from,
                        int64_t more, persona_error *error)
{
    int64_t first = 0;
    if (from->valid == NULL && from->codes == NULL && to->valid == NULL)
        return PERSONA_OK;
    while (to->valid == NULL && first < more && !psn_column_missing(from, first)) first++;
    if (to->valid == NULL && first == more) return PERSONA_OK;
    int rc = psn_column_mark(to, rows, error);
    if (rc != PERSONA_OK) return rc;
    for (int64_t i = 0; i < more; i++) to->valid[rows + i] = !psn_column_missing(from, i);
    return PERSONA_OK;
}

/* Either kind of text onto plain text. */
static int append_plain(psn_column *to, int64_t rows, const psn_column *from,
                        int64_t more, persona_error *error)
{
    int rc = PERSONA_OK;
    size_t total = (size_t)to->offsets[rows];
    const char *bytes;
    int64_t length;
    for (int64_t i = 0; i < more; i++) {
        psn_column_text(from, i, &bytes, &length);
        if (!psn_size_add(total, (size_t)length, &total) || total > INT64_MAX)
            return append_too_large(error);
    }
    PSN_TRY(psn_column_reserve_bytes(to, (int64_t)total, error));
    for (int64_t i = 0; i < more; i++) {
        int64_t at = to->offsets[rows + i];
        psn_column_text(from, i, &bytes, &length);
        if (length > 0) memcpy(to->bytes + at, bytes, (size_t)length);
        to->offsets[rows + i + 1] = at + length;
    }
    rc = append_valid(to, rows, from, more, error);
done:
    return rc;
}

/* The index of the levels there are: number = level, since no level is there twice. */
static int append_index(psn_column *to, persona_error *error)
{
    if (to->index != NULL) return PERSONA_OK;
    psn_dict *index = psn_dict_new();
    if (index == NULL) return psn_fail_memory(error);
    for (int64_t i = 0; i < to->levels; i++) {
        size_t length = (size_t)(to->offsets[i + 1] - to->offsets[i]);
        if (psn_dict_add(index, to->bytes + to->offsets[i], length) < 0) {
            psn_dict_free(index);
            return psn_fail_memory(error);
        }
    }
    to->index = index;
    return PERSONA_OK;
}

/* Brings bytes and offsets to what the index holds. */
static int append_levels(psn_column *to, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t levels = psn_dict_count(to->index), first = to->levels;
    const int64_t *offsets = psn_dict_offsets(to->index);
    if (levels == first) return PERSONA_OK;
    if (levels > INT32_MAX) return append_too_large(error);
    PSN_TRY(psn_column_reserve_bytes(to, offsets[levels], error));
    if (levels > to->level_room) {
        int64_t room = levels + levels / 2;
        int64_t *larger = psn_resize(to->offsets, (size_t)room + 1, sizeof *larger);
        PSN_NEED(larger);
        to->offsets = larger;
        to->level_room = room;
    }
    size_t fresh = (size_t)(offsets[levels] - offsets[first]);
    if (fresh > 0)
        memcpy(to->bytes + offsets[first], psn_dict_bytes(to->index) + offsets[first],
               fresh);
    memcpy(to->offsets + first, offsets + first,
           (size_t)(levels - first + 1) * sizeof *offsets);
    to->levels = levels;
done:
    return rc;
}

/* The code in `to` of a text, added when new; -1 = missing, -2 = no memory. */
static int64_t append_code(psn_column *to, const char *bytes, int64_t length)
{
    if (bytes == NULL) return -1;
    int64_t code = psn_dict_add(to->index, bytes, (size_t)length);
    return code < 0 ? -2 : code;
}

/* Either kind of text onto dictionary text. Levels of `from` are looked up once each. */
static int append_codes(psn_column *to, int64_t rows, const psn_column *from,
                        int64_t more, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *map = NULL; /* level of from -> code, -1 = not looked up yet */
    const char *bytes;
    int64_t length;
    PSN_TRY(append_index(to, error));
    PSN_NEED(map = psn_alloc((size_t)from->levels, sizeof *map));
    for (int64_t i = 0; i < from->levels; i++) map[i] = -1;
    for (int64_t i = 0; i < more; i++) {
        int32_t level = from->codes != NULL ? from->codes[i] : -1;
        int64_t code = level >= 0 ? map[level] : -1;
        if (code < 0) {
            psn_column_text(from, i, &bytes, &length);
            code = append_code(to, bytes, length);
            if (code == -2) PSN_TRY(psn_fail_memory(error));
            if (code > INT32_MAX) PSN_TRY(append_too_large(error));
        }
        if (level >= 0) map[level] = code;
        to->codes[rows + i] = (int32_t)code;
    }
    rc = append_levels(to, error);
done:
    psn_release(map);
    return rc;
}

static int append_column(psn_column *to, int64_t rows, const psn_column *from,
                         int64_t more, persona_error *error)
{
    int rc = psn_column_reserve(to, rows + more, error);
    if (rc != PERSONA_OK) return rc;
    if (to->codes != NULL) return append_codes(to, rows, from, more, error);
    if (to->type == PERSONA_TYPE_TEXT) return append_plain(to, rows, from, more, error);
    append_values(to, rows, from, more);
    return append_valid(to, rows, from, more, error);
}

/* The column of `more` that belongs to column c of `table`. */
static const psn_column *append_partner(const persona_table *table, int64_t c,
                                        const persona_table *more)
{
    const char *name = table->columns[c].name;
    const psn_column *same = psn_table_column(more, c);
    if (same != NULL && strcmp(same->name, name) == 0) return same;
    return psn_table_column(more, psn_table_find(more, name));
}

static int append_check(const persona_table *table, const persona_table *more,
                        persona_error *error)
{
    if (table->rows > INT64_MAX / 16 - more->rows) return append_too_large(error);
    for (int64_t c = 0; c < table->count; c++) {
        const psn_column *to = &table->columns[c];
        const psn_column *from = append_partner(table, c, more);
        int shown = psn_name_shown(to->name);
        if (from == NULL)
            return psn_fail(error, PERSONA_EARG,
                            "append: column \"%.*s\" is missing in the rows to append",
                            shown, to->name);
        if (from->type != to->type)
            return psn_fail(error, PERSONA_EARG,
                            "append: column \"%.*s\" is %s in the table, but %s in the "
                            "rows to append",
                            shown, to->name, psn_type_name(to->type),
                            psn_type_name(from->type));
    }
    if (more->count != table->count)
        return psn_fail(
            error, PERSONA_EARG,
            "append: the table has %lld columns, the rows to append have %lld",
            (long long)table->count, (long long)more->count);
    return PERSONA_OK;
}

/* A table without columns takes those of the first chunk. */
static int append_start(persona_table *table, const persona_table *more,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t c = 0; c < more->count; c++) {
        const psn_column *from = &more->columns[c];
        psn_column column;
        PSN_TRY(psn_column_start(&column, from->name, from->type, from->codes != NULL,
                                 error));
        PSN_TRY(psn_table_push(table, &column, 0, error));
    }
done:
    return rc;
}

static void append_clear(persona_table *table)
{
    for (int64_t c = 0; c < table->count; c++) psn_column_release(&table->columns[c]);
    table->count = 0;
}

int psn_table_append(persona_table *table, const persona_table *more,
                     persona_error *error)
{
    int rc = PERSONA_OK, started = 0;
    int64_t rows, added;
    PSN_TRY(psn_table_need_open(table, error));
    if (more == NULL) PSN_FAIL(error, PERSONA_EARG, "more: is NULL");
    rows = table->rows;
    added = more->rows;
    if (table->count == 0 && more->count > 0) {
        started = 1;
        PSN_TRY(append_start(table, more, error));
    }
    PSN_TRY(append_check(table, more, error));
    for (int64_t c = 0; c < table->count; c++)
        PSN_TRY(append_column(&table->columns[c], rows, append_partner(table, c, more),
                              added, error));
    table->rows = rows + added;
done:
    if (rc != PERSONA_OK && started) append_clear(table);
    return rc;
}
