/* segment_fit_roles.c: what is in the table: a log of orders, or one customer a row.
 *
 * A role is a column named by option column.<role>, or recognised by its name (letters
 * and digits compared, whatever their case). The table is a log when user and time are
 * both named by option, or when the user column repeats values and there is a time
 * column: one named like it, or the only one. A customer table needs no role at all. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

static const char *const role_words[PSN_ROLES] = {
    [PSN_ROLE_USER] = "user userid customer customerid customerno customernumber client "
                      "clientid member memberid shopper shopperid buyer buyerid account "
                      "accountid household householdid householdkey",
    [PSN_ROLE_TIME] = "orderedat ordertime orderdate orderts invoicedate invoicetime "
                      "purchasedate purchasetime purchasedat transactiondate "
                      "transactiontime date time datetime timestamp createdat",
    [PSN_ROLE_ORDER] = "order orderid orderno ordernumber invoice invoiceno invoiceid "
                       "invoicenumber basket basketid transaction transactionid",
    [PSN_ROLE_ITEM] = "item itemid product productid productcode sku stock stockcode "
                      "article articleid",
    [PSN_ROLE_QUANTITY] = "quantity qty units count pieces",
    [PSN_ROLE_PRICE] = "price unitprice salesprice",
    [PSN_ROLE_LIST_PRICE] = "listprice regularprice originalprice fullprice",
    [PSN_ROLE_VALUE] = "value amount total revenue linetotal salesvalue sales",
    [PSN_ROLE_WEIGHT] = "",
};
/* Worth of a row in a customer table, and names of ids that only such a table has. */
static const char role_worth_words[] =
    "monetary monetaryvalue revenue totalrevenue totalspend totalspent totalsales sales "
    "spend value amount total ltv clv";
static const char role_id_words[] = "id uid uuid key index row rowid unnamed0 email";

void psn_fit_plain_name(char *out, size_t capacity, const char *name)
{
    size_t used = 0;
    for (; *name && used + 1 < capacity; name++) {
        const char c = *name;
        if (c >= 'A' && c <= 'Z')
            out[used++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[used++] = c;
    }
    out[used] = 0;
}

int psn_fit_name_in(const char *plain, const char *list)
{
    const size_t length = strlen(plain);
    for (const char *at = list; length > 0 && (at = strstr(at, plain)) != NULL; at++) {
        const int starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == 0)) return 1;
    }
    return 0;
}

static int roles_by_word(const persona_table *table, const char *words)
{
    char plain[256];
    for (int64_t c = 0; c < table->count; c++) {
        psn_fit_plain_name(plain, sizeof plain, table->columns[c].name);
        if (psn_fit_name_in(plain, words)) return (int)c;
    }
    return PERSONA_NONE;
}

/* The columns named by option; at[r] = PERSONA_NONE for the others. */
static int roles_named(int64_t *at, const psn_fit *fit, persona_error *error)
{
    const char *role, *name;
    for (int r = 0; r < PSN_ROLES; r++) at[r] = PERSONA_NONE;
    for (size_t i = 0;
         (role = psn_params_member(fit->params, "column.*", i, &name)) != NULL; i++) {
        int r = 0;
        while (r < PSN_ROLES && strcmp(psn_role_names[r], role) != 0) r++;
        if (r == PSN_ROLES)
            return psn_fail(error, PERSONA_EOPTION,
                            "column.%.40s: no such role here; there are user time order "
                            "item quantity price list_price value weight",
                            role);
        const int rc = psn_log_column(&at[r], fit->table, name, role, error);
        if (rc != PERSONA_OK) return rc;
        if (at[r] == PERSONA_NONE)
            return psn_fail(error, PERSONA_EOPTION, "column.%s: names no column", role);
    }
    return PERSONA_OK;
}

/* 1 if a value of the column stands in two rows, 0 if not, -1 if it cannot hold ids. */
static int roles_repeats(int *out, const persona_table *table, int64_t column,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = NULL;
    int32_t *codes = NULL;
    int64_t present = 0;
    const int32_t type = table->columns[column].type;
    *out = type == PERSONA_TYPE_TIME || type == PERSONA_TYPE_BOOL ? -1 : 0;
    if (*out < 0) return PERSONA_OK;
    if (type == PERSONA_TYPE_REAL || type == PERSONA_TYPE_REAL32) {
        /* ids that a spreadsheet made reals of: whole numbers, sorted */
        double *sorted = psn_alloc((size_t)table->rows, sizeof *sorted);
        PSN_NEED(sorted);
        for (int64_t i = 0; i < table->rows; i++) {
            const double x = psn_column_number(&table->columns[column], i);
            if (isnan(x)) continue;
            if (isinf(x) || floor(x) != x || fabs(x) > 9007199254740992.0) *out = -1;
            sorted[present++] = x;
        }
        if (*out == 0) {
            psn_sort_reals(sorted, present);
            for (int64_t i = 1; i < present; i++) *out |= sorted[i] == sorted[i - 1];
        }
        psn_release(sorted);
        return PERSONA_OK;
    }
    PSN_NEED(codes = psn_alloc((size_t)table->rows, sizeof *codes));
    PSN_TRY(psn_table_encode(table, column, codes, &dict, error));
    for (int64_t i = 0; i < table->rows; i++) present += codes[i] >= 0;
    *out = psn_dict_count(dict) < present;
done:
    psn_dict_free(dict);
    psn_release(codes);
    return rc;
}

