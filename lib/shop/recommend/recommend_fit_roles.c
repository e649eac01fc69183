/* recommend_fit_roles.c: which column is what: named by option column.<role>, or
 * recognised by its name. */
#include "base/error.h"
#include "data/name.h"
#include "shop/recommend/recommend_fit.h"

static int roles_need_ids(const psn_rec_fitting *fit, int r, persona_error *error)
{
    const psn_column *column = psn_table_column(fit->table, fit->column[r]);
    if (fit->table->rows == 0) return PERSONA_OK; /* types of nothing say nothing */
    if (column->type != PERSONA_TYPE_REAL && column->type != PERSONA_TYPE_REAL32 &&
        column->type != PERSONA_TYPE_TIME)
        return PERSONA_OK;
    return psn_fail(error, PERSONA_EDATA,
                    "column \"%.80s\" (role %s) must hold ids: whole numbers or texts",
                    column->name, psn_recommend_roles.names[r]);
}

int psn_rec_fit_roles(psn_rec_fitting *fit, persona_error *error)
{
    int rc, given[PSN_REC_ROLES] = {0};
    PSN_TRY(psn_rec_read_roles(fit->column, given, fit->table, fit->params, NULL, error));
    if (fit->column[PSN_REC_ITEM] < 0)
        PSN_TRY(psn_name_missing(fit->table, "no column for role item (column.item=...)",
                                 error));
    if (fit->column[PSN_REC_USER] < 0 && fit->column[PSN_REC_SESSION_ROLE] < 0)
        PSN_TRY(psn_name_missing(
            fit->table, "no column for role user or session (column.user=...)", error));
    static const int ids[] = {PSN_REC_USER, PSN_REC_ITEM, PSN_REC_SESSION_ROLE,
                              PSN_REC_ORDER};
    for (int i = 0; i < 4; i++)
        if (fit->column[ids[i]] >= 0) PSN_TRY(roles_need_ids(fit, ids[i], error));
    static const int numbers[] = {PSN_REC_QUANTITY, PSN_REC_PRICE, PSN_REC_VALUE};
    for (int i = 0; i < 3; i++) {
        const int64_t c = fit->column[numbers[i]];
        if (c < 0) continue;
        if (given[numbers[i]])
            PSN_TRY(psn_roles_need_numbers(&psn_recommend_roles, numbers[i],
                                           psn_table_column(fit->table, c), error));
        else if (psn_table_column(fit->table, c)->type == PERSONA_TYPE_TEXT)
            fit->column[numbers[i]] = PERSONA_NONE;
    }
done:
    return rc;
}
