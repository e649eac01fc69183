/* recommend_fit_roles.c: which column is what: named by option column.<role>, or
 * recognised by its name. */
#include "base/error.h"
#include "data/name.h"
#include "shop/recommend/recommend_fit.h"

/* In order of preference, letters and digits only. */
static const char *const roles_words[PSN_REC_ROLES] = {
    [PSN_REC_USER] =
        "user userid customer customerid customerno customernumber client clientid "
        "visitor visitorid member memberid shopper shopperid buyer buyerid account "
        "accountid reviewerid uid usersession",
    [PSN_REC_ITEM] = "item itemid product productid productno sku skuid article "
                     "articleid stockcode stock movie movieid track trackid book bookid "
                     "asin business businessid parentasin venue venueid location "
                     "locationid iid pid goods goodsid",
    [PSN_REC_TIME] = "time timestamp eventtime eventtimestamp eventat datetime orderedat "
                     "ordertime orderdate invoicedate purchasetime purchasedate "
                     "purchasedat createdat date day ts unixreviewtime t",
    [PSN_REC_KIND] = "kind event eventtype eventname behavior behaviour behaviortype "
                     "behaviourtype action actiontype interaction interactiontype type",
    [PSN_REC_SESSION_ROLE] = "session sessionid sid visit visitid",
    [PSN_REC_ORDER] = "order orderid orderno ordernumber invoice invoiceno basket "
                      "basketid transaction transactionid cart cartid",
    [PSN_REC_QUANTITY] = "quantity qty",
    [PSN_REC_PRICE] = "price unitprice",
    [PSN_REC_VALUE] = "value rating stars dwell dwelltime dwellseconds seconds duration",
};

static int roles_need_ids(const psn_rec_fitting *fit, int r, persona_error *error)
{
    const psn_column *column = psn_table_column(fit->table, fit->column[r]);
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
    PSN_TRY(psn_roles_named(fit->column, given, &psn_recommend_roles, fit->table,
                            fit->params, error));
    for (int r = 0; r < PSN_REC_ROLES; r++)
        if (!given[r]) {
            const int64_t found = psn_name_find(fit->table, roles_words[r]);
            int taken = 0;
            for (int other = 0; other < PSN_REC_ROLES; other++)
                taken |= found >= 0 && fit->column[other] == found;
            if (!taken) fit->column[r] = found;
        }
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
