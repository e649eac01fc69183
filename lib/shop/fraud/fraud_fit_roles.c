/* fraud_fit_roles.c: which column is what: named by option column.<role>, or recognised
 * by its name. "none" says that there is none. */
#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

/* In order of preference. Price, quantity and weight must be named or be plain. */
static const char *const roles_words[PSN_FRAUD_ROLES] = {
    [PSN_FRAUD_ROLE_LABEL] =
        "isfraud fraud fraudulent isfraudulent fraudlabel fraudflag fraudreported "
        "fraudfound "
        "fraudfoundp fraudind fraudindicator chargeback ischargeback label target class",
    [PSN_FRAUD_ROLE_TIME] =
        "orderedat ordertime orderdate ordertimestamp purchasetime purchasedate "
        "purchasedat "
        "transactiontime transactiondate transactiondt transdatetranstime transdate "
        "eventtime eventtimestamp eventat loginat logintime createdat timestamp datetime "
        "time "
        "date step",
    [PSN_FRAUD_ROLE_USER] = "user userid customer customerid customerno customernumber "
                            "client clientid member "
                            "memberid shopper shopperid buyer buyerid account accountid",
    [PSN_FRAUD_ROLE_ORDER] =
        "order orderid orderno ordernumber transaction transactionid transid transnum "
        "payment paymentid event eventid login loginid id",
    [PSN_FRAUD_ROLE_VALUE] = "amount amt orderamount transactionamount transactionamt "
                             "purchaseamount paymentamount "
                             "ordervalue purchasevalue basketvalue value total "
                             "totalamount ordertotal grandtotal",
    [PSN_FRAUD_ROLE_PRICE] = "price unitprice",
    [PSN_FRAUD_ROLE_QUANTITY] = "quantity qty",
    [PSN_FRAUD_ROLE_WEIGHT] = "",
};

static int roles_is_number(const psn_column *column)
{
    return column->type != PERSONA_TYPE_TEXT && column->type != PERSONA_TYPE_TIME;
}

/* Numbers called time that never fall: a table in the order of its events. */
static int roles_rises(const psn_column *column, int64_t rows)
{
    double last = -INFINITY;
    if (!roles_is_number(column) || column->type == PERSONA_TYPE_BOOL) return 0;
    for (int64_t i = 0; i < rows; i++) {
        const double x = psn_column_number(column, i);
        if (!(x >= last)) return 0;
        last = x;
    }
    return rows > 1 && last > psn_column_number(column, 0);
}

static void roles_find_time(psn_fraud_fitting *fit)
{
    int64_t only = PERSONA_NONE, times = 0;
    const int64_t found = psn_name_find(fit->table, roles_words[PSN_FRAUD_ROLE_TIME]);
    for (int64_t c = 0; c < fit->table->count; c++)
        if (fit->table->columns[c].type == PERSONA_TYPE_TIME) {
            times++;
            only = c;
        }
    if (found != PERSONA_NONE &&
        (psn_fraud_fit_column(fit, found)->type == PERSONA_TYPE_TIME ||
         roles_rises(psn_fraud_fit_column(fit, found), fit->rows)))
        fit->column[PSN_FRAUD_ROLE_TIME] = found;
    else if (times == 1)
        fit->column[PSN_FRAUD_ROLE_TIME] = only;
}

/* Names that speak of fraud are the label or an error; "class" may be something else. */
static int roles_find_label(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK, two = 0;
    const int64_t found = psn_name_find(fit->table, roles_words[PSN_FRAUD_ROLE_LABEL]);
    if (found == PERSONA_NONE) return PERSONA_OK;
    const char *name = psn_fraud_fit_column(fit, found)->name;
    PSN_TRY(psn_fraud_fit_two_values(&two, fit->table, found, error));
    if (two) {
        fit->column[PSN_FRAUD_ROLE_LABEL] = found;
        PSN_TRY(psn_model_note(&fit->model->base, "label_column", "info", 1, error,
                               "column \"%s\" is taken as the label", name));
        return PERSONA_OK;
    }
    PSN_FAIL(
        error, PERSONA_EDATA,
        "column \"%.80s\" is named like the label but has not two values (as 0 and 1); "
        "name another by column.label=..., or none by column.label=none",
        name);
done:
    return rc;
}

/* 1 if a column tells many apart: the ids of orders most rows, those of users some. A
 * "payment" that is card or invoice is no id. */
