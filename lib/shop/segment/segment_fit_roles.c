/* segment_fit_roles.c: what is in the table: a log of orders, or one customer a row.
 *
 * A role is a column named by option column.<role>, or recognised by its name (letters
 * and digits compared, whatever their case). The table is a log when user and time are
 * both named by option, or when the user column repeats values and there is a time
 * column: one named like it, or the only one. A customer table needs no role at all. A
 * table whose users repeat and whose time was not understood is neither. */
#include "base/error.h"
#include "data/datetime.h"
#include "shop/segment/segment_fit.h"

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
int psn_fit_named_user(const char *plain)
{
    return psn_name_in(plain, role_words[PSN_ROLE_USER]);
}

int64_t psn_fit_by_word(const persona_table *table, const char *words)
{
    char plain[256];
    for (int64_t c = 0; c < table->count; c++) {
        psn_name_plain(plain, sizeof plain, table->columns[c].name);
        if (psn_name_in(plain, words)) return c;
    }
    return PERSONA_NONE;
}

/* 1 if the column is named like a time: a word of the role, or any name that ends so. */
static int roles_named_time(const psn_column *column)
{
    char plain[256];
    psn_name_plain(plain, sizeof plain, column->name);
    const size_t length = strlen(plain);
    return psn_name_in(plain, role_words[PSN_ROLE_TIME]) ||
           (length > 4 && strcmp(plain + length - 4, "date") == 0);
}

/* A time named like one, days such as 19970131 named so, or the only time there is. */
static int64_t roles_time(const persona_table *table)
{
    int64_t only = PERSONA_NONE, count = 0;
    for (int64_t c = 0; c < table->count; c++) {
        if (table->columns[c].type != PERSONA_TYPE_TIME) continue;
        if (roles_named_time(&table->columns[c])) return c;
        only = c;
        count++;
    }
    for (int64_t c = 0; c < table->count; c++)
        if (roles_named_time(&table->columns[c]) &&
            psn_log_day_numbers(&table->columns[c], table->rows))
            return c;
    return count == 1 ? only : PERSONA_NONE;
}

/* The row of the first text that is no time, or -1. */
static int64_t roles_first_no_time(const psn_column *column, int64_t rows)
{
    const char *text;
    int64_t length, ms;
    for (int64_t i = 0; i < rows; i++) {
        psn_column_text(column, i, &text, &length);
        if (text && !psn_parse_time(text, (size_t)length, &ms)) return i;
    }
    return -1;
}

/* Users repeat and a column is named like a time but is none: orders whose dates were not
 * understood. Taken as customers they would give a wrong answer without a word. */
static int roles_bad_time(const psn_column *column, int64_t rows, persona_error *error)
{
    const int64_t row =
        column->type == PERSONA_TYPE_TEXT ? roles_first_no_time(column, rows) : -1;
    if (row >= 0)
        return psn_fail_at(error, PERSONA_EDATA, row,
                           "column \"%s\" looks like the time of orders, but row %lld "
                           "holds no time; csv option type.%s=time names the line, "
                           "bad_rows=skip leaves it out",
                           column->name, (long long)row, column->name);
    return psn_fail(
        error, PERSONA_EDATA,
        "column \"%s\" looks like the time of orders, but is not of type time (csv "
        "option "
        "type.%s=time; whole numbers are days only if all are such as 19970131); under "
        "another name it is a measure",
        column->name, column->name);
}

static int roles_no_time(psn_fit *fit, int64_t user, persona_error *error)
{
    const persona_table *table = fit->table;
    for (int64_t c = 0; c < table->count; c++)
        if (c != user && roles_named_time(&table->columns[c]) &&
            table->columns[c].type != PERSONA_TYPE_TIME)
            return roles_bad_time(&table->columns[c], table->rows, error);
    return psn_model_note(&fit->model->base, "rows_as_customers", "warning", table->rows,
                          error,
                          "column \"%s\" names customers more than once, but there is no "
                          "column of role time: each row is taken as a customer",
                          table->columns[user].name);
}

/* Finds user and time of a log; PERSONA_NONE when the table is none. */
static int roles_user_and_time(int64_t *at, psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK, repeats;
    const persona_table *table = fit->table;
    const int64_t user = at[PSN_ROLE_USER] >= 0
                             ? at[PSN_ROLE_USER]
                             : psn_fit_by_word(table, role_words[PSN_ROLE_USER]);
    const int64_t time = at[PSN_ROLE_TIME] >= 0 ? at[PSN_ROLE_TIME] : roles_time(table);
    if (user < 0 && at[PSN_ROLE_TIME] >= 0)
        return psn_name_missing(table,
                                "column.time is set but no column of role user is "
                                "(column.user=...)",
                                error);
    if (user < 0) return PERSONA_OK;
    PSN_TRY(psn_fit_repeats(&repeats, table, user, error));
    if (repeats != 1) return PERSONA_OK;
    if (time < 0) return roles_no_time(fit, user, error);
    at[PSN_ROLE_USER] = user;
    at[PSN_ROLE_TIME] = time;
done:
    return rc;
}

/* The other roles of a log, by name. */
static void roles_complete(int64_t *at, const int *given, const psn_fit *fit)
{
    const persona_table *table = fit->table;
    for (int r = PSN_ROLE_ORDER; r <= PSN_ROLE_VALUE; r++) {
        if (at[r] >= 0) continue;
        at[r] = psn_fit_by_word(table, role_words[r]);
        /* a text is not a number, whatever its name */
        if (r >= PSN_ROLE_QUANTITY && at[r] >= 0 &&
            table->columns[at[r]].type == PERSONA_TYPE_TEXT)
            at[r] = PERSONA_NONE;
    }
    /* quantity x price, unless the value was asked for */
    if (at[PSN_ROLE_PRICE] >= 0 && !given[PSN_ROLE_VALUE])
        at[PSN_ROLE_VALUE] = PERSONA_NONE;
}

int psn_fit_roles(int *is_log, int64_t *at, psn_fit *fit, persona_error *error)
{
    int rc, given[PSN_ROLES] = {0};
    PSN_TRY(
        psn_roles_named(at, given, &psn_segment_roles, fit->table, fit->params, error));
    if (at[PSN_ROLE_USER] < 0 || at[PSN_ROLE_TIME] < 0)
        PSN_TRY(roles_user_and_time(at, fit, error));
    *is_log = at[PSN_ROLE_USER] >= 0 && at[PSN_ROLE_TIME] >= 0;
    if (*is_log) roles_complete(at, given, fit);
done:
    return rc;
}
