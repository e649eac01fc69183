/* table_link.c: what relates rows: links to other tables, selections, numbered ids.
 *
 * Ids compare by their text, an int by its decimal form, so that 7 finds "7" and not
 * "007". Where both sides are ints they are hashed as ints; a dictionary column is looked
 * up level by level and not row by row. Every function here is O(rows). */
#include <string.h>

#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/column.h"
#include "data/intmap.h"

/* ---- the rows of keys */

/* key -> row, by one of the two. */
typedef struct link_keys {
    psn_intmap *ints;
    psn_dict *texts;
    int64_t *row_of; /* row of text i: missing keys are left out */
} link_keys;

static void link_keys_free(link_keys *keys)
{
    psn_intmap_free(keys->ints);
    psn_dict_free(keys->texts);
    psn_release(keys->row_of);
}

static int link_twice(const psn_column *key, int64_t row, persona_error *error)
{
    return psn_fail_at(error, PERSONA_EDATA, row,
                       "key \"%.*s\": row %lld has the key of an earlier row; keys must "
                       "be unique",
                       psn_name_shown(key->name), key->name, (long long)row);
}

static int link_add_key(link_keys *keys, const psn_column *key, int64_t row,
                        persona_error *error)
{
    char scratch[PSN_NUMBER_BYTES];
    const char *bytes;
    size_t length;
    if (psn_column_missing(key, row)) return PERSONA_OK;
    if (keys->ints != NULL) {
        int64_t there = psn_intmap_add(keys->ints, ((int64_t *)key->values)[row], row);
        if (there < 0) return psn_fail_memory(error);
        return there == row ? PERSONA_OK : link_twice(key, row, error);
    }
    psn_column_key(key, row, scratch, &bytes, &length);
    int64_t before = psn_dict_count(keys->texts);
    int64_t number = psn_dict_add(keys->texts, bytes, length);
    if (number < 0) return psn_fail_memory(error);
    if (number < before) return link_twice(key, row, error);
    keys->row_of[number] = row;
    return PERSONA_OK;
}

/* The keys of a column; `as_ints` where both sides are ints. */
static int link_keys_build(link_keys *keys, const psn_column *key, int64_t rows,
                           int as_ints, persona_error *error)
{
    int rc = PERSONA_OK;
    if (as_ints) {
        PSN_NEED(keys->ints = psn_intmap_new());
    } else {
        PSN_NEED(keys->texts = psn_dict_new());
        PSN_NEED(keys->row_of = psn_alloc((size_t)rows, sizeof(int64_t)));
    }
    for (int64_t row = 0; row < rows; row++) PSN_TRY(link_add_key(keys, key, row, error));
done:
    return rc;
}

static int64_t link_find_text(const link_keys *keys, const char *bytes, size_t length)
{
    int64_t number = bytes == NULL ? -1 : psn_dict_find(keys->texts, bytes, length);
    return number < 0 ? -1 : keys->row_of[number];
}

/* ---- link and follow */

static int link_check_column(const persona_table *table, const char *name,
                             const char *argument, int64_t *out, persona_error *error)
{
    if (name == NULL) return psn_fail(error, PERSONA_EARG, "%s: is NULL", argument);
    *out = psn_table_find(table, name);
    if (*out < 0)
        return psn_fail(error, PERSONA_EARG, "%s: there is no column \"%.*s\"", argument,
                        psn_name_shown(name), name);
    return psn_column_need_ids(&table->columns[*out], error);
}

static int link_both_ints(const psn_column *a, const psn_column *b)
{
    return a->type == PERSONA_TYPE_INT && b->type == PERSONA_TYPE_INT;
}