static int64_t roles_time(const persona_table *table)
{
    char plain[256];
    int64_t only = PERSONA_NONE, count = 0;
    for (int64_t c = 0; c < table->count; c++) {
        if (table->columns[c].type != PERSONA_TYPE_TIME) continue;
        psn_fit_plain_name(plain, sizeof plain, table->columns[c].name);
        if (psn_fit_name_in(plain, role_words[PSN_ROLE_TIME])) return c;
        only = c;
        count++;
    }
    return count == 1 ? only : PERSONA_NONE;
}

/* Decides, and completes the roles of a log by name. */
static int roles_is_log(int *out, int64_t *at, const psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK, repeats;
    const persona_table *table = fit->table;
    const int named = at[PSN_ROLE_USER] >= 0 && at[PSN_ROLE_TIME] >= 0;
    *out = named;
    if (!named) {
        const int64_t user = at[PSN_ROLE_USER] >= 0
                                 ? at[PSN_ROLE_USER]
                                 : roles_by_word(table, role_words[PSN_ROLE_USER]);
        const int64_t time =
            at[PSN_ROLE_TIME] >= 0 ? at[PSN_ROLE_TIME] : roles_time(table);
        if (user < 0 || time < 0) {
            if (at[PSN_ROLE_TIME] >= 0)
                return psn_log_missing(table,
                                       "column.time is set but no column of role user "
                                       "is (column.user=...)",
                                       error);
            return PERSONA_OK;
        }
        PSN_TRY(roles_repeats(&repeats, table, user, error));
        if (repeats != 1) return PERSONA_OK;
        *out = 1;
        at[PSN_ROLE_USER] = user;
        at[PSN_ROLE_TIME] = time;
    }
    const int value_named = at[PSN_ROLE_VALUE] >= 0;
    for (int r = PSN_ROLE_ORDER; r <= PSN_ROLE_VALUE; r++)
        if (at[r] < 0) at[r] = roles_by_word(table, role_words[r]);
    /* quantity x price, unless the value was asked for */
    if (at[PSN_ROLE_PRICE] >= 0 && !value_named) at[PSN_ROLE_VALUE] = PERSONA_NONE;
    for (int r = PSN_ROLE_QUANTITY; r <= PSN_ROLE_VALUE; r++) {
        const char *set;
        size_t i = 0;
        const char *key;
        while ((key = psn_params_member(fit->params, "column.*", i++, &set)) != NULL)
            if (strcmp(key, psn_role_names[r]) == 0) break;
        if (key == NULL && at[r] >= 0 && table->columns[at[r]].type == PERSONA_TYPE_TEXT)
            at[r] = PERSONA_NONE; /* named like it, but it is something else */
    }
done:
    return rc;
}

static int roles_keep(psn_fit *fit, const int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int r = 0; r < PSN_ROLES; r++) {
        if (at[r] < 0) continue;
        const char *name = fit->table->columns[at[r]].name;
        PSN_NEED(fit->model->role[r] = psn_copy_text(name, strlen(name)));
    }
done:
    return rc;
}

static int roles_note(psn_fit *fit, const char *code, const char *severity, int64_t count,
                      const char *text, persona_error *error)
{
    if (count == 0) return PERSONA_OK;
    return psn_model_note(&fit->model->base, code, severity, count, error, "%s", text);
}

static int roles_log_notes(psn_fit *fit, persona_error *error)
{
    int rc;
    const psn_log_counts *counts = &fit->counts;
    PSN_TRY(roles_note(fit, "lines_without_user", "warning", counts->no_user,
                       "lines without a user were left out", error));
    PSN_TRY(roles_note(fit, "lines_without_time", "warning", counts->no_time,
                       "lines without a time were left out", error));
    PSN_TRY(roles_note(fit, "lines_after_as_of", "info", counts->after,
                       "lines at or after as_of were left out", error));
    PSN_TRY(roles_note(fit, "lines_without_value", "warning", counts->no_value,
                       "lines without a quantity or price count as bought for 0", error));
    PSN_TRY(roles_note(fit, "customers_with_returns_only", "info", counts->only_returns,
                       "customers with returns only were left out", error));
done:
    return rc;
}

