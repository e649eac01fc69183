/* segment_join.c: the attributes of customers from a table linked to the log on the user
 * column. Customers the table does not know have missing values. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_log.h"

#include <math.h>

/* at[i]: row of the other table for customer i, -1 = none. */
typedef struct join_rows {
    const int64_t *at;
    int64_t count;
} join_rows;

static int join_text(persona_table *customers, const persona_table *other, int64_t column,
                     join_rows rows, persona_error *error)
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
    PSN_TRY(psn_table_add_codes(customers, other->columns[column].name, codes, rows.count,
                                psn_dict_bytes(dict), psn_dict_offsets(dict),
                                psn_dict_count(dict), error));
done:
    psn_dict_free(dict);
    psn_release(all);
    psn_release(codes);
    return rc;
}

static int join_values(persona_table *customers, const psn_column *column, join_rows rows,
                       persona_error *error)
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
    PSN_TRY(psn_table_add(customers, column->name,
                          real ? PERSONA_TYPE_REAL : column->type, wide,
                          real ? NULL : valid, rows.count, error));
done:
    psn_release(wide);
    psn_release(valid);
    return rc;
}

static int join_column(persona_table *customers, const persona_table *other,
                       int64_t column, join_rows rows, persona_error *error)
{
    const psn_column *source = psn_table_column(other, column);
    if (psn_table_find(customers, source->name) != PERSONA_NONE)
        return psn_fail(
            error, PERSONA_EDATA,
            "the linked table's column \"%s\" has the name of a feature built "
            "from the log; give it another name",
            source->name);
    if (source->type == PERSONA_TYPE_TEXT)
        return join_text(customers, other, column, rows, error);
    return join_values(customers, source, rows, error);
}

static int join_link(persona_table *customers, const persona_table *log,
                     const psn_link *link, const int64_t *first, persona_error *error)
{
    int rc;
    int64_t *follow = psn_alloc((size_t)log->rows, sizeof *follow);
    int64_t *at = psn_alloc((size_t)customers->rows, sizeof *at);
    const join_rows rows = {at, customers->rows};
    PSN_NEED(follow);
    PSN_NEED(at);
    PSN_TRY(psn_table_follow(log, link, follow, error));
    for (int64_t i = 0; i < rows.count; i++) at[i] = follow[first[i]];
    for (int64_t c = 0; c < link->other->count; c++)
        if (c != link->key) PSN_TRY(join_column(customers, link->other, c, rows, error));
done:
    psn_release(follow);
    psn_release(at);
    return rc;
}

int psn_log_join(persona_table *customers, const persona_table *log, int64_t user,
                 const int64_t *first, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t i = 0; i < log->links; i++)
        if (log->link[i].column == user)
            PSN_TRY(join_link(customers, log, &log->link[i], first, error));
done:
    return rc;
}