int psn_table_link(persona_table *table, const char *column, const persona_table *other,
                   const char *key, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t from = 0, to = 0;
    link_keys keys = {0};
    PSN_TRY(psn_table_need_open(table, error));
    if (other == NULL) PSN_FAIL(error, PERSONA_EARG, "other: is NULL");
    if (other == table)
        PSN_FAIL(error, PERSONA_EARG, "other: a table cannot be linked to itself");
    PSN_TRY(link_check_column(table, column, "column", &from, error));
    PSN_TRY(link_check_column(other, key, "key", &to, error));
    for (int64_t i = 0; i < table->links; i++)
        if (table->link[i].column == from)
            PSN_FAIL(error, PERSONA_EARG, "column \"%.*s\": is linked already",
                     psn_name_shown(column), column);
    const psn_column *keyed = &other->columns[to];
    PSN_TRY(link_keys_build(&keys, keyed, other->rows, keyed->type == PERSONA_TYPE_INT,
                            error));
    psn_link *larger =
        psn_resize(table->link, (size_t)table->links + 1, sizeof *table->link);
    PSN_NEED(larger);
    table->link = larger;
    table->link[table->links++] = (psn_link){from, psn_table_ref(other), to};
done:
    link_keys_free(&keys);
    return rc;
}

static void link_follow_ints(const psn_column *column, int64_t count,
                             const link_keys *keys, int64_t *rows)
{
    const int64_t *values = column->values;
    for (int64_t i = 0; i < count; i++)
        rows[i] =
            psn_column_missing(column, i) ? -1 : psn_intmap_find(keys->ints, values[i]);
}

static int link_follow_codes(const psn_column *column, int64_t count,
                             const link_keys *keys, int64_t *rows, persona_error *error)
{
    int64_t *map = psn_alloc((size_t)column->levels, sizeof *map);
    if (map == NULL) return psn_fail_memory(error);
    for (int64_t i = 0; i < column->levels; i++)
        map[i] = link_find_text(keys, column->bytes + column->offsets[i],
                                (size_t)(column->offsets[i + 1] - column->offsets[i]));
    for (int64_t i = 0; i < count; i++)
        rows[i] = column->codes[i] < 0 ? -1 : map[column->codes[i]];
    psn_release(map);
    return PERSONA_OK;
}

int psn_table_follow(const persona_table *table, const psn_link *link, int64_t *rows,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    link_keys keys = {0};
    const psn_column *column = &table->columns[link->column];
    const psn_column *key = &link->other->columns[link->key];
    int ints = link_both_ints(column, key);
    PSN_TRY(link_keys_build(&keys, key, link->other->rows, ints, error));
    if (ints) {
        link_follow_ints(column, table->rows, &keys, rows);
    } else if (column->codes != NULL) {
        PSN_TRY(link_follow_codes(column, table->rows, &keys, rows, error));
    } else {
        char scratch[PSN_NUMBER_BYTES];
        const char *bytes;
        size_t length;
        for (int64_t i = 0; i < table->rows; i++) {
            psn_column_key(column, i, scratch, &bytes, &length);
            rows[i] = link_find_text(&keys, bytes, length);
        }
    }
done:
    link_keys_free(&keys);
    return rc;
}

/* ---- select */

static int select_links(persona_table *out, const persona_table *table,
                        persona_error *error)
{
    if (table->links == 0) return PERSONA_OK;
    out->link = psn_alloc((size_t)table->links, sizeof *out->link);
    if (out->link == NULL) return psn_fail_memory(error);
    for (int64_t i = 0; i < table->links; i++) {
        out->link[i] = table->link[i];
        out->link[i].other = psn_table_ref(table->link[i].other);
    }
    out->links = table->links;
    return PERSONA_OK;
}

int psn_table_select(persona_table **out, const persona_table *table, const int64_t *rows,
                     int64_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_column column;
    *out = NULL;
    if (table == NULL) PSN_FAIL(error, PERSONA_EARG, "table: is NULL");
    if (count < 0) PSN_FAIL(error, PERSONA_EARG, "count: is negative");
    if (rows == NULL && count > 0) PSN_FAIL(error, PERSONA_EARG, "rows: is NULL");
    for (int64_t i = 0; i < count; i++)
        if (rows[i] < 0 || rows[i] >= table->rows) {
            rc = psn_fail_at(error, PERSONA_EARG, i,
                             "rows: entry %lld must be 0 to %lld, a row of the table",
                             (long long)i, (long long)(table->rows - 1));
            goto done;
        }
    static const int64_t none[1] = {0};
    if (rows == NULL) rows = none; /* NULL would mean all rows */
    PSN_TRY(psn_table_new(out, error));
    for (int64_t c = 0; c < table->count; c++) {
        PSN_TRY(psn_column_copy(&column, &table->columns[c], rows, count, error));
        PSN_TRY(psn_table_push(*out, &column, count, error));
    }
    rc = select_links(*out, table, error);
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}

