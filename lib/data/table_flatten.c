/* table_flatten.c: the attributes of users, products or cards stand in tables of their
 * own; here they come into the rows that name them. O(rows x columns). */
#include "data/table_flatten.h"

#include <math.h>
#include <string.h>
#include "base/dict.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/column.h"

typedef struct flatten_rows {
    const int64_t *at; /* row of the other table, -1 = none */
    int64_t count;
} flatten_rows;

static int flatten_text(persona_table *out, const char *name, const persona_table *other,
                        int64_t column, flatten_rows rows, persona_error *error)
{
    int rc;
    psn_dict *dict = NULL;
    int32_t *all = psn_alloc((size_t)other->rows, sizeof *all);
    int32_t *codes = psn_alloc((size_t)rows.count, sizeof *codes);
    PSN_NEED(all);
    PSN_NEED(codes);
    PSN_TRY(psn_table_encode(other, column, all, &dict, error));
    for (int64_t i = 0; i < rows.count; i++)
        codes[i] = rows.at[i] < 0 ? -1 : all[rows.at[i]];
    PSN_TRY(psn_table_add_codes(out, name, codes, rows.count, psn_dict_bytes(dict),
                                psn_dict_offsets(dict), psn_dict_count(dict), error));
done:
    psn_dict_free(dict);
    psn_release(all);
    psn_release(codes);
    return rc;
}

static int flatten_values(persona_table *out, const char *name, const psn_column *column,
                          flatten_rows rows, persona_error *error)
{
    int rc = PERSONA_OK;
    const int real =
        column->type == PERSONA_TYPE_REAL || column->type == PERSONA_TYPE_REAL32;
    const int whole =
        column->type == PERSONA_TYPE_INT || column->type == PERSONA_TYPE_TIME;
    int64_t *wide = psn_alloc((size_t)rows.count, 8); /* int64, double, or bytes */
    uint8_t *valid = psn_alloc((size_t)rows.count, 1);
    PSN_NEED(wide);
    PSN_NEED(valid);
    for (int64_t i = 0; i < rows.count; i++) {
        const int64_t at = rows.at[i];
        valid[i] = at >= 0 && !psn_column_missing(column, at);
        if (real)
            ((double *)wide)[i] = valid[i] ? psn_column_number(column, at) : NAN;
        else if (whole)
            wide[i] = valid[i] ? ((const int64_t *)column->values)[at] : 0;
        else
            ((uint8_t *)wide)[i] = valid[i] && ((const uint8_t *)column->values)[at];
    }
    PSN_TRY(psn_table_add(out, name, real ? PERSONA_TYPE_REAL : column->type, wide,
                          real ? NULL : valid, rows.count, error));
done:
    psn_release(wide);
    psn_release(valid);
    return rc;
}

static int flatten_column(persona_table *out, const persona_table *table,
                          const psn_link *link, int64_t column, flatten_rows rows,
                          persona_error *error)
{
    const psn_column *source = psn_table_column(link->other, column);
    char name[2 * PSN_NAME_MAX + 2];
    psn_format(name, sizeof name, "%s", source->name);
    if (psn_table_find(out, name) != PERSONA_NONE)
        psn_format(name, sizeof name, "%s.%s", table->columns[link->column].name,
                   source->name);
    if (source->type == PERSONA_TYPE_TEXT)
        return flatten_text(out, name, link->other, column, rows, error);
    return flatten_values(out, name, source, rows, error);
}

int psn_table_join(persona_table *out, const persona_table *table, const psn_link *link,
                   const int64_t *pick, int64_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *all = psn_alloc((size_t)table->rows, sizeof *all), *picked = NULL;
    PSN_NEED(all);
    PSN_TRY(psn_table_follow(table, link, all, error));
    if (pick) {
        PSN_NEED(picked = psn_alloc((size_t)count, sizeof *picked));
        for (int64_t i = 0; i < count; i++) picked[i] = all[pick[i]];
    }
    const flatten_rows rows = {pick ? picked : all, count};
    for (int64_t c = 0; c < link->other->count; c++)
        if (c != link->key) PSN_TRY(flatten_column(out, table, link, c, rows, error));
done:
    psn_release(all);
    psn_release(picked);
    return rc;
}

int psn_table_flatten(persona_table **out, const persona_table *table,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *flat = NULL;
    psn_column copy = {0};
    *out = NULL;
    if (table->links == 0) {
        *out = psn_table_ref(table);
        return PERSONA_OK;
    }
    PSN_TRY(psn_table_new(&flat, error));
    for (int64_t c = 0; c < table->count; c++) {
        PSN_TRY(psn_column_copy(&copy, table->columns + c, NULL, table->rows, error));
        PSN_TRY(psn_table_adopt(flat, &copy, table->rows, error));
    }
    for (int64_t i = 0; i < table->links; i++)
        PSN_TRY(psn_table_join(flat, table, table->link + i, NULL, table->rows, error));
    *out = flat;
    flat = NULL;
done:
    psn_table_free(flat);
    return rc;
}
