/* segment_fit_customers.c: one row a customer, of a log of orders or of a table that has
 * them already; what is left out is noted. */
#include "base/error.h"
#include "base/task.h"
#include "shop/segment/segment_fit.h"

#include <string.h>

/* Worth of a row in a customer table, and names of ids that only such a table has. */
static const char customers_worth_words[] =
    "monetary monetaryvalue revenue totalrevenue totalspend totalspent totalsales sales "
    "spend value amount total ltv clv";
static const char customers_id_words[] = "id uid uuid key index row rowid unnamed0 email";

static int customers_note(psn_fit *fit, const char *code, const char *severity,
                          int64_t count, const char *text, persona_error *error)
{
    if (count == 0) return PERSONA_OK;
    return psn_model_note(&fit->model->base, code, severity, count, error, "%s: %lld",
                          text, (long long)count);
}

static int customers_log_notes(psn_fit *fit, persona_error *error)
{
    int rc;
    const psn_log_counts *counts = &fit->counts;
    PSN_TRY(customers_note(fit, "lines_without_user", "warning", counts->no_user,
                           "lines without a user were left out", error));
    PSN_TRY(customers_note(fit, "lines_without_time", "warning", counts->no_time,
                           "lines without a time were left out", error));
    PSN_TRY(customers_note(fit, "lines_after_as_of", "info", counts->after,
                           "lines at or after as_of were left out", error));
    PSN_TRY(customers_note(fit, "lines_without_value", "warning", counts->no_value,
                           "lines without a quantity or price count as bought for 0",
                           error));
    PSN_TRY(customers_note(fit, "customers_with_returns_only", "info",
                           counts->only_returns,
                           "customers with returns only were left out", error));
done:
    return rc;
}

static int customers_read_as_of(psn_fit *fit, persona_error *error)
{
    const char *text = PSN_FIT_TEXT(fit, "as_of");
    fit->model->as_of = PSN_AS_OF_FIND;
    if (strcmp(text, "auto") == 0) return PERSONA_OK;
    fit->model->as_of_named = 1;
    if (psn_log_parse_time(text, &fit->model->as_of)) return PERSONA_OK;
    return psn_fail(error, PERSONA_EOPTION,
                    "as_of: must be a day or time such as 2017-12-31, or milliseconds");
}

static int customers_from_log(psn_fit *fit, const int64_t *at, persona_error *error)
{
    int rc;
    psn_task_enter(fit->task, "features", 0, 0.3);
    PSN_TRY(psn_roles_keep(fit->model->role, &psn_segment_roles, fit->table, at, error));
    fit->model->log = 1;
    PSN_TRY(psn_log_customers(&fit->customers, fit->table, fit->model->role,
                              &fit->model->as_of, &fit->counts, fit->task, error));
    PSN_TRY(customers_log_notes(fit, error));
    fit->column[PSN_ROLE_USER] = 0;
    fit->column[PSN_ROLE_VALUE] =
        psn_table_find(fit->customers, psn_log_feature_infos[PSN_LOG_MONETARY].name);
done:
    return rc;
}

/* The id of a customer table: named by option, or a column with distinct values and a
 * name like one. */
static int customers_find_id(psn_fit *fit, int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK, repeats;
    char plain[256];
    const persona_table *table = fit->table;
    for (int64_t c = 0; at[PSN_ROLE_USER] < 0 && c < table->count; c++) {
        psn_name_plain(plain, sizeof plain, table->columns[c].name);
        const size_t length = strlen(table->columns[c].name);
        const int ends =
            length > 3 && strcmp(table->columns[c].name + length - 3, "_id") == 0;
        if (!ends && !psn_name_in(plain, customers_id_words) &&
            !psn_fit_named_user(plain))
            continue;
        if (table->columns[c].type != PERSONA_TYPE_INT &&
            table->columns[c].type != PERSONA_TYPE_TEXT)
            continue;
        PSN_TRY(psn_fit_repeats(&repeats, table, c, error));
        if (repeats != 0) continue;
        at[PSN_ROLE_USER] = c;
        PSN_TRY(psn_model_note(&fit->model->base, "id_column", "info", 1, error,
                               "column \"%s\" is taken as the id of the customers",
                               table->columns[c].name));
    }
done:
    return rc;
}

static int customers_from_customers(psn_fit *fit, int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int r = PSN_ROLE_TIME; r <= PSN_ROLE_LIST_PRICE; r++)
        if (at[r] >= 0)
            PSN_FAIL(error, PERSONA_EOPTION,
                     "column.%s has no effect: the table is no log of orders (it needs "
                     "column.user and column.time)",
                     psn_segment_roles.names[r]);
    PSN_TRY(customers_find_id(fit, at, error));
    if (at[PSN_ROLE_VALUE] < 0) {
        at[PSN_ROLE_VALUE] = psn_fit_by_word(fit->table, customers_worth_words);
        if (at[PSN_ROLE_VALUE] >= 0) {
            const int32_t type = fit->table->columns[at[PSN_ROLE_VALUE]].type;
            if (type == PERSONA_TYPE_TEXT || type == PERSONA_TYPE_TIME ||
                type == PERSONA_TYPE_BOOL)
                at[PSN_ROLE_VALUE] = PERSONA_NONE;
        }
    }
    for (int r = PSN_ROLE_VALUE; r <= PSN_ROLE_WEIGHT; r++) {
        if (at[r] < 0) continue;
        PSN_TRY(psn_roles_need_numbers(&psn_segment_roles, r,
                                       psn_table_column(fit->table, at[r]), error));
    }
    PSN_TRY(psn_roles_keep(fit->model->role, &psn_segment_roles, fit->table, at, error));
    for (int r = 0; r < PSN_ROLES; r++) fit->column[r] = at[r];
    fit->customers = psn_table_ref(fit->table);
done:
    return rc;
}

int psn_fit_customers(psn_fit *fit, persona_error *error)
{
    int rc, log = 0;
    int64_t at[PSN_ROLES];
    for (int r = 0; r < PSN_ROLES; r++) fit->column[r] = PERSONA_NONE;
    if (fit->table->count == 0 || fit->table->rows == 0)
        PSN_FAIL(error, PERSONA_EDATA, "table: has no %s",
                 fit->table->count == 0 ? "columns" : "rows");
    if (fit->table->rows == 1)
        PSN_FAIL(error, PERSONA_EDATA, "table: has 1 row; groups need at least 2");
    PSN_TRY(customers_read_as_of(fit, error));
    PSN_TRY(psn_fit_roles(&log, at, fit, error));
    if (log && at[PSN_ROLE_WEIGHT] >= 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "column.weight has no effect: the table is a log of orders");
    PSN_TRY(log ? customers_from_log(fit, at, error)
                : customers_from_customers(fit, at, error));
    fit->model->rows = fit->table->rows;
done:
    return rc;
}