static int roles_tells_apart(int *out, const psn_fraud_fitting *fit, int64_t column,
                             int role, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = NULL;
    int32_t *codes = NULL;
    const psn_column *at = psn_fraud_fit_column(fit, column);
    *out = 0;
    if (at->type != PERSONA_TYPE_INT && at->type != PERSONA_TYPE_TEXT) return PERSONA_OK;
    PSN_NEED(codes = psn_alloc((size_t)fit->rows, sizeof *codes));
    PSN_TRY(psn_table_encode(fit->table, column, codes, &dict, error));
    const int64_t distinct = psn_dict_count(dict);
    *out = distinct * (role == PSN_FRAUD_ROLE_ORDER ? 2 : 50) >= fit->rows;
done:
    psn_dict_free(dict);
    psn_release(codes);
    return rc;
}

/* A column that an option gave a role has no other. */
static int roles_taken(const psn_fraud_fitting *fit, const int *given, int64_t column)
{
    for (int r = 0; r < PSN_FRAUD_ROLES; r++)
        if (given[r] && fit->column[r] == column) return 1;
    return 0;
}

static int roles_find_others(psn_fraud_fitting *fit, const int *given,
                             persona_error *error)
{
    int rc = PERSONA_OK, apart;
    for (int r = PSN_FRAUD_ROLE_USER; r < PSN_FRAUD_ROLES; r++) {
        if (given[r]) continue;
        const int64_t found = psn_name_find(fit->table, roles_words[r]);
        if (found == PERSONA_NONE || roles_taken(fit, given, found)) continue;
        if (r >= PSN_FRAUD_ROLE_VALUE &&
            !roles_is_number(psn_fraud_fit_column(fit, found)))
            continue;
        if (r <= PSN_FRAUD_ROLE_ORDER) {
            PSN_TRY(roles_tells_apart(&apart, fit, found, r, error));
            if (!apart) continue;
        }
        fit->column[r] = found;
    }
    /* quantity x price is the amount only where no column is */
    if (fit->column[PSN_FRAUD_ROLE_VALUE] >= 0 && !given[PSN_FRAUD_ROLE_PRICE])
        fit->column[PSN_FRAUD_ROLE_PRICE] = fit->column[PSN_FRAUD_ROLE_QUANTITY] =
            PERSONA_NONE;
done:
    return rc;
}

static int roles_check(const psn_fraud_fitting *fit, persona_error *error)
{
    for (int r = PSN_FRAUD_ROLE_VALUE; r < PSN_FRAUD_ROLES; r++) {
        if (fit->column[r] < 0) continue;
        const int rc = psn_roles_need_numbers(
            &psn_fraud_roles, r, psn_fraud_fit_column(fit, fit->column[r]), error);
        if (rc != PERSONA_OK) return rc;
    }
    if (fit->column[PSN_FRAUD_ROLE_TIME] >= 0) {
        const psn_column *column =
            psn_fraud_fit_column(fit, fit->column[PSN_FRAUD_ROLE_TIME]);
        if (column->type == PERSONA_TYPE_TEXT || column->type == PERSONA_TYPE_BOOL)
            return psn_fail(
                error, PERSONA_EDATA,
                "column \"%.80s\" (role time) must hold times, or numbers that "
                "rise with time",
                column->name);
    }
    for (int r = 0; r < PSN_FRAUD_ROLES; r++)
        for (int s = 0; s < r; s++)
            if (fit->column[r] >= 0 && fit->column[r] == fit->column[s])
                return psn_fail(error, PERSONA_EOPTION,
                                "column \"%.80s\" cannot have the roles %s and %s",
                                psn_fraud_fit_column(fit, fit->column[r])->name,
                                psn_fraud_role_names[s], psn_fraud_role_names[r]);
    return PERSONA_OK;
}

int psn_fraud_fit_roles(psn_fraud_fitting *fit, persona_error *error)
{
    int rc, given[PSN_FRAUD_ROLES] = {0};
    if (fit->table->count == 0 || fit->rows == 0)
        PSN_FAIL(error, PERSONA_EDATA, "table: has no %s",
                 fit->table->count == 0 ? "columns" : "rows");
    if (fit->rows == 1)
        PSN_FAIL(error, PERSONA_EDATA, "table: has 1 row; learning needs more");
    PSN_TRY(psn_roles_named(fit->column, given, &psn_fraud_roles, fit->table, fit->params,
                            error));
    if (!given[PSN_FRAUD_ROLE_LABEL]) PSN_TRY(roles_find_label(fit, error));
    if (!given[PSN_FRAUD_ROLE_TIME]) roles_find_time(fit);
    PSN_TRY(roles_find_others(fit, given, error));
    PSN_TRY(roles_check(fit, error));
done:
    return rc;
}