/* ---- encode */

/* The number of a text, new or known; below 0: failed, *rc says how. */
static int64_t encode_text(psn_dict *dict, const char *bytes, size_t length, int *rc,
                           persona_error *error)
{
    int64_t code = psn_dict_add(dict, bytes, length);
    if (code < 0) {
        *rc = psn_fail_memory(error);
    } else if (code > INT32_MAX) {
        *rc = psn_fail(error, PERSONA_ELIMIT, "column: has more than 2147483648 ids");
        code = -1;
    }
    return code;
}

static int encode_ints(const psn_column *column, int64_t rows, int32_t *codes,
                       psn_dict *dict, persona_error *error)
{
    int rc = PERSONA_OK;
    char scratch[PSN_NUMBER_BYTES];
    const int64_t *values = column->values;
    psn_intmap *map = psn_intmap_new();
    PSN_NEED(map);
    for (int64_t i = 0; i < rows; i++) {
        codes[i] = -1;
        if (psn_column_missing(column, i)) continue;
        int64_t fresh = psn_dict_count(dict);
        int64_t code = psn_intmap_add(map, values[i], fresh);
        if (code < 0) PSN_TRY(psn_fail_memory(error));
        if (code == fresh)
            code =
                encode_text(dict, scratch, psn_print_int(scratch, values[i]), &rc, error);
        if (rc != PERSONA_OK) goto done;
        codes[i] = (int32_t)code;
    }
done:
    psn_intmap_free(map);
    return rc;
}

static int encode_levels(const psn_column *column, int64_t rows, int32_t *codes,
                         psn_dict *dict, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t *map = psn_alloc((size_t)column->levels, sizeof *map);
    PSN_NEED(map);
    for (int64_t i = 0; i < column->levels; i++) map[i] = -1;
    for (int64_t i = 0; i < rows; i++) {
        int32_t level = column->codes[i];
        codes[i] = level < 0 ? -1 : map[level];
        if (level < 0 || map[level] >= 0) continue;
        const char *bytes = column->bytes + column->offsets[level];
        size_t length = (size_t)(column->offsets[level + 1] - column->offsets[level]);
        int64_t code = encode_text(dict, bytes, length, &rc, error);
        if (rc != PERSONA_OK) goto done;
        codes[i] = map[level] = (int32_t)code;
    }
done:
    psn_release(map);
    return rc;
}

/* Plain texts and bools. */
static int encode_keys(const psn_column *column, int64_t rows, int32_t *codes,
                       psn_dict *dict, persona_error *error)
{
    int rc = PERSONA_OK;
    char scratch[PSN_NUMBER_BYTES];
    const char *bytes;
    size_t length;
    for (int64_t i = 0; i < rows && rc == PERSONA_OK; i++) {
        psn_column_key(column, i, scratch, &bytes, &length);
        codes[i] =
            bytes == NULL ? -1 : (int32_t)encode_text(dict, bytes, length, &rc, error);
    }
    return rc;
}

int psn_table_encode(const persona_table *table, int64_t column, int32_t *codes,
                     struct psn_dict **dict, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_column *from = psn_table_column(table, column);
    *dict = NULL;
    if (from == NULL) PSN_FAIL(error, PERSONA_EARG, "column: there is no such column");
    PSN_TRY(psn_column_need_ids(from, error));
    PSN_NEED(*dict = psn_dict_new());
    if (from->type == PERSONA_TYPE_INT)
        rc = encode_ints(from, table->rows, codes, *dict, error);
    else if (from->codes != NULL)
        rc = encode_levels(from, table->rows, codes, *dict, error);
    else
        rc = encode_keys(from, table->rows, codes, *dict, error);
done:
    if (rc != PERSONA_OK) {
        psn_dict_free(*dict);
        *dict = NULL;
    }
    return rc;
}