static int roles_read_as_of(psn_fit *fit, persona_error *error)
{
    const char *text = PSN_FIT_TEXT(fit, "as_of");
    fit->model->as_of = PSN_AS_OF_FIND;
    if (strcmp(text, "auto") == 0) return PERSONA_OK;
    fit->model->as_of_named = 1;
    if (psn_log_parse_time(text, &fit->model->as_of)) return PERSONA_OK;
    return psn_fail(error, PERSONA_EOPTION,
                    "as_of: must be a day or time such as 2017-12-31, or milliseconds");
}

static int roles_from_log(psn_fit *fit, const int64_t *at, persona_error *error)
{
    int rc;
    psn_task_enter(fit->task, "features", 0, 0.3);
    PSN_TRY(roles_keep(fit, at, error));
    fit->model->log = 1;
    PSN_TRY(psn_log_customers(&fit->customers, fit->table, fit->model->role,
                              &fit->model->as_of, &fit->counts, fit->task, error));
    PSN_TRY(roles_log_notes(fit, error));
    fit->column[PSN_ROLE_USER] = 0;
    fit->column[PSN_ROLE_VALUE] =
        psn_table_find(fit->customers, psn_log_feature_infos[PSN_LOG_MONETARY].name);
done:
    return rc;
}

/* The id of a customer table: named by option, or a column with distinct values and a
 * name like one. */
static int roles_find_id(psn_fit *fit, int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK, repeats;
    char plain[256];
    const persona_table *table = fit->table;
    for (int64_t c = 0; at[PSN_ROLE_USER] < 0 && c < table->count; c++) {
        psn_fit_plain_name(plain, sizeof plain, table->columns[c].name);
        const size_t length = strlen(table->columns[c].name);
        const int ends =
            length > 3 && strcmp(table->columns[c].name + length - 3, "_id") == 0;
        if (!ends && !psn_fit_name_in(plain, role_id_words) &&
            !psn_fit_name_in(plain, role_words[PSN_ROLE_USER]))
            continue;
        if (table->columns[c].type != PERSONA_TYPE_INT &&
            table->columns[c].type != PERSONA_TYPE_TEXT)
            continue;
        PSN_TRY(roles_repeats(&repeats, table, c, error));
        if (repeats != 0) continue;
        at[PSN_ROLE_USER] = c;
        PSN_TRY(psn_model_note(&fit->model->base, "id_column", "info", 1, error,
                               "column \"%s\" is taken as the id of the customers",
                               table->columns[c].name));
    }
done:
    return rc;
}

static int roles_from_customers(psn_fit *fit, int64_t *at, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int r = PSN_ROLE_TIME; r <= PSN_ROLE_LIST_PRICE; r++)
        if (at[r] >= 0)
            PSN_FAIL(error, PERSONA_EOPTION,
                     "column.%s has no effect: the table is no log of orders (it needs "
                     "column.user and column.time)",
                     psn_role_names[r]);
    PSN_TRY(roles_find_id(fit, at, error));
    if (at[PSN_ROLE_VALUE] < 0) {
        at[PSN_ROLE_VALUE] = roles_by_word(fit->table, role_worth_words);
        if (at[PSN_ROLE_VALUE] >= 0) {
            const int32_t type = fit->table->columns[at[PSN_ROLE_VALUE]].type;
            if (type == PERSONA_TYPE_TEXT || type == PERSONA_TYPE_TIME ||
                type == PERSONA_TYPE_BOOL)
                at[PSN_ROLE_VALUE] = PERSONA_NONE;
        }
    }
    for (int r = PSN_ROLE_VALUE; r <= PSN_ROLE_WEIGHT; r++) {
        if (at[r] < 0) continue;
        const int32_t type = fit->table->columns[at[r]].type;
        if (type == PERSONA_TYPE_TEXT || type == PERSONA_TYPE_TIME)
            PSN_FAIL(error, PERSONA_EDATA, "column \"%s\" (role %s) must hold numbers",
                     fit->table->columns[at[r]].name, psn_role_names[r]);
    }
    PSN_TRY(roles_keep(fit, at, error));
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
    PSN_TRY(roles_read_as_of(fit, error));
    PSN_TRY(roles_named(at, fit, error));
    PSN_TRY(roles_is_log(&log, at, fit, error));
    if (log && at[PSN_ROLE_WEIGHT] >= 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "column.weight has no effect: the table is a log of orders");
    PSN_TRY(log ? roles_from_log(fit, at, error) : roles_from_customers(fit, at, error));
    fit->model->rows = fit->table->rows;
done:
    return rc;
}
